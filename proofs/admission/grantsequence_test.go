package admission

import (
	"errors"
	"testing"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// All short logs about grants, held against invariants that know no rules: two
// admins, a registrar, and wl/q, which is suspended and resumed again and again.

// grantFor is a grant by an admin to the registrar: to resume an identity.
func grantFor(by, id string, uses uint32, policy statement.Digest) *Checked {
	terms := enrollment(id, id, id, nonce("any"))
	terms.Class = "human"
	if id == "wl/q" {
		terms.Class, terms.Owner = "workload", "team-q"
		terms.Verbs, terms.Namespaces = []string{"document.release", "document.withdraw"}, []string{"*"}
	}
	s := newStatement(statement.DecisionGrant, by, "grant "+by+id)
	s.Subject = keyOf(id).digest()
	s.Body = &statement.GrantDecision{
		For: statement.IdentityResume, Object: terms.Object(), To: "svc/reg", Meaning: "approval", Role: roleAdmin, Rule: "board-1",
		Policy: policy, NotAfter: noon + 1, Uses: uses, Level: "direct",
	}
	return sealed(s, by)
}

func lifeStatement(code statement.Code, by, id, nonceOf string, spends ...*Checked) *Checked {
	s := newStatement(code, by, nonceOf)
	s.Subject = keyOf(id).digest()
	s.Body = &statement.SuspendIdentity{ID: id, Reason: "absence"}
	if code == statement.IdentityResume {
		s.Body = &statement.ResumeIdentity{ID: id, Reason: "returned"}
	}
	for _, g := range spends {
		s.Spends = append(s.Spends, g.Digest)
	}
	return sealed(s, by)
}

func takeStatement(by string, g *Checked) *Checked {
	s := newStatement(statement.DecisionRevoke, by, "take "+by)
	s.Subject, s.Body = g.Digest, &statement.RevokeDecision{About: g.Digest, Reason: "risk"}
	return sealed(s, by)
}

// grantLog is the log before the sequences, and the letters.
func grantLog() (start, letters []*Checked) {
	genesis := newStatement(statement.PolicySet, "h/admin", "genesis of two")
	setPolicy(genesis, testPolicy(genesis.Nonce, "h/admin", "h/two"))
	start = []*Checked{
		sealed(genesis, "h/admin"),
		enrollStatement("h/admin", "svc/reg", "svc/reg", "team-registry", []string{roleRegistrar}),
		enrollStatement("svc/reg", "wl/q", "wl/q", "team-q", []string{}),
	}
	text := genesis.Subject
	twice, once, back := grantFor("h/admin", "wl/q", 2, text), grantFor("h/two", "wl/q", 1, text), grantFor("h/two", "h/admin", 1, text)
	const suspend, resume = statement.IdentitySuspend, statement.IdentityResume
	return start, []*Checked{
		twice, once, back,
		lifeStatement(suspend, "svc/reg", "wl/q", "s1"), lifeStatement(suspend, "svc/reg", "wl/q", "s2"), lifeStatement(suspend, "svc/reg", "wl/q", "s3"),
		lifeStatement(resume, "svc/reg", "wl/q", "r1", twice), lifeStatement(resume, "svc/reg", "wl/q", "r2", twice),
		lifeStatement(resume, "svc/reg", "wl/q", "r3", twice, once), lifeStatement(resume, "svc/reg", "wl/q", "r4", once),
		lifeStatement(suspend, "svc/reg", "h/admin", "s4"), lifeStatement(resume, "svc/reg", "h/admin", "r5", back),
		takeStatement("h/admin", twice), takeStatement("h/two", twice), takeStatement("svc/reg", twice),
	}
}

const grantSequenceLength = 5

func TestGrantSequences(t *testing.T) {
	start, letters := grantLog()
	refused := walkSequences(t, start, letters, grantSequenceLength, checkGrants)
	for _, code := range []string{CodeDuplicate, CodeIssuer, CodeIdentity, CodeGrant, CodeDead, CodeEligible} {
		if refused[code] == 0 {
			t.Errorf("no sequence was refused with %s", code)
		}
	}
}

// walkSequences judges all sequences of letters up to a length after a start, and
// calls check with each log. It returns how often each code refused.
func walkSequences(t *testing.T, start, letters []*Checked, length int, check func(*testing.T, State, []*Checked)) map[string]int {
	t.Helper()
	f := NewFold(origin)
	visited, refused := 0, make(map[string]int)
	add := func(st State, index uint64, c *Checked) (State, error) {
		effects, err := f.Apply(st, index, noon, c)
		if err != nil {
			return nil, err
		}
		checkEffects(t, index, effects)
		overlay := NewOverlay(st)
		must(overlay.Write(index, noon, c, effects))
		return overlay, nil
	}
	var walk func(st State, admitted []*Checked, left int)
	walk = func(st State, admitted []*Checked, left int) {
		if left == 0 {
			return
		}
		for _, c := range letters {
			visited++
			index := uint64(len(admitted))
			next, err := add(st, index, c)
			var refusal *Refusal
			if errors.As(err, &refusal) {
				refused[refusal.Code]++
				continue
			}
			must(err)
			longer := append(admitted[:index:index], c)
			check(t, next, longer)
			walk(next, longer, left-1)
		}
	}
	var st State = newMemory()
	for i, c := range start {
		next, err := add(st, uint64(i), c)
		must(err)
		st = next
	}
	walk(st, start, length)
	t.Logf("%d judged, refused %v", visited, refused)
	return refused
}

// checkGrants: no grant is spent more often than it says, nor after it was taken
// back, nor while its grantor is stopped; nobody spends what he granted himself;
// and the registers say the same.
func checkGrants(t *testing.T, st State, admitted []*Checked) {
	t.Helper()
	granted := make(map[statement.Digest]*Checked)
	spent, taken := make(map[statement.Digest]uint32), make(map[statement.Digest]bool)
	stopped := make(map[string]bool)
	for i, c := range admitted {
		if stopped[c.Statement.Issuer] {
			t.Fatalf("entry %d is by %s, which is stopped", i, c.Statement.Issuer)
		}
		for _, d := range c.Statement.Spends {
			g := granted[d]
			if g == nil || taken[d] || stopped[g.Statement.Issuer] || g.Statement.Issuer == c.Statement.Issuer {
				t.Fatalf("entry %d spends %s", i, d)
			}
			if spent[d]++; spent[d] > g.Statement.Body.(*statement.GrantDecision).Uses {
				t.Fatalf("entry %d spends %s once too often", i, d)
			}
		}
		switch body := c.Statement.Body.(type) {
		case *statement.GrantDecision:
			granted[c.Digest] = c
		case *statement.RevokeDecision:
			taken[body.About] = true
		case *statement.SuspendIdentity:
			stopped[body.ID] = true
		case *statement.ResumeIdentity:
			if !stopped[body.ID] || len(c.Statement.Spends) == 0 {
				t.Fatalf("entry %d resumes %s", i, body.ID)
			}
			stopped[body.ID] = false
		}
	}
	for d, g := range granted {
		r, err := st.Record(register.GrantKey(d))
		must(err)
		s, err := register.ParseGrantState(r.State)
		must(err)
		uses := g.Statement.Body.(*statement.GrantDecision).Uses
		if s.Granted.Uses != uses-spent[d] || (s.Status == register.GrantTaken) != taken[d] {
			t.Fatalf("grant %s is in status %d with %d uses left; %d of %d are spent", d, s.Status, s.Granted.Uses, spent[d], uses)
		}
	}
}

// TestGrantBatching: a grant is spent, or dead, in the batch that made it as in
// any later one.
func TestGrantBatching(t *testing.T) {
	start, letters := grantLog()
	for _, sequence := range [][]int{
		{0, 3, 6, 4, 7, 5},      // twice granted, suspended, resumed, suspended, resumed, suspended
		{0, 1, 3, 8, 4, 9},      // both grants on one statement, then the used-up one
		{0, 3, 10, 6, 2, 11, 6}, // dead while its grantor is suspended
		{0, 12, 3, 6, 13},       // taken back by its grantor
		{0, 3, 6, 13, 4, 7},     // taken back half spent, by the other admin
	} {
		var statements []*Checked
		for _, i := range sequence {
			statements = append(statements, letters[i])
		}
		compareBatchings(t, start, statements)
	}
}
