package pebblestore

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/docketlog/docket/storage"
)

// EventKind tells events apart.
type EventKind string

// Kinds of events.
const (
	EventBackground EventKind = "background-error" // flush or compaction failed; Pebble tries again
	EventCorruption EventKind = "corruption"       // a table file does not read as it was written
	EventLowSpace   EventKind = "low-space"        // 10, 5, 3, 2 or 1 % of the disk are left
	EventSlowDisk   EventKind = "slow-disk"        // one disk operation takes longer than 5 s
	EventStall      EventKind = "write-stall"      // commits wait: the disk does not keep up
	EventLog        EventKind = "log"              // another error that Pebble reports
)

// Event is something that a person who runs the store should know.
type Event struct {
	Kind    EventKind
	Text    string // one line
	Dropped int    // events of this kind that were left out since the last one
}

// eventInterval is the time within which one event of a kind is let through:
// a full disk makes thousands in a second.
const eventInterval = 10 * time.Second

// monitor receives what Pebble reports and keeps the store's health.
type monitor struct {
	event func(Event)
	fatal func(msg string)
	now   func() time.Time
	dir   string

	mu       sync.Mutex
	dead     error // a fatal error was reported
	damage   error // a table is corrupt; stays until the store is opened again
	flush    error // the last flush failed
	compact  error // the last compaction failed
	attempts int   // flushes that failed since Open began; -1 when it is done
	rates    map[EventKind]*rate
}

type rate struct {
	last    time.Time
	dropped int
}

func newMonitor(dir string, o Options) *monitor {
	return &monitor{event: o.Event, fatal: o.Fatal, now: time.Now, dir: dir, rates: map[EventKind]*rate{}}
}

// health returns the gravest of what is wrong now, or nil.
func (m *monitor) health() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, err := range []error{m.dead, m.damage, m.flush, m.compact} {
		if err != nil {
			return err
		}
	}
	return nil
}

// end ends the process, because the store cannot go on. It never returns. If
// several come here at once, one of them does the talking.
func (m *monitor) end(format string, args ...any) {
	msg := oneLine(fmt.Sprintf(format, args...))
	m.mu.Lock()
	first := m.dead == nil
	if first {
		m.dead = fmt.Errorf("pebblestore: %s: %w", msg, storage.ErrUnknown)
	}
	m.mu.Unlock()
	if !first {
		select {}
	}
	m.fatal("docket: store " + m.dir + ": " + msg + "; the process ends, start it again to continue from what is on the disk")
	os.Exit(ExitCode)
}

// failed returns the error of a store that cannot go on, or nil.
func (m *monitor) failed() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dead
}

// set changes one part of the health.
func (m *monitor) set(part *error, err error) {
	m.mu.Lock()
	*part = err
	m.mu.Unlock()
}

// tell passes an event on, unless one of its kind was told just now.
func (m *monitor) tell(kind EventKind, format string, args ...any) {
	m.mu.Lock()
	now, r := m.now(), m.rates[kind]
	if r == nil {
		r = &rate{last: now.Add(-eventInterval)}
		m.rates[kind] = r
	}
	if now.Sub(r.last) < eventInterval {
		r.dropped++
		m.mu.Unlock()
		return
	}
	e := Event{Kind: kind, Text: oneLine(fmt.Sprintf(format, args...)), Dropped: r.dropped}
	r.last, r.dropped = now, 0
	m.mu.Unlock()
	m.event(e)
}

// listener connects Pebble's events. Pebble calls it with its own locks held.
func (m *monitor) listener() *pebble.EventListener {
	return &pebble.EventListener{
		BackgroundError: func(err error) { m.tell(EventBackground, "%v", err) },
		DataCorruption: func(i pebble.DataCorruptionInfo) {
			m.set(&m.damage, fmt.Errorf("%s: %v: %w", i.Path, i.Details, storage.ErrDamaged))
			m.tell(EventCorruption, "%s: %v", i.Path, i.Details)
		},
		FlushEnd:      func(i pebble.FlushInfo) { m.flushEnd(i.Err) },
		CompactionEnd: func(i pebble.CompactionInfo) { m.compactionEnd(i.Err) },
		LowDiskSpace: func(i pebble.LowDiskSpaceInfo) {
			m.tell(EventLowSpace, "%d of %d bytes are left, less than %d %%", i.AvailBytes, i.TotalBytes, i.PercentThreshold)
		},
		DiskSlow:        func(i pebble.DiskSlowInfo) { m.tell(EventSlowDisk, "%s", i) },
		WriteStallBegin: func(i pebble.WriteStallBeginInfo) { m.tell(EventStall, "%s", i.Reason) },
	}
}

// emptyFlush is what Pebble says of a flush that had nothing to write, as after
// a start that found an empty log file: no fault. It has no value to compare with.
const emptyFlush = "pebble: empty table"

// maxAttempts is how many flushes may fail while Pebble opens. It does not
// return before one succeeds, so a full disk would keep Open for ever.
const maxAttempts = 10

func (m *monitor) flushEnd(err error) {
	if err != nil && err.Error() == emptyFlush {
		err = nil
	}
	m.mu.Lock()
	m.flush = wrap("flush", err)
	if err != nil && m.attempts >= 0 {
		m.attempts++
	}
	attempts := m.attempts
	m.mu.Unlock()
	if attempts >= maxAttempts {
		m.end("open: flush: %v", err)
	}
}

// opened says that from now on flushes may fail and be tried again.
func (m *monitor) opened() {
	m.mu.Lock()
	m.attempts = -1
	m.mu.Unlock()
}

// tablesFail reports whether the last attempt to write tables failed.
func (m *monitor) tablesFail() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.flush != nil || m.compact != nil
}

func (m *monitor) compactionEnd(err error) {
	if isCancelled(err) {
		return // happens in normal operation, says nothing
	}
	m.set(&m.compact, wrap("compaction", err))
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// logger is Pebble's way to say what has no event. Fatalf never returns:
// Pebble goes on after it, and a commit that was not written returns nil.
type logger struct{ m *monitor }

func (l logger) Infof(string, ...any)              { /* each open and flush: no news */ }
func (l logger) Errorf(format string, args ...any) { l.m.tell(EventLog, format, args...) }
func (l logger) Fatalf(format string, args ...any) { l.m.end(format, args...) }

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
