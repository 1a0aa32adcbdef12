package log

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
)

// A Log is an open log with its writer running. Its methods are safe for
// concurrent use.
type Log struct {
	config  Config
	jobs    chan *job
	closing chan struct{} // closed by Close: take no more
	stopped chan struct{} // closed on a doubt
	done    chan struct{} // closed when writer and publisher have ended
	close   sync.Once
	view    atomic.Pointer[View]
	finals  finals

	readOnly    bool // OpenReadOnly made it
	unconfirmed atomic.Bool
	endConfirm  func()                // nil: nobody was asked
	failure     atomic.Pointer[error] // why the writer stopped
	damaged     atomic.Pointer[error] // what Damaged was told first
	mute        error                 // why refusals do not go on record, as of Open
	opened      time.Time
	spaced      atomic.Int64 // when there was enough space last, since opened
}

// Open opens a log that Create made, recovers it, and starts its writer. It
// refuses, with a typed error and without signing anything, when the store is
// damaged, is another log than the one configured, or does not fit its anchor.
func Open(config Config) (*Log, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	w, p, err := recoverLog(config)
	if err != nil {
		return nil, err
	}
	mute, err := w.tryFindings()
	if err != nil {
		p.published.Release()
		return nil, err
	}
	l := &Log{
		config:  config,
		jobs:    make(chan *job, config.MaxQueue),
		closing: make(chan struct{}),
		stopped: make(chan struct{}),
		done:    make(chan struct{}),
		mute:    mute,
		opened:  time.Now(),
	}
	l.view.Store(p.published)
	l.confirm(p.unasked)
	durable := make(chan *batch, maxAhead)
	go l.run(w, durable)
	go l.publishAll(p, durable)
	return l, nil
}

// Close stops taking submissions, finishes those that were taken, and waits for
// the writer to end. Store and anchor stay open: they are the caller's.
func (l *Log) Close() error {
	l.close.Do(func() {
		close(l.closing)
		if l.endConfirm != nil {
			l.endConfirm()
		}
	})
	<-l.done
	l.finals.close()
	if v := l.view.Swap(nil); v != nil {
		v.Release()
	}
	return l.Err()
}

// Err returns why the log stopped signing, or nil while it runs.
func (l *Log) Err() error {
	if err := l.failure.Load(); err != nil {
		return *err
	}
	return nil
}

// Done is closed when the writer has ended: after Close, or on a doubt.
func (l *Log) Done() <-chan struct{} { return l.done }

// Health says why the log does not admit submissions now, or nil: it stopped, or
// the store is below its free-space mark or reports a fault of its own.
func (l *Log) Health() error {
	if err := l.fault(); err != nil {
		return err
	}
	return l.Room()
}

func (l *Log) fault() error {
	if err := l.Err(); err != nil {
		return err
	}
	if err := l.damaged.Load(); err != nil {
		return fmt.Errorf("%w: %w", ErrUnhealthy, *err)
	}
	if h, ok := l.config.Store.(interface{ Health() error }); ok {
		if err := h.Health(); err != nil {
			return fmt.Errorf("%w: %w", ErrUnhealthy, err)
		}
	}
	if l.readOnly {
		return ErrReadOnly
	}
	if l.unconfirmed.Load() {
		return ErrUnconfirmed
	}
	return nil
}

// Damaged tells the log that somebody, such as a scrubber, found a row that is not
// as it was written. From then on it takes no submissions; reading goes on. Only a
// restart forgets it.
func (l *Log) Damaged(err error) {
	err = fmt.Errorf("%w: %w", ErrDamage, err)
	l.damaged.CompareAndSwap(nil, &err)
}

// Room is ErrNoSpace while the store's disk has less room than Config.MinFree.
func (l *Log) Room() error {
	free, err := l.config.Store.FreeSpace()
	if err != nil {
		return err
	}
	if free < l.config.MinFree {
		return fmt.Errorf("%w: %d MiB free, %d MiB demanded", ErrNoSpace, free>>20, l.config.MinFree>>20)
	}
	return nil
}

// SpaceInterval is for how long there is enough space once there was: asking the
// file system costs more than queueing a submission.
const SpaceInterval = 10 * time.Millisecond

// admits is Health, as a submission asks it.
func (l *Log) admits() error {
	if err := l.fault(); err != nil {
		return err
	}
	now := time.Since(l.opened)
	if last := time.Duration(l.spaced.Load()); last > 0 && now-last < SpaceInterval {
		return nil
	}
	if err := l.Room(); err != nil {
		return err
	}
	l.spaced.Store(int64(now))
	return nil
}

// Mute says why the log could not put refusals on record when it was opened: it
// has no key of its own identity, or not the right one, or that identity was
// revoked. nil: it can. Mute or not, it refuses and counts.
func (l *Log) Mute() error { return l.mute }

// Origin returns the log's name.
func (l *Log) Origin() string { return l.config.Origin }

// Mode returns what the log holds.
func (l *Log) Mode() Mode { return l.config.Mode }

// Key returns the log's first verifier key.
func (l *Log) Key() proofs.VerifierKey { return l.config.Signer.Key() }

// Keys returns the verifier keys with which the log signs.
func (l *Log) Keys() []proofs.VerifierKey { return l.config.Signer.Keys() }

// Submit hands statements to the writer of a sealed log as one submission: all
// of them are judged in their order in one batch, under one seal and one
// checkpoint. It returns when that checkpoint is published. The results are in
// the order of the statements; the view is for the caller to Release.
//
// When ctx ends first, the statements may still come in.
func (l *Log) Submit(ctx context.Context, statements []*admission.Checked) ([]Result, *View, error) {
	if l.config.Mode != Sealed {
		return nil, nil, fmt.Errorf("%w: a raw log takes no statements", ErrMismatch)
	}
	return l.submit(ctx, &job{checked: statements})
}

// SubmitRaw hands leaves to the writer of a raw log; otherwise it is Submit.
func (l *Log) SubmitRaw(ctx context.Context, leaves [][]byte) ([]Result, *View, error) {
	if l.config.Mode != Raw {
		return nil, nil, fmt.Errorf("%w: a sealed log takes no raw leaves", ErrMismatch)
	}
	for _, leaf := range leaves {
		if err := CheckRaw(leaf); err != nil {
			return nil, nil, err
		}
	}
	return l.submit(ctx, &job{leaves: leaves})
}

func (l *Log) submit(ctx context.Context, j *job) ([]Result, *View, error) {
	if n := j.len(); n == 0 || n > MaxSubmission {
		return nil, nil, fmt.Errorf("a submission has 1 to %d entries, not %d", MaxSubmission, n)
	}
	if err := l.admits(); err != nil {
		return nil, nil, err
	}
	j.answer = make(chan answer, 1)
	select {
	case <-l.closing:
		return nil, nil, ErrClosed
	default:
	}
	select {
	case l.jobs <- j:
	default:
		return nil, nil, ErrBusy
	}
	select {
	case a := <-j.answer:
		return a.results, a.view, a.err
	case <-l.done:
		return l.afterEnd(j)
	case <-ctx.Done():
		go j.abandon(l.done)
		return nil, nil, ctx.Err()
	}
}

// afterEnd answers a submission that the writer may have ended without seeing.
func (l *Log) afterEnd(j *job) ([]Result, *View, error) {
	select {
	case a := <-j.answer:
		return a.results, a.view, a.err
	default:
	}
	if err := l.Err(); err != nil {
		return nil, nil, err
	}
	return nil, nil, ErrClosed
}

// abandon releases the view of an answer that nobody waits for.
func (j *job) abandon(done <-chan struct{}) {
	select {
	case a := <-j.answer:
		a.release()
	case <-done:
		select {
		case a := <-j.answer:
			a.release()
		default:
		}
	}
}

func (a answer) release() {
	if a.view != nil {
		a.view.Release()
	}
}

// Check runs the stateless rules over an envelope, for Submit. An envelope
// without a public key is checked under the key that its issuer has now.
func (l *Log) Check(e statement.Envelope) (*admission.Checked, error) {
	if len(e.SPKI) == 0 {
		v := l.View()
		if v == nil {
			return nil, ErrClosed
		}
		defer v.Release()
		spki, err := v.issuerKey(e.Payload)
		if err != nil {
			return nil, err
		}
		e.SPKI = spki
	}
	return admission.CheckEnvelope(l.config.Origin, e)
}
