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

// Spendable finds the grants of a run that an action needs: as few as its workflow
// demands, of distinct owners, in its roles; or a grant that sets the approval aside.
// need is their number. What it cannot find is a *MissingApprovals.
func (c *Client) Spendable(ctx context.Context, t *RunTerms, s Spending, need uint32) ([]statement.Digest, error) {
	all, err := c.RunGrants(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	var usable []voice
	for _, g := range all {
		if !s.fits(&g) {
			continue
		}
		if g.Decision.Override != nil && g.Decision.Override.Rule == "approval" {
			return []statement.Digest{g.Digest}, nil
		}
		v, err := c.voice(ctx, &g)
		if err != nil {
			return nil, err
		}
		if v != nil {
			usable = append(usable, *v)
		}
	}
	chosen := choose(usable, t.Workflow.Approval.Roles, int(need))
	if chosen == nil && need > 0 {
		return nil, missingOf(usable, t, s.Code, int(need))
	}
	return chosen, nil
}

// fits says whether a grant is for this action, and can be spent by its own state.
func (s *Spending) fits(g *RunGrant) bool {
	granted, now := g.State.Granted, uint64(s.Now.UnixMilli())
	return g.State.Status == register.GrantOpen && granted.To == register.IdentityKey(s.By) &&
		granted.Object == register.Hash(statement.ObjectHash(s.Code, s.Object)) && granted.Subject == register.SHA256Digest(s.Subject) &&
		now >= granted.NotBefore && now < granted.NotAfter
}

// A voice is a usable grant, by whose owner it counts.
type voice struct {
	digest statement.Digest
	owner  [32]byte
	role   string
}

// voice finds whose word a grant is; nil: of one who is not active any more.
func (c *Client) voice(ctx context.Context, g *RunGrant) (*voice, error) {
	mind := g.Grantor
	if g.Decision.By != "" {
		mind = g.Decision.By
	}
	i, err := c.Identity(ctx, mind)
	if err != nil || i.State == nil || i.State.Status != register.IdentityActive {
		return nil, err
	}
	return &voice{digest: g.Digest, owner: i.State.Owner, role: g.Decision.Role}, nil
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

func missingOf(usable []voice, t *RunTerms, action statement.Code, need int) error {
	owners := make(map[[32]byte]bool)
	for _, v := range usable {
		owners[v.owner] = true
	}
	e := &MissingApprovals{Run: t.ID, Action: action, Given: min(len(owners), need), Need: need}
	for _, role := range t.Workflow.Approval.Roles {
		if !slices.ContainsFunc(usable, func(v voice) bool { return v.role == role }) {
			e.Roles = append(e.Roles, role)
		}
	}
	return e
}

// A RunRelease is a release in a run that is to be made.
type RunRelease struct {
	Run      string
	Document string
	File     File
	To       []string           // identities that it is meant for
	Spends   []statement.Digest // nil: the grants of the run that fit
}

// ReleaseInRun makes the document.release of the next version of a document in a run,
// as the author. Version, predecessor and, unless they are given, the grants that it
// spends are read from the log and verified.
func (c *Client) ReleaseInRun(ctx context.Context, a *Author, r RunRelease) (statement.Envelope, error) {
	d, err := c.Document(ctx, r.Document)
	if err != nil {
		return statement.Envelope{}, err
	}
	version, prev := uint32(1), (*statement.Digest)(nil)
	if d.State != nil {
		digest := statement.Digest(d.State.Statement)
		version, prev = d.State.Version+1, &digest
	}
	object := statement.DocumentObject{Document: r.Document, Version: version}
	if r.Spends == nil {
		if r.Spends, err = c.spends(ctx, a, r.Run, statement.DocumentRelease, object, r.File.Digest); err != nil {
			return statement.Envelope{}, err
		}
	}
	return a.ReleaseIn(InRun{Run: r.Run, Spends: r.Spends, To: r.To}, r.Document, version, prev, r.File)
}

// spends finds the grants that a release or a withdrawal in a run needs.
func (c *Client) spends(ctx context.Context, a *Author, run string, code statement.Code, object statement.DocumentObject, subject statement.Digest) ([]statement.Digest, error) {
	t, err := c.RunTerms(ctx, run)
	if err != nil {
		return nil, err
	}
	need := t.Workflow.Approval.N
	if code == statement.DocumentWithdraw {
		need = t.Workflow.WithdrawGrants
	}
	now := time.Now
	if a.Now != nil {
		now = a.Now
	}
	return c.Spendable(ctx, t, Spending{By: a.ID, Code: code, Object: object, Subject: subject, Now: now()}, need)
}
