package proofs

import (
	"fmt"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// checkGiven: the first event of the register is the one that the statement makes,
// before the entry.
func (c *grantClaim) checkGiven() error {
	e := c.event(grantGiven)
	c.granted.index = e.Index
	if err := c.granted.made(e, register.GrantGranted); err != nil {
		return err
	}
	if err := c.delegation.checkTime(e.Time); err != nil {
		return err
	}
	c.body = grantedBody(c.granted.statement, c.terms, delegatorKey(c.delegation.by))
	return checkGranted(e, c.history.key, c.granted.payload, c.body)
}

func delegatorKey(id string) register.Key {
	if id == "" {
		return register.Key{}
	}
	return register.IdentityKey(id)
}

// grantedBody derives what a statement that grants writes, in the stead of the
// delegator or of nobody.
func grantedBody(s *statement.Statement, g *statement.GrantDecision, delegator register.Key) register.GrantedBody {
	body := register.GrantedBody{
		Object: Hash(g.ObjectHash()), Subject: register.SHA256Digest(s.Subject), To: register.IdentityKey(g.To), Grantor: register.IdentityKey(s.Issuer),
		Delegator: delegator, NotBefore: uint64(g.NotBefore), NotAfter: uint64(g.NotAfter), Uses: g.Uses,
	}
	if g.About != nil {
		body.Request = Hash(*g.About)
	}
	return body
}

// checkGranted: the first event of a grant hides this body, under the blind of the
// statement that granted.
func checkGranted(e *register.Event, key register.Key, payload []byte, body register.GrantedBody) error {
	if e.Seq != 0 {
		return fmt.Errorf("event %d is not the first", e.Seq)
	}
	return e.VerifyBody(register.EventBlind(key, e.Seq, payload), body.Marshal())
}

// left is how many uses the spending leaves: each spending takes one.
func (c *grantClaim) left() uint64 { return uint64(c.terms.Uses) - c.event(grantSpent).Seq }

// checkSpent: the second event is the spending by the entry. While it is the
// newest, the state is derived; else an opened state must open the state hash.
func (c *grantClaim) checkSpent() error {
	e := c.event(grantSpent)
	if err := c.entry.made(e, register.GrantSpent); err != nil {
		return err
	}
	if e.Seq > uint64(c.terms.Uses) {
		return fmt.Errorf("event %d spends a grant of %d uses", e.Seq, c.terms.Uses)
	}
	body := register.SpentBody{Left: uint32(c.left()), By: register.IdentityKey(c.entry.statement.Issuer), Statement: Hash(c.entry.digest)}
	blind := register.EventBlind(c.history.key, e.Seq, c.entry.payload)
	if err := e.VerifyBody(blind, body.Marshal()); err != nil {
		return err
	}
	if c.history.proof.State != nil {
		if _, err := c.history.openState(); err != nil {
			return err
		}
	}
	if !c.history.newest(grantSpent) {
		return nil
	}
	state := register.GrantState{Status: register.GrantOpen, Spender: e.Index, Granted: c.body}
	if state.Granted.Uses = body.Left; body.Left == 0 {
		state.Status = register.GrantUsedUp
	}
	return c.history.proof.Value.VerifyState(register.StateBlind(blind), state.Marshal())
}

// approval says in plain facts who granted what.
func (c *grantClaim) approval(then register.IdentityState) Approval {
	g := c.terms
	return Approval{
		Grant: c.granted.digest, By: c.granted.statement.Issuer, Class: className(then.Class), Role: g.Role, Meaning: g.Meaning, Rule: g.Rule,
		Level: g.Level, Person: g.By, ActingFor: g.ActingFor, Delegator: c.delegation.by, Override: g.Override, Index: c.granted.index, Time: int64(c.event(grantGiven).Time),
	}
}
