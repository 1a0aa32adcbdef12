package audit

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/evidence"
)

// A Report is what a run came to. All times are unix milliseconds.
type Report struct {
	Result      string             `json:"result"` // one sentence
	Clean       bool               `json:"clean"`  // every leaf of the checkpoint is right
	Divergences []Divergence       `json:"divergences"`
	Evidence    *evidence.Evidence `json:"evidence,omitempty"` // of a divergence of an entry or a seal
	Error       string             `json:"error,omitempty"`    // why the run ended early, if it says nothing of the log

	Origin  string `json:"origin"`
	Genesis string `json:"genesis"` // leaf hash of entry 0
	Rules   string `json:"rules"`
	Size    uint64 `json:"size"` // of the checkpoint
	Root    []byte `json:"root"`
	Note    string `json:"note"` // the signed note

	Cosignatures proofs.QuorumResult `json:"-"`
	Quorum       string              `json:"quorum"` // none, met or not met

	Replayed   uint64   `json:"replayed"`  // leaves up to the last right seal
	From       uint64   `json:"from"`      // those of them that earlier runs replayed
	Registers  uint64   `json:"registers"` // under that seal
	Began      int64    `json:"began"`     // by this machine's clock
	Ended      int64    `json:"ended"`
	Tally      Tally    `json:"tally"`
	NotChecked []string `json:"notChecked"`
}

// report says what the run came to.
func (r *run) report(ctx context.Context, err error) *Report {
	out := &Report{
		Divergences: []Divergence{}, Origin: r.tree.Origin, Genesis: fmt.Sprintf("%x", r.Client.Verifier.Genesis), Rules: rules,
		Size: r.tree.Size, Root: r.tree.Root[:], Note: string(r.tree.Note),
		Replayed: uint64(r.prev + 1), From: r.from, Registers: r.replay.tree.Count(),
		Began: r.began.UnixMilli(), Ended: r.Now().UnixMilli(), Tally: *r.tally,
	}
	if out.Registers == 0 {
		out.Registers = r.saved.Registers // the run ended before it read them
	}
	out.quorum(r.Client, r.Now())
	wrong := listed(err)
	switch {
	case err == nil:
		out.Clean = true
	case wrong != nil:
		out.Divergences = append(out.Divergences, *wrong)
		var d *Divergence
		if errors.As(err, &d) {
			if out.Evidence, err = r.evidence(ctx, d); err != nil {
				out.Error = "the evidence could not be gathered: " + err.Error()
			}
		}
	default:
		out.Error = err.Error()
	}
	out.Result = out.sentence()
	out.NotChecked = out.notChecked()
	return out
}

// quorum looks at the cosignatures of the checkpoint.
func (r *Report) quorum(c *client.Client, now time.Time) {
	_, result, err := c.Verifier.Policy.Open([]byte(r.Note), (now.UnixMilli()+proofs.ClockSkew)/1000)
	r.Cosignatures = result
	switch {
	case c.Verifier.Policy.Quorum == proofs.NoQuorum:
		r.Quorum = "none"
	case err == nil && result.Satisfied:
		r.Quorum = "met"
	default:
		r.Quorum = "not met"
	}
}

// sentence is the result in one sentence.
func (r *Report) sentence() string {
	text := fmt.Sprintf("%s replayed under %s: ", counted(r.Replayed, "leaf", "leaves"), counted(r.Tally.PolicyCount, "policy", "policies"))
	switch {
	case r.Clean:
		return text + "0 divergences"
	case len(r.Divergences) == 0:
		return text + fmt.Sprintf("ended early, %s not replayed", counted(r.Size-min(r.Size, r.Replayed), "leaf", "leaves"))
	}
	d := r.Divergences[0]
	switch d.Class {
	case ClassEntry, ClassSeal:
		return text + fmt.Sprintf("1 divergence: entry %s breaks %s", grouped(d.Index), d.Rule)
	case ClassContent:
		return text + fmt.Sprintf("content of entry %s withheld", grouped(d.Index))
	case ClassClock:
		return text + fmt.Sprintf("the time of seal %s is not borne out", grouped(d.Index))
	}
	return text + "1 divergence: " + d.Rule
}

// notChecked says what this audit did not look at: no report is read without it.
func (r *Report) notChecked() []string {
	list := []string{
		"Whether what the statements say is true: a log proves who stated what, in which order and with which authority.",
		"The documents themselves: a statement has the digest of a document, and whoever has the document can compare.",
		"Whether the log's clock was right when a seal was made before this auditor followed the log: that it never went back is checked, that a seal is not ahead of this machine's clock too, and that each statement with authority bears a time of its signer within the policy's skew.",
		"What was submitted and refused without a finding, and what was never submitted.",
	}
	switch r.Quorum {
	case "none":
		list = append(list, "Whether others are shown another history: the verifier policy demands no cosigner.")
	case "not met":
		list = append(list, "Whether others are shown another history: fewer cosigners signed this checkpoint than the verifier policy demands.")
	default:
		list = append(list, "Whether others are shown another history, beyond what the cosigners of the verifier policy vouch for.")
	}
	if left := r.Size - min(r.Size, r.Replayed); left > 0 {
		list = append(list, fmt.Sprintf("The %s from index %s on.", counted(left, "leaf", "leaves"), grouped(r.Replayed)))
	}
	if n := max(r.Tally.IdentityCount, uint64(len(r.Tally.Refusals))); n > MaxListed {
		list = append(list, fmt.Sprintf("Nothing is left out of the counts; of policies, identities and refusals the first %d each are listed.", MaxListed))
	}
	return list
}

// counted is a number with its noun.
func counted(n uint64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + many
}

// grouped writes a number with commas.
func grouped(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for at := len(s) - 3; at > 0; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}
