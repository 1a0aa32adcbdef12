package register

import (
	"bytes"
	"math"
	"testing"
)

// exampleRun is a run in its second attempt.
func exampleRun() RunState {
	signers := []SignerState{{IdentityKey("wl/a"), 3}, {IdentityKey("wl/b"), 2}}
	if bytes.Compare(signers[0].Identity[:], signers[1].Identity[:]) > 0 {
		signers[0], signers[1] = signers[1], signers[0]
	}
	return RunState{
		Status: RunPartial, Claimed: RunSuccess, Workflow: SHA256Digest(h("w")), Request: h("request"), Opened: 99, Attempt: 2, Outcome: h("outcome"),
		Steps:   []StepState{{"fetch", ResultOK, 1, 1}, {"render", ResultError, 2, 4}},
		Signers: signers,
	}
}

func runTransitions() []transition {
	const typ = TypeRun
	w, by, s := SHA256Digest(h("w")), IdentityKey("wl/a"), h("statement")
	at7 := Entry{Index: 7, Time: 150}
	opened := RunState{Status: RunOpen, Workflow: w, Request: s, Opened: 150}
	with := func(of RunState, edit func(*RunState)) []byte { edit(&of); return of.Marshal() }
	body := func(edit func(*RunBody)) []byte {
		b := RunBody{Status: RunOpen, Issuer: by, Statement: s}
		edit(&b)
		return b.Marshal()
	}
	request := body(func(b *RunBody) { b.Ref = WorkflowRef(w) })
	plain := body(func(*RunBody) {})
	work := func(status uint8, attempt, seq uint32, result uint8, step string) []byte {
		return body(func(b *RunBody) { b.Status, b.Attempt, b.Seq, b.Result, b.Step = status, attempt, seq, result, step })
	}
	start := opened.Marshal()
	intended := with(opened, func(r *RunState) { r.Attempt, r.Signers = 1, []SignerState{{by, 2}} })
	held := func(status uint8, result uint8, attempt, seq, next uint32) []byte {
		return with(opened, func(r *RunState) {
			r.Status, r.Attempt, r.Signers, r.Steps = status, attempt, []SignerState{{by, next}}, []StepState{{"fetch", result, attempt, seq}}
		})
	}
	status := func(x uint8) []byte { return with(opened, func(r *RunState) { r.Status = x }) }
	out := []transition{
		{"opened", typ, nil, codeRequestOpen, request, true, start, at7},
		{"opened twice", typ, start, codeRequestOpen, request, false, nil, at7},
		{"opened without workflow", typ, nil, codeRequestOpen, plain, false, nil, at7},
		{"opened as done", typ, nil, codeRequestOpen, body(func(b *RunBody) { b.Ref, b.Status = WorkflowRef(w), RunSuccess }), false, nil, at7},
		{"opened with a step", typ, nil, codeRequestOpen, body(func(b *RunBody) { b.Ref, b.Step = WorkflowRef(w), "fetch" }), false, nil, at7},
		{"before the request", typ, nil, codeIntent, work(RunOpen, 1, 1, 0, "fetch"), false, nil, at7},
		{"a second workflow", typ, start, codeIntent, body(func(b *RunBody) {
			b.Ref, b.Attempt, b.Seq, b.Step = WorkflowRef(w), 1, 1, "fetch"
		}), false, nil, at7},
		{"intent", typ, start, codeIntent, work(RunOpen, 1, 1, 0, "fetch"), true, intended, at7},
		{"intent with a status of its own", typ, start, codeIntent, work(RunPartial, 1, 1, 0, "fetch"), false, nil, at7},
		{"intent with a result", typ, start, codeIntent, work(RunOpen, 1, 1, ResultOK, "fetch"), false, nil, at7},
		{"intent of no step", typ, start, codeIntent, work(RunOpen, 1, 1, 0, ""), false, nil, at7},
		{"done", typ, intended, codeDone, work(RunPartial, 1, 1, ResultOK, "fetch"), true, held(RunPartial, ResultOK, 1, 1, 2), at7},
		{"done that stands alone", typ, intended, codeDone, work(RunOpen, 1, 1, 0, "fetch"), true, intended, at7},
		{"done that stands alone, another status", typ, intended, codeDone, work(RunPartial, 1, 1, 0, "fetch"), false, nil, at7},
		{"done again", typ, held(RunPartial, ResultOK, 1, 1, 2), codeDone, work(RunPartial, 1, 1, ResultError, "fetch"), true, held(RunPartial, ResultOK, 1, 1, 2), at7},
		{"done later", typ, held(RunPartial, ResultOK, 1, 1, 2), codeDone, work(RunFailed, 1, 2, ResultError, "fetch"), true, held(RunFailed, ResultError, 1, 2, 3), at7},
		{"done of the attempt before", typ, held(RunPartial, ResultOK, 2, 1, 2), codeDone, work(RunPartial, 1, 9, ResultError, "fetch"), true, held(RunPartial, ResultOK, 2, 1, 2), at7},
		{"done of the next attempt", typ, held(RunFailed, ResultError, 1, 9, 10), codeDone, work(RunPartial, 2, 1, ResultOK, "fetch"), true, held(RunPartial, ResultOK, 2, 1, 2), at7},
		{"the last seq", typ, start, codeIntent, work(RunOpen, 1, math.MaxUint32, 0, "fetch"), true, with(opened, func(r *RunState) {
			r.Attempt, r.Signers = 1, []SignerState{{by, math.MaxUint32}}
		}), at7},
		{"done with result 4", typ, start, codeDone, work(RunPartial, 1, 1, 4, "fetch"), false, nil, at7},
		{"done cancels", typ, start, codeDone, work(RunCancelled, 1, 1, ResultOK, "fetch"), false, nil, at7},
		{"release meets a step", typ, start, codeRelease, work(RunSuccess, 0, 0, ResultOK, "publish"), true, with(opened, func(r *RunState) {
			r.Status, r.Steps = RunSuccess, []StepState{{"publish", ResultOK, 0, 0}}
		}), at7},
		{"outcome", typ, start, codeOutcome, work(RunOpen, 1, 0, RunFailed, ""), true, with(opened, func(r *RunState) {
			r.Claimed, r.Outcome = RunFailed, s
		}), at7},
		{"outcome that stands alone", typ, start, codeOutcome, work(RunOpen, 1, 0, 0, ""), true, start, at7},
		{"outcome that claims nothing", typ, start, codeOutcome, work(RunOpen, 1, 0, RunOpen, ""), false, nil, at7},
		{"aborted", typ, start, codeOutcome, work(RunAborted, 1, 0, RunAborted, ""), true, with(opened, func(r *RunState) {
			r.Status, r.Claimed, r.Outcome = RunAborted, RunAborted, s
		}), at7},
		{"cancelled", typ, start, codeRequestCancel, body(func(b *RunBody) { b.Status = RunCancelled }), true, status(RunCancelled), at7},
		{"cancelled, still open", typ, start, codeRequestCancel, plain, false, nil, at7},
		{"denied", typ, start, codeDeny, body(func(b *RunBody) { b.Status = RunDenied }), true, status(RunDenied), at7},
		{"denied, then done", typ, status(RunDenied), codeDone, work(RunPartial, 1, 1, ResultOK, "fetch"), false, nil, at7},
		{"grant", typ, start, 0x51, body(func(b *RunBody) { b.Ref = GrantRef(GrantKey(h("g"))) }), true, start, at7},
		{"grant in a denied run", typ, status(RunDenied), 0x51, body(func(b *RunBody) { b.Status = RunDenied }), true, status(RunDenied), at7},
		{"an observation", typ, start, 0x91, plain, true, start, at7},
		{"an observation changes the status", typ, start, 0x91, body(func(b *RunBody) { b.Status = RunSuccess }), false, nil, at7},
		{"no statement code", typ, start, 0x92, plain, false, nil, at7},
	}
	return out
}

// TestSignersOfARun: each signer counts alone, and a new attempt counts anew.
func TestSignersOfARun(t *testing.T) {
	state, err := NextState(TypeRun, nil, codeRequestOpen, RunBody{Status: RunOpen, Ref: WorkflowRef(SHA256Digest(h("w"))), Statement: h("r")}.Marshal(), at0)
	if err != nil {
		t.Fatal(err)
	}
	next := func(by string, attempt, seq uint32) map[Key]uint32 {
		body := RunBody{Status: RunOpen, Attempt: attempt, Seq: seq, Issuer: IdentityKey(by), Statement: h("s"), Step: "fetch"}.Marshal()
		if state, err = NextState(TypeRun, state, codeIntent, body, at0); err != nil {
			t.Fatal(err)
		}
		s, err := ParseRunState(state)
		if err != nil || s.Attempt != max(s.Attempt, attempt) {
			t.Fatalf("%+v, %v", s, err)
		}
		out := make(map[Key]uint32)
		for _, x := range s.Signers {
			out[x.Identity] = x.Next
		}
		return out
	}
	a, b := IdentityKey("wl/a"), IdentityKey("wl/b")
	next("wl/a", 1, 1)
	next("wl/a", 1, 2)
	if got := next("wl/b", 1, 1); len(got) != 2 || got[a] != 3 || got[b] != 2 {
		t.Errorf("attempt 1: %v", got)
	}
	if got := next("wl/b", 2, 1); len(got) != 1 || got[b] != 2 {
		t.Errorf("attempt 2: %v", got)
	}
	if got := next("wl/a", 1, 3); len(got) != 1 || got[b] != 2 {
		t.Errorf("attempt 1, late: %v", got)
	}
}
