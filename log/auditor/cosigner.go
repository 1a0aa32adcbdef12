package auditor

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/audit"
	"github.com/docketlog/docket/log/witness"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/evidence"
)

// A Config is what a Cosigner is made of. Audit and Witness are mandatory.
type Config struct {
	Audit   *audit.Auditor
	Witness *witness.Witness     // of this log alone, for nobody else
	Logs    []proofs.VerifierKey // the keys of the log
	Wait    time.Duration        // how long a request waits for the replay; default 8 s
	// Evidence is told of what a posted checkpoint proves against the log, before its
	// answer leaves. Default: nobody is told.
	Evidence func(e *evidence.Evidence)
}

// A Cosigner replays a log and cosigns what was right. Step is called by one
// goroutine; requests come from many.
type Cosigner struct {
	Config
	wake chan struct{} // has a value when somebody waits for a larger size

	mu       sync.Mutex
	tree     *client.Tree  // whose every leaf is right; nil before the first
	ended    *finding      // why nothing is cosigned any more
	replayed chan struct{} // closed when tree or ended changes
}

// New returns a cosigner that has replayed nothing yet in this process. One whose
// audit ended in an earlier one stays ended.
func New(c Config) (*Cosigner, error) {
	if c.Wait == 0 {
		c.Wait = 8 * time.Second
	}
	if c.Evidence == nil {
		c.Evidence = func(*evidence.Evidence) {}
	}
	ended, err := c.Audit.Ended()
	if err != nil {
		return nil, err
	}
	cosigner := &Cosigner{Config: c, wake: make(chan struct{}, 1), replayed: make(chan struct{})}
	if ended != nil {
		cosigner.ended = &finding{err: ended}
	}
	return cosigner, nil
}

// Wake has a value when a request waits for a size that is not replayed yet.
func (c *Cosigner) Wake() <-chan struct{} { return c.wake }

// Step fetches the newest checkpoint, replays the log up to it, cosigns it, and
// returns the report and the note with the log's signatures and the cosignature. The
// report is nil when there was no tree to replay. After an error nothing was
// cosigned; see Final for whether another Step can help.
func (c *Cosigner) Step(ctx context.Context) (*audit.Report, []byte, error) {
	if f := c.finding(); f != nil && f.note != nil {
		return c.convict(ctx, f)
	}
	tree, err := c.Audit.Client.NewestTree(ctx)
	var fork *client.ForkError
	if errors.As(err, &fork) {
		return c.convict(ctx, c.end(fork.Shown, err))
	}
	if err != nil {
		return nil, nil, err
	}
	report, err := c.Audit.Run(ctx, tree)
	if err != nil {
		if Final(err) {
			c.end(tree.Note, err)
		}
		return report, nil, err
	}
	if f := c.finding(); f != nil { // posted meanwhile
		return c.convict(ctx, f)
	}
	note, err := c.cosign(ctx, tree)
	if err != nil {
		return report, nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tree = tree
	close(c.replayed)
	c.replayed = make(chan struct{})
	return report, note, nil
}

// Final says that an error is a finding which ends an audit cosigner: no later answer
// of the server undoes it. What is withheld may be shown tomorrow, an old state may
// be a replica that lags: those do not.
func Final(err error) bool {
	var (
		divergence *audit.Divergence
		clock      *audit.ClockError
		ended      *audit.Ended
		fork       *client.ForkError
	)
	return errors.As(err, &divergence) || errors.As(err, &clock) || errors.As(err, &ended) || errors.As(err, &fork)
}

// A finding ended the cosigner.
type finding struct {
	note []byte // the checkpoint that is wrong
	err  error
}

func (c *Cosigner) finding() *finding {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended
}

// end notes why nothing is cosigned any more, and returns the first reason.
func (c *Cosigner) end(note []byte, err error) *finding {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended == nil {
		c.ended = &finding{note, err}
		close(c.replayed)
		c.replayed = make(chan struct{})
	}
	return c.ended
}

// convict ends the audit's state with a finding that Run did not make.
func (c *Cosigner) convict(ctx context.Context, f *finding) (*audit.Report, []byte, error) {
	report, err := c.Audit.Convict(ctx, f.note, f.err)
	return report, nil, errors.Join(f.err, err)
}

// cosign has the witness judge the checkpoint that was replayed.
func (c *Cosigner) cosign(ctx context.Context, tree *client.Tree) ([]byte, error) {
	origin := proofs.Hash(sha256.Sum256([]byte(tree.Origin)))
	held, err := sizeOf(c.Witness.Checkpoint(origin))
	if err != nil {
		return nil, err
	}
	switch {
	case held > tree.Size:
		return nil, fmt.Errorf("size %d was cosigned before, the log shows size %d", held, tree.Size)
	case held == tree.Size && c.Witness.Signed(origin): // in a request of the log, or before a restart
		return c.Witness.Checkpoint(origin), nil
	}
	var proof []proofs.Hash
	if held > 0 && held < tree.Size {
		if _, proof, err = tree.Consistency(ctx, held); err != nil {
			return nil, err
		}
	}
	if _, err := c.Witness.Add(ctx, proofs.AddCheckpoint{Old: held, Proof: proof, Note: tree.Note}.Marshal()); err != nil {
		return nil, fmt.Errorf("cosigning size %d: %w", tree.Size, err)
	}
	return c.Witness.Checkpoint(origin), nil
}

// sizeOf is the size that a note of the witness's own store speaks of; 0 for none.
func sizeOf(note []byte) (uint64, error) {
	if note == nil {
		return 0, nil
	}
	n, err := proofs.ParseNote(note)
	if err != nil {
		return 0, err
	}
	cp, err := proofs.ParseCheckpoint(n.Body)
	return cp.Size, err
}
