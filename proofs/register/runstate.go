package register

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// Bounds of a run's state: a workflow has at most 64 steps of at most 16 actors each; the executor comes on top.
const (
	maxRunSteps   = 64
	maxRunSigners = maxRunSteps*16 + 1
)

// A RunState is the state of a run register:
//
//	u8 status ‖ u8 claimed ‖ workflow dig33 ‖ request32 ‖ u64 opened ‖ u32 attempt ‖ outcome32
//	‖ u16 n ‖ n x (lp(step) ‖ u8 result ‖ u32 attempt ‖ u32 seq) ‖ u16 m ‖ m x (identity32 ‖ u32 next)
type RunState struct {
	Status   uint8
	Claimed  uint8       // of the newest outcome that counts, 0 for none
	Workflow TypedDigest // of its text, as the request names it
	Request  Hash        // statement digest of the request
	Opened   uint64      // unix ms by the log's clock
	Attempt  uint32      // newest, 0 before the first
	Outcome  Hash        // statement digest of the newest outcome that counts, or zero
	Steps    []StepState // sorted by name
	Signers  []SignerState
}

// A StepState is the newest result of a step. Results carry over to the next attempt.
type StepState struct {
	Name         string
	Result       uint8
	Attempt, Seq uint32 // of the statement that brought it
}

// A SignerState says how far an identity counted in the newest attempt. They are sorted by identity.
type SignerState struct {
	Identity Key
	Next     uint32 // the seq that its next step has
}

// Marshal returns the bytes, at least 117.
func (s RunState) Marshal() []byte {
	out := append(make([]byte, 0, 256), s.Status, s.Claimed)
	out = append(append(out, s.Workflow[:]...), s.Request[:]...)
	out = binary.BigEndian.AppendUint64(out, s.Opened)
	out = append(binary.BigEndian.AppendUint32(out, s.Attempt), s.Outcome[:]...)
	out = binary.BigEndian.AppendUint16(out, uint16(len(s.Steps)))
	for _, step := range s.Steps {
		out = append(appendLP(out, []byte(step.Name)), step.Result)
		out = binary.BigEndian.AppendUint32(out, step.Attempt)
		out = binary.BigEndian.AppendUint32(out, step.Seq)
	}
	out = binary.BigEndian.AppendUint16(out, uint16(len(s.Signers)))
	for _, signer := range s.Signers {
		out = binary.BigEndian.AppendUint32(append(out, signer.Identity[:]...), signer.Next)
	}
	return out
}

// ParseRunState parses a run register's state.
func ParseRunState(in []byte) (RunState, error) {
	const what = "run state"
	d := decoder{b: in}
	s := RunState{
		Status: d.u8(), Claimed: d.u8(), Workflow: d.typedDigest(), Request: d.hash(), Opened: d.u64(), Attempt: d.u32(), Outcome: d.hash(),
	}
	for n := d.u16(); n > 0 && !d.short; n-- {
		s.Steps = append(s.Steps, StepState{string(d.lp()), d.u8(), d.u32(), d.u32()})
	}
	for n := d.u16(); n > 0 && !d.short; n-- {
		s.Signers = append(s.Signers, SignerState{d.hash(), d.u32()})
	}
	if err := d.end(what); err != nil {
		return RunState{}, err
	}
	return s, s.check(what)
}

func (s *RunState) check(what string) error {
	if s.Status < RunOpen || s.Status > RunDenied {
		return formatError(what, "unknown status %d", s.Status)
	}
	if s.Claimed != 0 && (s.Claimed < RunSuccess || s.Claimed > RunAborted) {
		return formatError(what, "unknown claim %d", s.Claimed)
	}
	if (s.Claimed == 0) != (s.Outcome == Hash{}) {
		return formatError(what, "a claim without its outcome, or an outcome that claims nothing")
	}
	if len(s.Steps) > maxRunSteps || len(s.Signers) > maxRunSigners {
		return formatError(what, "%d steps and %d signers; at most %d and %d", len(s.Steps), len(s.Signers), maxRunSteps, maxRunSigners)
	}
	if err := s.checkLists(what); err != nil {
		return err
	}
	return s.Workflow.check(what)
}

func (s *RunState) checkLists(what string) error {
	for i, step := range s.Steps {
		if step.Result < ResultOK || step.Result > ResultSkipped || step.Name == "" || len(step.Name) > maxStepName {
			return formatError(what, "step %q with result %d", step.Name, step.Result)
		}
		if i > 0 && strings.Compare(s.Steps[i-1].Name, step.Name) >= 0 {
			return formatError(what, "steps are not sorted by name")
		}
	}
	for i, signer := range s.Signers {
		if signer.Next < 2 {
			return formatError(what, "a signer of nothing")
		}
		if i > 0 && bytes.Compare(s.Signers[i-1].Identity[:], signer.Identity[:]) >= 0 {
			return formatError(what, "signers are not sorted by identity")
		}
	}
	return nil
}
