package admission

import (
	"testing"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// All short logs of steps in a run, held against what they say themselves.

func stepLetters() (start, letters []*Checked) {
	a := newApprovals(1)
	object := statement.StepObject{Step: "unlock", Attempt: 1, Tool: "t", Target: "x", In: []statement.File{}}
	key := a.decide("h/one", statement.StepIntent, a.runs["R1"].Digest, object, "wl/exec", a.about("R1"))
	return append(a.start, key), []*Checked{
		a.intent("wl/exec", "render", 1, 1), a.intent("wl/exec", "unlock", 1, 1, key), a.intent("wl/exec", "unlock", 1, 2, key), a.intent("wl/exec", "unlock", 1, 2),
		a.intent("wl/exec", "render", 2, 1), a.intent("wl/exec", "render", 3, 1), a.intent("wl/one", "render", 1, 1), a.intent("wl/one", "unlock", 1, 1),
		a.intent("h/two", "render", 1, 1), a.done("wl/exec", "render", "error", 1, 2), a.done("wl/one", "render", "ok", 2, 1), a.done("h/two", "render", "ok", 2, 3),
		a.outcome("wl/exec", 1), a.outcome("wl/exec", 2), a.outcome("h/two", 1), takeStatement("h/one", key),
	}
}

func TestStepSequences(t *testing.T) {
	start, letters := stepLetters()
	refused := walkSequences(t, start, letters, 4, checkSteps)
	for _, code := range []string{CodeApart, CodeGrant, CodeApproval, CodeDead, CodeAttempt, CodeDuplicate} {
		if refused[code] == 0 {
			t.Errorf("no sequence was refused with %s", code)
		}
	}
}

// checkSteps: only who executes the run or acts in the step begins it; each
// signer counts on by one in the newest attempt; an attempt begins after an
// outcome of the one before; a gated step has its grant, which is spent once.
func checkSteps(t *testing.T, st State, admitted []*Checked) {
	t.Helper()
	const executor, actor = "wl/exec", "wl/one" // the actor of render
	counts := func(by, step string) bool { return by == executor || by == actor && step == "render" }
	newest, ended, spent, taken := uint32(0), uint32(0), 0, false
	last := make(map[string]uint32) // seq of each signer in the newest attempt
	count := func(by string, attempt, seq uint32) {
		if attempt > newest {
			newest = attempt
			clear(last)
		}
		if attempt == newest {
			last[by] = max(last[by], seq)
		}
	}
	for i, c := range admitted {
		by := c.Statement.Issuer
		switch body := c.Statement.Body.(type) {
		case *statement.IntendStep:
			begins := body.Attempt > max(newest, 1)
			if !counts(by, body.Name) || body.Attempt > 2 || body.Attempt < newest || begins && ended < body.Attempt-1 {
				t.Fatalf("entry %d: %s begins %s in attempt %d, of %d, ended %d", i, by, body.Name, body.Attempt, newest, ended)
			}
			if next := last[by] + 1; body.Attempt == newest && body.Seq != next || body.Attempt > newest && body.Seq != 1 {
				t.Fatalf("entry %d: seq %d after %d", i, body.Seq, last[by])
			}
			if spent += len(c.Statement.Spends); spent > 1 || len(c.Statement.Spends) > 0 && taken || body.Name == "unlock" && len(c.Statement.Spends) == 0 {
				t.Fatalf("entry %d begins %s with %d grants, %d spent", i, body.Name, len(c.Statement.Spends), spent)
			}
			count(by, body.Attempt, body.Seq)
		case *statement.FinishStep:
			if counts(by, body.Name) && body.Attempt <= 2 {
				count(by, body.Attempt, body.Seq)
			}
		case *statement.CloseOutcome:
			if by == executor && body.Attempt >= newest {
				ended = body.Attempt
			}
		case *statement.RevokeDecision:
			taken = true
		}
	}
	r, err := st.Record(register.RunKey("R1"))
	must(err)
	if r == nil {
		return
	}
	s, err := register.ParseRunState(r.State)
	must(err)
	if s.Attempt != newest || len(s.Signers) != len(last) {
		t.Fatalf("run R1 is in attempt %d with %d signers; want %d with %v", s.Attempt, len(s.Signers), newest, last)
	}
	for id, seq := range last {
		for _, signer := range s.Signers {
			if signer.Identity == register.IdentityKey(id) && signer.Next != seq+1 {
				t.Fatalf("%s is at %d in the register; want %d", id, signer.Next, seq+1)
			}
		}
	}
}

// TestApprovalBatching: approvals, releases and steps are judged alike in one
// batch and in many.
func TestApprovalBatching(t *testing.T) {
	start, letters := stepLetters()
	for _, sequence := range [][]int{{0, 2, 9, 12, 4, 13}, {1, 2, 15, 9, 10, 5}, {15, 1, 0, 12, 10, 4}, {6, 7, 14, 4, 12, 4}} {
		compareBatchings(t, start, pick(letters, sequence))
	}
	a := newApprovals(2)
	const release = statement.DocumentRelease
	one, two := a.forDocument("h/one", release, 1, a.about("R1")), a.forDocument("h/two", release, 1, a.about("R1"))
	delegation := a.delegate("h/one", "h/del")
	stead := a.forDocument("h/del", release, 1, a.about("R1"), acting(delegation))
	taken := a.forDocument("h/two", statement.DocumentWithdraw, 1)
	v1 := releaseIn("R1", 1, nil, two, stead)
	letters = []*Checked{
		delegation, stead, one, two, v1, taken, withdrawOf(1, "a", taken), a.done("wl/exec", "render", "ok", 1, 1),
		releaseIn("R1", 1, nil, one, stead), takeStatement("h/one", stead), lifeStatement(statement.IdentitySuspend, "svc/reg", "h/one", "stop"),
	}
	for _, sequence := range [][]int{{0, 1, 3, 4, 5, 6, 7}, {0, 1, 2, 8, 3, 4, 6}, {0, 1, 3, 9, 4, 7, 2}, {0, 1, 3, 10, 4, 5, 7}, {1, 0, 1, 3, 4, 4, 6}} {
		compareBatchings(t, a.start, pick(letters, sequence))
	}
}

func pick(letters []*Checked, sequence []int) (list []*Checked) {
	for _, i := range sequence {
		list = append(list, letters[i])
	}
	return list
}
