package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/docketlog/docket/client"
	runs "github.com/docketlog/docket/client/run"
	"github.com/docketlog/docket/client/spool"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// exitSpooled is the exit code of evidence that is durable in the spool and waits for
// the log.
const exitSpooled = 5

// spooledError says that evidence waits in the spool.
type spooledError struct{ *spool.WaitsError }

func (e spooledError) Error() string {
	return fmt.Sprintf("spooled: %v\ndocket: it is kept and will be sent by docket spool flush, or with the next evidence", e.Err)
}

func (e spooledError) Unwrap() error { return e.WaitsError }

// spool opens the spool of the client folder.
func (f folders) spool() (*spool.Spool, error) { return spool.Open(filepath.Join(f.client(), "spool")) }

// evidenceDone is what is printed of evidence.
type evidenceDone struct {
	Done      string  `json:"done"` // reported, spooled, or kept: of a workflow whose steps stay here
	Statement string  `json:"statement,omitempty"`
	Issuer    string  `json:"issuer"`
	Run       string  `json:"run,omitempty"`
	Index     *uint64 `json:"index,omitempty"`  // if the log has it
	Number    uint64  `json:"number,omitempty"` // in the spool, of its issuer
	Receipt   string  `json:"receipt,omitempty"`
	cosigning
}

// evidence brings signed evidence to the log, through the spool, and says what became
// of it. If one that fits waits there already, that is brought in its place: nothing
// is signed twice. The error is a spooledError if it waits.
func (s *session) evidence(ctx context.Context, same func(*statement.Statement) bool, sign func() (statement.Envelope, error)) (*evidenceDone, error) {
	sp, err := s.spool()
	if err != nil {
		return nil, err
	}
	receipt, err := s.again(ctx, sp, same)
	if receipt == nil && err == nil {
		var e statement.Envelope
		if e, err = sign(); err != nil {
			return nil, wrongUse(err)
		}
		receipt, err = sp.Emit(ctx, s.client, e)
	}
	return s.became(ctx, receipt, err)
}

// again brings a statement that waits in the spool, if one fits.
func (s *session) again(ctx context.Context, sp *spool.Spool, same func(*statement.Statement) bool) (*proofs.Receipt, error) {
	state, err := sp.State(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range state.Waiting {
		if r.Statement.Issuer == s.author.ID && r.Statement.Log == s.author.Log && same(r.Statement) {
			return sp.Bring(ctx, s.client, r)
		}
	}
	return nil, nil
}

// became says what became of evidence, and keeps its receipt.
func (s *session) became(ctx context.Context, receipt *proofs.Receipt, err error) (*evidenceDone, error) {
	var waits *spool.WaitsError
	if errors.As(err, &waits) {
		return &evidenceDone{
			Done: "spooled", Statement: waits.Record.Digest().String(), Issuer: waits.Record.Emitter, Run: waits.Record.Statement.Run, Number: waits.Record.Number,
		}, spooledError{waits}
	}
	if err != nil {
		return nil, err
	}
	if receipt, err = s.settled(ctx, receipt); err != nil {
		return nil, err
	}
	done, err := s.entry("reported", receipt)
	return &evidenceDone{
		Done: done.Done, Statement: done.Statement, Issuer: done.Issuer, Run: done.Run, Index: &done.Index, Receipt: done.Receipt, cosigning: done.cosigning,
	}, err
}

// tellEvidence prints what became of evidence. What is spooled is said on stderr and by
// the exit code, too.
func (o *signOptions) tellEvidence(w io.Writer, done *evidenceDone, what string, err error) error {
	if done == nil || err != nil && done.Done != "spooled" {
		return err
	}
	text := fmt.Sprintf("%s, number %d of %s in the spool\n", what, done.Number, done.Issuer)
	if done.Done == "kept" {
		text = what + ", kept until the outcome commits to it\n"
	}
	if done.Index != nil {
		text = fmt.Sprintf("%s, entry %d\n", what, *done.Index)
	}
	return errors.Join(o.tell(w, done, text, done.cosigning), err)
}

// runFile is where this client keeps what it knows of a run, for one identity. '~' is
// in no id.
func (s *session) runFile(id string) string {
	name := strings.ReplaceAll(id+"~"+s.author.ID, "/", "+")
	return filepath.Join(s.folders.client(), "runs", name+".json")
}

// withRun calls do with a run in which the author takes part, and keeps what it knows
// of it afterwards: with that, evidence can be given also while the log is out of
// reach. One process at a time does so for one run and identity.
func (s *session) withRun(ctx context.Context, id string, do func(*runs.Run) error) error {
	return s.lockedRun(ctx, id, func(path string) (*runs.Run, error) {
		r, err := s.keptRun(path)
		if errors.Is(err, fs.ErrNotExist) {
			sp, err := s.spool()
			if err != nil {
				return nil, err
			}
			return runs.Join(ctx, s.client, s.author, id, sp)
		}
		if err != nil {
			return nil, err
		}
		if err := r.Refresh(ctx, id); err != nil && !outOfReach(err) {
			return nil, err
		}
		return r, nil
	}, do)
}

// backInRun is withRun for what happened already: what is kept of the run is enough to
// report it, whatever the log answers.
func (s *session) backInRun(ctx context.Context, id string, do func(*runs.Run) error) error {
	return s.lockedRun(ctx, id, func(path string) (*runs.Run, error) {
		r, err := s.keptRun(path)
		if err == nil {
			_ = r.Refresh(ctx, id) // else the evidence says that it is late
		}
		return r, err
	}, do)
}

// lockedRun calls do with a run while no other process has it.
func (s *session) lockedRun(ctx context.Context, id string, open func(path string) (*runs.Run, error), do func(*runs.Run) error) (err error) {
	if !statement.ValidID(id) {
		return usage("%q is not the id of a run", id)
	}
	path := s.runFile(id)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	unlock, err := client.LockFile(ctx, path+".lock")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	r, err := open(path)
	if err != nil {
		return err
	}
	failed := do(r)
	return errors.Join(failed, keepRun(r, path))
}

// keptRun goes on from what is kept of a run.
func (s *session) keptRun(path string) (*runs.Run, error) {
	kept, err := readFile(path)
	if err != nil {
		return nil, err
	}
	sp, err := s.spool()
	if err != nil {
		return nil, err
	}
	r, err := runs.Resume(s.client, s.author, kept, sp)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: remove it to ask the log anew", path, err)
	}
	return r, nil
}

// keepRun keeps what is known of a run.
func keepRun(r *runs.Run, path string) error {
	b, err := r.Marshal()
	if err != nil {
		return err
	}
	return client.WriteFile(path, b, 0o600)
}

// keepRun keeps what is known of a run that this process opened.
func (s *session) keepRun(r *runs.Run) error {
	path := s.runFile(r.ID())
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return keepRun(r, path)
}

// outOfReach says that the log gave no answer, or is not ready to.
func outOfReach(err error) bool {
	var refused *client.Refused
	return errors.Is(err, client.ErrUnreachable) || errors.As(err, &refused) && refused.Status >= 500
}
