package admission

import (
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// PolicyDocument is the reserved document whose releases are the policy
// documents. Its id is outside the alphabet of ids: the fold alone makes it.
const PolicyDocument = "docket:policy"

// release judges document.release: E206, E301, E408, E405.
func (f *Fold) release(st State, c *Checked, body *statement.ReleaseDocument, policy *statement.Policy, by *issuer) ([]Effect, error) {
	if err := by.checkScope(c.Statement.Code, body.Document); err != nil {
		return nil, err
	}
	if err := checkDirect(c.Statement, body.Document, policy); err != nil {
		return nil, err
	}
	key := register.DocumentKey(body.Document)
	record, err := st.Record(key)
	if err != nil {
		return nil, err
	}
	if err := checkNextVersion(record, body); err != nil {
		return nil, err
	}
	if err := checkSpends(c.Statement); err != nil {
		return nil, err
	}
	digest := register.SHA256Digest(c.Statement.Subject)
	event := register.DocumentBody{Version: body.Version, Digest: digest, Statement: c.Digest, Run: runHash(c.Statement.Run)}
	released := register.ReleasedBody{Document: key, Version: body.Version}
	return []Effect{
		{Key: key, Type: register.TypeDocument, Kind: register.DocumentRelease, Body: event.Marshal()},
		{Key: register.DigestKey(digest), Type: register.TypeDigest, Kind: register.DigestReleased, Body: released.Marshal()},
	}, nil
}

// checkNextVersion is E408 of a release: version and prev continue the register.
func checkNextVersion(record *register.Record, body *statement.ReleaseDocument) error {
	if record == nil {
		if body.Version != 1 {
			return refuse(CodeVersion, "predicate.version", "the document has no release yet: version must be 1, not %d", body.Version)
		}
		if body.Prev != nil {
			return refuse(CodeVersion, "predicate.prev", "the document has no release yet: prev must be null")
		}
		return nil
	}
	state, err := register.ParseDocumentState(record.State)
	if err != nil {
		return err
	}
	if body.Version != state.Version+1 {
		return refuse(CodeVersion, "predicate.version", "version %d is the last one: the next is %d, not %d",
			state.Version, state.Version+1, body.Version).at(record.Last)
	}
	if body.Prev == nil || *body.Prev != statement.Digest(state.Statement) {
		return refuse(CodeVersion, "predicate.prev", "must be the statement digest of the last release, %s",
			statement.Digest(state.Statement)).at(record.Last)
	}
	return nil
}

// withdraw judges document.withdraw: E206, E301, E408, E405.
func (f *Fold) withdraw(st State, c *Checked, body *statement.WithdrawDocument, policy *statement.Policy, by *issuer) ([]Effect, error) {
	if err := by.checkScope(c.Statement.Code, body.Document); err != nil {
		return nil, err
	}
	if err := checkDirect(c.Statement, body.Document, policy); err != nil {
		return nil, err
	}
	key := register.DocumentKey(body.Document)
	record, err := st.Record(key)
	if err != nil {
		return nil, err
	}
	if err := checkCurrent(record, c.Statement, body); err != nil {
		return nil, err
	}
	if err := checkSpends(c.Statement); err != nil {
		return nil, err
	}
	event := register.DocumentBody{
		Version:   body.Version,
		Digest:    register.SHA256Digest(c.Statement.Subject),
		Statement: c.Digest,
		Run:       runHash(c.Statement.Run),
	}
	return []Effect{{Key: key, Type: register.TypeDocument, Kind: register.DocumentWithdraw, Body: event.Marshal()}}, nil
}

// checkCurrent is E408 of a withdrawal: it names the current version and its bytes.
func checkCurrent(record *register.Record, s *statement.Statement, body *statement.WithdrawDocument) error {
	if record == nil {
		return refuse(CodeVersion, "predicate.document", "the document has no release: there is nothing to withdraw")
	}
	state, err := register.ParseDocumentState(record.State)
	if err != nil {
		return err
	}
	switch {
	case state.Status != register.DocumentCurrent:
		return refuse(CodeVersion, "predicate.version", "version %d is withdrawn already", state.Version).at(record.Last)
	case body.Version != state.Version:
		return refuse(CodeVersion, "predicate.version", "only the current version, %d, can be withdrawn, not %d", state.Version, body.Version).at(record.Last)
	case register.SHA256Digest(s.Subject) != state.Digest:
		return refuse(CodeVersion, "subject[0].digest.sha256", "must be the digest of the current version").at(record.Last)
	}
	return nil
}

// checkDirect is E301 while runs are not built: a release or withdrawal names
// no run, and its document stands below a prefix that the policy lists as direct.
func checkDirect(s *statement.Statement, document string, policy *statement.Policy) error {
	if s.Run != "" {
		return refuse(CodeRun, "predicate.run", "run %q is unknown; rules %s have direct releases only, without a run", s.Run, statement.Rules)
	}
	for _, prefix := range policy.Direct {
		if statement.InPrefix(prefix, document) {
			return nil
		}
	}
	return refuse(CodeRun, "predicate.run", "document %q is below no direct prefix of the policy (%v), so a run is demanded", document, policy.Direct)
}

// checkSpends is E405 while decisions are not built: no grant exists.
func checkSpends(s *statement.Statement) error {
	if len(s.Spends) == 0 {
		return nil
	}
	return refuse(CodeGrant, "predicate.spends[0]", "grant %s is unknown", s.Spends[0])
}
