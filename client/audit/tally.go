package audit

import (
	"crypto/sha256"
	"time"

	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
)

// MaxListed is how many policies, identities and refusals a report lists, each the
// first ones; all are counted.
const MaxListed = 1000

// A Tally is what a replay saw, up to the last seal. It is a function of the log
// alone, so a replay that went on after a crash has the same one.
type Tally struct {
	Seals        uint64            `json:"seals"`
	Statements   uint64            `json:"statements"`
	Kinds        map[string]uint64 `json:"kinds"`        // statements by kind and op
	First        int64             `json:"first"`        // time of the first seal, unix milliseconds
	Last         int64             `json:"last"`         // of the newest one
	LongestPause int64             `json:"longestPause"` // milliseconds between two seals
	PauseBefore  uint64            `json:"pauseBefore"`  // index of the seal that ended it
	SameTime     uint64            `json:"sameTime"`     // seals with the time of the seal before them

	Policies      []PolicyFact      `json:"policies"`
	PolicyCount   uint64            `json:"policyCount"`
	Identities    []IdentityFact    `json:"identities"`
	IdentityCount uint64            `json:"identityCount"`
	Refusals      []RefusalFact     `json:"refusals"`
	RefusalCodes  map[string]uint64 `json:"refusalCodes"` // refusals on record by code

	places map[string]int // of the identities that are listed
}

// A PolicyFact is a policy statement, in force from its index on. Of a genesis with
// several admins that is when the others had agreed.
type PolicyFact struct {
	Index       uint64 `json:"index"`
	Time        int64  `json:"time"` // of its seal, unix milliseconds
	Version     uint32 `json:"version"`
	Digest      string `json:"digest"` // of its text
	Signer      string `json:"signer"`
	Rules       string `json:"rules"`
	SkewSeconds uint32 `json:"skewSeconds"`
	Admins      int    `json:"admins"`
	Needed      uint32 `json:"needed"` // of the admins, to agree
}

// An IdentityFact is an identity and what became of it.
type IdentityFact struct {
	ID      string `json:"id"`
	Class   string `json:"class"`
	Owner   string `json:"owner"`
	Index   uint64 `json:"index"` // of its enrollment
	Time    int64  `json:"time"`
	Status  string `json:"status"`  // active, suspended, revoked or retired
	Changed uint64 `json:"changed"` // index of the newest change of key or status
	Signed  uint64 `json:"signed"`  // statements
}

// A RefusalFact is a finding.refuse: a refusal on record.
type RefusalFact struct {
	Index      uint64 `json:"index"`
	Time       int64  `json:"time"`
	Code       string `json:"code"`
	Submitter  string `json:"submitter"`
	Submission string `json:"submission"` // statement digest of what was refused
}

func newTally() *Tally {
	return &Tally{
		Kinds: make(map[string]uint64), RefusalCodes: make(map[string]uint64), places: make(map[string]int),
		Policies: []PolicyFact{}, Identities: []IdentityFact{}, Refusals: []RefusalFact{},
	}
}

// restore makes a tally that was read from a State usable.
func (t *Tally) restore() {
	t.places = make(map[string]int, len(t.Identities))
	for i, f := range t.Identities {
		t.places[f.ID] = i
	}
}

// skew is that of the newest policy; 0: there is none yet.
func (t *Tally) skew() time.Duration {
	if len(t.Policies) == 0 {
		return 0
	}
	return time.Duration(t.Policies[len(t.Policies)-1].SkewSeconds) * time.Second
}

// add counts what a seal covers; before is the time of the seal before it.
func (t *Tally) add(first uint64, entries []*admission.Checked, seal statement.Seal, before int64) {
	if t.Seals == 0 {
		t.First, before = seal.Time, seal.Time
	} else if seal.Time == before {
		t.SameTime++
	}
	if pause := seal.Time - before; pause > t.LongestPause {
		t.LongestPause, t.PauseBefore = pause, seal.Index
	}
	t.Seals++
	t.Last = seal.Time
	for i, c := range entries {
		t.statement(first+uint64(i), seal.Time, c.Statement)
	}
}

func (t *Tally) statement(index uint64, at int64, s *statement.Statement) {
	t.Statements++
	t.Kinds[s.Code.String()]++
	switch body := s.Body.(type) {
	case *statement.SetPolicy:
		t.policy(index, at, s.Issuer, body)
	case *statement.EnrollIdentity:
		t.identity(IdentityFact{ID: body.ID, Class: body.Class, Owner: body.Owner, Index: index, Time: at})
	case *statement.RotateIdentity:
		t.changed(body.ID, index, "")
	case *statement.SuspendIdentity:
		t.changed(body.ID, index, "suspended")
	case *statement.ResumeIdentity:
		t.changed(body.ID, index, "active")
	case *statement.RevokeIdentity:
		t.changed(body.ID, index, "revoked")
	case *statement.RetireIdentity:
		t.changed(body.ID, index, "retired")
	case *statement.RefuseFinding:
		t.RefusalCodes[body.RefusalCode]++
		if len(t.Refusals) < MaxListed {
			t.Refusals = append(t.Refusals, RefusalFact{Index: index, Time: at, Code: body.RefusalCode, Submitter: body.Submitter, Submission: body.Submission.String()})
		}
	}
	if i, ok := t.places[s.Issuer]; ok {
		t.Identities[i].Signed++
	}
}

// policy counts a policy. The newest one is always listed: it says the skew.
func (t *Tally) policy(index uint64, at int64, signer string, body *statement.SetPolicy) {
	p, err := body.Policy()
	if err != nil {
		panic("audit: an admitted policy does not parse: " + err.Error()) // Check parsed it
	}
	digest := statement.Digest(sha256.Sum256([]byte(body.Text)))
	fact := PolicyFact{
		Index: index, Time: at, Version: p.Version, Digest: digest.String(), Signer: signer, Rules: p.Rules,
		SkewSeconds: p.SkewSeconds, Admins: len(p.Admins.Members), Needed: p.Admins.M,
	}
	t.PolicyCount++
	if len(t.Policies) >= MaxListed {
		t.Policies = t.Policies[:MaxListed-1]
	}
	t.Policies = append(t.Policies, fact)
	if index != 0 {
		return
	}
	for _, m := range append(p.Admins.Members[:len(p.Admins.Members):len(p.Admins.Members)], p.Log) {
		class := "human"
		if m.ID == p.Log.ID {
			class = "workload"
		}
		t.identity(IdentityFact{ID: m.ID, Class: class, Owner: m.ID, Index: index, Time: at})
	}
}

func (t *Tally) identity(f IdentityFact) {
	f.Status, f.Changed = "active", f.Index
	t.IdentityCount++
	if len(t.Identities) < MaxListed {
		t.places[f.ID] = len(t.Identities)
		t.Identities = append(t.Identities, f)
	}
}

// changed notes a new key, or a new status.
func (t *Tally) changed(id string, index uint64, status string) {
	i, ok := t.places[id]
	if !ok {
		return
	}
	t.Identities[i].Changed = index
	if status != "" {
		t.Identities[i].Status = status
	}
}
