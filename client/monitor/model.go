package monitor

import "github.com/docketlog/docket/proofs/statement"

// What a detector remembers. Statement digests are kept as text, as they stand in
// statements; times are unix milliseconds, indices those of entries.

// A mention is a statement that an alert may name.
type mention struct {
	Digest statement.Digest `json:"-"`
	Text   string           `json:"digest"`
	Index  uint64           `json:"index"`
	Time   int64            `json:"time"`
}

func (e Entry) mention() mention { return mention{e.Digest, e.Digest.String(), e.Index, e.Time} }

// digest is what the mention names, also after it was read from JSON.
func (m mention) digest() statement.Digest {
	digest, _ := statement.ParseDigest(m.Text) // this package wrote it
	return digest
}

type identity struct {
	Class  string   `json:"class"`
	Owner  string   `json:"owner"`
	Roles  []string `json:"roles,omitempty"`
	Verbs  []string `json:"verbs,omitempty"`
	Tools  []string `json:"tools"`           // null: it may use all
	Status string   `json:"status"`          // active, suspended, revoked or retired
	Since  int64    `json:"since,omitempty"` // compromised since; 0: not reported

	Enrolled mention `json:"enrolled"`
	Keyed    mention `json:"keyed"` // the newest enrollment or rotation
	Retired  mention `json:"retired"`
	Used     mention `json:"used"`           // the newest statement that it signed
	Gone     bool    `json:"gone,omitempty"` // attested absent after it was retired

	Refusals []mention `json:"refusals,omitempty"` // those of AL-03 in its window
	Traffic  traffic   `json:"traffic"`
}

type run struct {
	Request   mention  `json:"request"`
	Requestor string   `json:"requestor"`
	Text      string   `json:"text"` // digest of its workflow's text
	Executor  string   `json:"executor"`
	State     []byte   `json:"state"`             // as the register has it
	Outcome   mention  `json:"outcome"`           // the newest that counts; index 0: none
	Attempt   uint32   `json:"attempt,omitempty"` // of that
	Acked     bool     `json:"acked,omitempty"`   // that outcome, or an alert about it
	Outputs   []file   `json:"outputs,omitempty"`
	Overflow  bool     `json:"overflow,omitempty"` // there were more outputs
	Attested  []string `json:"attested,omitempty"` // identities of other owners than the executor's
	Closing   mention  `json:"closing"`            // what ended it well; index 0: nothing
	Accesses  []string `json:"accesses,omitempty"` // grants of access that were spent in it
}

// file is an output: the slot and the digest.
type file struct {
	Name   string `json:"name"`
	Digest string `json:"digest"`
}

type grant struct {
	Given     mention  `json:"given"`
	Issuer    string   `json:"issuer"`
	Run       string   `json:"run,omitempty"`
	Uses      uint32   `json:"uses"`
	NotAfter  int64    `json:"notAfter"`
	Resource  string   `json:"resource,omitempty"` // of a grant of access
	Privilege string   `json:"privilege,omitempty"`
	Named     []string `json:"named,omitempty"` // statements that name it, as many as tell whether they are too many
	Spent     []string `json:"spent,omitempty"` // those of them that are in the log
	Replayed  bool     `json:"replayed,omitempty"`
	ReviewBy  int64    `json:"reviewBy,omitempty"` // of an override
	Reviewed  bool     `json:"reviewed,omitempty"`
}

type document struct {
	Version   uint32 `json:"version"` // newest
	Digest    string `json:"digest"`  // of that
	Withdrawn bool   `json:"withdrawn,omitempty"`
}

// uses of the same bytes: as which documents and versions they were released.
type placement struct {
	Document  string `json:"document"`
	Version   uint32 `json:"version"`
	Withdrawn bool   `json:"withdrawn,omitempty"`
}

// release waits for its destinations to confirm it.
type release struct {
	Released mention  `json:"released"`
	Issuer   string   `json:"issuer"`
	Run      string   `json:"run,omitempty"`
	Subject  string   `json:"subject"`
	Missing  []string `json:"missing"`         // destinations that did not
	Other    bool     `json:"other,omitempty"` // one of another owner than the releaser's did
}

// intent waits for its done.
type intent struct {
	Said    mention  `json:"said"`
	Issuer  string   `json:"issuer"`
	Run     string   `json:"run"`
	Step    string   `json:"step"`
	Attempt uint32   `json:"attempt"`
	Grants  []string `json:"grants,omitempty"` // that it spent
	Done    bool     `json:"done,omitempty"`
}

// access was given by spending a grant of access, and must be taken back.
type access struct {
	Run       string  `json:"run"`
	Intent    mention `json:"intent"`
	Executor  string  `json:"executor"` // who spent the grant
	Resource  string  `json:"resource"`
	Privilege string  `json:"privilege"`
	Due       int64   `json:"due"`
	Before    string  `json:"before,omitempty"` // state of the resource before the first change; empty: none yet, or nothing was there
	Changed   bool    `json:"changed,omitempty"`
	Removed   bool    `json:"removed,omitempty"`
	Present   mention `json:"present"` // newest attest that it is still there after its time; index 0: none
}

// signed is one statement of an identity.
type signed struct {
	Issuer string `json:"issuer"`
	mention
}
