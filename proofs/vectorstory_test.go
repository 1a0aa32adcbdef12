package proofs

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// NewStory writes a log in which run R1 released version 1 of contracts/9 by a workflow,
// on two grants, one of them in the stead of h/chief, after one step. Run R2 is open
// beside it. It can prove all of its registers: packs are made of it. change makes it
// lie: it is called for each event before that is hashed; nil: it tells the truth.
func NewStory(t testing.TB, change func(e *StoryEvent)) *writtenLog {
	t.Helper()
	l := emptyLog(t)
	l.onEvent = func(r *writtenRegister, e *writtenEvent) {
		told := StoryEvent{Type: r.typ, ID: r.id, Seq: e.Seq, Kind: e.Kind, LeafHash: e.LeafHash, Time: e.Time, Body: l.told(r, e)}
		if change != nil {
			change(&told)
		}
		e.Kind, e.LeafHash, e.Time = told.Kind, told.LeafHash, told.Time
		e.setBody(e.blind, told.Body)
	}
	l.onState = func(r *writtenRegister) { // what a lie leads to
		var state []byte
		for _, e := range r.events {
			next, err := register.NextState(r.typ, state, e.Kind, e.body, register.Entry{Index: e.Index, Time: e.Time})
			if err != nil {
				return
			}
			state = next
		}
		r.state = state
	}
	l.startRuns()
	text := l.defineWorkflow()
	l.publish()
	delegation := l.delegate(nil)
	request := l.requestBy("R1", text)
	legal := l.grant(newGrant("h/legal", "legal").about("R1", request))
	risk := l.grant(inStead(delegation).about("R1", request))
	l.finishStep("R1")
	l.publish()
	l.releaseIn("R1", legal, risk)
	l.outcome("R1")
	l.requestBy("R2", text)
	l.publish()
	return l
}

// told is the body of an event, with what other logs of these tests leave out: the run
// of an activity, and what genesis makes of its members.
func (l *writtenLog) told(r *writtenRegister, e *writtenEvent) []byte {
	entry := l.entries[e.Index]
	switch {
	case r.typ == register.TypeActivity:
		return register.ActivityBody{Statement: entry.digest(), Run: runKeyOf(entry.statement)}.Marshal()
	case r.typ == register.TypeIdentity && entry.statement.Code == statement.PolicySet:
		b, err := register.ParseIdentityBody(e.body)
		if err != nil {
			l.t.Fatal(err)
		}
		if b.State.Owner = sha256.Sum256([]byte(r.id)); r.id == "h/admin" {
			b.State.Class = register.ClassHuman
		}
		return b.Marshal()
	}
	return e.body
}

// A StoryEvent is what a log writes to a register.
type StoryEvent struct {
	Type     register.Type
	ID       string
	Seq      uint64
	Kind     uint8
	LeafHash Hash
	Time     uint64
	Body     []byte
}

func (l *writtenLog) defineWorkflow() statement.Digest {
	flow := statement.Workflow{
		ID: "contract", Version: 1, Namespaces: []string{"contracts/"}, Tools: []string{"pdf"}, Targets: []string{"store"}, Destinations: []string{}, Expects: []string{},
		Steps: []statement.WorkflowStep{
			{Name: "render", Required: true, Actors: []string{}}, {Name: "publish", Required: true, Release: true, Actors: []string{"wl/publisher"}},
		},
		Approval: statement.Approval{N: 2, Roles: []string{"legal", "risk"}, Class: "human", Level: "any", TTLSeconds: 3600},
		Runners:  []statement.Digest{}, Detail: "full", Materiality: "external", Retention: "P7Y", MaxDurationSeconds: 86400, MaxAttempts: 2,
	}
	words, err := flow.Marshal()
	if err != nil {
		l.t.Fatal(err)
	}
	digest := statement.Digest(sha256.Sum256(words))
	index, e := l.add(statement.WorkflowDefine, digest, "h/admin", &statement.DefineWorkflow{Text: string(words)})
	for _, id := range []string{statement.WorkflowDocument(flow.ID), statement.TextDocument(digest)} {
		body := register.DocumentBody{Version: 1, Digest: register.SHA256Digest(digest), Statement: e.digest()}
		l.change(index, e, register.TypeDocument, id, register.DocumentRelease, body.Marshal())
	}
	return digest
}

func (l *writtenLog) requestBy(run string, workflow statement.Digest) statement.Digest {
	index, e := l.inRun(run, nil, statement.RequestOpen, workflow, "h/admin", &statement.OpenRequest{
		Workflow: workflow, Trigger: statement.Trigger{Kind: "human"}, NoInputs: true, Executor: "wl/publisher", Want: statement.WantDocument{Document: runDocument},
	})
	body := register.RunBody{
		Status: register.RunOpen, Issuer: register.IdentityKey("h/admin"), Statement: e.digest(), Ref: register.WorkflowRef(register.SHA256Digest(workflow)),
	}
	l.change(index, e, register.TypeRun, run, uint8(statement.RequestOpen), body.Marshal())
	return e.digest()
}

func (l *writtenLog) finishStep(run string) {
	page := fileDigest(runFile)
	index, e := l.inRun(run, nil, statement.StepDone, page, "wl/publisher", &statement.FinishStep{
		Step: statement.Step{
			Attempt: 1, Seq: 1, Name: "render", Tool: "pdf", Target: "a<b>&\"c\"+'d'", In: []statement.File{},
			Policy: statement.Verdict{ID: "p", Verdict: "allow"}, Assurance: "producer-signed",
		},
		Out: []statement.File{{Name: "page", Digest: page}}, Result: "ok", Changes: []statement.Change{},
	})
	l.runEvent(index, e, register.RunBody{Status: register.RunOpen, Attempt: 1, Seq: 1, Result: register.ResultOK, Step: "render"})
}

// Then lets more happen, and closes the batch.
func (l *writtenLog) Then(deeds ...func()) {
	for _, deed := range deeds {
		deed()
	}
	l.publish()
}

// Withdraw withdraws what run R1 released.
func (l *writtenLog) Withdraw() { l.withdrawIn("R1") }

// Revoke ends an identity whose key is said to be stolen since a time after the start.
func (l *writtenLog) Revoke(id string, since int64) { l.revoke(id, startTime+since) }

// Cancel cancels run R2.
func (l *writtenLog) Cancel() { l.cancel("R2") }

// ReleaseNothing releases a document of no bytes' digest.
func (l *writtenLog) ReleaseNothing() {
	index, e := l.add(statement.DocumentRelease, statement.Digest{}, "wl/publisher", &statement.ReleaseDocument{
		Document: "notes/0", Version: 1, Media: "text/plain", To: []string{},
	})
	body := register.DocumentBody{Version: 1, Digest: register.SHA256Digest(register.Hash{}), Statement: e.digest()}
	l.change(index, e, register.TypeDocument, "notes/0", register.DocumentRelease, body.Marshal())
}

// Alone takes all cosigners away.
func (l *writtenLog) Alone() { l.cosigners = nil }

// ReceiptAt is the receipt of an entry under the newest tree.
func (l *writtenLog) ReceiptAt(index uint64) *Receipt { return l.receipt(index) }

// HistoryOf is a register under the newest tree, with all its events.
func (l *writtenLog) HistoryOf(typ register.Type, id string) (*Receipt, []OpenedEvent) {
	l.t.Helper()
	staple := &Receipt{
		GenesisInclusion: l.inclusion(0), Checkpoint: l.note(), Seal: l.seal, SealInclusion: l.inclusion(l.size - 1),
		Registers: []RegisterProof{l.prove(typ, id, 0, 0, 0)},
	}
	key, err := registerKey(typ, id)
	if err != nil {
		l.t.Fatal(err)
	}
	var events []OpenedEvent
	for _, e := range l.shown[key].events {
		events = append(events, OpenedEvent{Event: e.Event, EventOpening: EventOpening{Blind: e.blind, Body: e.body}})
	}
	return staple, events
}

// Note is the newest signed note; OtherNote is of the same size, with another root.
func (l *writtenLog) Note() []byte { return l.note() }

// OtherNote is a note of the newest size with another root.
func (l *writtenLog) OtherNote() []byte {
	cp := l.checkpoint()
	cp.Root[0] ^= 1
	return signedNote(cp.Marshal(), l.signer.line(l.t, cp, 0))
}

// Pins are the policy and the genesis, in hex, of whoever verifies the log.
func (l *writtenLog) Pins() (policy, genesis string) {
	hash := LeafHash(l.leaves.leaves[0])
	return testPolicyText(), hex.EncodeToString(hash[:])
}

// LoosePolicy demands no cosigner; StrangerPolicy is of another log.
func LoosePolicy() string { return "log " + testLog.key.String() + "\nquorum none\n" }

// StrangerPolicy is of another log of the same name.
func StrangerPolicy() string {
	return "log " + newSigner("log.example", TypeEd25519, 96).key.String() + "\nquorum none\n"
}

// Start is the time of the first seal, SealTime that of the newest.
func (l *writtenLog) SealTime() int64 { return l.time - batchMillis }
