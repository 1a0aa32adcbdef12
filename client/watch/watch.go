package watch

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/audit"
	"github.com/docketlog/docket/client/monitor"
	"github.com/docketlog/docket/proofs/evidence"
)

// Grace is how long a source may be silent, the newest checkpoint without its quorum,
// a signed note unproven, or the log behind what others saw, before it is an alert.
const Grace = 10 * time.Minute

// A Config is what a watch is made of. Client and Folder are mandatory.
type Config struct {
	Client     *client.Client   // of the log, without a Memory: the watch is one
	Witnesses  []*client.Client // their monitoring endpoints; no token is sent
	Documents  []string         // ids to watch
	Identities []string
	Folder     string         // of what it knows; it exists
	MaxAge     time.Duration  // of the newest sign of life; 0: any age will do
	Skew       time.Duration  // between clocks; 0: evidence.Skew
	Sinks      []monitor.Sink // get what is not muted
	Mutes      []Mute
	Heartbeat  func(ctx context.Context) error // after each good round; nil: none
	Replay     *audit.Auditor                  // replays each new checkpoint; nil: seals are not recomputed
	Now        func() time.Time                // nil: time.Now
}

// A Watch follows one log.
type Watch struct {
	Config
	state state
	notes notes
	trunk *client.Tree
	shown bool // the log showed a signed note in this round
	round *Round
}

// A Round is what one look came to.
type Round struct {
	Time   int64           // unix milliseconds
	Size   uint64          // of the newest tree of the one history; 0: none was proven yet
	Alerts []monitor.Alert // raised in this round, muted ones too
	Muted  int             // of them
	Files  []string        // evidence that this round wrote
	Failed []error         // what could not be asked
	// Convicted says that the log contradicted itself, in this round or in an earlier
	// one. Uneasy: a condition holds that proves nothing.
	Convicted, Uneasy bool
}

// Good says that everything was asked, and nothing was wrong.
func (r *Round) Good() bool { return len(r.Failed) == 0 && !r.Convicted && !r.Uneasy }

// Open opens what a watch knows, or begins anew in an empty folder. Damaged files are
// an error: a watch that forgets without a word would miss a rollback.
func Open(c Config) (*Watch, error) {
	if c.Client.Memory != nil {
		return nil, errors.New("watch: the client has a memory of its own")
	}
	if c.Skew == 0 {
		c.Skew = evidence.Skew
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	w := &Watch{Config: c, notes: notes{folder: filepath.Join(c.Folder, "notes"), max: maxNotes}}
	if err := w.notes.open(); err != nil {
		return nil, err
	}
	return w, w.load()
}

// Round looks at everything once. The error is one of this machine: what it knows
// cannot be kept. What could not be asked is in the round.
func (w *Watch) Round(ctx context.Context) (*Round, error) {
	now := w.Now()
	w.round, w.shown = &Round{Time: now.UnixMilli()}, false
	for _, v := range w.look(ctx) {
		if err := w.take(ctx, v); err != nil {
			return nil, err
		}
	}
	for _, step := range []func(context.Context) error{w.retry, w.checkTimes, w.checkRegisters, w.replay} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	if ctx.Err() != nil {
		return w.round, nil // what a cut-off round did not ask is no sign of anything
	}
	if w.shown {
		w.state.Looked = now.UnixMilli()
	}
	if w.trunk != nil {
		w.round.Size = w.trunk.Size
	}
	w.round.Convicted = len(w.state.Convictions) > 0
	if err := w.save(); err != nil {
		return nil, err
	}
	if w.Heartbeat != nil && w.round.Good() {
		if err := w.Heartbeat(ctx); err != nil {
			w.failed("heartbeat", err)
		}
	}
	return w.round, nil
}

// failed notes what could not be asked.
func (w *Watch) failed(what string, err error) {
	w.round.Failed = append(w.round.Failed, &failure{what, err})
}

// failure says what could not be asked.
type failure struct {
	what string
	err  error
}

func (f *failure) Error() string { return f.what + ": " + f.err.Error() }
func (f *failure) Unwrap() error { return f.err }
