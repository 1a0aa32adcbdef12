package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

const (
	rules          = statement.Rules
	progressFormat = "docket/audit/1"
)

// progress is what a State keeps beside the registers: where the replay is.
type progress struct {
	Format    string      `json:"format"`
	Origin    string      `json:"origin"`
	Genesis   []byte      `json:"genesis"` // leaf hash of entry 0
	Rules     string      `json:"rules"`
	Size      uint64      `json:"size"`      // leaves up to the last seal
	Time      int64       `json:"time"`      // of that seal
	Registers uint64      `json:"registers"` // under it
	Root      []byte      `json:"root"`      // of their tree
	Note      []byte      `json:"note"`      // the checkpoint whose tree was read
	Seen      int64       `json:"seen"`      // when the auditor last came to the end of the log
	Ended     *Divergence `json:"ended,omitempty"`
	Tally     Tally       `json:"tally"`
}

func (p *progress) marshal() []byte {
	p.Format = progressFormat
	b, err := json.Marshal(p)
	if err != nil {
		panic("audit: " + err.Error()) // strings, numbers and lists of them
	}
	return b
}

func parseProgress(text []byte) (p progress, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil || p.Format != progressFormat {
		return p, errors.New("audit: the state is of another version of docket: begin anew with another state")
	}
	if p.Tally.Kinds == nil || p.Tally.RefusalCodes == nil {
		return p, errors.New("audit: the state has no tally: begin anew with another state")
	}
	return p, nil
}

// check demands that the state is of this log and of these rules.
func (p *progress) check(origin string, genesis proofs.Hash) error {
	switch {
	case p.Origin != origin || !bytes.Equal(p.Genesis, genesis[:]):
		return fmt.Errorf("audit: the state is of another log, %s with genesis %x: name another state", p.Origin, p.Genesis)
	case p.Rules != rules:
		return fmt.Errorf("audit: the state is of the rules %s, this program has %s: begin anew with another state", p.Rules, rules)
	}
	return nil
}

// Ended says that a State goes no further: an earlier run found what no later answer
// of the server undoes. Another State begins anew.
type Ended struct{ Divergence *Divergence }

func (e *Ended) Error() string {
	return fmt.Sprintf("an earlier run ended this audit for good: %v; to judge the log anew, begin with another state", e.Divergence)
}

// history lists what two signed checkpoints say of each other.
func history(err error) *Divergence {
	var (
		fork     *client.ForkError
		rollback *client.RollbackError
		ended    *Ended
	)
	switch {
	case errors.As(err, &ended):
		return ended.Divergence
	case errors.As(err, &fork):
		return &Divergence{Class: ClassHistory, Rule: "fork", Reason: fork.Error()}
	case errors.As(err, &rollback):
		return &Divergence{Index: rollback.Shown, Class: ClassHistory, Rule: "rollback", Reason: rollback.Error()}
	}
	return nil
}

func hashBytes(h register.Hash) []byte { return h[:] }
