package register

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"strings"
)

// Statement codes that change more of a run than its history.
const (
	codeRequestOpen   = 0x41
	codeRequestCancel = 0x42
	codeDeny          = 0x52
	codeIntent        = 0x61
	codeDone          = 0x62
	codeOutcome       = 0x71
	codeRelease       = 0x81
)

// nextRun: a request opens the run. Then
//
//	intent    starts its attempt, counts for its signer
//	done      the same, and sets the result of its step if (attempt, seq) is above the one held; so does a release
//	outcome   sets outcome and claim
//	cancel    closes the run; so does deny
//
// A done or an outcome without a result stands alone, and so do all other statements. The status after the event stands in its body, since
// it is derived with the workflow, which is not at hand here; only a done, a release and an outcome may change it, while the run is not
// cancelled or denied.
func nextRun(state []byte, kind uint8, body []byte, time uint64) ([]byte, error) {
	b, err := ParseRunBody(body)
	if err != nil {
		return nil, err
	}
	if kind == codeRequestOpen {
		return openedRun(state, b, time)
	}
	if state == nil {
		return nil, transitionError("run event 0x%02x before the request", kind)
	}
	s, err := ParseRunState(state)
	if err != nil {
		return nil, err
	}
	if b.Ref[0] != 0 {
		return nil, transitionError("run event 0x%02x names a workflow", kind)
	}
	if err := s.checkStatus(kind, b); err != nil {
		return nil, err
	}
	if err := s.take(kind, b); err != nil {
		return nil, err
	}
	s.Status = b.Status
	if err := s.check("next run state"); err != nil {
		return nil, transitionError("%v", err)
	}
	return s.Marshal(), nil
}

func openedRun(state []byte, b RunBody, time uint64) ([]byte, error) {
	if state != nil {
		return nil, transitionError("the run is opened already")
	}
	if b.Status != RunOpen || b.Attempt != 0 || b.Seq != 0 || b.Result != 0 || b.Step != "" || b.Ref[0] == 0 {
		return nil, transitionError("a request opens a run: it names a workflow, and no attempt, seq, result or step")
	}
	return RunState{Status: RunOpen, Workflow: b.Ref, Request: b.Statement, Opened: time}.Marshal(), nil
}

// checkStatus judges the status that the body says.
func (s *RunState) checkStatus(kind uint8, b RunBody) error {
	legal := b.Status == s.Status
	switch kind {
	case codeRequestCancel:
		legal = b.Status == RunCancelled
	case codeDeny:
		legal = b.Status == RunDenied
	case codeDone, codeRelease, codeOutcome:
		closed := s.Status == RunCancelled || s.Status == RunDenied
		legal = legal || b.Result != 0 && !closed && b.Status < RunCancelled
	}
	if !legal {
		return transitionError("run event 0x%02x makes status %d of %d", kind, b.Status, s.Status)
	}
	return nil
}

// take applies what the event changes beside the status.
func (s *RunState) take(kind uint8, b RunBody) error {
	switch kind {
	case codeIntent:
		if b.Attempt == 0 || b.Seq == 0 || b.Step == "" || b.Result != 0 {
			return transitionError("an intent names attempt, seq and step, and no result")
		}
		s.count(b)
	case codeDone, codeRelease:
		if b.Result == 0 {
			return nil
		}
		if b.Result > ResultSkipped || b.Step == "" || kind == codeDone && (b.Attempt == 0 || b.Seq == 0) {
			return transitionError("a result names attempt, seq and step")
		}
		s.setResult(b)
		if kind == codeDone {
			s.count(b)
		}
	case codeOutcome:
		if b.Result == 0 {
			return nil
		}
		if b.Result < RunSuccess || b.Attempt == 0 {
			return transitionError("an outcome claims a status, for an attempt")
		}
		s.Claimed, s.Outcome = b.Result, b.Statement
	}
	return nil
}

// count starts the attempt, if it is a later one, and moves its signer's next seq. The last seq stays the last.
func (s *RunState) count(b RunBody) {
	if b.Attempt < s.Attempt {
		return
	}
	if b.Attempt > s.Attempt {
		s.Attempt, s.Signers = b.Attempt, nil
	}
	next := max(b.Seq, min(b.Seq, math.MaxUint32-1)+1)
	i, found := slices.BinarySearchFunc(s.Signers, b.Issuer, func(x SignerState, id Key) int { return bytes.Compare(x.Identity[:], id[:]) })
	if !found {
		s.Signers = slices.Insert(s.Signers, i, SignerState{Identity: b.Issuer})
	}
	s.Signers[i].Next = max(s.Signers[i].Next, next)
}

// setResult sets a step's result unless a later one is held.
func (s *RunState) setResult(b RunBody) {
	i, found := slices.BinarySearchFunc(s.Steps, b.Step, func(x StepState, name string) int { return strings.Compare(x.Name, name) })
	if !found {
		s.Steps = slices.Insert(s.Steps, i, StepState{Name: b.Step})
	} else if held := s.Steps[i]; cmp.Or(cmp.Compare(b.Attempt, held.Attempt), cmp.Compare(b.Seq, held.Seq)) <= 0 {
		return
	}
	s.Steps[i] = StepState{b.Step, b.Result, b.Attempt, b.Seq}
}
