package register

import "encoding/binary"

// Kinds of document events. 3 (imported) is reserved.
const (
	DocumentRelease  uint8 = 1
	DocumentWithdraw uint8 = 2
)

// Status of a document.
const (
	DocumentCurrent   uint8 = 1
	DocumentWithdrawn uint8 = 2
)

// A DocumentBody is the body of a document event: u32 version ‖ dig33 ‖ statement32 ‖ run32. A release names what it releases, a
// withdrawal the version and digest that it withdraws; Statement is the event's own statement.
type DocumentBody struct {
	Version   uint32
	Digest    TypedDigest
	Statement Hash // digest of the statement that made this event
	Run       Key  // register key of the run, or zero
}

// Marshal returns the 101 bytes.
func (b DocumentBody) Marshal() []byte {
	out := binary.BigEndian.AppendUint32(make([]byte, 0, 101), b.Version)
	out = append(out, b.Digest[:]...)
	out = append(out, b.Statement[:]...)
	return append(out, b.Run[:]...)
}

// ParseDocumentBody parses a document event's body.
func ParseDocumentBody(in []byte) (DocumentBody, error) {
	const what = "document body"
	d := decoder{b: in}
	b := DocumentBody{Version: d.u32(), Digest: d.typedDigest(), Statement: d.hash(), Run: d.hash()}
	if err := d.end(what); err != nil {
		return DocumentBody{}, err
	}
	if b.Version == 0 {
		return DocumentBody{}, formatError(what, "versions count from 1")
	}
	if err := b.Digest.check(what); err != nil {
		return DocumentBody{}, err
	}
	return b, nil
}

// A DocumentState is the state of a document register: u8 status ‖ u32 version ‖ dig33 ‖ statement32, all of the newest release. "No such
// document" is never stored: it is absence.
type DocumentState struct {
	Status    uint8
	Version   uint32
	Digest    TypedDigest
	Statement Hash // digest of the newest release's statement
}

// Marshal returns the 70 bytes.
func (s DocumentState) Marshal() []byte {
	out := append(make([]byte, 0, 70), s.Status)
	out = binary.BigEndian.AppendUint32(out, s.Version)
	out = append(out, s.Digest[:]...)
	return append(out, s.Statement[:]...)
}

// ParseDocumentState parses a document register's state.
func ParseDocumentState(in []byte) (DocumentState, error) {
	const what = "document state"
	d := decoder{b: in}
	s := DocumentState{Status: d.u8(), Version: d.u32(), Digest: d.typedDigest(), Statement: d.hash()}
	if err := d.end(what); err != nil {
		return DocumentState{}, err
	}
	if s.Status != DocumentCurrent && s.Status != DocumentWithdrawn {
		return DocumentState{}, formatError(what, "unknown status %d", s.Status)
	}
	if s.Version == 0 {
		return DocumentState{}, formatError(what, "versions count from 1")
	}
	if err := s.Digest.check(what); err != nil {
		return DocumentState{}, err
	}
	return s, nil
}

// nextDocument: versions rise by one; only the current version can be withdrawn; after a withdrawal nothing is authoritative until the
// next release.
func nextDocument(state []byte, kind uint8, body []byte) ([]byte, error) {
	b, err := ParseDocumentBody(body)
	if err != nil {
		return nil, err
	}
	var s DocumentState // zero for a new register
	if state != nil {
		if s, err = ParseDocumentState(state); err != nil {
			return nil, err
		}
	}
	switch kind {
	case DocumentRelease:
		if b.Version-1 != s.Version {
			return nil, transitionError("release of version %d after version %d", b.Version, s.Version)
		}
		s = DocumentState{Status: DocumentCurrent, Version: b.Version, Digest: b.Digest, Statement: b.Statement}
	case DocumentWithdraw:
		if s.Status != DocumentCurrent {
			return nil, transitionError("withdrawal of version %d: no version is current", b.Version)
		}
		if b.Version != s.Version || b.Digest != s.Digest {
			return nil, transitionError("withdrawal of version %d: the current version %d has another number or digest", b.Version, s.Version)
		}
		s.Status = DocumentWithdrawn
	}
	return s.Marshal(), nil
}
