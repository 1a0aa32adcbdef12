package proofs

import (
	"errors"
	"fmt"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A grantClaim judges one grant that an entry spends: what it was for, who gave
// it, and that this entry spent it.
type grantClaim struct {
	entry   entry    // that spends
	history *history // of the grant
	grantor *history // identity that gave it
	owner   Hash     // of who spends it
	run     *Run     // of the entry; nil: none
	asked   Hash     // identity that asked for the run; zero: there is none
	time    uint64   // of the entry, by the log's clock

	granted entry // the statement that granted; its index is that of the event
	terms   *statement.GrantDecision
	body    register.GrantedBody // of the event that granted

	delegation delegation // by which it was given in another's stead
}

// An approver is who gave a grant, with its newest state.
type approver struct {
	approval Approval
	newest   register.IdentityState
}

// Positions of the events of a grant that a receipt shows: how it came about, and
// the spending. What stands between them are other spendings of the same grant.
const (
	grantGiven   = 0
	grantSpent   = 1
	grantsEvents = 2
)

// open verifies the grant with this statement digest.
func (c *grantClaim) open(l *checkList, digest statement.Digest) (a approver, ok bool) {
	l.run(CheckGrant, func() (string, error) {
		err := c.openStatement(digest)
		return digest.String(), err
	})
	l.run(CheckGrantTerms, func() (string, error) {
		return fmt.Sprintf("for this %s, to %s", c.entry.statement.Code, c.terms.To), c.checkTerms()
	})
	l.run(CheckGrantRegister, func() (string, error) { return c.history.String(), c.history.checkRegister() })
	l.run(CheckGrantEvents, func() (string, error) {
		return fmt.Sprintf("%d shown", len(c.history.proof.Events)), c.history.checkShown(grantsEvents)
	})
	l.run(CheckGranted, func() (string, error) {
		return fmt.Sprintf("entry %d", c.event(grantGiven).Index), c.checkGiven()
	})
	l.run(CheckSpent, func() (string, error) {
		return fmt.Sprintf("event %d, %d of %d uses left", c.event(grantSpent).Seq, c.left(), c.terms.Uses), c.checkSpent()
	})
	if l.failed != nil {
		return a, false
	}
	outer := l.prefix
	l.prefix += "grantor "
	defer func() { l.prefix = outer }()
	then, newest, _ := openIdentity(l, c.granted, c.grantor.withState(), &c.event(grantGiven).Time)
	l.run(CheckApart, func() (string, error) {
		return fmt.Sprintf("another owner than that of %s", c.terms.To), errors.Join(c.checkApart(then), c.checkAlive(newest))
	})
	return approver{c.approval(then), newest}, l.failed == nil
}

// checkApart: nobody approves for himself, nor for one of the same owner. An
// identity keeps its owner for life.
func (c *grantClaim) checkApart(then register.IdentityState) error {
	if then.Owner == c.owner {
		return fmt.Errorf("%q, who granted it, has the owner of %q, who spent it", c.granted.statement.Issuer, c.terms.To)
	}
	for _, id := range []string{c.granted.statement.Issuer, c.delegation.by, c.terms.By} {
		switch {
		case id == "":
		case id == c.terms.To:
			return fmt.Errorf("it is by the word of %q, who spent it", id)
		case register.IdentityKey(id) == c.asked:
			return fmt.Errorf("it is by the word of %q, who asked for the run", id)
		}
	}
	return nil
}

// checkAlive: nothing that is shown of the grantor says that it was gone when the
// grant was spent. What lies between the events shown is the log's word.
func (c *grantClaim) checkAlive(newest register.IdentityState) error {
	h, gone := c.grantor, newest.Status != register.IdentityActive && c.grantor.proof.Value.Last < c.entry.index
	if next := h.next(inForce); next != nil && next.Index < c.entry.index {
		gone = gone || next.Kind == register.IdentityRevoke || next.Kind == register.IdentityRetire // for good
	}
	if gone {
		return fmt.Errorf("%q, who granted it, was suspended, revoked or retired when it was spent", h.proof.ID)
	}
	return nil
}

func (c *grantClaim) event(i int) *register.Event { return &c.history.proof.Events[i].Event }

// openStatement reads the statement that granted. Its digest is the one that the
// entry names, so nothing in it is the receipt's to choose.
func (c *grantClaim) openStatement(digest statement.Digest) (err error) {
	envelope := c.history.proof.Envelope
	if envelope == nil {
		return errors.New("the statement that granted is not shown")
	}
	if got := statement.DigestOf(envelope.Payload); got != digest {
		return fmt.Errorf("the statement shown is %s, the entry spends %s", got, digest)
	}
	g := entry{payload: envelope.Payload, digest: digest, spki: envelope.SPKI, leafHash: leafHashOf(envelope, digest)}
	if g.statement, err = statement.Parse(envelope.Payload); err != nil {
		return err
	}
	body, ok := g.statement.Body.(*statement.GrantDecision)
	if !ok {
		return fmt.Errorf("%s is a %s, not a decision.grant", digest, g.statement.Code)
	}
	if err := checkLog(g.statement, c.entry.statement.Log); err != nil {
		return err
	}
	if id := c.grantor.proof.ID; id != g.statement.Issuer {
		return fmt.Errorf("the grant is by %q, the identity %q is shown for it", g.statement.Issuer, id)
	}
	c.granted, c.terms = g, body
	if err := checkSignature(envelope, digest); err != nil {
		return err
	}
	c.delegation, err = openDelegation(g.statement, g.spki, body, c.history.proof.Delegation)
	return err
}

// checkTerms: the grant is for exactly this statement: its kind and op, document,
// version and bytes, its signer, its request, and its time.
func (c *grantClaim) checkTerms() error {
	s, g := c.entry.statement, c.terms
	object := statement.DocumentObject{Document: c.entry.document.id, Version: c.entry.document.version}
	switch {
	case g.For != s.Code:
		return fmt.Errorf("the grant is for a %s, not for a %s", g.For, s.Code)
	case g.Object != statement.Object(object):
		return fmt.Errorf("the grant is for %v, not for version %d of %s", g.Object, object.Version, object.Document)
	case c.granted.statement.Subject != s.Subject:
		return fmt.Errorf("the grant is for the bytes %s, not for %s", c.granted.statement.Subject, s.Subject)
	case g.To != s.Issuer:
		return fmt.Errorf("the grant is to %q, not to %q", g.To, s.Issuer)
	case !c.isAbout():
		return fmt.Errorf("the grant is about %s, the entry is about %s", aboutText(g.About), aboutText(c.about()))
	case c.time < uint64(g.NotBefore) || c.time >= uint64(g.NotAfter):
		return fmt.Errorf("the grant is for %s up to %s, the entry is of %s",
			formatUnsigned(uint64(g.NotBefore)), statement.FormatTime(g.NotAfter), formatUnsigned(c.time))
	}
	return nil
}

// about is the request that a grant for the entry names: that of its run. nil: none.
func (c *grantClaim) about() *statement.Digest {
	if c.run == nil {
		return nil
	}
	return &c.run.Request
}

func (c *grantClaim) isAbout() bool {
	want := c.about()
	return want == nil && c.terms.About == nil || want != nil && c.terms.About != nil && *want == *c.terms.About
}

func aboutText(request *statement.Digest) string {
	if request == nil {
		return "no request"
	}
	return "the request " + request.String()
}
