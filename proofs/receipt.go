package proofs

import (
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// ReceiptMediaType is the media type of a receipt file (*.docket).
const ReceiptMediaType = "application/vnd.docket.receipt.v1+json"

// A Receipt holds everything that is needed to judge one entry of a log
// offline: the statement, where it stands in a signed tree, the seal that ends
// that tree, and the register values under the seal's root. Nothing in it is
// believed: [Verifier.Verify] derives what can be derived from the file and the
// statement, and checks the rest. The format is docs/spec/receipt.md.
type Receipt struct {
	// Envelope is the signed statement of the entry; nil in a staple, which
	// speaks of registers only and has no entry (Index and Inclusion are then zero).
	Envelope *statement.Envelope
	// Index is the position of the entry's leaf, Inclusion its inclusion proof.
	Index     uint64
	Inclusion []Hash
	// GenesisInclusion proves the verifier's pinned leaf hash at index 0.
	GenesisInclusion []Hash
	// Checkpoint is a signed note, of size N.
	Checkpoint []byte
	// Seal is the leaf at N-1, SealInclusion its inclusion proof.
	Seal          []byte
	SealInclusion []Hash
	// Registers are the registers that the claims need: in a release or a
	// withdrawal the document, then the identity of the issuer; then the run that
	// it names, and for each grant that it spends the grant and who gave it.
	Registers []RegisterProof
}

// A RegisterProof shows one register under the seal's root, or its absence.
type RegisterProof struct {
	Type register.Type
	// ID is the name from which the key is derived: of a document, an identity or
	// a run its id; of a grant its statement digest, of a digest the digest, both
	// as in "sha256:...".
	ID string
	// Value is nil when the proof is one of absence.
	Value *register.Value
	Path  register.Path
	// Envelope is the statement that granted, in the register of a grant; else nil.
	Envelope *statement.Envelope
	// Delegation is the one by which that was given in another's stead; nil: in nobody's.
	Delegation *statement.Envelope
	// State opens the value's state hash; nil when it stays closed.
	State *StateOpening
	// Events are events of the register's history, by rising sequence number.
	Events []EventProof
}

// A StateOpening discloses the state behind a value's state hash.
type StateOpening struct {
	Blind Hash
	State []byte
}

// An EventProof shows that an event is in a register's history.
type EventProof struct {
	Event register.Event
	// Proof is the inclusion proof of the event at its own sequence number.
	Proof []Hash
	// Opening discloses the body behind the event's body hash; nil when only the header is shown.
	Opening *EventOpening
}

// An EventOpening discloses the body behind an event's body hash.
type EventOpening struct {
	Blind Hash
	Body  []byte
}
