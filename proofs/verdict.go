package proofs

import (
	"math"

	"github.com/docketlog/docket/proofs/statement"
)

// A Kind is what a verifier concludes about the file in hand.
type Kind string

// The kinds of verdicts.
const (
	// Authoritative: the file is the current version of the document, as of the
	// tree of the verdict.
	Authoritative Kind = "AUTHORITATIVE"
	// WasAuthoritative: a later release ended the authority of the file.
	WasAuthoritative Kind = "WAS AUTHORITATIVE"
	// Withdrawn: a withdrawal ended the authority of the file.
	Withdrawn Kind = "WITHDRAWN"
	// Unknown: the receipt says nothing about the file. It never means forged.
	Unknown Kind = "UNKNOWN"
	// Contradicted: two things that the log signed exclude each other.
	Contradicted Kind = "CONTRADICTED"
	// Invalid: a part of the receipt is malformed, or a signature or a proof is wrong.
	Invalid Kind = "INVALID"
)

// Exit codes of verdicts. Where several apply, the first of this order speaks:
// 40, 30, 20, 13, 11, then 10, then 12, then 0. So 13 and 11 stand in place of 0,
// 10 and 12, and 12 stands in place of 0 only.
const (
	ExitAuthoritative = 0  // Authoritative
	ExitEnded         = 10 // WasAuthoritative, Withdrawn
	ExitCosigners     = 11 // fewer cosigners than the verifier policy asks; quorum none outside a dev folder too
	ExitQualified     = 12 // not the expected document, nothing expected, or older than the maximum age
	ExitCompromised   = 13 // the key of the signer, or of one who granted, was later reported compromised from before it signed
	ExitUnknown       = 20 // Unknown
	ExitContradicted  = 30 // Contradicted
	ExitInvalid       = 40 // Invalid
)

// A Level says who vouches for a verdict.
type Level string

// The levels.
const (
	LevelLog       Level = "L0" // the log's word alone
	LevelWitnessed Level = "L1" // a quorum of cosigners saw the same tree
	LevelAudited   Level = "L2" // and the quorum cannot do without a group named auditors
)

// AuditorsGroup is the group of a verifier policy whose members are audit
// cosigners: they vouch for the registers, not only for the tree.
const AuditorsGroup = "auditors"

// A Verdict is what Verify concludes, with everything that it rests on. Times
// are Unix milliseconds; 0 stands for none.
type Verdict struct {
	Kind   Kind
	Exit   int
	Reason string // why this kind, or why an exit code other than that of the kind; lower case

	// What the receipt is about. Document and Version are empty unless its
	// statement releases or withdraws one.
	Document  string
	Version   uint32
	Digest    statement.Digest // the statement's subject
	File      statement.Digest // the file in hand, from Expect
	Statement statement.Digest // names the statement
	Issuer    string           // identity that signed it
	SignedAt  int64            // the signer's clock; decides nothing
	Index     uint64           // of the entry

	// Run is what the statement belongs to, Approvals are the grants that it
	// spends, in its order; of statements about a document only.
	Run       *Run
	Approvals []Approval

	// From and Until bound the authority of the version by the log's clock.
	// Until is nil when no later event ended it as of Size.
	From, Until *Bound

	// InForce answers for the moment that was asked for: then Exit is about it, not
	// about now. nil: none was asked for, or nothing is known of an interval.
	InForce *InForce

	// What the verdict speaks for.
	Origin      string
	Size        uint64 // number of leaves of the signed tree
	SealTime    int64  // the log's clock
	WitnessTime int64  // the witnesses' clock: the smallest time at which the quorum is satisfied
	Rules       string
	Level       Level
	Cosigners   []Cosigner // of the quorum, in policy order
	Tolerates   int        // faulty cosigners that cannot hide a fork; see Policy.Tolerance

	Checks        []Check  // in the order in which they were made; the last one failed when Kind is Invalid
	NotChecked    []string // what nobody may conclude from this verdict
	Warnings      []string
	Contradiction *Contradiction // of a Contradicted verdict
}

// A Bound is one end of an interval of authority: the entry that set it, and the
// log's time of that entry.
type Bound struct {
	Index uint64
	Time  int64
}

// A Cosigner is a witness or audit cosigner whom the quorum counts.
type Cosigner struct {
	Name  string // in the policy
	Group string // the group of which it is a member; empty when it is the quorum itself
	Time  int64  // of its cosignature, by its own clock
	Valid bool   // it cosigned, at a time that counts
}

// A Check is one thing that was checked.
type Check struct {
	Name   CheckName
	OK     bool
	Detail string
}

// Failed returns the first check that did not pass, or false.
func (v Verdict) Failed() (Check, bool) {
	for _, c := range v.Checks {
		if !c.OK {
			return c, true
		}
	}
	return Check{}, false
}

// Present returns the names of the cosigners that signed, Missing those of the
// quorum that did not.
func (v Verdict) Present() []string { return v.cosigners(true) }

// Missing returns the names of the cosigners of the quorum that did not sign.
func (v Verdict) Missing() []string { return v.cosigners(false) }

func (v Verdict) cosigners(valid bool) []string {
	var names []string
	for _, c := range v.Cosigners {
		if c.Valid == valid {
			names = append(names, c.Name)
		}
	}
	return names
}

// cosignersOf lists the witnesses that the quorum of the policy counts.
func cosignersOf(p *Policy, result QuorumResult) []Cosigner {
	q, err := p.compile()
	if err != nil {
		return nil
	}
	groups := make(map[string]string)
	for _, g := range p.Groups {
		for _, m := range g.Members {
			groups[m] = g.Name
		}
	}
	var cosigners []Cosigner
	for i, w := range result.Times {
		if q.within(q.root, i) {
			cosigners = append(cosigners, Cosigner{Name: w.Name, Group: groups[w.Name], Time: milliseconds(w.Time), Valid: w.Counted})
		}
	}
	return cosigners
}

// levelOf says who vouches for a checkpoint: see Level.
func levelOf(p *Policy, result QuorumResult) Level {
	if p.Quorum == NoQuorum || !result.Satisfied {
		return LevelLog
	}
	if demandsAuditors(p) {
		return LevelAudited
	}
	return LevelWitnessed
}

// demandsAuditors says whether no quorum is possible unless the group of the
// auditors is satisfied. Its members count nowhere else, as each name is a
// member at most once: so that is when the quorum fails without them.
func demandsAuditors(p *Policy) bool {
	q, err := p.compile()
	if err != nil {
		return false
	}
	auditors, ok := q.names[AuditorsGroup]
	if !ok || q.nodes[auditors].witness >= 0 {
		return false
	}
	marked := make([]bool, len(p.Witnesses))
	for i := range marked {
		marked[i] = q.within(auditors, i)
	}
	return p.Blocks(marked)
}

// milliseconds turns POSIX seconds, at least 0, into Unix milliseconds.
func milliseconds(seconds int64) int64 {
	if seconds > math.MaxInt64/1000 {
		return math.MaxInt64
	}
	return seconds * 1000
}
