package admission

import (
	"fmt"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// State is all that the fold may read: registers, content that a register names
// by its statement digest, and which statement digests were admitted. Every
// method answers for the log right before the entry that is being applied.
type State interface {
	// Record returns the register at key, or nil if there is none. The caller
	// does not change it.
	Record(key register.Key) (*register.Record, error)
	// Content returns the bytes of an admitted statement that a register names. Of a
	// release that names no run they may be none, without an error: that it names
	// none is all that the fold asks of one, and most documents are of that kind.
	Content(digest statement.Digest) ([]byte, error)
	// Admitted says whether a statement digest has an entry, and which.
	Admitted(digest statement.Digest) (index uint64, ok bool, err error)
}

// An Effect is one event that an entry writes to one register.
type Effect struct {
	Key  register.Key
	Type register.Type
	Kind uint8
	Body []byte
}

// A Fold applies statements in log order. It keeps parsed statements that
// registers name by digest; this cache holds pure functions of log content, so
// it never changes a verdict. A Fold is not safe for concurrent use.
type Fold struct {
	origin string
	cache  map[statement.Digest]named
}

// maxCached bounds the cache of a Fold; past it the cache starts anew.
const maxCached = 10_000

// NewFold returns the fold of the log with this origin.
func NewFold(origin string) *Fold {
	return &Fold{origin: origin, cache: make(map[statement.Digest]named)}
}

// Apply judges the entry at index, whose time is that of the seal that will
// cover it (Unix milliseconds), and returns its effects in the order of
// docs/spec/admission.md. The error is a *Refusal when the statement breaks a
// rule: then it has no leaf and no effects. Any other error says that the state
// could not be read and decides nothing.
func (f *Fold) Apply(st State, index uint64, time int64, c *Checked) ([]Effect, error) {
	if c.Statement.Log != f.origin {
		return nil, fmt.Errorf("admission: a statement checked for log %q met the fold of log %q", c.Statement.Log, f.origin)
	}
	if first, ok, err := st.Admitted(c.Digest); err != nil {
		return nil, err
	} else if ok {
		return nil, refuse(CodeDuplicate, "", "this statement was admitted already, as entry %d", first).at(first)
	}
	if !c.Statement.Code.InForce() { // judged before all else, at index 0 too
		return nil, refuseNotBuilt(c.Statement.Code)
	}
	if index == 0 {
		return genesis(time, c)
	}
	policy, err := f.policy(st)
	if err != nil {
		return nil, err
	}
	if err := checkSize(c, policy.policy); err != nil {
		return nil, err
	}
	e := &entry{fold: f, st: st, time: time, c: c, policy: policy.policy, policyText: policy.text}
	if err := e.checkGovernance(policy); err != nil {
		return nil, err
	}
	if e.by, err = f.issuer(st, time, c, e.policy); err != nil {
		return nil, err
	}
	effects, err := e.applyBody()
	if err != nil {
		return nil, err
	}
	if err := checkSkew(c.Statement, time, e.policy); err != nil {
		return nil, err
	}
	inRun, err := e.runEffects()
	if err != nil {
		return nil, err
	}
	effects = append(effects, inRun...)
	sortEffects(effects)
	return append(effects, activityEffect(c)), nil
}

// An entry is a statement under judgement, with what the rules need of the log
// right before it.
type entry struct {
	fold       *Fold
	st         State
	time       int64 // of the log
	c          *Checked
	policy     *statement.Policy // in force
	policyText statement.Digest
	by         *issuer
	run        *run     // that a release, a withdrawal or a step is in; nil: none
	grants     []*grant // in spends, once they are read
}

// applyBody judges E203 to E409 and returns all effects but the activity.
func (e *entry) applyBody() ([]Effect, error) {
	switch body := e.c.Statement.Body.(type) {
	case *statement.ReleaseDocument:
		return e.release(body)
	case *statement.WithdrawDocument:
		return e.withdraw(body)
	case *statement.SetPolicy:
		return e.setPolicy()
	case *statement.DefineWorkflow:
		return e.define()
	case *statement.RetireWorkflow:
		return e.retireWorkflow(body)
	case *statement.OpenRequest:
		return e.open(body)
	case *statement.CancelRequest:
		return e.cancel(body)
	case *statement.DenyDecision:
		return nil, e.deny(body)
	case *statement.GrantDecision:
		return e.grant(body)
	case *statement.RevokeDecision:
		return e.takeBack(body)
	case *statement.IntendStep:
		return e.intend(body)
	case *statement.FinishStep, *statement.CloseOutcome, *statement.AttestObservation, *statement.AlertFinding:
		return nil, nil // evidence
	case *statement.RefuseFinding:
		return nil, refusal(e.policy, e.by)
	case *statement.AckFinding, *statement.CloseFinding:
		return nil, judgement(e.by)
	}
	return e.applyIdentity()
}

// applyIdentity is applyBody for identity.*.
func (e *entry) applyIdentity() ([]Effect, error) {
	switch body := e.c.Statement.Body.(type) {
	case *statement.EnrollIdentity:
		return e.enroll(body)
	case *statement.RotateIdentity:
		return e.rotate(body)
	case *statement.SuspendIdentity:
		return e.suspend(body)
	case *statement.ResumeIdentity:
		return e.resume(body)
	case *statement.RevokeIdentity:
		return e.revoke(body)
	case *statement.RetireIdentity:
		return e.retire(body)
	}
	return nil, refuseNotBuilt(e.c.Statement.Code)
}

func refuseNotBuilt(code statement.Code) error {
	return refuse(CodeForm, "predicateType", "%s is not built in rules %s: no log that they govern takes it", code, statement.Rules)
}

// checkSize is E101 for the size that the policy allows.
func checkSize(c *Checked, policy *statement.Policy) error {
	if len(c.Payload) > int(policy.ContentMax) {
		return refuse(CodeForm, "", "the statement has %d bytes; the policy allows %d", len(c.Payload), policy.ContentMax)
	}
	return nil
}

// checkSpends is E405 where no grant can be spent: at index 0, which has none
// before it, and on direct releases and what ends an identity, which none can be for.
func checkSpends(s *statement.Statement) error {
	if len(s.Spends) == 0 {
		return nil
	}
	return refuse(CodeGrant, "predicate.spends[0]", "grant %s is unknown, or not for this", s.Spends[0])
}

// checkSkew is E701, of authority alone: evidence may come late, and is flagged.
// The signer's clock is only ever compared with the log's.
func checkSkew(s *statement.Statement, time int64, policy *statement.Policy) error {
	if !s.Code.Authority() {
		return nil
	}
	skew := int64(policy.SkewSeconds) * 1000
	if d := s.At - time; d > skew || d < -skew {
		return refuse(CodeSkew, "predicate.at", "the signer's clock is %d ms from the log's; at most %d s are allowed: set the clock and sign again",
			d, policy.SkewSeconds)
	}
	return nil
}

// activityEffect is the event that every admitted statement writes to the
// activity register of its issuer.
func activityEffect(c *Checked) Effect {
	body := register.ActivityBody{Statement: c.Digest, Run: runKey(c.Statement.Run)}
	return Effect{
		Key:  register.ActivityKey(c.Statement.Issuer),
		Type: register.TypeActivity,
		Kind: uint8(c.Statement.Code),
		Body: body.Marshal(),
	}
}

// runKey is the key of the run that a statement names, or zero for none.
func runKey(run string) register.Key {
	if run == "" {
		return register.Key{}
	}
	return register.RunKey(run)
}
