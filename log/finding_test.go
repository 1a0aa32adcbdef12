package log_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// recorder counts what became of refusals, and keeps what goes into quarantine.
type recorder struct {
	mu     sync.Mutex
	events map[log.RefusalEvent]int
	last   log.RefusalEvent
	kept   []log.Refused
}

func (r *recorder) refused(e log.RefusalEvent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = e
	e.Err = nil
	r.events[e]++
}

func (r *recorder) Keep(x log.Refused) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept = append(r.kept, x)
}

func (r *recorder) count(code string, record log.Record) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.events[log.RefusalEvent{Code: code, Record: record}]
}

// onRecord makes a log that puts refusals on record.
func onRecord(t *testing.T) (*logtest.World, *place, *recorder, *log.Log) {
	t.Helper()
	w, p, r := logtest.NewWorld(), newPlace(t), &recorder{events: make(map[log.RefusalEvent]int)}
	w.Identity, w.Quarantine = logtest.Key("svc/log"), r
	w.Create(t, p.store, p.anchor).Close()
	return w, p, r, r.open(t, w, p)
}

func (r *recorder) open(t *testing.T, w *logtest.World, p *place) *log.Log {
	t.Helper()
	config := w.Config(p.store, p.anchor)
	config.Events.Refused = r.refused
	l, err := log.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// findingAt returns the finding.refuse at an index, and who signed it.
func findingAt(t *testing.T, l *log.Log, index uint64) (*statement.RefuseFinding, *statement.Statement) {
	t.Helper()
	v := l.View()
	defer v.Release()
	e, err := v.Envelope(index)
	if err != nil {
		t.Fatal(err)
	}
	s, err := statement.Parse(e.Payload)
	if err != nil {
		t.Fatal(err)
	}
	body, ok := s.Body.(*statement.RefuseFinding)
	if !ok {
		t.Fatalf("entry %d is a %s", index, s.Code)
	}
	return body, s
}

func wantFinding(t *testing.T, l *log.Log, r log.Result, c *admission.Checked, code, submitter string) {
	t.Helper()
	if r.Refusal == nil || r.Refusal.Code != code || r.Finding == 0 {
		t.Fatalf("%+v (%v), want a refusal by %s on record", r, r.Refusal, code)
	}
	body, s := findingAt(t, l, r.Finding)
	want := statement.RefuseFinding{RefusalCode: code, Submission: c.Digest, Submitter: submitter}
	if *body != want || s.Issuer != "svc/log" || s.Subject != c.Digest {
		t.Errorf("finding %+v by %s about %s, want %+v", *body, s.Issuer, s.Subject, want)
	}
}

func size(l *log.Log) uint64 {
	v := l.View()
	defer v.Release()
	return v.Size()
}

// A refusal of a known submitter is an entry, the first time alone: not for a
// retry, not for fifty at once, not after a restart.
func TestRefusalOnRecordOnce(t *testing.T) {
	w, p, r, l := onRecord(t)
	bad := w.Release("contracts/1", 2, nil, []byte("no version 1"))
	var wait sync.WaitGroup
	found := make(chan uint64, 50)
	for range 50 {
		wait.Go(func() {
			results, view, err := l.Submit(t.Context(), []*admission.Checked{bad})
			if err != nil {
				t.Error(err)
				return
			}
			defer view.Release()
			if results[0].Finding >= view.Size() {
				t.Errorf("finding %d, but the view of the answer has size %d", results[0].Finding, view.Size())
			}
			found <- results[0].Finding
		})
	}
	wait.Wait()
	first := <-found
	for len(found) > 0 {
		if other := <-found; other != first {
			t.Errorf("findings %d and %d of one refusal", first, other)
		}
	}
	wantFinding(t, l, log.Result{Refusal: &admission.Refusal{Code: "E408"}, Finding: first}, bad, "E408", "wl/pipeline")
	before := size(l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	p.reopen(t)
	l = r.open(t, w, p)
	if again := logtest.Submit(t, l, bad)[0]; again.Finding != first || size(l) != before {
		t.Errorf("after a restart finding %d of size %d, want %d of %d", again.Finding, size(l), first, before)
	}
	if n, known := r.count("E408", log.RecordNew), r.count("E408", log.RecordOld); n != 1 || known != 50 {
		t.Errorf("%d new findings, %d known ones", n, known)
	}
	logtest.Check(t, w, p.store, p.anchor)
}

// Another code is another finding; what is admitted later keeps its finding.
func TestRefusalByAnotherCode(t *testing.T) {
	w, p, _, l := onRecord(t)
	one := w.Release("a/1", 1, nil, []byte("one"))
	two := w.Release("a/1", 2, one, []byte("two"))
	logtest.Submit(t, l, two)
	logtest.Submit(t, l, one)
	if r := logtest.Submit(t, l, two)[0]; r.Refusal != nil || r.Finding != 0 {
		t.Fatalf("%+v", r)
	}
	other := w.Release("a/1", 2, one, []byte("other two"))
	first := logtest.Submit(t, l, other)[0]
	wantFinding(t, l, first, other, "E408", "wl/pipeline")
	revoke(t, w, l, w.Pipeline.ID, w.Pipeline.Signer)
	second := logtest.Submit(t, l, other)[0]
	wantFinding(t, l, second, other, "E201", "wl/pipeline")
	if first.Finding == second.Finding {
		t.Error("one finding for two codes")
	}
	logtest.Check(t, w, p.store, p.anchor)
}

func revoke(t *testing.T, w *logtest.World, l *log.Log, id string, key client.Signer) {
	t.Helper()
	e, err := w.Registrar.Revoke(id, sha256.Sum256(key.SPKI()), "other", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if r := logtest.Submit(t, l, w.Checked(e))[0]; r.Refusal != nil {
		t.Fatal(r.Refusal)
	}
}

// The submitter is whose key it is, whoever the statement names; a key of nobody
// is nobody's.
func TestRefusalSubmitter(t *testing.T) {
	w, p, r, l := onRecord(t)
	impostor := &client.Author{Log: w.Origin, ID: w.Pipeline.ID, Signer: w.Registrar.Signer, Now: w.Clock.Now}
	e, err := impostor.Release("a/1", 1, nil, logtest.FileOf([]byte("a")))
	if err != nil {
		t.Fatal(err)
	}
	c := w.Checked(e)
	wantFinding(t, l, logtest.Submit(t, l, c)[0], c, "E202", w.Registrar.ID)

	nobody := w.Author("wl/nobody")
	e, err = nobody.Release("a/1", 1, nil, logtest.FileOf([]byte("a")))
	if err != nil {
		t.Fatal(err)
	}
	if got := logtest.Submit(t, l, w.Checked(e))[0]; got.Refusal == nil || got.Finding != 0 || r.count("E201", log.RecordUnknown) != 1 {
		t.Errorf("an unknown key: %+v", got)
	}
	admin := &client.Author{Log: w.Origin, ID: "wl/nobody", Signer: w.Admin.Signer, Now: w.Clock.Now}
	if e, err = admin.Release("a/1", 1, nil, logtest.FileOf([]byte("a"))); err != nil {
		t.Fatal(err)
	}
	c = w.Checked(e)
	wantFinding(t, l, logtest.Submit(t, l, c)[0], c, "E201", w.Admin.ID) // by the genesis policy
	logtest.Check(t, w, p.store, p.anchor)
}

// A flood is bounded: by submitter and minute, and by batch. Nothing of it is
// refused otherwise, and releases in it come in.
func TestRefusalLimits(t *testing.T) {
	w, p, r, l := onRecord(t)
	flood := func(name string, n int) (all []*admission.Checked) {
		for i := range n {
			all = append(all, w.Release(fmt.Sprintf("%s/%d", name, i), 2, nil, []byte(name)))
		}
		return all
	}
	good := w.Release("good/1", 1, nil, []byte("good"))
	results := logtest.Submit(t, l, append(flood("a", log.MaxSubmitterFindings+5), good)...)
	findings := 0
	for _, x := range results[:len(results)-1] {
		if x.Refusal == nil || x.Refusal.Code != "E408" {
			t.Fatalf("%+v", x)
		}
		if x.Finding != 0 {
			findings++
		}
	}
	if last := results[len(results)-1]; last.Refusal != nil || findings != log.MaxSubmitterFindings || r.count("E408", log.RecordLimit) != 5 {
		t.Errorf("%d findings, %d above the limit, the release: %v", findings, r.count("E408", log.RecordLimit), last.Refusal)
	}
	w.Clock.Add(time.Minute)
	if got := logtest.Submit(t, l, flood("b", 1)...)[0]; got.Finding == 0 {
		t.Error("a minute later there is no finding either")
	}
	w.Clock.Add(time.Minute)
	other := make([]*admission.Checked, 30)
	for i := range other {
		e, err := w.Registrar.Release(fmt.Sprintf("c/%d", i), 1, nil, logtest.FileOf([]byte("c")))
		if err != nil {
			t.Fatal(err)
		}
		other[i] = w.Checked(e)
	}
	findings = 0
	for _, x := range logtest.Submit(t, l, append(flood("d", 50), other...)...) {
		if x.Finding != 0 {
			findings++
		}
	}
	if findings != log.MaxFindings {
		t.Errorf("%d findings in one batch, want %d", findings, log.MaxFindings)
	}
	logtest.Check(t, w, p.store, p.anchor)
}

// Without a key, with a wrong one, and when its identity is revoked: the log
// refuses, counts, and says so. A finding that is refused makes no other finding.
func TestMute(t *testing.T) {
	w, p, r, l := onRecord(t)
	if err := l.Mute(); err != nil {
		t.Errorf("a log with its identity: %v", err)
	}
	revoke(t, w, l, "svc/log", logtest.Key("svc/log"))
	before := size(l)
	bad := w.Release("a/1", 2, nil, []byte("a"))
	if got := logtest.Submit(t, l, bad)[0]; got.Refusal.Code != "E408" || got.Finding != 0 || size(l) != before {
		t.Errorf("%+v, size %d of %d", got, size(l), before)
	}
	var why *admission.Refusal
	if r.count("E408", log.RecordNobody) != 1 || !errors.As(r.last.Err, &why) || why.Code != "E201" {
		t.Errorf("%+v", r.last)
	}
	for _, test := range []struct {
		identity log.Identity
		want     string
	}{{nil, "no key"}, {logtest.Key("svc/log"), "E201"}, {logtest.Key("wl/nobody"), "no identity's"}, {logtest.Key("wl/pipeline"), "E206"}, {broken{logtest.Key("svc/log")}, "out of order"}} {
		l.Close()
		p.reopen(t)
		w.Identity = test.identity
		l = r.open(t, w, p)
		if err := l.Mute(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v, want %q", err, test.want)
		}
		if got := logtest.Submit(t, l, bad)[0]; got.Refusal == nil || got.Finding != 0 {
			t.Errorf("%s: %+v", test.want, got)
		}
	}
	logtest.Check(t, w, p.store, p.anchor)
}

type broken struct{ client.Signer }

func (broken) Sign([]byte) ([]byte, error) { return nil, errors.New("out of order") }

// A finding is never refused on its own account, so nothing recurses: what the
// log's identity itself submits and is refused is a refusal like any other.
func TestRefusedFinding(t *testing.T) {
	w, p, r, l := onRecord(t)
	forged := govern(t, w, statement.FindingRefuse, w.Pipeline.ID, "forged", w.Pipeline.Signer, statement.Digest{1},
		&statement.RefuseFinding{RefusalCode: "E408", Submission: statement.Digest{1}, Submitter: w.Registrar.ID})
	before := size(l)
	wantFinding(t, l, logtest.Submit(t, l, forged)[0], forged, "E206", w.Pipeline.ID)
	if grown := size(l) - before; grown != 2 {
		t.Errorf("%d leaves for one refusal, want a finding and a seal", grown)
	}
	// One that is admitted, by the holder of the log's key, speaks for its refusal.
	said := w.Release("a/1", 2, nil, []byte("a"))
	by := govern(t, w, statement.FindingRefuse, "svc/log", "by hand", logtest.Key("svc/log"), said.Digest,
		&statement.RefuseFinding{RefusalCode: "E408", Submission: said.Digest, Submitter: w.Pipeline.ID})
	index := logtest.Submit(t, l, by)[0].Index
	if got := logtest.Submit(t, l, said)[0]; got.Finding != index || r.count("E408", log.RecordOld) != 1 {
		t.Errorf("%+v, want finding %d", got, index)
	}
	logtest.Check(t, w, p.store, p.anchor)
}

// Judged again, over what is before its finding and at the time of its seal, each
// refused statement is refused by the same code.
func TestRefusalsReplay(t *testing.T) {
	w, p, r, l := onRecord(t)
	one := w.Release("a/1", 1, nil, []byte("one"))
	two := w.Release("a/1", 2, one, []byte("two"))
	outside, err := w.Registrar.Release("a/2", 1, nil, logtest.FileOf([]byte("x")))
	if err != nil {
		t.Fatal(err)
	}
	// two is refused before one is there, and would be admitted after it, in one batch.
	logtest.Submit(t, l, two, w.Checked(outside), one, w.Release("a/1", 1, nil, []byte("other one")))
	w.Clock.Add(time.Second)
	revoke(t, w, l, w.Pipeline.ID, w.Pipeline.Signer)
	logtest.Submit(t, l, two)
	l.Close()
	if len(r.kept) != 4 {
		t.Fatalf("%d statements kept", len(r.kept))
	}
	codes := ""
	for _, x := range r.kept {
		codes += x.Refusal.Code + " "
		var got *admission.Refusal
		if err := judgeAgain(t, w, p.store, x); !errors.As(err, &got) || got.Code != x.Refusal.Code {
			t.Errorf("entry %d: judged again %v, was %v", x.Finding, err, x.Refusal)
		}
	}
	if codes != "E408 E206 E408 E201 " {
		t.Errorf("refused by %s", codes)
	}
	// In another place it is not refused: the place matters.
	late := r.kept[0]
	late.Finding = r.kept[3].Finding - 2 // the revocation
	if err := judgeAgain(t, w, p.store, late); err != nil {
		t.Errorf("after version 1: %v", err)
	}
}

// judgeAgain judges a refused statement over the leaves before its finding.
func judgeAgain(t *testing.T, w *logtest.World, store storage.Reader, x log.Refused) error {
	t.Helper()
	replay := admission.NewReplay(w.Origin)
	for i := uint64(0); ; i++ {
		leaf, err := store.Get(storage.Leaf(i))
		if err != nil {
			t.Fatal(err)
		}
		if i < x.Finding {
			content, err := store.Get(storage.Content(i))
			if err != nil {
				content = nil
			}
			if err := replay.Add(leaf, content); err != nil {
				t.Fatal(err)
			}
		} else if seal, err := statement.ParseSeal(leaf); err == nil {
			return replay.Judge(seal.Time, x.Envelope)
		}
	}
}

// A name in clear that is sealed only is found before the fold. It goes on record
// when the signature verifies, and its bytes go nowhere.
func TestReport(t *testing.T) {
	w, p, r, l := onRecord(t)
	e, err := w.Pipeline.Release("a/1", 1, nil, logtest.FileOf([]byte("a")))
	if err != nil {
		t.Fatal(err)
	}
	e.Payload = []byte(strings.Replace(string(e.Payload), `"media"`, `"mail":"a@b","media"`, 1))
	_, err = l.Check(e)
	var refusal *admission.Refusal
	if !errors.As(err, &refusal) || refusal.Code != "E601" {
		t.Fatal(err)
	}
	forged := log.Reported{Envelope: e, Refusal: refusal}
	signed := forged
	if signed.Envelope.Signature, err = w.Pipeline.Signer.Sign(statement.PAE(e.Payload)); err != nil {
		t.Fatal(err)
	}
	nameless := signed
	nameless.Envelope.SPKI = nil
	results, err := l.Report(context.Background(), []log.Reported{forged, nameless, signed, signed})
	if err != nil {
		t.Fatal(err)
	}
	if results[0].Finding != 0 || results[1].Finding != 0 || r.count("E601", log.RecordUnknown) != 2 {
		t.Errorf("nobody signed that: %+v", results)
	}
	wantFinding(t, l, results[2], &admission.Checked{Digest: statement.DigestOf(e.Payload)}, "E601", w.Pipeline.ID)
	if results[3].Finding != results[2].Finding || len(r.kept) != 0 {
		t.Errorf("%+v; kept %d", results, len(r.kept))
	}
	logtest.Check(t, w, p.store, p.anchor)
}

// What a minute may cost in memory is bounded too: of very many submitters the
// last ones get no finding, and the next minute begins anew.
func TestFindingsOfManySubmitters(t *testing.T) {
	if got := log.SpendFindings(10_050, 0, 59_999, 60_000); got[0] != 10_000 || got[1] != 10_000 || got[2] != 10_000 {
		t.Errorf("%v", got)
	}
	if got := log.SpendFindings(1, make([]int64, 100)...); got[log.MaxSubmitterFindings-1] != 1 || got[log.MaxSubmitterFindings] != 0 {
		t.Errorf("%v", got)
	}
}
