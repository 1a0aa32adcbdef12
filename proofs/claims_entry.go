package proofs

import (
	"fmt"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// An entry is a statement with its place in a log. All of it is derived from the
// envelope, but for the index, which the inclusion proof confirms.
type entry struct {
	statement *statement.Statement
	payload   []byte
	digest    statement.Digest // of the statement
	spki      []byte           // the signer's key, as it stands in the leaf
	document  *documentEvent   // nil: the statement is about no document
	index     uint64
	leafHash  Hash
}

// openEntry verifies the statement of a receipt and its inclusion in the tree.
func openEntry(l *checkList, r *Receipt, cp Checkpoint) (e entry, ok bool) {
	e = entry{payload: r.Envelope.Payload, spki: r.Envelope.SPKI, index: r.Index}
	l.run(CheckStatement, func() (_ string, err error) {
		if e.statement, err = statement.Parse(e.payload); err != nil {
			return "", err
		}
		if !e.statement.Code.InForce() {
			return "", fmt.Errorf("it is a %s, which the rules %s do not admit", e.statement.Code, statement.Rules)
		}
		e.digest = statement.DigestOf(e.payload)
		e.document, err = documentEventOf(e.statement)
		return fmt.Sprintf("%s, %s", e.statement.Code, e.digest), err
	})
	l.run(CheckSignature, func() (string, error) {
		return "by the key in the envelope", checkSignature(r.Envelope, e.digest)
	})
	l.run(CheckLog, func() (string, error) {
		return e.statement.Log, checkLog(e.statement, cp.Origin)
	})
	l.run(CheckEntry, func() (string, error) {
		leaf := statement.Commitment{Digest: e.digest, Signature: r.Envelope.Signature, SPKI: e.spki}.Leaf()
		e.leafHash = LeafHash(leaf)
		return fmt.Sprintf("index %d", e.index), checkEntry(e, r.Inclusion, cp)
	})
	return e, l.failed == nil
}

func checkSignature(envelope *statement.Envelope, digest statement.Digest) error {
	key, err := statement.ParsePublicKey(envelope.SPKI)
	if err != nil {
		return err
	}
	return statement.Verify(key, digest, envelope.Signature)
}

func checkLog(s *statement.Statement, origin string) error {
	if s.Log != origin {
		return fmt.Errorf("the statement was made for the log %q, not for %q", s.Log, origin)
	}
	return nil
}

// checkEntry: the leaf stands at the index. That index is not the seal's, as no
// commitment is a seal.
func checkEntry(e entry, inclusion []Hash, cp Checkpoint) error {
	return VerifyInclusion(e.leafHash, e.index, cp.TreeHead, inclusion)
}

// checkDirect: rules docket/0-dev have direct releases and withdrawals only: no
// run and no grants. Other statements may name both; of the grants that they spend a receipt says
// nothing.
func checkDirect(s *statement.Statement) (string, error) {
	if s.Code.Kind() != "document" {
		return fmt.Sprintf("a %s is none", s.Code), nil
	}
	if s.Run != "" || len(s.Spends) > 0 {
		return "", fmt.Errorf("the statement names a run or grants, which releases under the rules %s do not have", statement.Rules)
	}
	return "no run, no grants", nil
}

// A documentEvent is what a statement about a document writes to its register.
type documentEvent struct {
	id      string
	version uint32
	kind    uint8             // of the event
	chained bool              // the statement names the release before it
	prev    *statement.Digest // that release; nil: there is none
}

// documentEventOf returns the event that a statement writes to the register of a
// document, or nil if it is about none.
func documentEventOf(s *statement.Statement) (*documentEvent, error) {
	switch body := s.Body.(type) {
	case *statement.ReleaseDocument:
		return &documentEvent{id: body.Document, version: body.Version, kind: register.DocumentRelease, chained: true, prev: body.Prev}, nil
	case *statement.WithdrawDocument:
		return &documentEvent{id: body.Document, version: body.Version, kind: register.DocumentWithdraw}, nil
	case *statement.SetPolicy:
		policy, err := body.Policy()
		if err != nil {
			return nil, err
		}
		return &documentEvent{id: statement.PolicyDocument, version: policy.Version, kind: register.DocumentRelease}, nil
	}
	return nil, nil
}
