package log

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// Refusals are evidence: what a known submitter was refused stands in the log as a
// finding.refuse, which the log's own identity signs. It is an entry like any other,
// admitted by the fold, at the index that the refused statement would have got: so
// whoever has the statement can judge it again over what is before that index.

// An Identity signs as the log's own identity, the one that the policy names. Sign
// hashes the message with SHA-256 and returns the signature in ASN.1 DER. The writer
// calls it, at most MaxFindings times for a batch.
type Identity interface {
	SPKI() []byte // the public key, SubjectPublicKeyInfo in DER
	Sign(message []byte) ([]byte, error)
}

// Limits of findings. What is above them is refused all the same, and counted.
const (
	MaxFindings          = 64 // of one batch
	MaxSubmitterFindings = 60 // for one submitter in a minute of the log's clock
	maxSubmitters        = 10_000
)

// errNoIdentity says that a log was opened without Config.Identity.
var errNoIdentity = errors.New("the log has no key of its own identity")

// findings is what the writer keeps for them. It belongs to its goroutine.
type findings struct {
	id     string         // of the log's identity; empty until its key was found to be one's
	minute int64          // of the log's clock
	spent  map[string]int // by submitter, in this minute
}

// spend says whether a submitter may have one more finding at this time, and
// counts it. Memory is bounded: of more submitters than a minute should have, the
// last ones get none.
func (f *findings) spend(submitter string, time int64) bool {
	if minute := time / 60_000; f.spent == nil || minute != f.minute {
		f.minute, f.spent = minute, make(map[string]int)
	}
	n := f.spent[submitter]
	if n >= MaxSubmitterFindings || n == 0 && len(f.spent) >= maxSubmitters {
		return false
	}
	f.spent[submitter] = n + 1
	return true
}

// refuse is what the writer does with a refused statement: it answers, and puts
// the refusal on record.
func (w *writer) refuse(b *batch, r *refusedStatement) (Result, error) {
	finding, event, err := w.onRecord(b, r)
	if err != nil {
		return Result{}, err
	}
	event.Code = r.refusal.Code
	w.Events.Refused(event)
	if finding != 0 && w.Quarantine != nil && r.said != nil {
		b.refused = append(b.refused, r.kept(finding, b.time))
	}
	return Result{Refusal: r.refusal, Finding: finding}, nil
}

// onRecord returns the index of the finding that says a refusal, and adds it if
// there is none yet; 0: none says it.
func (w *writer) onRecord(b *batch, r *refusedStatement) (uint64, RefusalEvent, error) {
	code := r.refusal.Code
	if !OnRecord(code) {
		return 0, RefusalEvent{Record: RecordCode}, nil
	}
	if r.key == (statement.Digest{}) {
		return 0, RefusalEvent{Record: RecordUnknown}, nil
	}
	submitter, err := ownerOf(b.overlay, r.key, r.issuer())
	if err != nil {
		return 0, RefusalEvent{}, err
	}
	if submitter == "" {
		return 0, RefusalEvent{Record: RecordUnknown}, nil
	}
	if index, found, err := w.recorded(b, r.digest, code); err != nil || found {
		return index, RefusalEvent{Record: RecordOld}, err
	}
	if w.Identity == nil {
		return 0, RefusalEvent{Record: RecordNobody}, nil
	}
	if b.stats.Findings >= MaxFindings || !w.findings.spend(submitter, b.time) {
		return 0, RefusalEvent{Record: RecordLimit}, nil
	}
	index, why, err := w.addFinding(b, r, submitter)
	if err != nil || why != nil {
		return 0, RefusalEvent{Record: RecordNobody, Err: why}, err
	}
	b.stats.Findings++
	return index, RefusalEvent{Record: RecordNew}, nil
}

// indexFinding adds the row that leads from a refusal to the first finding that
// says it, whoever signed that as the log.
func (w *writer) indexFinding(b *batch, f *statement.RefuseFinding, index uint64) error {
	if _, found, err := w.recorded(b, f.Submission, f.RefusalCode); err != nil || found {
		return err
	}
	row := storage.Refusal(f.Submission, f.RefusalCode)
	if b.findings == nil {
		b.findings = make(map[string]uint64)
	}
	b.findings[string(row)] = index
	b.rows.Set(row, binary.BigEndian.AppendUint64(nil, index))
	return nil
}

// recorded finds the finding of a refusal, in the open batch or before it. The
// finding is read and compared, so a wrong row cannot name another entry.
func (w *writer) recorded(b *batch, digest statement.Digest, code string) (uint64, bool, error) {
	row := storage.Refusal(digest, code)
	if index, ok := b.findings[string(row)]; ok {
		return index, true, nil
	}
	index, found, err := firstIndex(w.Store, row)
	if err != nil || !found {
		return 0, false, err
	}
	content, found, err := find(w.Store, storage.Content(index))
	if err != nil {
		return 0, false, err
	}
	if found {
		if s, err := statement.Parse(content); err == nil {
			body, ok := s.Body.(*statement.RefuseFinding)
			if ok && body.Submission == digest && body.RefusalCode == code {
				return index, true, nil
			}
		}
	}
	return 0, false, damage("the %s row of statement %s and %s names entry %d, which does not say so", storage.RefusalSpace, digest, code, index)
}

// addFinding signs a finding and adds it to the batch. why says that it could not
// be: the identity does not sign, or the fold does not admit it. A refused finding
// is no refusal of its own: it ends here.
func (w *writer) addFinding(b *batch, r *refusedStatement, submitter string) (index uint64, why, err error) {
	if w.findings.id == "" {
		id, err := ownerOf(b.overlay, keyDigest(w.Identity.SPKI()), "")
		if err != nil {
			return 0, nil, err
		}
		if id == "" {
			return 0, errors.New("the key of the log's own identity is no identity's"), nil
		}
		w.findings.id = id
	}
	run, err := knownRun(b.overlay, r.said)
	if err != nil {
		return 0, nil, err
	}
	c, why := w.signFinding(&statement.Statement{
		Code: statement.FindingRefuse, Subject: r.digest, Log: w.Origin, At: b.time, Issuer: w.findings.id, Run: run,
		Body: &statement.RefuseFinding{RefusalCode: r.refusal.Code, Submission: r.digest, Submitter: submitter},
	})
	if why != nil {
		return 0, why, nil
	}
	result, err := w.admitStatement(b, c)
	if err != nil {
		return 0, nil, err
	}
	if result.Refusal != nil {
		return 0, result.Refusal, nil
	}
	return result.Index, nil, nil
}

// knownRun is the run that a refused statement names, if it exists: then the
// refusal stands in the run's history too.
func knownRun(st admission.State, said *statement.Statement) (string, error) {
	if said == nil || said.Run == "" {
		return "", nil
	}
	record, err := st.Record(register.RunKey(said.Run))
	if err != nil || record == nil {
		return "", err
	}
	return said.Run, nil
}

// signFinding completes and signs a statement of the log's own identity, and runs
// the stateless rules over it.
func (w *writer) signFinding(s *statement.Statement) (*admission.Checked, error) {
	var nonce [16]byte
	if _, err := rand.Read(nonce[:]); err != nil {
		return nil, err
	}
	s.Nonce = base64.RawURLEncoding.EncodeToString(nonce[:])
	payload, err := s.Marshal()
	if err != nil {
		return nil, err
	}
	signature, err := w.Identity.Sign(statement.PAE(payload))
	if err != nil {
		return nil, fmt.Errorf("signing as %s: %w", s.Issuer, err)
	}
	return admission.CheckEnvelope(w.Origin, statement.Envelope{Payload: payload, Signature: signature, SPKI: w.Identity.SPKI()})
}

// tryFindings says why the log cannot put refusals on record, as of its last
// commit: it makes a finding and drops it.
func (w *writer) tryFindings() (why, err error) {
	switch {
	case w.Mode != Sealed:
		return nil, nil
	case w.Identity == nil:
		return errNoIdentity, nil
	}
	b := &batch{from: w.tree.size(), time: w.head.Time, overlay: admission.NewOverlay(w.state)}
	r := &refusedStatement{refusal: &admission.Refusal{Code: admission.CodeIssuer}}
	_, why, err = w.addFinding(b, r, "svc/none")
	return why, err
}

func keyDigest(spki []byte) statement.Digest { return sha256.Sum256(spki) }
