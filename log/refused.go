package log

import (
	"context"
	"fmt"

	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
)

// A Record says what became of a refusal: it is a word of metrics.
type Record string

// What becomes of a refusal.
const (
	RecordNew     Record = "finding"  // a finding.refuse of this batch says it
	RecordOld     Record = "known"    // an earlier finding says it: one for each statement and code
	RecordCode    Record = "code"     // the code does not go on record
	RecordUnknown Record = "unknown"  // the key is no identity's
	RecordLimit   Record = "limit"    // above what one batch, or one submitter in a minute, gets
	RecordNobody  Record = "unsigned" // the log's own identity cannot sign findings now
)

// A RefusalEvent says that a statement was refused, and what became of that.
type RefusalEvent struct {
	Code   string
	Record Record
	Err    error // of RecordNobody: why, if the log has an identity
}

// OnRecord says whether refusals by a code go on record, if the submitter is
// known: E2xx to E6xx but E306. All others are counted alone.
func OnRecord(code string) bool {
	return len(code) == 4 && code[0] == 'E' && code[1] >= '2' && code[1] <= '6' && code != admission.CodeDuplicate
}

// refusedStatement is what the writer needs to know of a statement that was
// refused, by the fold or before it.
type refusedStatement struct {
	digest  statement.Digest
	key     statement.Digest     // SHA-256 of the SPKI under which the signature verifies; zero: under none
	said    *statement.Statement // nil: it could not be read
	refusal *admission.Refusal
	e       statement.Envelope
}

func refusedByFold(c *admission.Checked, r *admission.Refusal) *refusedStatement {
	return &refusedStatement{
		digest: c.Digest, key: c.Key, said: c.Statement, refusal: r,
		e: statement.Envelope{Payload: c.Payload, Signature: c.Signature, SPKI: c.SPKI},
	}
}

// issuer is who the statement says he is.
func (r *refusedStatement) issuer() string {
	if r.said == nil {
		return ""
	}
	return r.said.Issuer
}

// A Reported is an envelope that Check refused.
type Reported struct {
	Envelope statement.Envelope
	Refusal  *admission.Refusal
}

// Report puts on record what Check refused by a code for which OnRecord holds: a
// name in clear that may stand there sealed only (E601) is found before anything
// else is known of the statement. Who submitted it counts as known only if the
// signature verifies. Each result repeats the refusal; they are in the order of the
// envelopes. Nobody needs to call Report for what Submit refuses.
func (l *Log) Report(ctx context.Context, reports []Reported) ([]Result, error) {
	if l.config.Mode != Sealed {
		return nil, fmt.Errorf("%w: a raw log refuses no statements", ErrMismatch)
	}
	j := &job{refused: make([]*refusedStatement, len(reports))}
	for i, r := range reports {
		refused := &refusedStatement{digest: statement.DigestOf(r.Envelope.Payload), refusal: r.Refusal, e: r.Envelope}
		if signer, err := statement.ParsePublicKey(r.Envelope.SPKI); err == nil && statement.Verify(signer, refused.digest, r.Envelope.Signature) == nil {
			refused.key = keyDigest(r.Envelope.SPKI)
		}
		j.refused[i] = refused
	}
	results, view, err := l.submit(ctx, j)
	if err != nil {
		return nil, err
	}
	view.Release()
	return results, nil
}
