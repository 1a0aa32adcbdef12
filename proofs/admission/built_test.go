package admission

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docketlog/docket/proofs/statement"
)

// example is a statement of a kind, from the golden files of package statement,
// made for the test's log and signed by an identity of it.
func example(t *testing.T, code statement.Code, by string) *Checked {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "statement", "testdata", code.String()+".json"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := statement.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	s.Log, s.Issuer, s.At = origin, by, noon
	return sealed(s, by)
}

// TestNotBuilt: what a statement can be and what a log takes are two things. Of
// every kind that Parse reads, these rules admit those in force; the fold refuses
// others as not built, first of all: at index 0, and later whoever signs them.
func TestNotBuilt(t *testing.T) {
	l := newTestLog(t)
	l.admit(world()...)
	var admitted []string
	for i := range 256 {
		code := statement.Code(i)
		if !code.Built() {
			continue
		}
		for _, at := range []struct {
			log *testLog
			by  string
		}{{newTestLog(t), "h/admin"}, {l, "h/admin"}, {l, "wl/p"}, {l, "wl/unknown"}} {
			if err := apply(at.log, example(t, code, at.by)); notBuilt(err) == code.InForce() {
				t.Errorf("%s by %s at index %d: %v", code, at.by, at.log.index(), err)
			}
		}
		if code.InForce() {
			admitted = append(admitted, code.String())
		}
	}
	const want = "policy.set identity.enroll identity.rotate identity.suspend identity.resume identity.revoke identity.retire " +
		"workflow.define workflow.retire request.open request.cancel decision.grant decision.deny decision.revoke step.intent step.done outcome.close document.release document.withdraw " +
		"attest.observe finding.refuse finding.alert finding.ack finding.close"
	if got := strings.Join(admitted, " "); got != want {
		t.Errorf("in force: %s; want %s", got, want)
	}
}

// notBuilt says whether an error is the refusal of a kind.
func notBuilt(err error) bool {
	var r *Refusal
	return errors.As(err, &r) && r.Code == CodeForm && r.Field == "predicateType" &&
		strings.Contains(r.Reason, "is not built in rules "+statement.Rules)
}

// TestReserved: had the parser a hole, and the first check as well, the fold would
// still have no rule for such a statement, and refuse it.
func TestReserved(t *testing.T) {
	l := newTestLog(t)
	l.admit(world()...)
	for _, code := range []statement.Code{statement.EraseErase, statement.EraseHold, statement.EraseUnhold} {
		c := *example(t, statement.DocumentRelease, "wl/p")
		s := *c.Statement
		s.Code, s.Body, c.Statement = code, nil, &s
		if err := apply(l, &c); !notBuilt(err) {
			t.Errorf("%s: %v", code, err)
		}
		effects, err := (&entry{fold: l.fold, st: l.overlay, c: &c}).applyBody()
		if effects != nil || !notBuilt(err) {
			t.Errorf("%s, judged all the same: %v, %v", code, effects, err)
		}
	}
}
