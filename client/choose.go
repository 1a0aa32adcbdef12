package client

import (
	"context"
	"slices"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A voice is a usable grant, by whose owners it counts: of who decided, and of who
// signed.
type voice struct {
	digest      statement.Digest
	owner, hand [32]byte
	role        string
	bridged     bool
	sets        string // rule of the workflow that it sets aside; empty: none
}

// voice finds whose word a grant is; nil: of one who is not active any more.
func (c *Client) voice(ctx context.Context, g *RunGrant) (*voice, error) {
	v := &voice{digest: g.Digest, role: g.Decision.Role, bridged: g.Decision.By != ""}
	if g.Decision.Override != nil {
		v.sets = g.Decision.Override.Rule
	}
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

// maxTries bounds the search for grants of distinct hands. Who approves may give
// many grants, and must not hold up who looks for his.
const maxTries = 2000

// chooseApart is choose with distinct owners of those who signed, too: one hand that
// signed for several counts once.
func chooseApart(usable []voice, roles []string, n int) []statement.Digest {
	tries := maxTries
	return chooseHands(alike(usable), roles, n, &tries)
}

// alike keeps one of the voices that count for the same.
func alike(usable []voice) (list []voice) {
	type what struct {
		owner, hand [32]byte
		role        string
	}
	seen := make(map[what]bool)
	for _, v := range usable {
		if w := (what{v.owner, v.hand, v.role}); !seen[w] {
			seen[w] = true
			list = append(list, v)
		}
	}
	return list
}

func chooseHands(usable []voice, roles []string, n int, tries *int) []statement.Digest {
	hands := make(map[[32]byte]bool)
	for _, v := range usable {
		hands[v.hand] = true
	}
	if *tries--; *tries < 0 || len(hands) < n {
		return nil
	}
	chosen := choose(usable, roles, n)
	signed := make(map[[32]byte]int)
	for i, v := range usable {
		if !slices.Contains(chosen, v.digest) {
			continue
		}
		if other, ok := signed[v.hand]; ok {
			without := slices.Delete(slices.Clone(usable), i, i+1)
			if rest := chooseHands(without, roles, n, tries); rest != nil {
				return rest
			}
			return chooseHands(slices.Delete(slices.Clone(usable), other, other+1), roles, n, tries)
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
