package witness_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docketlog/docket/log/witness"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/evidence"
)

// disputed asks the one witness of a town at a start, and returns what it said against
// the log.
func (town *town) disputed(head witness.Head) (got []witness.Dispute, err error) {
	town.t.Helper()
	c := town.config()
	c.Logs = []proofs.VerifierKey{town.log.key.key}
	c.Disputed = func(_ context.Context, d witness.Dispute) { got = append(got, d) }
	err = witness.Confirm(town.t.Context(), c, head)
	return got, err
}

// verdict is what the evidence of a dispute amounts to: "", proven or unproven.
func (town *town) verdict(d witness.Dispute) string {
	town.t.Helper()
	e := d.Evidence
	if e == nil {
		return ""
	}
	file, err := evidence.Parse(e.Marshal())
	if err != nil {
		town.t.Fatal(err)
	}
	j, err := file.Judge(proofs.Verifier{Policy: &proofs.Policy{Logs: []proofs.PolicyLog{{Key: town.log.key.key}}, Quorum: proofs.NoQuorum}}, evidence.Skew)
	if err != nil {
		town.t.Fatal(err)
	}
	if j.Convicts != (e.Kind == evidence.Fork) {
		town.t.Errorf("%s: %+v", e.Kind, j)
	}
	return map[bool]string{true: "proven", false: "unproven"}[j.Convicts]
}

// What a witness that knows more, or another history, says and shows is handed on byte
// for byte, and the log's own signatures in it are evidence, whatever the sizes.
func TestDisputes(t *testing.T) {
	town := newTown(t, 1, 1)
	if got, err := town.disputed(town.head()); err != nil || len(got) != 0 {
		t.Fatalf("%v, %v", got, err)
	}
	town.publish(9)
	if got, err := town.disputed(town.head()); err != nil || len(got) != 0 {
		t.Fatalf("it grew: %v, %v", got, err)
	}
	got, err := town.disputed(town.headAt(7))
	if !errors.Is(err, witness.ErrAhead) || len(got) != 1 || got[0].Charge != witness.Ahead || string(got[0].Reply.Body) != "9\n" || got[0].Reply.Status != 409 {
		t.Fatalf("%+v, %v", got, err)
	}
	if !strings.HasPrefix(string(got[0].Shown), string(town.log.note(9))) || !strings.HasPrefix(string(got[0].Request), "old ") || town.verdict(got[0]) != "unproven" {
		t.Errorf("%+v", got[0])
	}
	for held := int64(9); held <= 16; held += 7 { // the second one is a power of two
		for _, size := range []int64{held, held + 3} {
			fork := &town2{log: newTree(origin, 1).grow(3, "a").grow(30, "b")}
			head := fork.head(size)
			got, err := town.disputed(head)
			if !errors.Is(err, witness.ErrForked) || len(got) != 1 || got[0].Charge != witness.Forked || got[0].Reply.Status != 422 {
				t.Fatalf("%d: %+v, %v", size, got, err)
			}
			if town.verdict(got[0]) != "proven" {
				t.Errorf("held %d, shown %d: %q", held, size, town.verdict(got[0]))
			}
		}
		town.publish(16)
		if _, err := town.disputed(town.head()); err != nil {
			t.Fatal(err)
		}
	}
}

// A witness that is wrong proves nothing: the log's honest note, another's note, and no
// note at all.
func TestDisputesOfLiars(t *testing.T) {
	town := newTown(t, 1, 1)
	thief := newTree(origin, 9).grow(30, "z")
	for name, test := range map[string]struct {
		status      int
		contentType string
		body, shows string
		charge      witness.Charge
	}{
		"422, honest note":        {422, "text/plain", "no", string(town.log.note(3)), witness.Forked},
		"422, the same note":      {422, "text/plain", "no", string(town.log.note(5)), witness.Forked},
		"422, another key's note": {422, "text/plain", "no", string(thief.note(3)), witness.Forked},
		"422, no note":            {422, "text/plain", "no", "nothing", witness.Forked},
		"409 without a size":      {409, "text/plain", "7\n", "", witness.Forked},
		"403":                     {403, "text/plain", "who?", "", witness.KeyRefused},
		"409, more":               {409, "text/x.tlog.size", "70\n", string(thief.note(7)), witness.Ahead},
		"404":                     {404, "text/plain", "who?", "", 0},
		"500":                     {500, "text/plain", "oh", "", 0},
	} {
		town.witnesses[0].set(func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodGet {
				_, _ = w.Write([]byte(test.shows))
				return false
			}
			w.Header().Set("Content-Type", test.contentType)
			w.WriteHeader(test.status)
			_, _ = w.Write([]byte(test.body))
			return false
		})
		got, err := town.disputed(town.head())
		if err == nil || (test.charge == 0) != (len(got) == 0) {
			t.Errorf("%s: %+v, %v", name, got, err)
			continue
		}
		if test.charge == 0 {
			continue
		}
		d := got[0]
		if d.Charge != test.charge || d.Reply.Status != test.status || d.Reply.ContentType != test.contentType || string(d.Reply.Body) != test.body || d.URL != town.witnesses[0].URL {
			t.Errorf("%s: %+v", name, d)
		}
		if string(d.Shown) != test.shows || town.verdict(d) != "" || d.Ends != (d.Charge != witness.KeyRefused) {
			t.Errorf("%s: ends %t, %q proves %q", name, d.Ends, d.Shown, town.verdict(d))
		}
	}
}

// What is kept of an answer is bounded: a header can have megabytes, and the folder of
// answers has a bound for all witnesses.
func TestDisputesAreBounded(t *testing.T) {
	town := newTown(t, 1, 1)
	town.witnesses[0].set(func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", strings.Repeat("x", 1<<20))
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = w.Write(make([]byte, 1<<20))
		return false
	})
	got, _ := town.disputed(town.head())
	if len(got) != 1 || len(got[0].Reply.ContentType) > 256 || len(got[0].Reply.Body) > 64<<10+1 || got[0].Shown != nil {
		t.Errorf("%d disputes, of the first a type of %d bytes", len(got), len(got[0].Reply.ContentType))
	}
}

// A witness that knows the log under another key, and shows a second history of this
// one, ends the start as it ends a log that runs.
func TestForkBehindARefusedKey(t *testing.T) {
	town, fork := newTown(t, 1, 1), newTree(origin, 1).grow(30, "z")
	town.witnesses[0].set(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusForbidden)
			return false
		}
		_, _ = w.Write(fork.note(3))
		return false
	})
	got, err := town.disputed(town.head())
	if !errors.Is(err, witness.ErrForked) || len(got) != 1 || !got[0].Ends || town.verdict(got[0]) != "proven" {
		t.Errorf("%+v, %v", got, err)
	}
}

// While a log runs a dispute is told too, and a slow listener holds up no other witness.
func TestGatherTellsOfDisputes(t *testing.T) {
	town := newTown(t, 2, 1)
	town.witnesses[0].set(func(w http.ResponseWriter, r *http.Request) bool {
		w.WriteHeader(http.StatusUnprocessableEntity)
		return false
	})
	told, release := make(chan witness.Dispute, 100), make(chan struct{})
	defer close(release)
	c := town.config()
	c.Disputed = func(_ context.Context, d witness.Dispute) { told <- d; <-release }
	ended := town.gather(c)
	for size := int64(6); size < 9; size++ {
		town.publish(size)
		town.waitFor(size)
	}
	select {
	case d := <-told:
		if d.Charge != witness.Forked || d.URL != town.witnesses[0].URL {
			t.Errorf("%+v", d)
		}
	case err := <-ended:
		t.Fatal(err)
	case <-time.After(20 * time.Second):
		t.Fatal("nobody was told")
	}
}

// While a log runs, what a witness says ends nothing; another tree under the log's own
// key does, and Gather tells of it before it ends.
func TestGatherStopsOnAFork(t *testing.T) {
	for _, size := range []int64{5, 11} { // of the fork that the witness holds: no larger than the log
		town := newTown(t, 2, 1)
		town.publish(12)
		fork := newTree(origin, 1).grow(3, "a").grow(20, "b")
		if _, err := town.witnesses[0].witness.Add(t.Context(), fork.request(0, size).Marshal()); err != nil {
			t.Fatal(err)
		}
		told := make(chan witness.Dispute, 100)
		c := town.config()
		c.Logs = []proofs.VerifierKey{town.log.key.key}
		c.Disputed = func(_ context.Context, d witness.Dispute) { told <- d }
		select {
		case err := <-town.gather(c):
			if d := <-told; !errors.Is(err, witness.ErrForked) || !d.Ends || d.Charge != witness.Forked || town.verdict(d) != "proven" {
				t.Errorf("size %d: %+v, %v", size, d, err)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("it goes on")
		}
	}
}

// The log may end on the first word of a dispute, and the process with it: Gather waits
// until whoever keeps the evidence is done.
func TestGatherEndsAfterTheDispute(t *testing.T) {
	town := newTown(t, 1, 1)
	town.witnesses[0].set(func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusUnprocessableEntity)
		return false
	})
	ctx, cancel := context.WithCancel(t.Context())
	c := town.config()
	var kept atomic.Bool
	c.Disputed = func(context.Context, witness.Dispute) {
		cancel()
		time.Sleep(50 * time.Millisecond) // a disk that is slow
		kept.Store(true)
	}
	if err := witness.Gather(ctx, c); err != nil || !kept.Load() {
		t.Errorf("%v; the evidence is kept: %t", err, kept.Load())
	}
}

// A monitoring endpoint that hangs or sends without end holds nobody for long.
func TestShownIsBounded(t *testing.T) {
	for name, shows := range map[string]func(w http.ResponseWriter, r *http.Request){
		"hangs": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"endless": func(w http.ResponseWriter, _ *http.Request) {
			for {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		},
	} {
		town := newTown(t, 1, 1)
		town.witnesses[0].set(func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodGet {
				shows(w, r)
				return false
			}
			w.WriteHeader(http.StatusUnprocessableEntity)
			return false
		})
		if got, err := town.disputed(town.head()); len(got) != 1 || got[0].Shown != nil || !errors.Is(err, witness.ErrForked) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
