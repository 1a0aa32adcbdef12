package monitor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
)

// memoryLog is a log in memory: each entry is followed by a seal with its time.
type memoryLog struct {
	leaves  [][]byte
	entries map[uint64]Entry
	refused map[statement.Digest]*statement.Statement
	size    uint64 // that is published
	time    int64
}

func newMemoryLog() *memoryLog {
	return &memoryLog{entries: make(map[uint64]Entry), refused: make(map[statement.Digest]*statement.Statement), time: noon}
}

// add appends entries under one seal, and publishes them.
func (l *memoryLog) add(entries ...Entry) {
	prev := int64(len(l.leaves)) - 1
	for _, e := range entries {
		l.entries[uint64(len(l.leaves))] = e
		if f, ok := e.Statement.Body.(*statement.RefuseFinding); ok && e.Refused != nil {
			l.refused[f.Submission] = e.Refused
		}
		l.time = max(l.time, e.Time)
		l.leaves = append(l.leaves, []byte("{"))
	}
	seal := statement.Seal{Index: uint64(len(l.leaves)), Prev: prev, Time: l.time, Rules: statement.Rules}
	l.leaves = append(l.leaves, seal.Marshal())
	l.size = uint64(len(l.leaves))
}

func (l *memoryLog) Snapshot(context.Context) (Snapshot, error) {
	return memorySnapshot{l, l.size}, nil
}

type memorySnapshot struct {
	log  *memoryLog
	size uint64
}

func (s memorySnapshot) Size() uint64 { return s.size }
func (s memorySnapshot) Close()       {}
func (s memorySnapshot) Leaf(_ context.Context, index uint64) ([]byte, error) {
	return s.log.leaves[index], nil
}

func (s memorySnapshot) Statement(_ context.Context, index uint64) (*statement.Statement, statement.Digest, []byte, error) {
	e := s.log.entries[index]
	return e.Statement, e.Digest, keyOf(e.Statement.Issuer).spki, nil
}

func (s memorySnapshot) Refused(_ context.Context, digest statement.Digest) (*statement.Statement, error) {
	return s.log.refused[digest], nil
}

// file is a Filer: it appends findings as the monitor.
func (l *memoryLog) file(s *script) Filer {
	return func(_ context.Context, alerts []Alert) error {
		var entries []Entry
		for _, a := range alerts {
			st := a.Finding()
			st.Code, st.Issuer = statement.FindingAlert, "svc/monitor"
			s.now = max(s.now, a.Detected)
			entries = append(entries, s.entry(&st, &args{values: map[string]string{}}))
		}
		l.add(entries...)
		return nil
	}
}

// findings are the dedups of what stands in the log.
func (l *memoryLog) findings() []string {
	out := []string{}
	for i := range uint64(len(l.leaves)) {
		if e, ok := l.entries[i]; ok {
			if f, ok := e.Statement.Body.(*statement.AlertFinding); ok {
				out = append(out, f.Dedup)
			}
		}
	}
	return out
}

// told is a sink that remembers.
type told struct{ dedups []string }

func (t *told) Send(a Alert) { t.dedups = append(t.dedups, a.Dedup) }
func (t *told) Close() error { return nil }

func quietLogger() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// watched is a log with the world in it, and lines that append to it.
func watched(t *testing.T) (*script, *memoryLog) {
	s, l := newScript(t), newMemoryLog()
	s.where = t.Name()
	s.world()
	l.add(s.log...)
	s.log = nil
	return s, l
}

func (l *memoryLog) line(s *script, text string) {
	a := parseArgs(strings.Fields(text))
	l.add(s.make(a.word(), a))
}

func (f *Follower) steps(t *testing.T, n int) {
	t.Helper()
	for range n {
		if _, err := f.Step(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFollowerFilesOnce: each alert is filed once and told once; also by a monitor
// that lost its newest state, or all of it, at any step.
func TestFollowerFilesOnce(t *testing.T) {
	for crash := range 8 {
		s, l := watched(t)
		state := filepath.Join(t.TempDir(), "state.json")
		now := s.now
		sink := &told{}
		follower := func() *Follower {
			f := &Follower{
				Source: l, Detector: New("svc/monitor"), File: l.file(s), Sinks: []Sink{sink}, State: state, Logger: quietLogger(),
				Now: func() time.Time { return time.UnixMilli(now) },
			}
			must(f.load())
			return f
		}
		f := follower()
		for step := range 8 {
			switch step {
			case 1:
				l.line(s, "define flows/b v1 h/plat")
			case 3:
				l.line(s, "release claims/1 v1 wl/p to=wl/gw")
			case 5:
				now += 16 * 60 * second // nobody received it
			}
			f.steps(t, 1)
			if step == crash {
				f = follower() // what was not saved is lost
			} else if step%3 == 0 {
				must(f.save())
			}
		}
		want := []string{"AL-17/10", "AL-17/14", "AL-10/18"}
		if diff := cmp.Diff(want, l.findings()); diff != "" {
			t.Errorf("crash at %d: the log has other findings:\n%s", crash, diff)
		}
		for _, dedup := range want {
			if !strings.Contains(strings.Join(sink.dedups, " "), dedup) {
				t.Errorf("crash at %d: the sink was not told of %s: %v", crash, dedup, sink.dedups)
			}
		}
		if len(f.pending) != 0 {
			t.Errorf("crash at %d: %d pending", crash, len(f.pending))
		}
	}
}

// TestFollowerWaits: the clock is 2 s behind, so that what is being published counts.
func TestFollowerWaits(t *testing.T) {
	s, l := watched(t)
	now := s.now
	f := &Follower{Source: l, Detector: New("svc/monitor"), File: l.file(s), Logger: quietLogger(), Now: func() time.Time { return time.UnixMilli(now) }}
	l.line(s, "release claims/1 v1 wl/p to=wl/gw as=r")
	f.steps(t, 2)
	now = s.now + 15*60*second + 1999
	f.steps(t, 1)
	s.now += 15*60*second - 1
	l.line(s, "attest wl/gw received about=r")
	now += 5000
	f.steps(t, 2)
	if diff := cmp.Diff([]string{"AL-17/10"}, l.findings()); diff != "" {
		t.Errorf("findings:\n%s", diff)
	}
}

// TestFollowerWhileNothingIsFiled: what the log does not take is told to the sinks
// once, and filed later.
func TestFollowerWhileNothingIsFiled(t *testing.T) {
	s, l := watched(t)
	sink, down := &told{}, true
	file := l.file(s)
	f := &Follower{Source: l, Detector: New("svc/monitor"), Sinks: []Sink{sink}, Logger: quietLogger(), Now: func() time.Time { return time.UnixMilli(s.now) }}
	f.File = func(ctx context.Context, alerts []Alert) error {
		if down {
			return errors.New("the log is full")
		}
		return file(ctx, alerts)
	}
	for range 3 {
		if _, err := f.Step(context.Background()); err == nil {
			t.Fatal("no error")
		}
	}
	down = false
	f.steps(t, 3)
	if len(sink.dedups) != 1 || len(l.findings()) != 1 || len(f.pending) != 0 {
		t.Errorf("told %v, filed %v, %d pending", sink.dedups, l.findings(), len(f.pending))
	}
}

// TestFollowerThatIsRefused: a monitor that the log does not take any more (here: it
// is suspended) makes one refusal in ten minutes, each of which it sees and raises,
// and does not feed on them. When it is taken again it files all.
func TestFollowerThatIsRefused(t *testing.T) {
	s, l := watched(t)
	sink, down, tried := &told{}, true, 0
	file := l.file(s)
	f := &Follower{Source: l, Detector: New("svc/monitor"), Sinks: []Sink{sink}, Logger: quietLogger(), Now: func() time.Time { return time.UnixMilli(s.now) }}
	f.File = func(ctx context.Context, alerts []Alert) error {
		if !down {
			return file(ctx, alerts)
		}
		for range alerts { // each refusal is an entry, and raises AL-04
			tried++
			l.line(s, "refused E201 release claims/1 v1 svc/monitor")
		}
		return fmt.Errorf("not taken: %w", &admission.Refusal{Code: "E201"})
	}
	l.line(s, "suspend svc/monitor svc/reg")
	for range 3600 {
		s.now += 1000
		_, _ = f.Step(context.Background())
	}
	if tried < 4 || tried > 8 {
		t.Errorf("in an hour %d alerts were refused", tried)
	}
	if n := len(sink.dedups); n < tried {
		t.Errorf("the sinks were told %d", n)
	}
	down = false
	for range 700 {
		s.now += 1000
		_, _ = f.Step(context.Background())
	}
	if len(f.pending) != 0 || len(l.findings()) != len(sink.dedups) {
		t.Errorf("%d pending, %d filed, %d told", len(f.pending), len(l.findings()), len(sink.dedups))
	}
}

// TestFollowerDropsWhatIsTooMuch: alerts that nobody takes do not fill the memory.
func TestFollowerDropsWhatIsTooMuch(t *testing.T) {
	s, l := watched(t)
	sink := &told{}
	var lines bytes.Buffer
	f := &Follower{
		Source: l, Detector: New("svc/monitor"), Sinks: []Sink{sink}, Logger: slog.New(slog.NewTextHandler(&lines, nil)),
		Now: func() time.Time { return time.UnixMilli(s.now) },
	}
	for range maxPending + 5 {
		f.raised([]Alert{{Rule: "AL-01", Dedup: "x"}})
	}
	if len(f.pending) != maxPending || len(sink.dedups) != 5 || !strings.Contains(lines.String(), "dropped unfiled") {
		t.Errorf("%d pending, %d told: %.80s", len(f.pending), len(sink.dedups), lines.String())
	}
}

// TestRun: Run keeps the state at its end. One that makes no sense, or is of another
// log, is said and not used.
func TestRun(t *testing.T) {
	s, l := watched(t)
	state := filepath.Join(t.TempDir(), "state.json")
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	f := &Follower{Source: l, Detector: New("svc/monitor"), State: state, Logger: quietLogger(), Now: func() time.Time { return time.UnixMilli(s.now) }}
	if err := f.Run(ctx); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(state)
	if err != nil || !bytes.Contains(text, []byte(`"next":12`)) {
		t.Fatalf("%v: %.200s", err, text)
	}
	info, _ := os.Stat(state)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	for _, bad := range [][]byte{text[:len(text)/2], bytes.Replace(text, []byte(`"next":12`), []byte(`"next":99`), 1)} {
		if err := os.WriteFile(state, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		var lines bytes.Buffer
		again := &Follower{
			Source: l, Detector: New("svc/monitor"), State: state, Logger: slog.New(slog.NewTextHandler(&lines, nil)),
			Now: func() time.Time { return time.UnixMilli(s.now) },
		}
		must(again.load())
		again.steps(t, 1)
		if again.Detector.Next() != 12 || !strings.Contains(lines.String(), "the log is read again") {
			t.Errorf("next %d: %s", again.Detector.Next(), lines.String())
		}
	}
	f.State = t.TempDir() // a folder
	if err := f.Run(ctx); err == nil {
		t.Error("a state that cannot be opened is no error")
	}
}

// endless is a log of very many entries and no seal.
type endless struct{ read *uint64 }

func (endless) Size() uint64 { return 1 << 40 }
func (endless) Close()       {}

func (e endless) Leaf(_ context.Context, index uint64) ([]byte, error) {
	*e.read = index
	return []byte("a commitment"), nil
}

func (endless) Statement(context.Context, uint64) (*statement.Statement, statement.Digest, []byte, error) {
	return &statement.Statement{}, statement.Digest{}, nil, nil
}

func (endless) Refused(context.Context, statement.Digest) (*statement.Statement, error) {
	return nil, nil
}

// A log that never seals does not fill the memory of who watches it.
func TestNeverSealed(t *testing.T) {
	var last uint64
	entries, next, err := read(context.Background(), endless{&last}, 0, pageEntries)
	if err == nil || entries != nil || next != 0 || last > maxUnsealed {
		t.Errorf("%d entries, read up to %d: %v", len(entries), last, err)
	}
}

// A state that could not be kept for a while, as on a full disk, is kept at the end.
func TestStateIsKeptAtTheEnd(t *testing.T) {
	_, l := watched(t)
	state := filepath.Join(t.TempDir(), "later", "state.json")
	failed := make(chan struct{}, 1_000_000)
	f := &Follower{
		Source: l, Detector: New("svc/monitor"), State: state, SaveEach: time.Nanosecond, Every: time.Millisecond,
		Logger: slog.New(slog.NewTextHandler(writerFunc(func(b []byte) (int, error) {
			if bytes.Contains(b, []byte("cannot be kept")) {
				failed <- struct{}{}
			}
			return len(b), nil
		}), nil)),
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	<-failed
	must(os.Mkdir(filepath.Dir(state), 0o700))
	cancel()
	must(<-ended)
	if text, err := os.ReadFile(state); err != nil || !json.Valid(text) {
		t.Errorf("%v: %.80s", err, text)
	}
}

type writerFunc func([]byte) (int, error)

func (w writerFunc) Write(b []byte) (int, error) { return w(b) }
