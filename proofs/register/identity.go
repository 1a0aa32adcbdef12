package register

import "encoding/binary"

// Kinds of identity events: key and status only.
const (
	IdentityEnroll  uint8 = 1
	IdentityRotate  uint8 = 2
	IdentitySuspend uint8 = 3
	IdentityResume  uint8 = 4
	IdentityRevoke  uint8 = 5
	IdentityRetire  uint8 = 6
)

// Status of an identity.
const (
	IdentityActive    uint8 = 1
	IdentitySuspended uint8 = 2
	IdentityRevoked   uint8 = 3
	IdentityRetired   uint8 = 4
)

// Class of an identity.
const (
	ClassHuman    uint8 = 1
	ClassWorkload uint8 = 2
	ClassAgent    uint8 = 3
	ClassBridge   uint8 = 4
)

const identityStateSize = 115

// An IdentityState is the state of an identity register:
//
//	u8 status ‖ u8 class ‖ H(owner)32 ‖ key33 ‖ u64 notAfter ‖ u64 compromisedSince ‖ terms32
type IdentityState struct {
	Status           uint8
	Class            uint8
	Owner            Hash // SHA-256 of the owner's id
	Key              TypedKey
	NotAfter         uint64 // unix ms, or None
	CompromisedSince uint64 // unix ms, or None; a revoked identity only
	Terms            Hash   // digest of the newest enroll or rotate statement, which has roles, verbs, namespaces and tools
}

// Marshal returns the 115 bytes.
func (s IdentityState) Marshal() []byte { return s.append(make([]byte, 0, identityStateSize)) }

func (s IdentityState) append(out []byte) []byte {
	out = append(out, s.Status, s.Class)
	out = append(out, s.Owner[:]...)
	out = append(out, s.Key[:]...)
	out = binary.BigEndian.AppendUint64(out, s.NotAfter)
	out = binary.BigEndian.AppendUint64(out, s.CompromisedSince)
	return append(out, s.Terms[:]...)
}

// ParseIdentityState parses an identity register's state.
func ParseIdentityState(in []byte) (IdentityState, error) {
	const what = "identity state"
	d := decoder{b: in}
	s := IdentityState{
		Status: d.u8(), Class: d.u8(), Owner: d.hash(), Key: d.typedKey(),
		NotAfter: d.u64(), CompromisedSince: d.u64(), Terms: d.hash(),
	}
	if err := d.end(what); err != nil {
		return IdentityState{}, err
	}
	if s.Status < IdentityActive || s.Status > IdentityRetired {
		return IdentityState{}, formatError(what, "unknown status %d", s.Status)
	}
	if s.Class < ClassHuman || s.Class > ClassBridge {
		return IdentityState{}, formatError(what, "unknown class %d", s.Class)
	}
	if err := s.Key.check(what); err != nil {
		return IdentityState{}, err
	}
	if s.CompromisedSince != None && s.Status != IdentityRevoked {
		return IdentityState{}, formatError(what, "compromised, but not revoked")
	}
	return s, nil
}

// An IdentityBody is the body of an identity event: the state after it ‖ statement32.
type IdentityBody struct {
	State     IdentityState
	Statement Hash // digest of the statement that made this event
}

// Marshal returns the 147 bytes.
func (b IdentityBody) Marshal() []byte {
	return append(b.State.append(make([]byte, 0, identityStateSize+32)), b.Statement[:]...)
}

// ParseIdentityBody parses an identity event's body.
func ParseIdentityBody(in []byte) (IdentityBody, error) {
	if len(in) != identityStateSize+32 {
		return IdentityBody{}, formatError("identity body", "%d bytes, expected %d", len(in), identityStateSize+32)
	}
	s, err := ParseIdentityState(in[:identityStateSize])
	if err != nil {
		return IdentityBody{}, err
	}
	return IdentityBody{State: s, Statement: Hash(in[identityStateSize:])}, nil
}

// nextIdentity takes the state that the body carries, after checking that the event could make it:
//
//	enroll   (none)               -> active     all fields new, terms = the statement
//	rotate   active, suspended    -> the same   another key, notAfter free, terms = the statement
//	suspend  active               -> suspended  nothing else
//	resume   suspended            -> active     nothing else
//	revoke   all                  -> revoked    compromisedSince may be set, or be moved to an earlier time, never later
//	retire   active, suspended    -> retired    nothing else
//
// A second revocation is legal only if it says an earlier compromisedSince than the first: a theft is often found later.
func nextIdentity(state []byte, kind uint8, body []byte) ([]byte, error) {
	b, err := ParseIdentityBody(body)
	if err != nil {
		return nil, err
	}
	if kind == IdentityEnroll {
		return enrolled(state, b)
	}
	if state == nil {
		return nil, transitionError("identity event %d before enrolment", kind)
	}
	old, err := ParseIdentityState(state)
	if err != nil {
		return nil, err
	}
	want, err := expectedIdentity(old, kind, b)
	if err != nil {
		return nil, err
	}
	if b.State != want {
		return nil, transitionError("identity event %d changes more than it may", kind)
	}
	return b.State.Marshal(), nil
}

func enrolled(state []byte, b IdentityBody) ([]byte, error) {
	if state != nil {
		return nil, transitionError("identity is enrolled already")
	}
	if b.State.Status != IdentityActive || b.State.Terms != b.Statement {
		return nil, transitionError("enrolment must leave the identity active, under the terms of its own statement")
	}
	return b.State.Marshal(), nil
}

// expectedIdentity returns the one state that an event of this kind may lead to, given the free fields of its body.
func expectedIdentity(old IdentityState, kind uint8, b IdentityBody) (IdentityState, error) {
	live := old.Status == IdentityActive || old.Status == IdentitySuspended
	legal, want := false, old
	switch kind {
	case IdentityRotate:
		legal = live && b.State.Key != old.Key
		want.Key, want.NotAfter, want.Terms = b.State.Key, b.State.NotAfter, b.Statement
	case IdentitySuspend:
		legal = old.Status == IdentityActive
		want.Status = IdentitySuspended
	case IdentityResume:
		legal = old.Status == IdentitySuspended
		want.Status = IdentityActive
	case IdentityRevoke:
		earlier := b.State.CompromisedSince < old.CompromisedSince // None is later than every time
		legal = earlier || old.Status != IdentityRevoked
		want.Status, want.CompromisedSince = IdentityRevoked, b.State.CompromisedSince
	case IdentityRetire:
		legal = live
		want.Status = IdentityRetired
	}
	if !legal {
		return want, transitionError("identity event %d is not legal in status %d", kind, old.Status)
	}
	return want, nil
}
