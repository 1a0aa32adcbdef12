package client

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A RunGrant is a grant about a run, with its register.
type RunGrant struct {
	Digest   statement.Digest
	Grantor  string
	Subject  statement.Digest
	Decision *statement.GrantDecision
	State    *register.GrantState
}

// RunGrants fetches all grants about a run, in the order in which they were given:
// none is missing, since the history of the run is proven complete.
func (c *Client) RunGrants(ctx context.Context, run string) ([]RunGrant, error) {
	h, err := c.History(ctx, register.TypeRun, run)
	if err != nil {
		return nil, err
	}
	var out []RunGrant
	for i, e := range h.Events {
		if statement.Code(e.Kind) != statement.DecisionGrant {
			continue
		}
		body, err := register.ParseRunBody(h.Bodies[i])
		if err != nil {
			return nil, h.wrong("event %d: %v", i, err)
		}
		g, err := c.runGrant(ctx, statement.Digest(body.Statement))
		if err != nil {
			return nil, err
		}
		out = append(out, *g)
	}
	return out, nil
}

func (c *Client) runGrant(ctx context.Context, digest statement.Digest) (*RunGrant, error) {
	s, err := c.Statement(ctx, digest)
	if err != nil {
		return nil, err
	}
	decision, ok := s.Body.(*statement.GrantDecision)
	if !ok {
		return nil, c.unusable("%s is no grant", digest)
	}
	g, err := c.Grant(ctx, digest)
	if err != nil {
		return nil, err
	}
	if g.State == nil {
		return nil, c.unusable("grant %s has no register", digest)
	}
	return &RunGrant{Digest: digest, Grantor: s.Issuer, Subject: s.Subject, Decision: decision, State: g.State}, nil
}

// A Spending is what grants are looked for: what an identity is about to sign.
type Spending struct {
	By      string // who signs
	Code    statement.Code
	Object  statement.Object
	Subject statement.Digest
	Now     time.Time
}

// A MissingApprovals error says what an action lacks. Nothing was signed.
type MissingApprovals struct {
	Run         string
	Action      statement.Code
	Given, Need int      // of distinct owners
	Roles       []string // that nobody has decided in
}

func (e *MissingApprovals) Error() string {
	text := fmt.Sprintf("run %s has %d of %d approvals for this %s", e.Run, e.Given, e.Need, e.Action)
	if len(e.Roles) > 0 {
		text += ", none in the role " + strings.Join(e.Roles, ", ")
	}
	return text + ": each is for these exact bytes and terms, by an owner of its own, and not spent, revoked or too old; docket approve gives one"
}

// A Demand is what a workflow demands of the grants that an action spends.
type Demand struct {
	Workflow *statement.Workflow
	N        uint32   // grants, of as many distinct owners
	Roles    []string // one in each
}

// ApprovalOf is the demand on a release, or on a gated step.
func ApprovalOf(w *statement.Workflow) Demand { return Demand{w, w.Approval.N, w.Approval.Roles} }

// WithdrawalOf is the demand on the withdrawal of what a run of the workflow released.
func WithdrawalOf(w *statement.Workflow) Demand { return Demand{w, w.WithdrawGrants, nil} }

// Spendable finds the grants of a run that an action needs: as few as are demanded, of
// distinct owners, in their roles, and those that set a rule aside for it. What it
// cannot find is a *MissingApprovals.
func (c *Client) Spendable(ctx context.Context, t *RunTerms, s Spending, d Demand) ([]statement.Digest, error) {
	all, err := c.RunGrants(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	var overrides []statement.Digest
	var usable []voice
	enough, anyLevel := false, d.Workflow.Approval.Level != "direct"
	for _, g := range all {
		if !s.fits(&g) || g.State.Granted.Request != t.State.Request {
			continue
		}
		v, err := c.voice(ctx, &g)
		if err != nil {
			return nil, err
		}
		if v == nil {
			continue
		}
		if o := g.Decision.Override; o != nil {
			overrides = append(overrides, g.Digest)
			enough, anyLevel = enough || o.Rule == "approval", anyLevel || o.Rule == "level"
		} else if asked := d.Workflow.Approval.Roles; len(asked) == 0 || slices.Contains(asked, v.role) {
			usable = append(usable, *v)
		}
	}
	if enough {
		return overrides, nil
	}
	if !anyLevel {
		usable = slices.DeleteFunc(usable, func(v voice) bool { return v.bridged })
	}
	chosen := chooseApart(usable, d.Roles, int(d.N))
	if chosen == nil {
		return nil, missingOf(usable, t.ID, s.Code, d)
	}
	return append(chosen, overrides...), nil
}

// fits says whether a grant is for this action, and can be spent by its own state.
func (s *Spending) fits(g *RunGrant) bool {
	granted, now := g.State.Granted, uint64(s.Now.UnixMilli())
	return g.State.Status == register.GrantOpen && granted.To == register.IdentityKey(s.By) &&
		granted.Object == register.Hash(statement.ObjectHash(s.Code, s.Object)) && granted.Subject == register.SHA256Digest(s.Subject) &&
		now >= granted.NotBefore && now < granted.NotAfter
}

// A voice is a usable grant, by whose owners it counts: of who decided, and of who
// signed.
type voice struct {
	digest      statement.Digest
	owner, hand [32]byte
	role        string
	bridged     bool
}

// voice finds whose word a grant is; nil: of one who is not active any more.
func (c *Client) voice(ctx context.Context, g *RunGrant) (*voice, error) {
	v := &voice{digest: g.Digest, role: g.Decision.Role, bridged: g.Decision.By != ""}
	who := []string{g.Grantor}
	switch {
	case g.Decision.By != "":
		who = append(who, g.Decision.By)
	case g.Decision.ActingFor != nil:
		delegation, err := c.Statement(ctx, *g.Decision.ActingFor)
		if err != nil {
			return nil, err
		}
		who = append(who, delegation.Issuer)
	}
	for i, id := range who {
		identity, err := c.Identity(ctx, id)
		if err != nil || identity.State == nil || identity.State.Status != register.IdentityActive {
			return nil, err
		}
		if v.owner = identity.State.Owner; i == 0 || v.bridged { // a bridge is no hand of its own
			v.hand = v.owner
		}
	}
	return v, nil
}

// chooseApart is choose with distinct owners of those who signed, too: one hand that
// signed for several counts once.
func chooseApart(usable []voice, roles []string, n int) []statement.Digest {
	chosen := choose(usable, roles, n)
	signed := make(map[[32]byte]int)
	for i, v := range usable {
		if !slices.Contains(chosen, v.digest) {
			continue
		}
		if other, ok := signed[v.hand]; ok {
			without := slices.Delete(slices.Clone(usable), i, i+1)
			if rest := chooseApart(without, roles, n); rest != nil {
				return rest
			}
			return chooseApart(slices.Delete(slices.Clone(usable), other, other+1), roles, n)
		}
		signed[v.hand] = i
	}
	return chosen
}

// choose finds n voices of distinct owners with one for each role; nil: there are
// none. Roles come first, then whoever is left, in the order of the log.
func choose(usable []voice, roles []string, n int) []statement.Digest {
	taken := make(map[[32]byte]int) // voice by owner
	role := make(map[[32]byte]int)  // that the owner's voice is for
	// assign gives a role to an owner, moving others as far as needed.
	var assign func(r int, asked map[[32]byte]bool) bool
	assign = func(r int, asked map[[32]byte]bool) bool {
		for i, v := range usable {
			if v.role != roles[r] || asked[v.owner] {
				continue
			}
			asked[v.owner] = true
			if _, busy := taken[v.owner]; !busy || assign(role[v.owner], asked) {
				taken[v.owner], role[v.owner] = i, r
				return true
			}
		}
		return false
	}
	for r := range roles {
		if !assign(r, make(map[[32]byte]bool)) {
			return nil
		}
	}
	for i, v := range usable {
		if _, busy := taken[v.owner]; !busy && len(taken) < n {
			taken[v.owner] = i
		}
	}
	if len(taken) < n {
		return nil
	}
	out := []statement.Digest{}
	for i, v := range usable {
		if at, ok := taken[v.owner]; ok && at == i {
			out = append(out, v.digest)
		}
	}
	return out
}

func missingOf(usable []voice, run string, action statement.Code, d Demand) error {
	owners := make(map[[32]byte]bool)
	for _, v := range usable {
		owners[v.owner] = true
	}
	e := &MissingApprovals{Run: run, Action: action, Given: min(len(owners), int(d.N)), Need: int(d.N)}
	for _, role := range d.Roles {
		if !slices.ContainsFunc(usable, func(v voice) bool { return v.role == role }) {
			e.Roles = append(e.Roles, role)
		}
	}
	return e
}
