package proofs

import (
	"fmt"
	"math"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// ClockSkew is how far, in milliseconds, the clocks of log, witnesses and
// verifier may differ.
const ClockSkew = 5 * 60 * 1000

// A Verifier is what a verifier brings: never anything that came with a receipt.
type Verifier struct {
	Policy  *Policy // which log keys are accepted, which cosigners are demanded
	Genesis Hash    // leaf hash of entry 0, which tells the log from any other under its key
}

// Expect is what the verifier expects of one receipt.
type Expect struct {
	// File is the SHA-256 of the exact bytes of the file in hand.
	File statement.Digest
	// Document is the document id asked for. If it is empty, the document must
	// stand in one of Namespaces, prefixes of ids. With neither, nothing is
	// expected and no verdict has exit code 0: anybody with the right to release
	// some document of the log could present any bytes.
	Document   string
	Namespaces []string
	// Dev says that the policy is one of a dev folder: "quorum none" is then
	// enough, and every document is expected if none is named.
	Dev bool
	// Now is the verifier's clock in Unix milliseconds; 0: the age is not checked.
	Now int64
	// MaxAge, in milliseconds, is the age from which a verdict is qualified; 0: none.
	MaxAge int64
}

// Verify judges a receipt about a file. It needs nothing but its arguments and
// returns the same verdict for the same arguments for ever. Whatever can be
// derived from the file or the statement is derived, never read from the receipt.
//
// The checks and their order stand in docs/spec/receipt.md; the precedence of the
// exit codes at ExitAuthoritative.
func (v Verifier) Verify(r *Receipt, expect Expect) Verdict { return v.VerifyStapled(r, nil, expect) }

// VerifyStapled judges a receipt together with a newer staple (or receipt) of the
// same document: where the receipt says "as of size N", the staple says it of its
// own, larger size. A staple of a smaller size is not used. nil: no staple. The
// level of the verdict is not above the receipt's, unless a newer receipt proves
// the entry's inclusion in the newer tree.
func (v Verifier) VerifyStapled(r, staple *Receipt, expect Expect) Verdict {
	if staple == nil {
		return v.VerifyAt(r, nil, nil, expect)
	}
	return v.VerifyAt(r, []*Receipt{staple}, nil, expect)
}

// VerifyAt judges a receipt with any number of staples of the same entry, and says
// whether the version was in force at a moment: claims "authority at time T" and
// "at size M" of docs/spec/claims.md. The verdict is about the largest of the trees;
// each of them says when its cosigners saw what. Of a staple that is smaller than
// the receipt nothing else is used. nil: no moment is asked for.
func (v Verifier) VerifyAt(r *Receipt, staples []*Receipt, at *Moment, expect Expect) Verdict {
	j := judgement{verifier: v, expect: expect, moment: at}
	if r == nil {
		r = &Receipt{}
	}
	w, ok := v.openView(&j.checks, r, j.latest())
	if !ok {
		return j.invalid()
	}
	j.speakFor(w)
	if r.Envelope == nil {
		return j.staple(r, w)
	}
	e, ok := openEntry(&j.checks, r, w.checkpoint)
	if !ok {
		return j.invalid()
	}
	j.isAbout(e)
	if !j.openRegisters(e, r, w) {
		return j.invalid()
	}
	j.sight(w, true)
	j.held = w
	if !j.openStaples(e, r, staples, w) {
		return j.stop()
	}
	return j.conclude()
}

// A judgement gathers what is known until the verdict is final.
type judgement struct {
	verifier Verifier
	expect   Expect
	moment   *Moment // nil: as of the tree alone
	checks   checkList
	verdict  Verdict

	view      view // of the largest tree that was verified
	held      view // of the best cosigned tree in which the entry's inclusion is proven
	apart     bool // that one is not view, where the inclusion is not proven
	entry     entry
	authority authority
	time      uint64                 // of the entry, by the log's clock; documents only
	signer    register.IdentityState // newest one
	approvers []approver             // of the grants that it spends, in their order
	run       *Run                   // that it belongs to
	sightings []sighting             // of the trees that were verified
}

// noLatest lets cosignatures of every time count.
const noLatest = math.MaxInt64

// latest is the latest time, in POSIX seconds, at which a cosignature counts.
func (j *judgement) latest() int64 {
	if j.expect.Now == 0 {
		return noLatest
	}
	return (j.expect.Now + ClockSkew) / 1000
}

// speakFor notes the tree that the verdict speaks for.
func (j *judgement) speakFor(w view) {
	j.view = w
	v, policy := &j.verdict, j.verifier.Policy
	v.Origin, v.Size = w.checkpoint.Origin, w.checkpoint.Size
	v.SealTime, v.Rules = w.seal.Time, w.seal.Rules
	v.Level, v.WitnessTime = levelOf(policy, w.quorum), 0
	if v.Level != LevelLog {
		v.WitnessTime = milliseconds(w.quorum.QuorumTime)
	}
	v.Cosigners, v.Tolerates = cosignersOf(policy, w.quorum), w.quorum.Tolerates
}

// isAbout notes what the statement says of itself; its inclusion is proven.
func (j *judgement) isAbout(e entry) {
	j.entry = e
	v, s := &j.verdict, e.statement
	if e.document != nil {
		v.Document, v.Version = e.document.id, e.document.version
	}
	v.Digest, v.Statement, v.Issuer, v.SignedAt, v.Index = s.Subject, e.digest, s.Issuer, s.At, e.index
}

// openRegisters verifies the registers that a statement needs: the document's, if
// it is about one, then the issuer's identity, its run, and its grants.
func (j *judgement) openRegisters(e entry, r *Receipt, w view) (ok bool) {
	l := &j.checks
	l.run(CheckRules, func() (string, error) { return w.seal.Rules, checkRules(w.seal.Rules) })
	l.run(CheckDirect, func() (string, error) { return checkDirect(e, r.Registers) })
	var shown registers
	l.run(CheckRegisters, func() (_ string, err error) {
		shown, err = registersOf(e, r.Registers, w.seal)
		return fmt.Sprintf("%d, as the statement names them", len(r.Registers)), err
	})
	if l.failed != nil {
		return false
	}
	var time *uint64
	if shown.document != nil {
		time = &j.time
		if j.authority, j.time, ok = openDocument(l, e, shown.document); !ok {
			return false
		}
	}
	then, newest, ok := openIdentity(l, e, shown.identity, time)
	if j.signer = newest; !ok {
		return false
	}
	return j.openWorkflow(e, shown, then)
}
