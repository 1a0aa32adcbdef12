package log

import (
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
)

// A Refused is a statement that the log refused and put on record, with its bytes:
// what is needed to judge it again.
type Refused struct {
	Digest  statement.Digest
	Refusal *admission.Refusal
	Issuer  string         // who the statement says he is
	Kind    statement.Code // of the statement
	Time    int64          // the log's clock when it was refused, unix milliseconds
	Finding uint64         // index of the finding.refuse
	statement.Envelope
}

// A Quarantine keeps the bytes of refused statements beside the log, as long as
// it likes. Keep is called by one goroutine, for each refusal that has a finding
// and could be read: also when the finding is an old one, since the bytes may be
// gone by now. The finding is durable and published by then. Keep must return at
// once, and nothing that becomes of it concerns the log.
//
// What was refused for a name that may stand there sealed only (E601) is not
// handed out: a rule that keeps personal data out of the log is no reason to keep
// it beside the log.
type Quarantine interface{ Keep(Refused) }

func (r *refusedStatement) kept(finding uint64, time int64) Refused {
	return Refused{
		Digest: r.digest, Refusal: r.refusal, Issuer: r.said.Issuer, Kind: r.said.Code,
		Time: time, Finding: finding, Envelope: r.e,
	}
}
