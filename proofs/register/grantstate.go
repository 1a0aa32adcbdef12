package register

import "encoding/binary"

// A GrantState is the state of a grant register: u8 status ‖ u64 newest spender ‖ the granted body with the uses left.
type GrantState struct {
	Status  uint8
	Spender uint64 // entry of the newest spending, or None
	Granted GrantedBody
}

// Marshal returns the 222 bytes.
func (s GrantState) Marshal() []byte {
	out := binary.BigEndian.AppendUint64(append(make([]byte, 0, 222), s.Status), s.Spender)
	return s.Granted.append(out)
}

// ParseGrantState parses a grant register's state.
func ParseGrantState(in []byte) (GrantState, error) {
	const what = "grant state"
	d := decoder{b: in}
	s := GrantState{Status: d.u8(), Spender: d.u64(), Granted: d.granted()}
	if err := d.end(what); err != nil {
		return GrantState{}, err
	}
	if s.Status < GrantOpen || s.Status > GrantTaken {
		return GrantState{}, formatError(what, "unknown status %d", s.Status)
	}
	if (s.Granted.Uses == 0) != (s.Status == GrantUsedUp) {
		return GrantState{}, formatError(what, "%d uses left in status %d", s.Granted.Uses, s.Status)
	}
	if s.Status == GrantUsedUp && s.Spender == None {
		return GrantState{}, formatError(what, "used up, and nobody spent it")
	}
	if err := s.Granted.check(what); err != nil {
		return GrantState{}, err
	}
	return s, nil
}

// nextGrant: granted once, then spent use by use; revoked at most once, and not once it is used up. Nothing follows either end.
func nextGrant(state []byte, kind uint8, body []byte, entry uint64) ([]byte, error) {
	if kind == GrantGranted {
		b, err := ParseGrantedBody(body)
		if err != nil {
			return nil, err
		}
		if state != nil {
			return nil, transitionError("granted already")
		}
		return GrantState{Status: GrantOpen, Spender: None, Granted: b}.Marshal(), nil
	}
	if state == nil {
		return nil, transitionError("grant event %d before it was granted", kind)
	}
	s, err := ParseGrantState(state)
	if err != nil {
		return nil, err
	}
	if s.Status != GrantOpen {
		return nil, transitionError("grant event %d in status %d", kind, s.Status)
	}
	if kind == GrantSpent {
		err = s.spend(body, entry)
	} else {
		_, err = ParseRevokedBody(body)
		s.Status = GrantTaken
	}
	if err != nil {
		return nil, err
	}
	return s.Marshal(), nil
}

// spend takes one use.
func (s *GrantState) spend(body []byte, entry uint64) error {
	b, err := ParseSpentBody(body)
	if err != nil {
		return err
	}
	if b.Left != s.Granted.Uses-1 || b.By != s.Granted.To {
		return transitionError("spending leaves %d of %d uses, or is by another identity than the grant is for", b.Left, s.Granted.Uses)
	}
	if entry == None {
		return transitionError("entry %d is none", entry)
	}
	s.Granted.Uses, s.Spender = b.Left, entry
	if b.Left == 0 {
		s.Status = GrantUsedUp
	}
	return nil
}
