package audit

import (
	"context"

	"github.com/docketlog/docket/proofs/register"
)

// Ended returns the finding that ended the State for good, or nil.
func (a *Auditor) Ended() (*Ended, error) {
	text, err := a.State.Progress()
	if err != nil || text == nil {
		return nil, err
	}
	p, err := parseProgress(text)
	if err != nil || p.Ended == nil {
		return nil, err
	}
	return &Ended{p.Ended}, nil
}

// Convict is Run for a finding that was made elsewhere, and that no later answer of
// the server undoes: a *client.ForkError, such as of the client's Memory, or a
// *Divergence. note is the checkpoint that is wrong. The State is ended with it; its
// tally stands in the report. It is not called while Run is.
func (a *Auditor) Convict(ctx context.Context, note []byte, finding error) (*Report, error) {
	a.withDefaults()
	tree, err := a.Client.FileTree(note)
	if err != nil {
		return nil, err
	}
	r := &run{Auditor: a, tree: tree, began: a.Now(), replay: &replay{prev: -1, tally: newTally(), tree: register.New(register.DepthFor(0))}}
	text, err := a.State.Progress()
	if err == nil && text != nil {
		if r.saved, err = parseProgress(text); err == nil {
			r.resume()
			err = r.condemn(finding)
		}
	}
	return r.report(ctx, finding), err
}

// condemn keeps a finding: the State goes no further.
func (r *run) condemn(finding error) error {
	p := r.saved
	p.Ended = listed(finding)
	return r.State.Commit(&Change{Progress: p.marshal()})
}
