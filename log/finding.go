package log

import (
	"encoding/binary"

	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// Refusals are evidence: what a known submitter was refused stands in the log as a
// finding.refuse, which the log's own identity signs. It is an entry like any other,
// admitted by the fold, at the index that the refused statement would have got: so
// whoever has the statement can judge it again over what is before that index.

// Limits of findings. What is above them is refused all the same, and counted.
const (
	MaxFindings          = 64 // of one batch
	MaxSubmitterFindings = 60 // for one submitter in a minute of the log's clock
	maxSubmitters        = 10_000
)

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
