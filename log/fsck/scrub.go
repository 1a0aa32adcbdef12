package fsck

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage"
)

// A Scrubber reads the rows of a log that runs, again and again at a bounded
// rate, and holds them against each other. It works in slices: each takes a
// snapshot, checks what it can within a moment, and gives it back. What a slice
// found right stays right, since a log only grows. It repairs nothing.
//
// What it cannot hold in a slice it leaves to Check: the register root against
// all leaves at once, events against the leaves that they name, replay.
type Scrubber struct {
	Origin string
	Mode   log.Mode
	Key    proofs.VerifierKey // one that signs; see Log
	Store  interface {
		Snapshot() (storage.Snapshot, error)
	}

	Rate   int64         // bytes of rows to read in a second; default 2 MiB
	Pause  time.Duration // between two rounds; default a minute
	Events ScrubEvents
}

// ScrubEvents is how a Scrubber tells what it does. Every func may be nil. They
// are called by the goroutine of Run and must return at once.
type ScrubEvents struct {
	// Found: something is not as it was written. The first one is reason enough
	// to call the log unhealthy. The same damage is found again in each round; of
	// one round at most maxFound are told.
	Found func(Finding)
	// Round: all rows were read once more.
	Round func(Round)
}

// A Round is what one round of a Scrubber came to.
type Round struct {
	Number      int // from 1, since Run
	Size        uint64
	Rows, Bytes int64 // that were read
	Findings    int
	Took        time.Duration
}

// Defaults of a Scrubber.
const (
	DefaultRate  = 2 << 20
	DefaultPause = time.Minute
)

// sliceTime is how long a slice holds its snapshot, but for one step: a group of
// 256 leaves, 256 events, or the rows of all buckets. Tests make it 0: a slice for
// each step.
var sliceTime = 200 * time.Millisecond

// sliceShare is the part of a second's bytes after which a slice ends, too.
const sliceShare = time.Second / 2

// maxFound is how many findings of one round are told.
const maxFound = 100

// Run scrubs until ctx ends, and then returns nil. Any other error is one of the
// store that is no damage: it was closed, or cannot be read.
func (s Scrubber) Run(ctx context.Context) error {
	if s.Rate <= 0 {
		s.Rate = DefaultRate
	}
	if s.Pause <= 0 {
		s.Pause = DefaultPause
	}
	for number := 1; ; number++ {
		r := &round{Scrubber: s, ctx: ctx, number: number, count: new(counter)}
		if err := r.run(); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("scrub: %w", err)
		}
		if err := wait(ctx, s.Pause); err != nil {
			return nil
		}
	}
}

// wait waits, unless ctx ends first.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// round is one round under way.
type round struct {
	Scrubber
	ctx      context.Context
	number   int
	count    *counter
	source   *source
	snapshot storage.Snapshot
	head     log.Head // of the snapshot
	opened   time.Time
	before   int64 // bytes that were read before this slice
	found    int
}

// run makes all passes over the store.
func (r *round) run() (err error) {
	start := time.Now()
	r.source = &source{turn: r.turn, count: r.count, chunk: shortChunk}
	defer func() { err = errors.Join(err, r.close()) }()
	if err := r.open(); err != nil {
		return err
	}
	err = r.passes()
	if errors.Is(err, storage.ErrDamaged) {
		r.tell(findings{list: []Finding{unreadable(err, "rows that can be read; the round ended here")}, total: 1})
		err = nil
	}
	if err == nil && r.Events.Round != nil {
		r.Events.Round(Round{
			Number: r.number, Size: r.head.Size, Rows: r.count.rows.Load(), Bytes: r.count.bytes.Load(), Findings: r.found, Took: time.Since(start),
		})
	}
	return err
}

// open takes a snapshot and reads its head: all passes go by it.
func (r *round) open() error {
	snapshot, err := r.Store.Snapshot()
	if err != nil {
		return err
	}
	r.snapshot, r.opened, r.before = snapshot, time.Now(), r.count.bytes.Load()
	r.source.rows = snapshot
	r.source.generation++
	head, err := log.ReadHead(snapshot)
	switch {
	case err == nil && (r.Mode == log.Sealed) == (head.Depth > 0):
		r.head = head
	case err != nil && !errors.Is(err, log.ErrDamage): // else the pass over the heads says it, and all others go by what they knew
		return err
	}
	return nil
}

func (r *round) close() error {
	if r.snapshot == nil {
		return nil
	}
	snapshot := r.snapshot
	r.snapshot = nil
	return snapshot.Close()
}

// turn ends the slice when its time is over, waits until the rate allows the
// next one, and begins it.
func (r *round) turn() error {
	read, took := r.count.bytes.Load()-r.before, time.Since(r.opened)
	owed := time.Duration(float64(read) / float64(r.Rate) * float64(time.Second))
	if took < sliceTime && owed < sliceShare {
		return r.ctx.Err()
	}
	if err := r.close(); err != nil {
		return err
	}
	if err := wait(r.ctx, owed-took); err != nil {
		return err
	}
	return r.open()
}

// tell hands findings out.
func (r *round) tell(f findings) {
	for _, x := range f.list {
		if r.found++; r.found <= maxFound && r.Events.Found != nil {
			r.Events.Found(x)
		}
	}
	r.found += f.total - len(f.list)
}

// drain tells what a pass found so far.
func (r *round) drain(f *findings) {
	r.tell(*f)
	f.list, f.total = f.list[:0], 0
}
