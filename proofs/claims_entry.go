package proofs

import (
	"errors"
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

// run returns the id of the run that a document.* statement belongs to, or "".
// What other statements name a receipt does not show.
func (e entry) run() string {
	if e.statement.Code.Kind() != "document" {
		return ""
	}
	return e.statement.Run
}

// spends returns the grants that a document.* statement spends.
func (e entry) spends() []statement.Digest {
	if e.statement.Code.Kind() != "document" {
		return nil
	}
	return e.statement.Spends
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
		e.leafHash = leafHashOf(r.Envelope, e.digest)
		return fmt.Sprintf("index %d", e.index), checkEntry(e, r.Inclusion, cp)
	})
	return e, l.failed == nil
}

// leafHashOf derives the leaf of a statement.
func leafHashOf(envelope *statement.Envelope, digest statement.Digest) Hash {
	return LeafHash(statement.Commitment{Digest: digest, Signature: envelope.Signature, SPKI: envelope.SPKI}.Leaf())
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

// checkDirect: a receipt shows runs and grants exactly if a document.* statement
// names them. Other statements may name both too; of those a receipt says nothing.
// Grants for a release are of its run; a withdrawal of what a run released may name none.
func checkDirect(e entry, registers []RegisterProof) (string, error) {
	shown := 0
	for _, p := range registers {
		if p.Type == register.TypeRun || p.Type == register.TypeGrant {
			shown++
		}
	}
	named := e.run() != "" || len(e.spends()) > 0
	switch {
	case shown > 0 && !named:
		return "", fmt.Errorf("the receipt shows %d registers of runs and grants, the statement names none", shown)
	case shown == 0 && named:
		return "", errors.New("the statement names a run or grants, the receipt shows none")
	case e.run() == "" && named && e.statement.Code == statement.DocumentRelease:
		return "", errors.New("the statement spends grants in no run, which no release can")
	case e.statement.Code.Kind() != "document":
		return fmt.Sprintf("a %s is none", e.statement.Code), nil
	case named:
		return "no: " + describeNamed(e), nil
	}
	return "no run, no grants", nil
}

func describeNamed(e entry) string {
	if e.run() == "" {
		return fmt.Sprintf("no run, %d grants", len(e.spends()))
	}
	return fmt.Sprintf("in run %q, %d grants", e.run(), len(e.spends()))
}

// A documentEvent is what a statement about a document writes to its register.
type documentEvent struct {
	id      string
	version uint32
	kind    uint8             // of the event
	run     register.Key      // of the run that it belongs to, or zero
	chained bool              // the statement names the release before it
	prev    *statement.Digest // that release; nil: there is none
}

// documentEventOf returns the event that a statement writes to the register of a
// document, or nil if it is about none.
func documentEventOf(s *statement.Statement) (*documentEvent, error) {
	switch body := s.Body.(type) {
	case *statement.ReleaseDocument:
		return &documentEvent{
			id: body.Document, version: body.Version, kind: register.DocumentRelease, run: runKeyOf(s), chained: true, prev: body.Prev,
		}, nil
	case *statement.WithdrawDocument:
		return &documentEvent{id: body.Document, version: body.Version, kind: register.DocumentWithdraw, run: runKeyOf(s)}, nil
	case *statement.SetPolicy:
		policy, err := body.Policy()
		if err != nil {
			return nil, err
		}
		return &documentEvent{id: statement.PolicyDocument, version: policy.Version, kind: register.DocumentRelease}, nil
	}
	return nil, nil
}

// runKeyOf returns the register key of the run that a statement names, or zero.
func runKeyOf(s *statement.Statement) register.Key {
	if s.Run == "" {
		return register.Key{}
	}
	return register.RunKey(s.Run)
}
