package admission

import (
	"slices"
	"testing"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// approved is what the log says so far, without any rule of the fold.
type approved struct {
	t       *testing.T
	owners  map[string]string
	stopped map[string]bool
	grants  map[statement.Digest]*Checked
	spent   map[statement.Digest]uint32
	taken   map[statement.Digest]bool
	asked   map[string]*Checked
	flow    *statement.Workflow
	version uint32
	current bool
	status  uint8
	met     []string // steps of R1
}

// checkApprovals: nobody approves what he asked for, runs or receives, directly
// or by delegation; nothing is released without as many owners, of those who
// decide and of those who sign; no grant is spent twice, nor dead, nor for
// anything else; no version comes back; the status is what the steps give.
func checkApprovals(t *testing.T, st State, admitted []*Checked) {
	t.Helper()
	a := &approved{
		t: t, owners: map[string]string{"h/admin": "h/admin"}, stopped: make(map[string]bool), grants: make(map[statement.Digest]*Checked),
		spent: make(map[statement.Digest]uint32), taken: make(map[statement.Digest]bool), asked: make(map[string]*Checked), status: register.RunOpen,
	}
	for i, c := range admitted {
		if a.stopped[c.Statement.Issuer] {
			t.Fatalf("entry %d is by %s, which is stopped", i, c.Statement.Issuer)
		}
		a.take(i, c)
	}
	a.compare(st)
}

func (a *approved) take(i int, c *Checked) {
	a.t.Helper()
	for _, digest := range c.Statement.Spends {
		a.use(i, digest, c.Statement.Issuer)
	}
	switch body := c.Statement.Body.(type) {
	case *statement.EnrollIdentity:
		a.owners[body.ID] = body.Owner
	case *statement.DefineWorkflow:
		flow, err := body.Workflow()
		must(err)
		a.flow = flow
	case *statement.OpenRequest:
		a.asked[c.Statement.Run] = c
	case *statement.GrantDecision:
		a.grants[c.Digest] = c
		a.decided(i, c, body)
	case *statement.RevokeDecision:
		a.taken[body.About] = true
	case *statement.SuspendIdentity:
		a.stopped[body.ID] = true
	case *statement.CancelRequest:
		a.status = register.RunCancelled
	default:
		a.work(i, c)
	}
}

// use: a grant is there, open, for this, and of somebody who is not stopped.
func (a *approved) use(i int, digest statement.Digest, by string) {
	a.t.Helper()
	g := a.grants[digest]
	if g == nil || a.taken[digest] || a.stopped[g.Statement.Issuer] || a.stopped[a.mind(g)] {
		a.t.Fatalf("entry %d spends %s", i, digest)
	}
	body := g.Statement.Body.(*statement.GrantDecision)
	if a.spent[digest]++; a.spent[digest] > body.Uses || body.To != by {
		a.t.Fatalf("entry %d, by %s, spends %s, use %d", i, by, digest, a.spent[digest])
	}
}

// mind is whose decision a grant is.
func (a *approved) mind(g *Checked) string {
	if body := g.Statement.Body.(*statement.GrantDecision); body.ActingFor != nil {
		return a.grants[*body.ActingFor].Statement.Issuer
	}
	return g.Statement.Issuer
}

// decided: who decides is apart from all parties.
func (a *approved) decided(i int, c *Checked, body *statement.GrantDecision) {
	a.t.Helper()
	if body.ActingFor != nil {
		a.use(i, *body.ActingFor, c.Statement.Issuer)
	}
	parties := []string{body.To}
	if asked := a.asked["R1"]; body.For != statement.DecisionGrant && asked != nil {
		if c.Statement.Run != "" {
			asked = a.asked[c.Statement.Run]
		}
		parties = append(parties, asked.Statement.Issuer, asked.Statement.Body.(*statement.OpenRequest).Executor)
	}
	for _, party := range parties {
		for _, who := range []string{c.Statement.Issuer, a.mind(c)} {
			if a.owners[who] == a.owners[party] {
				a.t.Fatalf("entry %d: %s decides on what %s asks, runs or receives", i, who, party)
			}
		}
	}
}

// agreed: as many owners decided, and as many signed.
func (a *approved) agreed(i int, c *Checked, n uint32, object statement.Object) {
	a.t.Helper()
	var minds, hands []string
	for _, digest := range c.Statement.Spends {
		g := a.grants[digest]
		body := g.Statement.Body.(*statement.GrantDecision)
		if body.For != c.Statement.Code || body.ObjectHash() != statement.ObjectHash(c.Statement.Code, object) || g.Statement.Run != c.Statement.Run {
			a.t.Fatalf("entry %d spends a grant for something else", i)
		}
		if _, step := object.(statement.StepObject); !step && g.Statement.Subject != c.Statement.Subject {
			a.t.Fatalf("entry %d spends a grant for other bytes", i)
		}
		minds, hands = append(minds, a.owners[a.mind(g)]), append(hands, a.owners[g.Statement.Issuer])
	}
	for _, owners := range [][]string{minds, hands} {
		slices.Sort(owners)
		if len(slices.Compact(owners)) < int(n) {
			a.t.Fatalf("entry %d has grants of %v; want %d owners", i, owners, n)
		}
	}
}

// work is what is done in a run, or with its document.
func (a *approved) work(i int, c *Checked) {
	a.t.Helper()
	run, open := c.Statement.Run, a.status != register.RunSuccess && a.status != register.RunCancelled
	switch body := c.Statement.Body.(type) {
	case *statement.ReleaseDocument:
		if run == "R1" && !open || body.Version != a.version+1 {
			a.t.Fatalf("entry %d releases version %d after %d, in a run of status %d", i, body.Version, a.version, a.status)
		}
		a.agreed(i, c, a.flow.Approval.N, statement.DocumentObject{Document: body.Document, Version: body.Version})
		a.version, a.current = body.Version, true
		if run == "R1" {
			a.meet("publish")
		}
	case *statement.WithdrawDocument:
		if !a.current || body.Version != a.version {
			a.t.Fatalf("entry %d withdraws version %d of %d", i, body.Version, a.version)
		}
		a.agreed(i, c, a.flow.WithdrawGrants, statement.DocumentObject{Document: body.Document, Version: body.Version})
		a.current = false
	case *statement.FinishStep:
		if open && body.Name != "publish" {
			a.meet(body.Name)
		}
	}
}

// meet derives the status: success with both required steps, else partial.
func (a *approved) meet(step string) {
	if !slices.Contains(a.met, step) {
		a.met = append(a.met, step)
	}
	if a.status = register.RunPartial; len(a.met) == 2 {
		a.status = register.RunSuccess
	}
}

// compare holds the registers against what the log says.
func (a *approved) compare(st State) {
	a.t.Helper()
	for digest, g := range a.grants {
		r, err := st.Record(register.GrantKey(digest))
		must(err)
		s, err := register.ParseGrantState(r.State)
		must(err)
		if uses := g.Statement.Body.(*statement.GrantDecision).Uses; s.Granted.Uses != uses-a.spent[digest] || (s.Status == register.GrantTaken) != a.taken[digest] {
			a.t.Fatalf("grant %s is in status %d with %d uses left; %d of %d are spent", digest, s.Status, s.Granted.Uses, a.spent[digest], uses)
		}
	}
	if r, err := st.Record(register.RunKey("R1")); a.asked["R1"] != nil {
		must(err)
		s, err := register.ParseRunState(r.State)
		must(err)
		if s.Status != a.status {
			a.t.Fatalf("run R1 is in status %d, its steps %v give %d", s.Status, a.met, a.status)
		}
	}
	r, err := st.Record(register.DocumentKey("notices/1"))
	must(err)
	if (r == nil) != (a.version == 0) {
		a.t.Fatalf("the register of the document is there: %t, after version %d", r != nil, a.version)
	}
	if r == nil {
		return
	}
	d, err := register.ParseDocumentState(r.State)
	must(err)
	if d.Version != a.version || (d.Status == register.DocumentCurrent) != a.current {
		a.t.Fatalf("the document is at version %d in status %d; want %d, current %t", d.Version, d.Status, a.version, a.current)
	}
}
