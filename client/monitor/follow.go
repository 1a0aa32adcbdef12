package monitor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
)

// Bounds of a follower.
const (
	pageEntries = 512    // of one read, and what its seal still covers
	fileAtOnce  = 64     // alerts filed in one submission
	maxPending  = 10_000 // alerts raised and not in the log yet
	longestWait = 30 * time.Second

	// settle is how far the clock stays behind between entries: an entry with a time
	// before an end may still be on its way to be published.
	settle = 2 * time.Second

	// refusedWait is how long nothing is filed after the log refused an alert: each
	// refusal goes on record, and is seen here. Then one alert is tried, not many.
	refusedWait = 10 * time.Minute
)

// A Filer puts alerts on record, in their order, all or none of them. An error that
// has an *admission.Refusal says that the log does not take them.
type Filer func(ctx context.Context, alerts []Alert) error

// A Sink is told of alerts. Send returns at once, whatever becomes of the alert.
type Sink interface {
	Send(Alert)
	// Close ends the sink, after it did what it could for what it holds.
	Close() error
}

// A Follower runs a detector beside a log: it reads what is published, files each
// alert once, and tells the sinks. It never holds the log up; when it falls behind
// it reads on from where it was.
type Follower struct {
	Source   Source
	Detector *Detector
	File     Filer // nil: alerts only go to the sinks
	Sinks    []Sink
	State    string           // path of the state file; empty: none is kept
	Every    time.Duration    // between looks at a log that shows nothing new; 0: 1 s
	SaveEach time.Duration    // between writes of the state; 0: 30 s
	Now      func() time.Time // nil: time.Now
	Logger   *slog.Logger

	pending []*pending
	refused time.Time // when the log refused the newest that was filed; zero: it did not
	saved   time.Time
	took    time.Duration // the newest save
	dirty   bool
}

// Run follows the log until ctx ends, then keeps the state. Errors of reading and
// filing are logged and tried again; the error is that of a state file that cannot
// be opened at the start, or written at the end.
func (f *Follower) Run(ctx context.Context) error {
	if err := f.load(); err != nil {
		return err
	}
	f.saved = f.now()
	wait := f.every()
	for ctx.Err() == nil {
		more, err := f.Step(ctx)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			f.Logger.Error("monitor", "error", err, "again in", wait)
			f.sleep(ctx, wait)
			wait = min(2*wait, longestWait)
			continue
		case !more:
			f.sleep(ctx, f.every())
		}
		wait = f.every()
		if f.dirty && f.now().Sub(f.saved) >= f.saveEach() {
			f.keep()
		}
	}
	if !f.dirty {
		return nil
	}
	return f.save()
}

func (f *Follower) keep() {
	start := f.now()
	err := f.save()
	if err != nil {
		f.Logger.Error("monitor: the state cannot be kept: after a crash more of the log is read again", "error", err)
	}
	f.saved, f.dirty = f.now(), err != nil // what was not kept is, later or at the end
	f.took = f.saved.Sub(start)
}

func (f *Follower) now() time.Time {
	if f.Now != nil {
		return f.Now()
	}
	return time.Now()
}

func (f *Follower) every() time.Duration {
	if f.Every > 0 {
		return f.Every
	}
	return time.Second
}

// saveEach is so long that saves take little of the machine: a large state is kept
// more seldom.
func (f *Follower) saveEach() time.Duration {
	each := f.SaveEach
	if each == 0 {
		each = 30 * time.Second
	}
	return max(each, 50*f.took)
}

func (f *Follower) sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// Step reads one page of what is new. At the end of the log it moves the clock and
// tells what was raised. more says that there is more to read at once.
func (f *Follower) Step(ctx context.Context) (more bool, err error) {
	log, err := f.Source.Snapshot(ctx)
	if err != nil {
		return false, err
	}
	defer log.Close()
	if size := log.Size(); size < f.Detector.Next() {
		f.anew(fmt.Errorf("it knows %d entries, the log has %d: it is of another log, or of a newer copy", f.Detector.Next(), size))
	}
	entries, next, err := read(ctx, log, f.Detector.Next(), pageEntries)
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		f.raised(f.Detector.Observe(e))
		f.seen(e)
	}
	f.Detector.Skip(next)
	f.dirty = f.dirty || len(entries) > 0
	if next < log.Size() && len(f.pending) < maxPending/2 {
		return true, nil
	}
	if next >= log.Size() {
		f.raised(f.Detector.Advance(f.now().Add(-settle).UnixMilli()))
	}
	return next < log.Size(), f.tell(ctx)
}

// raised takes new alerts. When nothing can be filed for long, the oldest are
// dropped: the sinks have them.
func (f *Follower) raised(alerts []Alert) {
	for _, a := range alerts {
		a.Detected = max(f.now().UnixMilli(), a.Occurred)
		f.pending = append(f.pending, &pending{Alert: a})
		f.dirty = true
	}
	if over := len(f.pending) - maxPending; over > 0 {
		f.Logger.Error("monitor: alerts are dropped unfiled", "count", over)
		f.send(f.pending[:over])
		f.pending = slices.Clone(f.pending[over:])
	}
}

// seen drops an alert that the log has.
func (f *Follower) seen(e Entry) {
	if finding, ok := e.Statement.Body.(*statement.AlertFinding); ok && e.Statement.Issuer == f.Detector.self {
		f.pending = slices.DeleteFunc(f.pending, func(p *pending) bool { return p.Alert.Dedup == finding.Dedup })
	}
}

// tell sends to the sinks, then files. An alert stays until it was seen in the log.
func (f *Follower) tell(ctx context.Context) error {
	f.send(f.pending)
	if f.File == nil {
		f.pending = nil
		return nil
	}
	if !f.refused.IsZero() && f.now().Sub(f.refused) < refusedWait {
		return nil
	}
	open := make([]*pending, 0, fileAtOnce)
	for _, p := range f.pending {
		if !p.filed {
			open = append(open, p)
		}
	}
	if !f.refused.IsZero() && len(open) > 0 { // is it better now?
		if err := f.file(ctx, open[:1]); err != nil {
			return err
		}
		open = open[1:]
	}
	for batch := range slices.Chunk(open, fileAtOnce) {
		if err := f.file(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

// file puts alerts on record.
func (f *Follower) file(ctx context.Context, batch []*pending) error {
	alerts := make([]Alert, len(batch))
	for i, p := range batch {
		alerts[i] = p.Alert
	}
	err := f.File(ctx, alerts)
	var refusal *admission.Refusal
	if errors.As(err, &refusal) {
		f.refused = f.now()
		return fmt.Errorf("nothing more is filed for %v: %w", refusedWait, err)
	}
	if err != nil {
		return err
	}
	f.refused = time.Time{}
	for _, p := range batch {
		p.filed = true
	}
	return nil
}

func (f *Follower) send(list []*pending) {
	for _, p := range list {
		if p.Sent {
			continue
		}
		p.Sent, f.dirty = true, true
		for _, sink := range f.Sinks {
			sink.Send(p.Alert)
		}
	}
}
