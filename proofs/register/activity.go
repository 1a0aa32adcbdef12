package register

import "encoding/binary"

// An ActivityBody is the body of an activity event: statement32 ‖ run32. The event's kind is the statement's code, 16 x kind + op.
type ActivityBody struct {
	Statement Hash
	Run       Key // register key of the run that the statement names, or zero
}

// Marshal returns the 64 bytes.
func (b ActivityBody) Marshal() []byte {
	return append(append(make([]byte, 0, 64), b.Statement[:]...), b.Run[:]...)
}

// ParseActivityBody parses an activity event's body.
func ParseActivityBody(in []byte) (ActivityBody, error) {
	d := decoder{b: in}
	b := ActivityBody{Statement: d.hash(), Run: d.hash()}
	if err := d.end("activity body"); err != nil {
		return ActivityBody{}, err
	}
	return b, nil
}

// An ActivityState is the state of an activity register: u64 count, always the number of its events.
type ActivityState struct{ Count uint64 }

// Marshal returns the 8 bytes.
func (s ActivityState) Marshal() []byte { return binary.BigEndian.AppendUint64(nil, s.Count) }

// ParseActivityState parses an activity register's state.
func ParseActivityState(in []byte) (ActivityState, error) {
	const what = "activity state"
	d := decoder{b: in}
	s := ActivityState{Count: d.u64()}
	if err := d.end(what); err != nil {
		return ActivityState{}, err
	}
	if s.Count == 0 {
		return ActivityState{}, formatError(what, "counts nothing")
	}
	return s, nil
}

func nextActivity(state []byte, body []byte) ([]byte, error) {
	if _, err := ParseActivityBody(body); err != nil {
		return nil, err
	}
	var s ActivityState // zero for a new register
	var err error
	if state != nil {
		if s, err = ParseActivityState(state); err != nil {
			return nil, err
		}
	}
	if s.Count == None {
		return nil, transitionError("activity count is exhausted")
	}
	return ActivityState{Count: s.Count + 1}.Marshal(), nil
}
