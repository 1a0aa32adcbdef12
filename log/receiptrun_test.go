package log_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// maxRunReceipt is what a receipt of a release with two grants may have, as JSON.
const maxRunReceipt = 20 << 10

// admit submits statements one by one, each in a batch of its own.
func admit(t *testing.T, l *log.Log, entries ...*admission.Checked) {
	t.Helper()
	for _, c := range entries {
		if r := logtest.Submit(t, l, c)[0]; r.Refusal != nil {
			t.Fatalf("%s: %v", c.Statement.Code, r.Refusal)
		}
	}
}

// TestReceiptsOfRuns: a request, two grants, a release, an outcome, the next
// version and its withdrawal; each with a receipt that verifies and says who
// approved; also once everything is read from the store.
func TestReceiptsOfRuns(t *testing.T) {
	w, p := logtest.NewWorld(), newPlace(t)
	w.Direct = []string{"notes/"}
	l := w.Create(t, p.store, p.anchor)
	o := w.NewOffice(t, l)
	const document = "contracts/1"
	one, two := []byte("one"), []byte("two")

	r1 := o.Request("R1", document)
	legal := o.Approve("h/legal", "legal", statement.DocumentRelease, r1, document, 1, one)
	risk := o.Approve("h/risk", "risk", statement.DocumentRelease, r1, document, 1, one)
	v1 := o.ReleaseIn(r1, document, 1, nil, one, legal, risk)
	admit(t, l, r1, legal, risk, v1)
	verifier := w.Verifier(t, l)
	check := func(c *admission.Checked, file []byte, exit int, want ...string) {
		t.Helper()
		r := receipt(t, l, c.Digest)
		got := verifier.Verify(r, proofs.Expect{File: logtest.FileOf(file).Digest, Document: document, Dev: true})
		if got.Exit != exit {
			t.Fatalf("exit %d, want %d\n%s", got.Exit, exit, got)
		}
		if text := approvedBy(got); fmt.Sprint(text) != fmt.Sprint(want) {
			t.Errorf("approved by %q, want %q", text, want)
		}
		if size := len(r.Marshal()); len(r.Registers) == 7 && size > maxRunReceipt {
			t.Errorf("the receipt has %d bytes", size)
		} else {
			t.Logf("%s: %d bytes", c.Statement.Code, size)
		}
	}
	check(v1, one, 0, "R1 partial partial", "h/legal human legal", "h/risk human risk")

	done := o.Sign(w.Pipeline.ID, statement.Statement{Run: "R1", Subject: logtest.FileOf(one).Digest, Body: &statement.FinishStep{
		Step: statement.Step{
			Attempt: 1, Seq: 1, Name: "render", Tool: "t", Target: "x", In: []statement.File{},
			Policy: statement.Verdict{ID: "p", Verdict: "allow"}, Assurance: "producer-signed",
		},
		Out: []statement.File{}, Result: "ok", Changes: []statement.Change{},
	}})
	admit(t, l, done, o.Close(r1, one))
	check(v1, one, 0, "R1 partial success", "h/legal human legal", "h/risk human risk")

	w.Clock.Add(time.Second)
	r2 := o.Request("R2", document)
	legal2 := o.Approve("h/legal", "legal", statement.DocumentRelease, r2, document, 2, two)
	holidays := o.Delegate("h/risk", "h/deputy", "risk")
	risk2 := o.ApproveFor(holidays, "h/deputy", "risk", statement.DocumentRelease, r2, document, 2, two)
	v2 := o.ReleaseIn(r2, document, 2, v1, two, risk2, legal2)
	// All in one batch: what is approved and spent within it is read from memory.
	for _, r := range logtest.Submit(t, l, r2, legal2, holidays, risk2, v2) {
		if r.Refusal != nil {
			t.Fatal(r.Refusal)
		}
	}
	check(v1, one, 10, "R1 partial success", "h/legal human legal", "h/risk human risk")
	check(v2, two, 0, "R2 partial partial", "h/deputy human risk for h/risk", "h/legal human legal")

	// A withdrawal names no run, and is of the run that released; or a run of its own.
	gone := o.Approve("h/legal", "legal", statement.DocumentWithdraw, nil, document, 2, two)
	end := o.WithdrawOn("", document, 2, two, gone)
	admit(t, l, gone, end)
	r3 := o.Request("R3", document)
	legal3 := o.Approve("h/legal", "legal", statement.DocumentRelease, r3, document, 3, one)
	risk3 := o.Approve("h/risk", "risk", statement.DocumentRelease, r3, document, 3, one)
	v3 := o.ReleaseIn(r3, document, 3, v2, one, legal3, risk3)
	gone3 := o.Approve("h/risk", "risk", statement.DocumentWithdraw, r3, document, 3, one)
	end3 := o.WithdrawOn("R3", document, 3, one, gone3)
	admit(t, l, r3, legal3, risk3, v3, gone3, end3)
	all := func() {
		t.Helper()
		check(v1, one, 10, "R1 partial success", "h/legal human legal", "h/risk human risk")
		check(v2, two, 10, "R2 partial partial", "h/deputy human risk for h/risk", "h/legal human legal")
		check(end, two, 10, "h/legal human legal")
		check(v3, one, 10, "R3 partial partial", "h/legal human legal", "h/risk human risk")
		check(end3, one, 10, "R3 partial partial", "h/risk human risk")
		for _, c := range []*admission.Checked{r1, legal, done, gone} {
			r := receipt(t, l, c.Digest)
			if got := verifier.Verify(r, proofs.Expect{File: c.Statement.Subject, Dev: true}); got.Exit != 20 || len(r.Registers) != 1 {
				t.Errorf("%s: %s", c.Statement.Code, got)
			}
		}
	}
	all()
	logtest.Check(t, w, p.store, p.anchor)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	p.reopen(t)
	l = w.Open(t, p.store, p.anchor)
	defer l.Close()
	all()
}

// approvedBy are run and grants of a verdict, in short.
func approvedBy(v proofs.Verdict) (list []string) {
	if r := v.Run; r != nil {
		list = append(list, fmt.Sprintf("%s %s %s", r.ID, r.Status, r.Now))
	}
	for _, a := range v.Approvals {
		line := fmt.Sprintf("%s %s %s", a.By, a.Class, a.Role)
		if a.Delegator != "" {
			line += " for " + a.Delegator
		}
		if a.Person != "" {
			line += ", " + a.Person
		}
		list = append(list, line)
	}
	return list
}

// TestReceiptOfRunMixed: parts of two receipts, each true, never make one.
func TestReceiptOfRunMixed(t *testing.T) {
	w, p := logtest.NewWorld(), newPlace(t)
	l := w.Create(t, p.store, p.anchor)
	defer l.Close()
	o := w.NewOffice(t, l)
	var releases []*admission.Checked
	for i, file := range []string{"one", "two"} {
		document := fmt.Sprintf("contracts/%d", i)
		r := o.Request(fmt.Sprintf("R%d", i), document)
		legal := o.Approve("h/legal", "legal", statement.DocumentRelease, r, document, 1, []byte(file))
		risk := o.Approve("h/risk", "risk", statement.DocumentRelease, r, document, 1, []byte(file))
		release := o.ReleaseIn(r, document, 1, nil, []byte(file), legal, risk)
		admit(t, l, r, legal, risk, release)
		releases = append(releases, release)
	}
	verifier := w.Verifier(t, l)
	view := l.View()
	defer view.Release()
	receiptOf := func(c *admission.Checked) *proofs.Receipt {
		t.Helper()
		index, err := view.Find(c.Digest)
		if err != nil {
			t.Fatal(err)
		}
		r, err := view.Receipt(index)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	other := receiptOf(releases[1])
	for i := range other.Registers {
		for rename := range 2 {
			r := receiptOf(releases[0])
			id := r.Registers[i].ID
			r.Registers[i] = other.Registers[i]
			if rename == 1 {
				r.Registers[i].ID = id
			}
			got := verifier.Verify(r, proofs.Expect{File: logtest.FileOf([]byte("one")).Digest, Dev: true})
			same := i == 1 || r.Registers[i].Type == register.TypeIdentity // one publisher, the same approvers
			if same != (got.Exit == 0) || !same && got.Kind != proofs.Invalid {
				t.Errorf("register %d of another release, renamed %d times: %s", i, rename, got)
			}
		}
	}
}

// TestReceiptOfRunSize: with a thousand other registers the receipt stays small,
// and is made and verified in little time.
func TestReceiptOfRunSize(t *testing.T) {
	w, p := logtest.NewWorld(), newPlace(t)
	l := w.Create(t, p.store, p.anchor)
	defer l.Close()
	o := w.NewOffice(t, l)
	r := o.Request("R1", "contracts/a")
	legal := o.Approve("h/legal", "legal", statement.DocumentRelease, r, "contracts/a", 1, []byte("a"))
	risk := o.Approve("h/risk", "risk", statement.DocumentRelease, r, "contracts/a", 1, []byte("a"))
	release := o.ReleaseIn(r, "contracts/a", 1, nil, []byte("a"), legal, risk)
	admit(t, l, r, legal, risk, release)
	var many []*admission.Checked
	for i := range 1000 {
		many = append(many, w.Release(fmt.Sprintf("notes/%d", i), 1, nil, fmt.Appendf(nil, "%d", i)))
	}
	logtest.Submit(t, l, many...)
	verifier := w.Verifier(t, l)
	expect := proofs.Expect{File: logtest.FileOf([]byte("a")).Digest, Document: "contracts/a", Dev: true}
	const times = 20
	start := time.Now()
	for range times {
		if got := verifier.Verify(receipt(t, l, release.Digest), expect); got.Exit != 0 {
			t.Fatal(got)
		}
	}
	each := time.Since(start) / times
	size := len(receipt(t, l, release.Digest).Marshal())
	t.Logf("%d bytes, made, parsed and verified in %v", size, each)
	if size > maxRunReceipt || each > 200*time.Millisecond {
		t.Errorf("%d bytes in %v; at most %d are allowed", size, each, maxRunReceipt)
	}
}

// TestReceiptsOfEveryApproval: whatever way the rules admit a release or a
// withdrawal in a run, its receipt verifies.
func TestReceiptsOfEveryApproval(t *testing.T) {
	const document = "contracts/1"
	file := []byte("one")
	for _, c := range []struct {
		name string
		flow func(f *statement.Workflow)
		make func(t *testing.T, l *log.Log, o *logtest.Office) []*admission.Checked
		exit int
		want string
	}{
		{"nobody approves, no step releases", func(f *statement.Workflow) {
			f.Approval.N, f.Approval.Roles, f.Steps = 0, []string{}, f.Steps[:1]
		}, func(_ *testing.T, _ *log.Log, o *logtest.Office) []*admission.Checked {
			r := o.Request("R1", document)
			return []*admission.Checked{r, o.ReleaseIn(r, document, 1, nil, file)}
		}, 0, "[R1 open open]"},
		{"brought by a bridge", func(f *statement.Workflow) {
			f.Approval.N, f.Approval.Roles, f.Approval.Level = 1, []string{}, "any"
		}, func(t *testing.T, l *log.Log, o *logtest.Office) []*admission.Checked {
			bridge, err := o.Registrar.Enroll(client.Enrollment{
				ID: "br/tickets", Class: "bridge", Owner: "team-tickets", Custody: "file", Roles: []string{"legal"}, Namespaces: []string{"*"},
			}, logtest.Key("br/tickets"))
			if err != nil {
				t.Fatal(err)
			}
			r, subject := o.Request("R1", document), logtest.FileOf(file).Digest
			g := o.Sign("br/tickets", statement.Statement{Run: "R1", Subject: subject, Body: &statement.GrantDecision{
				About: &r.Digest, For: statement.DocumentRelease, Object: statement.DocumentObject{Document: document, Version: 1}, To: o.Pipeline.ID,
				Meaning: "approval", Role: "legal", Rule: "tickets-1", Policy: policyText(t, l), NotAfter: o.Clock.Now().UnixMilli() + 60_000, Uses: 1,
				Level: "bridged", By: "h/legal", Source: &subject,
			}})
			return []*admission.Checked{o.Checked(bridge), r, g, o.ReleaseIn(r, document, 1, nil, file, g)}
		}, 0, "[R1 partial partial br/tickets bridge legal, h/legal]"},
		{"in a run, below a direct prefix", nil, func(_ *testing.T, _ *log.Log, o *logtest.Office) []*admission.Checked {
			r := o.Request("R1", document)
			legal := o.Approve("h/legal", "legal", statement.DocumentRelease, r, document, 1, file)
			risk := o.Approve("h/risk", "risk", statement.DocumentRelease, r, document, 1, file)
			return []*admission.Checked{r, legal, risk, o.ReleaseIn(r, document, 1, nil, file, legal, risk)}
		}, 0, "[R1 partial partial h/legal human legal h/risk human risk]"},
		{"released directly, withdrawn in a run", nil, func(_ *testing.T, _ *log.Log, o *logtest.Office) []*admission.Checked {
			v1, r := o.Release(document, 1, nil, file), o.Request("R1", document)
			gone := o.Approve("h/risk", "risk", statement.DocumentWithdraw, r, document, 1, file)
			return []*admission.Checked{v1, r, gone, o.WithdrawOn("R1", document, 1, file, gone)}
		}, 10, "[R1 open open h/risk human risk]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, p := logtest.NewWorld(), newPlace(t)
			l := w.Create(t, p.store, p.anchor)
			defer l.Close()
			change := c.flow
			if change == nil {
				change = func(*statement.Workflow) {}
			}
			entries := c.make(t, l, w.NewOffice(t, l, change))
			admit(t, l, entries...)
			last := entries[len(entries)-1]
			got := w.Verifier(t, l).Verify(receipt(t, l, last.Digest), proofs.Expect{File: logtest.FileOf(file).Digest, Document: document, Dev: true})
			if got.Exit != c.exit || fmt.Sprint(approvedBy(got)) != c.want {
				t.Errorf("exit %d, %v, want %d, %s\n%s", got.Exit, approvedBy(got), c.exit, c.want, got)
			}
		})
	}
}
