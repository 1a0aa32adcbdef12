package admission

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/docketlog/docket/proofs/statement"
)

// All short logs of approvals and of what is done with them, held against
// invariants that know no rules.

// approvalLetters are decisions on one release, good ones and bad ones, and the
// releases that they could serve.
func approvalLetters() (start, letters []*Checked) {
	a := newApprovals(2)
	const release = statement.DocumentRelease
	one, two := a.forDocument("h/one", release, 1, a.about("R1")), a.forDocument("h/two", release, 1, a.about("R1"))
	program := a.forDocument("wl/one", release, 1, a.about("R1"))
	mine, others := a.delegate("h/ask", "h/del"), a.delegate("h/one", "h/del")
	forOne := a.forDocument("h/del", release, 1, a.about("R1"), acting(others))
	return append(a.start, mine, others), []*Checked{
		one, two, program, forOne,
		a.forDocument("h/ask", release, 1, a.about("R1")),               // by who asked
		a.forDocument("h/two", release, 1, a.about("R2")),               // by who asked for the other
		a.forDocument("h/del", release, 1, a.about("R1"), acting(mine)), // in the stead of who asked
		releaseIn("R1", 1, nil, one, two), releaseIn("R1", 1, nil, one, program), releaseIn("R1", 1, nil, one, forOne),
		releaseIn("R1", 1, nil, two, forOne), releaseIn("R1", 1, nil, one), releaseIn("R2", 1, nil, one, two),
		takeStatement("h/one", one), takeStatement("h/one", forOne), takeStatement("h/one", others),
		lifeStatement(statement.IdentitySuspend, "svc/reg", "h/one", "stop"),
	}
}

func TestApprovalSequences(t *testing.T) {
	start, letters := approvalLetters()
	refused := walkSequences(t, start, letters, 5, checkApprovals)
	for _, code := range []string{CodeIssuer, CodeApart, CodeGrant, CodeApproval, CodeDead, CodeDuplicate} {
		if refused[code] == 0 {
			t.Errorf("no sequence was refused with %s", code)
		}
	}
}

func TestAuthoritySequences(t *testing.T) {
	a := newApprovals(1)
	const release, withdraw = statement.DocumentRelease, statement.DocumentWithdraw
	first, second := a.forDocument("h/one", release, 1, a.about("R1")), a.forDocument("h/one", release, 2, a.about("R1"))
	old := a.forDocument("h/two", release, 1, a.about("R1"))
	taken := a.forDocument("h/one", withdraw, 1)
	v1 := releaseIn("R1", 1, nil, first)
	letters := []*Checked{
		v1, releaseIn("R1", 1, nil, old), releaseIn("R1", 1, v1, old), releaseIn("R1", 2, v1, second),
		taken, withdrawOf(1, "a", taken), withdrawOf(1, "b", taken), withdrawOf(1, "c"), withdrawOf(2, "d"),
		a.done("wl/exec", "render", "ok", 1, 1), a.done("wl/exec", "publish", "ok", 1, 2),
		runStatement(statement.RequestCancel, "h/ask", "R1", "cancel", a.runs["R1"].Statement.Subject, &statement.CancelRequest{About: a.runs["R1"].Digest, Reason: "error"}),
	}
	start := append(a.start, first, second, old)
	refused := walkSequences(t, start, letters, 6, checkApprovals)
	for _, code := range []string{CodeRun, CodeRequest, CodeGrant, CodeApproval, CodeVersion, CodeDuplicate} {
		if refused[code] == 0 {
			t.Errorf("no sequence was refused with %s", code)
		}
	}
}

// TestLongApprovals: logs of everything that may be said, in five hundred orders.
func TestLongApprovals(t *testing.T) {
	start, letters := approvalLetters()
	random := rand.New(rand.NewPCG(1, 2))
	released := 0
	for range 500 {
		random.Shuffle(len(letters), func(i, j int) { letters[i], letters[j] = letters[j], letters[i] })
		l := newTestLog(t)
		l.admit(start...)
		admitted := slices.Clone(start)
		for _, c := range letters {
			effects, err := l.fold.Apply(l.overlay, l.index(), l.time, c)
			var refusal *Refusal
			if errors.As(err, &refusal) {
				continue
			}
			must(err)
			l.write(c, effects)
			admitted = append(admitted, c)
			if c.Statement.Code == statement.DocumentRelease {
				released++
			}
		}
		checkApprovals(t, l.overlay, admitted)
	}
	if released < 20 {
		t.Errorf("%d releases in all: the letters are too bad to say much", released)
	}
}
