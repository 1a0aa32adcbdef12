package admission

import (
	"errors"
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
	// Content returns the bytes of an admitted statement.
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

// maxEffects bounds the effects of one entry; index 0 is excepted, since it
// enrolls every member of the policy.
const maxEffects = 24

// A Fold applies statements in log order. It keeps parsed statements that
// registers name by digest; this cache holds pure functions of log content, so
// it never changes a verdict. A Fold is not safe for concurrent use.
type Fold struct {
	origin   string
	policies map[statement.Digest]*statement.Policy
	terms    map[statement.Digest]*terms
}

// maxCached bounds each cache of a Fold; past it the cache starts anew.
const maxCached = 10_000

// NewFold returns the fold of the log with this origin.
func NewFold(origin string) *Fold {
	return &Fold{
		origin:   origin,
		policies: make(map[statement.Digest]*statement.Policy),
		terms:    make(map[statement.Digest]*terms),
	}
}

// Apply judges the entry at index, whose time is that of the seal that will
// cover it (Unix milliseconds), and returns its effects in the order of
// docs/spec/admission.md. The error is a *Refusal when the statement breaks a
// rule: then it has no leaf and no effects. Any other error says that the state
// could not be read and decides nothing.
func (f *Fold) Apply(st State, index uint64, time int64, c *Checked) ([]Effect, error) {
	if first, ok, err := st.Admitted(c.Digest); err != nil {
		return nil, err
	} else if ok {
		return nil, refuse(CodeDuplicate, "", "this statement was admitted already, as entry %d", first).at(first)
	}
	var effects []Effect
	var err error
	if index == 0 {
		effects, err = f.genesis(c)
	} else {
		effects, err = f.apply(st, time, c)
	}
	if err != nil {
		return nil, err
	}
	if index > 0 && len(effects) > maxEffects {
		return nil, refuse(CodeForm, "", "the statement has %d effects; at most %d are allowed", len(effects), maxEffects)
	}
	return effects, nil
}

// apply runs the stateful rules in the order of their codes, then the skew.
func (f *Fold) apply(st State, time int64, c *Checked) ([]Effect, error) {
	policy, err := f.policy(st)
	if err != nil {
		return nil, err
	}
	if len(c.Payload) > int(policy.ContentMax) {
		return nil, refuse(CodeForm, "", "the statement has %d bytes; the policy allows %d", len(c.Payload), policy.ContentMax)
	}
	if c.Statement.Code == statement.PolicySet {
		return nil, refuse(CodeGenesis, "predicateType", "a later policy.set spends grants of other admins, which these rules do not have yet; the genesis policy stays in force")
	}
	issuer, err := f.issuer(st, time, c)
	if err != nil {
		return nil, err
	}
	effects, err := f.applyBody(st, time, c, policy, issuer)
	if err != nil {
		return nil, err
	}
	if err := checkSkew(c.Statement, time, policy); err != nil {
		return nil, err
	}
	return append(effects, activityEffect(c)), nil
}

func (f *Fold) applyBody(st State, time int64, c *Checked, policy *statement.Policy, issuer *issuer) ([]Effect, error) {
	switch body := c.Statement.Body.(type) {
	case *statement.EnrollIdentity:
		return f.enroll(st, c, body, issuer)
	case *statement.RevokeIdentity:
		return f.revoke(st, c, body, issuer)
	case *statement.ReleaseDocument:
		return f.release(st, c, body, policy, issuer)
	case *statement.WithdrawDocument:
		return f.withdraw(st, c, body, policy, issuer)
	}
	return nil, refuse(CodeForm, "predicateType", "%s is not built in rules %s", c.Statement.Code, statement.Rules)
}

// checkSkew is E701. The signer's clock is only ever compared with the log's.
func checkSkew(s *statement.Statement, time int64, policy *statement.Policy) error {
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
	body := register.ActivityBody{Statement: c.Digest, Run: runHash(c.Statement.Run)}
	return Effect{
		Key:  register.ActivityKey(c.Statement.Issuer),
		Type: register.TypeActivity,
		Kind: uint8(c.Statement.Code),
		Body: body.Marshal(),
	}
}

// runHash is the key of a run's register, or zero for none.
func runHash(run string) [32]byte {
	if run == "" {
		return [32]byte{}
	}
	return register.RunKey(run)
}

// policy returns the policy document in force: the text of the newest release
// of the reserved document.
func (f *Fold) policy(st State) (*statement.Policy, error) {
	state, err := documentState(st, register.DocumentKey(PolicyDocument))
	if err != nil {
		return nil, err
	}
	if state == nil {
		return nil, errors.New("admission: the log has no genesis policy")
	}
	if p, ok := f.policies[state.Statement]; ok {
		return p, nil
	}
	s, err := f.statement(st, state.Statement)
	if err != nil {
		return nil, err
	}
	set, ok := s.Body.(*statement.SetPolicy)
	if !ok {
		return nil, fmt.Errorf("admission: the policy register names a %s", s.Code)
	}
	p, err := statement.ParsePolicy([]byte(set.Text))
	if err != nil {
		return nil, fmt.Errorf("admission: the policy in force: %w", err)
	}
	if len(f.policies) >= maxCached {
		clear(f.policies)
	}
	f.policies[state.Statement] = p
	return p, nil
}

// statement reads and parses content that a register names.
func (f *Fold) statement(st State, digest statement.Digest) (*statement.Statement, error) {
	content, err := st.Content(digest)
	if err != nil {
		return nil, err
	}
	if statement.DigestOf(content) != digest {
		return nil, fmt.Errorf("admission: statement %s: %w", digest, ErrContent)
	}
	s, err := statement.Parse(content)
	if err != nil {
		return nil, fmt.Errorf("admission: statement %s: %w", digest, err)
	}
	return s, nil
}

// documentState returns the state of a document register, or nil.
func documentState(st State, key register.Key) (*register.DocumentState, error) {
	r, err := st.Record(key)
	if err != nil || r == nil {
		return nil, err
	}
	s, err := register.ParseDocumentState(r.State)
	if err != nil {
		return nil, err
	}
	return &s, nil
}
