package admission

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/docketlog/docket/proofs/statement"
)

// named is a statement that a register names by its digest: one of the eight.
type named struct {
	issuer string
	run    string                    // that it names; empty: none
	policy *statement.Policy         // the text of a policy.set
	text   statement.Digest          // of that text
	enroll *statement.EnrollIdentity // the terms of an identity: of its enrollment, or newest rotation
	grant  *statement.GrantDecision
	flow   *statement.Workflow // the text of a workflow.define

	request *statement.OpenRequest
	attempt uint32 // of an outcome
}

// policy returns the policy document in force: the text of the newest release
// of the reserved document.
func (f *Fold) policy(st State) (named, error) {
	d, err := readDocument(st, statement.PolicyDocument)
	if err != nil {
		return named{}, err
	}
	if d.state == nil {
		return named{}, errors.New("admission: the log has no genesis policy")
	}
	n, err := f.named(st, d.state.Statement)
	if err != nil {
		return named{}, err
	}
	if n.policy == nil {
		return named{}, fmt.Errorf("admission: the policy register names %s, which is no policy.set", statement.Digest(d.state.Statement))
	}
	return n, nil
}

// named reads content that a register names.
func (f *Fold) named(st State, digest statement.Digest) (named, error) {
	if n, ok := f.cache[digest]; ok {
		return n, nil
	}
	content, err := st.Content(digest)
	if err != nil {
		return named{}, err
	}
	return f.read(digest, content)
}

// releasedIn returns the run that a release names; empty: none.
func (f *Fold) releasedIn(st State, digest statement.Digest) (string, error) {
	if n, ok := f.cache[digest]; ok {
		return n.run, nil
	}
	content, err := st.Content(digest)
	if err != nil || len(content) == 0 {
		return "", err
	}
	n, err := f.read(digest, content)
	return n.run, err
}

// read parses content that a register names, and keeps what it says.
func (f *Fold) read(digest statement.Digest, content []byte) (named, error) {
	if statement.DigestOf(content) != digest {
		return named{}, fmt.Errorf("admission: statement %s: %w", digest, ErrContent)
	}
	s, err := statement.Parse(content)
	if err != nil {
		return named{}, fmt.Errorf("admission: statement %s: %w", digest, err)
	}
	n := named{issuer: s.Issuer, run: s.Run}
	switch body := s.Body.(type) {
	case *statement.SetPolicy:
		n.text = sha256.Sum256([]byte(body.Text))
		n.policy, err = body.Policy()
	case *statement.EnrollIdentity:
		n.enroll = body
	case *statement.RotateIdentity:
		n.enroll = &body.EnrollIdentity
	case *statement.GrantDecision:
		n.grant = body
	case *statement.DefineWorkflow:
		n.flow, err = body.Workflow()
	case *statement.OpenRequest:
		n.request = body
	case *statement.CloseOutcome:
		n.attempt = body.Attempt
	case *statement.ReleaseDocument: // its run is all that is asked for
	default:
		err = fmt.Errorf("admission: a register names %s, a %s", digest, s.Code)
	}
	if err != nil {
		return named{}, err
	}
	if len(f.cache) >= maxCached {
		clear(f.cache)
	}
	f.cache[digest] = n
	return n, nil
}
