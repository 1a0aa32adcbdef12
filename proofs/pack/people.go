package pack

import (
	"fmt"
	"strings"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A person is an identity as the report shows it, as of the checkpoint.
type person struct {
	ID, Class, Owner, Roles, Status string
	Changes                         []string
}

func (p *Pack) person(h *History) person {
	x := person{ID: h.ID, Status: standing(h), Class: "named by the first policy"}
	for _, e := range h.Events {
		m, ok := p.makers[e.Index]
		if !ok {
			continue
		}
		x.Changes = append(x.Changes, fmt.Sprintf("%s by %s at %s (entry %d)", m.Statement.Code, m.Statement.Issuer, clockWords(int64(e.Time)), e.Index))
		var terms *statement.EnrollIdentity
		switch b := m.Statement.Body.(type) {
		case *statement.EnrollIdentity:
			terms = b
		case *statement.RotateIdentity:
			terms = &b.EnrollIdentity
		default:
			continue
		}
		x.Class, x.Owner, x.Roles = terms.Class, terms.Owner, strings.Join(terms.Roles, ", ")
	}
	return x
}

// standing is the status of an identity after its newest event.
func standing(h *History) string {
	body, err := register.ParseIdentityBody(h.Events[len(h.Events)-1].Body)
	if err != nil {
		return "unknown"
	}
	status := map[uint8]string{
		register.IdentityActive: "active", register.IdentitySuspended: "suspended", register.IdentityRevoked: "revoked", register.IdentityRetired: "retired",
	}[body.State.Status]
	if since := body.State.CompromisedSince; since != register.None {
		status += ", its key reported stolen since " + clockWords(int64(since))
	}
	return status
}

// A grantRow is one approval and what became of it.
type grantRow struct {
	row
	To, Role, Meaning, Rule, For, Until, Became string
}

func (p *Pack) grantRow(h *History, times map[uint64]int64) grantRow {
	x := grantRow{row: p.row(h.Events[0].Index, times)}
	if g, ok := p.makers[h.Events[0].Index].Statement.Body.(*statement.GrantDecision); ok {
		x.To, x.Role, x.Meaning, x.Rule, x.For, x.Until = g.To, g.Role, g.Meaning, g.Rule, objectWords(g), clockWords(g.NotAfter)
		if g.By != "" {
			x.By += ", for " + g.By + " who decided in another system"
		}
		if g.Override != nil {
			x.Meaning += ", setting aside the rule " + g.Override.Rule + " (" + g.Override.Reason + ")"
		}
	}
	var became []string
	for _, e := range h.Events[1:] {
		did := "used"
		if e.Kind == register.GrantRevoked {
			did = "taken back"
		}
		became = append(became, fmt.Sprintf("%s by entry %d at %s", did, e.Index, clockWords(int64(e.Time))))
	}
	if x.Became = strings.Join(became, "; "); x.Became == "" {
		x.Became = "never used"
	}
	return x
}
