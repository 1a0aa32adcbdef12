package admission

import (
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A document is the register of a document, as of right before an entry.
type document struct {
	id    string
	key   register.Key
	state *register.DocumentState // nil: no release yet
	last  uint64                  // entry of its newest event
}

// readDocument reads the register of a document.
func readDocument(st State, id string) (*document, error) {
	d := &document{id: id, key: register.DocumentKey(id)}
	record, err := st.Record(d.key)
	if err != nil || record == nil {
		return d, err
	}
	state, err := register.ParseDocumentState(record.State)
	if err != nil {
		return nil, err
	}
	d.state, d.last = &state, record.Last
	return d, nil
}

// inAny says whether a document stands below one of the prefixes.
func inAny(prefixes []string, id string) bool {
	for _, prefix := range prefixes {
		if statement.InPrefix(prefix, id) {
			return true
		}
	}
	return false
}

// checkNextVersion is E408 of a release: version and prev continue the register.
func (d *document) checkNextVersion(body *statement.ReleaseDocument) error {
	if d.state == nil {
		if body.Version != 1 {
			return refuse(CodeVersion, "predicate.version", "the document has no release yet: version must be 1, not %d", body.Version)
		}
		if body.Prev != nil {
			return refuse(CodeVersion, "predicate.prev", "the document has no release yet: prev must be null")
		}
		return nil
	}
	if body.Version != d.state.Version+1 {
		return refuse(CodeVersion, "predicate.version", "version %d is the last one: the next is %d, not %d",
			d.state.Version, d.state.Version+1, body.Version).at(d.last)
	}
	if body.Prev == nil || *body.Prev != statement.Digest(d.state.Statement) {
		return refuse(CodeVersion, "predicate.prev", "must be the statement digest of the last release, %s",
			statement.Digest(d.state.Statement)).at(d.last)
	}
	return nil
}

// checkCurrent is E408 of a withdrawal: it names the current version and its bytes.
func (d *document) checkCurrent(body *statement.WithdrawDocument, subject statement.Digest) error {
	switch {
	case d.state == nil:
		return refuse(CodeVersion, "predicate.document", "the document has no release: there is nothing to withdraw")
	case d.state.Status != register.DocumentCurrent:
		return refuse(CodeVersion, "predicate.version", "version %d is withdrawn already", d.state.Version).at(d.last)
	case body.Version != d.state.Version:
		return refuse(CodeVersion, "predicate.version", "only the current version, %d, can be withdrawn, not %d", d.state.Version, body.Version).at(d.last)
	case register.SHA256Digest(subject) != d.state.Digest:
		return refuse(CodeVersion, "subject[0].digest.sha256", "must be the digest of the current version").at(d.last)
	}
	return nil
}

// release are the effects of a release: on the document, and on the digest. Its
// bytes are the subject.
func (d *document) release(c *Checked, version uint32) []Effect {
	released := register.ReleasedBody{Document: d.key, Version: version}
	return []Effect{
		d.effect(register.DocumentRelease, c, version),
		{
			Key:  register.DigestKey(register.SHA256Digest(c.Statement.Subject)),
			Type: register.TypeDigest,
			Kind: register.DigestReleased,
			Body: released.Marshal(),
		},
	}
}

// effect is the event of a release or a withdrawal on its document.
func (d *document) effect(kind uint8, c *Checked, version uint32) Effect {
	body := register.DocumentBody{
		Version:   version,
		Digest:    register.SHA256Digest(c.Statement.Subject),
		Statement: c.Digest,
	}
	if c.Statement.Code.Kind() == "document" { // no text of a policy or a workflow belongs to a run
		body.Run = runKey(c.Statement.Run)
	}
	return Effect{Key: d.key, Type: register.TypeDocument, Kind: kind, Body: body.Marshal()}
}
