package register

import "encoding/binary"

// Status of a run: derived from its steps, and claimed by its outcome.
const (
	RunOpen      uint8 = 1 // nothing done yet
	RunSuccess   uint8 = 2
	RunPartial   uint8 = 3
	RunFailed    uint8 = 4
	RunAborted   uint8 = 5
	RunCancelled uint8 = 6
	RunDenied    uint8 = 7
)

// Results of a step. In the body of an outcome the result is the status that it claims.
const (
	ResultNone    uint8 = 0 // the event changes no step
	ResultOK      uint8 = 1
	ResultError   uint8 = 2
	ResultSkipped uint8 = 3
)

// maxStepName bounds the name of a step, in bytes.
const maxStepName = 32

// A RunBody is the body of a run event, whose kind is a statement code:
//
//	u8 status ‖ u32 attempt ‖ u32 seq ‖ u8 result ‖ issuer identity32 ‖ statement32 ‖ ref33 ‖ lp(step)
type RunBody struct {
	Status    uint8  // of the run, after the event
	Attempt   uint32 // that the statement names, or 0
	Seq       uint32 // that the statement names, or 0
	Result    uint8  // that counts for the run, or 0
	Issuer    Key    // register key of the statement's issuer
	Statement Hash
	Ref       [33]byte // request.open: typed digest of the workflow; a grant given or taken back: 0 ‖ its register key; else zeros
	Step      string   // or empty
}

// WorkflowRef returns the Ref of a request.open.
func WorkflowRef(workflow TypedDigest) [33]byte { return workflow }

// GrantRef returns the Ref of a decision about a grant.
func GrantRef(grant Key) (ref [33]byte) {
	copy(ref[1:], grant[:])
	return ref
}

// Marshal returns the bytes, 109 and those of the step's name.
func (b RunBody) Marshal() []byte {
	out := append(make([]byte, 0, 109+len(b.Step)), b.Status)
	out = binary.BigEndian.AppendUint32(out, b.Attempt)
	out = append(binary.BigEndian.AppendUint32(out, b.Seq), b.Result)
	out = append(append(out, b.Issuer[:]...), b.Statement[:]...)
	return appendLP(append(out, b.Ref[:]...), []byte(b.Step))
}

// ParseRunBody parses a run event's body.
func ParseRunBody(in []byte) (RunBody, error) {
	const what = "run body"
	d := decoder{b: in}
	b := RunBody{
		Status: d.u8(), Attempt: d.u32(), Seq: d.u32(), Result: d.u8(), Issuer: d.hash(), Statement: d.hash(),
		Ref: [33]byte(d.take(33)), Step: string(d.lp()),
	}
	if err := d.end(what); err != nil {
		return RunBody{}, err
	}
	if b.Status < RunOpen || b.Status > RunDenied {
		return RunBody{}, formatError(what, "unknown status %d", b.Status)
	}
	if b.Result > RunAborted {
		return RunBody{}, formatError(what, "unknown result %d", b.Result)
	}
	if b.Ref[0] != 0 {
		if err := TypedDigest(b.Ref).check(what); err != nil {
			return RunBody{}, err
		}
	}
	if len(b.Step) > maxStepName {
		return RunBody{}, formatError(what, "the name of a step has %d bytes, at most %d", len(b.Step), maxStepName)
	}
	return b, nil
}
