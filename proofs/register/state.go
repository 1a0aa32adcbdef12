package register

// An Entry is what an event says openly of its place: the index of its entry in the log, and the time of the seal that covers it, unix ms.
type Entry struct{ Index, Time uint64 }

// NextState returns the state of a register of type t after an event of this kind with this body, made by this entry. state is nil for a
// register that does not exist yet. A register's state is a pure function of its events and their bodies: nothing else goes in.
//
// It returns ErrTransition for an event that is not legal after state, ErrFormat for bytes that are not canonical. The inputs are not kept.
func NextState(t Type, state []byte, kind uint8, body []byte, by Entry) ([]byte, error) {
	if !validKind(t, kind) {
		return nil, transitionError("%v registers have no event kind %d", t, kind)
	}
	switch t {
	case TypeDocument:
		return nextDocument(state, kind, body)
	case TypeDigest:
		return nextDigest(state, kind, body)
	case TypeRun:
		return nextRun(state, kind, body, by.Time)
	case TypeIdentity:
		return nextIdentity(state, kind, body)
	case TypeGrant:
		return nextGrant(state, kind, body, by.Index)
	default:
		return nextActivity(state, body)
	}
}

// checkState reports whether state is canonical for its type.
func checkState(t Type, state []byte) (err error) {
	switch t {
	case TypeDocument:
		_, err = ParseDocumentState(state)
	case TypeDigest:
		_, err = ParseDigestState(state)
	case TypeRun:
		_, err = ParseRunState(state)
	case TypeIdentity:
		_, err = ParseIdentityState(state)
	case TypeGrant:
		_, err = ParseGrantState(state)
	default:
		_, err = ParseActivityState(state)
	}
	return err
}
