package monitor

import (
	"encoding/json"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"
)

// ioFiles are the files of this package that may do I/O, or read a clock.
var ioFiles = map[string]bool{
	"follow.go": true, "state.go": true, "source.go": true, "sink.go": true, "webhook.go": true, "ndjson.go": true, "filed.go": true,
}

// TestDetectorIsPure: the files of the detector import nothing with which they
// could read a clock, do I/O or draw lots.
func TestDetectorIsPure(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	pure := 0
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".go") || strings.HasSuffix(file.Name(), "_test.go") || ioFiles[file.Name()] {
			continue
		}
		pure++
		f, err := parser.ParseFile(token.NewFileSet(), file.Name(), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			path, _ := strconv.Unquote(i.Path.Value)
			switch path {
			case "cmp", "slices", "fmt", "encoding/json", "container/heap",
				"github.com/docketlog/docket/proofs/admission", "github.com/docketlog/docket/proofs/register", "github.com/docketlog/docket/proofs/statement":
			default:
				t.Errorf("%s imports %s", file.Name(), path)
			}
		}
	}
	if pure < 15 {
		t.Errorf("%d files", pure)
	}
}

// TestPart: what the monitor cannot list in full it says so.
func TestPart(t *testing.T) {
	s := newScript(t)
	s.where = "part"
	s.line("world")
	for range maxListed * MaxEvidence {
		e := s.make("attest", parseArgs(strings.Fields("wl/gw accepted")))
		s.d.Observe(e)
	}
	alerts := s.d.Observe(s.make("revoke", parseArgs(strings.Fields("wl/gw svc/reg since=12:00:00"))))
	listed := 0
	for i, a := range alerts {
		listed += len(a.Evidence)
		if a.Condition != "part" || i > 0 && a.First <= alerts[i-1].First && i > 1 {
			t.Errorf("alert %d: %s %d", i, a.Condition, a.First)
		}
	}
	if len(alerts) != maxListed || listed != maxListed*MaxEvidence {
		t.Errorf("%d alerts list %d statements", len(alerts), listed)
	}
}

// TestForgotten: a detector that dropped runs does not say that one never was.
func TestForgotten(t *testing.T) {
	s := newScript(t)
	s.where = "forgotten"
	s.line("world")
	s.d.m.Runs.max = 2
	for i := range 3 {
		s.d.Observe(s.make("open", parseArgs([]string{fmt.Sprint("R", i), "h/claims"})))
	}
	if alerts := s.d.Observe(s.make("done", parseArgs(strings.Fields("R0 fetch wl/p")))); alerts != nil {
		t.Errorf("a run that was forgotten is unknown: %v", alerts)
	}
	if alerts := s.d.Observe(s.make("done", parseArgs(strings.Fields("R1 fetch wl/p tool=curl")))); len(alerts) != 1 {
		t.Errorf("a run that is remembered: %v", alerts)
	}
}

// TestShelf: bounded, oldest first, the same after JSON.
func TestShelf(t *testing.T) {
	s := newShelf[int](3)
	for i := range 5000 {
		s.put(fmt.Sprint(i%7), i)
	}
	if len(s.items) != 3 || len(s.keys()) != 3 || len(s.order) > 3000 || s.whole() {
		t.Fatalf("%d items, %d keys, %d kept, %d dropped", len(s.items), len(s.keys()), len(s.order), s.dropped)
	}
	text, err := json.Marshal(s)
	must(err)
	again := newShelf[int](3)
	must(json.Unmarshal(text, again))
	if got, _ := json.Marshal(again); string(got) != string(text) {
		t.Errorf("%s became %s", text, got)
	}
}

// TestTimers: by time, then age; bounded.
func TestTimers(t *testing.T) {
	q := timers{max: 4}
	for i, due := range []int64{5, 3, 5, 1, 9} {
		q.arm(due, "k", fmt.Sprint(i), 0)
	}
	var order string
	for {
		x, ok := q.due(5)
		if !ok {
			break
		}
		order += x.Ref
	}
	if order != "312" || q.dropped != 1 || len(q.list) != 1 {
		t.Errorf("order %s, %d dropped, %d left", order, q.dropped, len(q.list))
	}
}

// TestTimersOfAKind: many of one kind push out the oldest of that kind alone, also
// after the state was read again.
func TestTimersOfAKind(t *testing.T) {
	q := timers{max: 16}
	q.arm(10_000, "access", "grant", 0)
	for i := range 500 {
		q.arm(int64(1000+i), "duration", fmt.Sprint("R", i), 0)
		if i == 250 {
			text, err := json.Marshal(&q)
			must(err)
			again := timers{max: 16}
			must(json.Unmarshal(text, &again))
			q = again
		}
	}
	var refs []string
	for {
		x, ok := q.due(20_000)
		if !ok {
			break
		}
		refs = append(refs, x.Ref)
	}
	n := len(refs)
	if n < 15 || n > 17 || refs[n-1] != "grant" || refs[n-2] != "R499" || refs[0] != fmt.Sprint("R", 500-(n-1)) {
		t.Errorf("%v", refs)
	}
	if q.dropped != uint64(500-(n-1)) || q.of["duration"] != 0 || q.of["access"] != 0 {
		t.Errorf("%d dropped, %v", q.dropped, q.of)
	}
}

// TestStateIsRefused: of another version, or no JSON.
func TestStateIsRefused(t *testing.T) {
	for _, text := range []string{`{"version":2}`, `{`, `{"version":1,"policy":"x"}`} {
		d := New("svc/monitor")
		d.m.Clock = 7
		if err := json.Unmarshal([]byte(text), d); err == nil || d.m.Clock != 7 {
			t.Errorf("%s: %v, the clock is %d", text, err, d.m.Clock)
		}
	}
}

// TestWatchesForever: a monitor whose own enrollment is so old that it is forgotten
// still watches; so does one that read its state again.
func TestWatchesForever(t *testing.T) {
	s := newScript(t)
	s.where = "forever"
	s.d = New("svc/monitor")
	s.d.m.Identities.max = 8
	s.world()
	for i := range 9 {
		s.d.Observe(s.make("enroll", parseArgs([]string{fmt.Sprint("wl/n", i), "svc/reg"})))
	}
	if s.d.m.Identities.has("svc/monitor") {
		t.Fatal("it is remembered")
	}
	text, err := json.Marshal(s.d)
	must(err)
	again := New("svc/monitor")
	must(json.Unmarshal(text, again))
	for i, d := range []*Detector{s.d, again} {
		e := s.make("refused", parseArgs(strings.Fields("E202 release claims/1 v1 wl/n8")))
		if alerts := d.Observe(e); len(alerts) != 1 || alerts[0].Rule != "AL-04" {
			t.Errorf("detector %d: %v", i, alerts)
		}
	}
}
