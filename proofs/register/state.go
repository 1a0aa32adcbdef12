package register

import "fmt"

// NextState returns the state of a register of type t after an event of this kind with this body. state is nil for a register that does
// not exist yet. A register's state is a pure function of its events and their bodies: nothing else goes in.
//
// It returns ErrNotBuilt for run and grant registers, ErrTransition for an event that is not legal after state, ErrFormat for bytes that
// are not canonical. The inputs are not kept.
func NextState(t Type, state []byte, kind uint8, body []byte) ([]byte, error) {
	if t == TypeRun || t == TypeGrant {
		return nil, fmt.Errorf("%w: %v registers", ErrNotBuilt, t)
	}
	if !validKind(t, kind) {
		return nil, transitionError("%v registers have no event kind %d", t, kind)
	}
	switch t {
	case TypeDocument:
		return nextDocument(state, kind, body)
	case TypeDigest:
		return nextDigest(state, kind, body)
	case TypeIdentity:
		return nextIdentity(state, kind, body)
	default:
		return nextActivity(state, body)
	}
}

// checkState reports whether state is canonical for its type. States of types that are not built are refused.
func checkState(t Type, state []byte) error {
	var err error
	switch t {
	case TypeDocument:
		_, err = ParseDocumentState(state)
	case TypeDigest:
		_, err = ParseDigestState(state)
	case TypeIdentity:
		_, err = ParseIdentityState(state)
	case TypeActivity:
		_, err = ParseActivityState(state)
	default:
		err = fmt.Errorf("%w: %v registers", ErrNotBuilt, t)
	}
	return err
}
