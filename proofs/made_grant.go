package proofs

import (
	"errors"
	"fmt"
	"slices"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

func madeGrant(id string, kind uint8, body []byte, m Maker) error {
	switch kind {
	case register.GrantGranted:
		return madeGranted(id, body, m)
	case register.GrantSpent:
		b, err := register.ParseSpentBody(body)
		if err != nil {
			return err
		}
		grant, err := statement.ParseDigest(id)
		return errors.Join(err,
			sameMade(b.Statement == register.Hash(m.Digest), "statement"),
			sameMade(b.By == register.IdentityKey(m.Statement.Issuer), "spender"),
			sameMade(slices.Contains(m.Statement.Mentions(), statement.MentionDigest(statement.MentionGrant, grant)), "grant"))
	}
	b, err := register.ParseRevokedBody(body)
	if err != nil {
		return err
	}
	revoked, ok := m.Statement.Body.(*statement.RevokeDecision)
	return errors.Join(
		sameMade(b.Statement == register.Hash(m.Digest), "statement"),
		sameMade(b.By == register.IdentityKey(m.Statement.Issuer), "issuer"),
		sameMade(ok && revoked.About.String() == id, "grant"))
}

func madeGranted(id string, body []byte, m Maker) error {
	b, err := register.ParseGrantedBody(body)
	if err != nil {
		return err
	}
	g, ok := m.Statement.Body.(*statement.GrantDecision)
	if !ok {
		return fmt.Errorf("it is a %s", m.Statement.Code)
	}
	var request register.Hash
	if g.About != nil {
		request = register.Hash(*g.About)
	}
	return errors.Join(
		sameMade(m.Digest.String() == id, "statement"),
		sameMade(b.Request == request, "request"),
		sameMade((b.Delegator == register.Key{}) == (g.ActingFor == nil), "delegator"),
		sameMade(b.Object == register.Hash(g.ObjectHash()), "object"),
		sameMade(b.Subject == register.SHA256Digest(register.Hash(m.Statement.Subject)), "subject"),
		sameMade(b.To == register.IdentityKey(g.To), "recipient"),
		sameMade(b.Grantor == register.IdentityKey(m.Statement.Issuer), "grantor"),
		sameMade(b.NotBefore == uint64(g.NotBefore) && b.NotAfter == uint64(g.NotAfter), "time"),
		sameMade(b.Uses == g.Uses, "number of uses"))
}
