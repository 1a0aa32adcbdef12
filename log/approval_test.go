package log_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"testing"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/fsck"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/storagetest"
)

// enrollHuman is a human in the role legal, under the key of its id.
func enrollHuman(t *testing.T, w *logtest.World, id string) *admission.Checked {
	t.Helper()
	e, err := w.Registrar.Enroll(client.Enrollment{
		ID: id, Class: "human", Owner: id, Custody: "file", Roles: []string{"legal"}, Namespaces: []string{"*"},
		Verbs: []string{"workflow.define", "request.open"},
	}, logtest.Key(id))
	if err != nil {
		t.Fatal(err)
	}
	return w.Checked(e)
}

// approvedRun is a workflow that one approval is enough for, and R1, a run of it
// that wants a/1.
func approvedRun(t *testing.T, w *logtest.World, l *log.Log) (list []*admission.Checked, request *admission.Checked) {
	t.Helper()
	flow := statement.Workflow{
		ID: "flow", Version: 1, Namespaces: []string{"a/"}, Tools: []string{"t"}, Targets: []string{"x"}, Destinations: []string{}, Expects: []string{},
		Steps: []statement.WorkflowStep{
			{Name: "publish", Required: true, Release: true, Actors: []string{}}, {Name: "render", Required: true, Actors: []string{}},
		},
		Approval: statement.Approval{N: 1, Roles: []string{"legal"}, Class: "human", Level: "any", TTLSeconds: 3600}, WithdrawGrants: 1,
		Runners: []statement.Digest{}, Detail: "full", Materiality: "external", Retention: "P7Y", MaxDurationSeconds: 3600, MaxAttempts: 1,
	}
	words, err := flow.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	text := statement.Digest(sha256.Sum256(words))
	grant := govern(t, w, statement.DecisionGrant, w.Admin.ID, "grant", w.Admin.Signer, text, &statement.GrantDecision{
		For: statement.WorkflowDefine, Object: statement.TextObject{}, To: "h/ask", Meaning: "approval", Role: "admin", Rule: "flows-1",
		Policy: policyText(t, l), NotAfter: w.Clock.Now().UnixMilli() + 60_000, Uses: 1, Level: "direct",
	})
	define := govern(t, w, statement.WorkflowDefine, "h/ask", "define", logtest.Key("h/ask"), text, &statement.DefineWorkflow{Text: string(words)}, grant.Digest)
	request = inRun(t, w, statement.RequestOpen, "h/ask", text, &statement.OpenRequest{
		Workflow: text, Trigger: statement.Trigger{Kind: "human"}, Inputs: []statement.File{}, NoInputs: true, Executor: w.Pipeline.ID,
		Want: statement.WantDocument{Document: "a/1"},
	})
	return []*admission.Checked{enrollHuman(t, w, "h/ask"), enrollHuman(t, w, "h/legal"), enrollHuman(t, w, "h/aide"), grant, define, request}, request
}

// decide is a decision about the request of R1, for version 1 of a/1.
func decide(t *testing.T, w *logtest.World, l *log.Log, by string, action statement.Code, request *admission.Checked, nonce string, delegation *admission.Checked) *admission.Checked {
	t.Helper()
	body := &statement.GrantDecision{
		About: &request.Digest, For: action, Object: statement.DocumentObject{Document: "a/1", Version: 1}, To: w.Pipeline.ID, Meaning: "approval", Role: "legal",
		Rule: "notice-1", Policy: policyText(t, l), NotAfter: w.Clock.Now().UnixMilli() + 60_000, Uses: 1, Level: "direct",
	}
	if delegation != nil {
		body.ActingFor = &delegation.Digest
	}
	return inRun(t, w, statement.DecisionGrant, by, sha256.Sum256([]byte("bytes")), body, nonce)
}

// spending makes a document statement of R1 by the pipeline.
func spending(t *testing.T, w *logtest.World, code statement.Code, nonce string, body statement.Body, grant *admission.Checked) *admission.Checked {
	t.Helper()
	s := statement.Statement{
		Code: code, Subject: sha256.Sum256([]byte("bytes")), Log: w.Origin, Nonce: nonceOf(nonce), At: w.Clock.Now().UnixMilli(), Issuer: w.Pipeline.ID, Run: "R1",
		Spends: []statement.Digest{grant.Digest}, Body: body,
	}
	payload, err := s.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	signature, err := w.Pipeline.Signer.Sign(statement.PAE(payload))
	if err != nil {
		t.Fatal(err)
	}
	return w.Checked(statement.Envelope{Payload: payload, Signature: signature, SPKI: w.Pipeline.Signer.SPKI()})
}

// race submits statements at once, each by a caller of its own, and counts the
// outcomes by code; "" is admitted.
func race(t *testing.T, l *log.Log, statements []*admission.Checked) map[string]int {
	t.Helper()
	var mu sync.Mutex
	var group sync.WaitGroup
	outcomes := make(map[string]int)
	for _, c := range statements {
		group.Add(1)
		go func() {
			defer group.Done()
			results, view, err := l.Submit(context.Background(), []*admission.Checked{c})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
				return
			}
			view.Release()
			code := ""
			if r := results[0].Refusal; r != nil {
				code = r.Code
			}
			outcomes[code]++
		}()
	}
	group.Wait()
	return outcomes
}

// TestApprovals: of fifty who race for one use exactly one wins, of a delegation
// as of an approval; what the log writes is what a replay derives, and it goes on
// from its rows after it was opened anew.
func TestApprovals(t *testing.T) {
	w := logtest.NewWorld()
	store, anchor := storagetest.Open(t)
	l := w.Create(t, store, anchor)
	start, request := approvedRun(t, w, l)
	delegation := govern(t, w, statement.DecisionGrant, "h/legal", "delegate", logtest.Key("h/legal"), sha256.Sum256(logtest.Key("h/aide").SPKI()),
		&statement.GrantDecision{
			For: statement.DecisionGrant, Object: statement.DelegationObject{Role: "legal", Namespaces: []string{"a/"}}, To: "h/aide", Meaning: "approval", Role: "legal",
			Rule: "absence-1", Policy: policyText(t, l), NotAfter: w.Clock.Now().UnixMilli() + 60_000, Uses: 1, Level: "direct",
		})
	reopen := func() { l.Close(); l = w.Open(t, store, anchor) }
	for _, c := range append(start, delegation) {
		if r := logtest.Submit(t, l, c)[0]; r.Refusal != nil {
			t.Fatalf("%s: %v", c.Statement.Code, r.Refusal)
		}
	}
	reopen()
	var decisions []*admission.Checked
	for i := range 50 {
		decisions = append(decisions, decide(t, w, l, "h/aide", statement.DocumentRelease, request, fmt.Sprint("stead", i), delegation))
	}
	if got := race(t, l, decisions); got[""] != 1 || got[admission.CodeGrant] != 49 {
		t.Fatalf("fifty decisions by one use of a delegation: %v", got)
	}
	reopen()
	var releases []*admission.Checked
	grant := winner(t, l, decisions)
	for i := range 50 {
		body := &statement.ReleaseDocument{Document: "a/1", Version: 1, Size: 5, Media: "text/plain", To: []string{}}
		releases = append(releases, spending(t, w, statement.DocumentRelease, fmt.Sprint("release", i), body, grant))
	}
	if got := race(t, l, releases); got[""] != 1 || got[admission.CodeVersion] != 49 {
		t.Fatalf("fifty releases on one grant: %v", got)
	}
	reopen()
	take := decide(t, w, l, "h/legal", statement.DocumentWithdraw, request, "withdraw", nil)
	withdraw := spending(t, w, statement.DocumentWithdraw, "withdraw", &statement.WithdrawDocument{Document: "a/1", Version: 1, Reason: "error"}, take)
	for _, c := range []*admission.Checked{take, withdraw} {
		if r := logtest.Submit(t, l, c)[0]; r.Refusal != nil {
			t.Fatalf("%s: %v", c.Statement.Code, r.Refusal)
		}
		reopen()
	}
	defer l.Close()
	checkSpent(t, store, grant)
	logtest.Check(t, w, store, anchor)
	report, err := fsck.Check(context.Background(), fsck.Log{Origin: w.Origin, Mode: log.Sealed, Key: w.Signer.Key(), Store: store, Anchor: anchor},
		fsck.Options{Replay: true})
	if err != nil || report.Damaged != 0 || !report.Replayed {
		t.Errorf("fsck: %+v, %v", report, err)
	}
}

// winner is the one of these statements that has an entry.
func winner(t *testing.T, l *log.Log, statements []*admission.Checked) (won *admission.Checked) {
	t.Helper()
	v := l.View()
	defer v.Release()
	for _, c := range statements {
		if _, err := v.Find(c.Digest); err == nil {
			won = c
		}
	}
	if won == nil {
		t.Fatal("none has an entry")
	}
	return won
}

// checkSpent: the grant's register says that no use is left, and in whose stead it
// was given.
func checkSpent(t *testing.T, store storage.Reader, grant *admission.Checked) {
	t.Helper()
	row, err := store.Get(storage.Record(register.GrantKey(grant.Digest)))
	if err != nil {
		t.Fatal(err)
	}
	record, err := register.ParseRecord(row)
	if err != nil {
		t.Fatal(err)
	}
	state, err := register.ParseGrantState(record.State)
	if err != nil || state.Status != register.GrantUsedUp || state.Granted.Delegator != register.IdentityKey("h/legal") {
		t.Errorf("the grant is %+v, %v", state, err)
	}
}
