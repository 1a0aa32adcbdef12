package server_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/log/quarantine"
	"github.com/docketlog/docket/log/server"
	"github.com/docketlog/docket/proofs/statement"
)

// A recordingSite puts refusals on record, keeps the statements, and measures.
type recordingSite struct {
	*site
	q     *quarantine.Store
	dir   string
	lines *bytes.Buffer // of the operator's log, at level debug
}

func newRecordingSite(t *testing.T) *recordingSite {
	t.Helper()
	r := &recordingSite{dir: filepath.Join(t.TempDir(), "quarantine"), lines: new(bytes.Buffer)}
	var mu sync.Mutex
	logger := slog.New(slog.NewTextHandler(lockedWriter{&mu, r.lines}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	if r.q, err = quarantine.Open(r.dir, quarantine.Limits{}, func(err error) { logger.Error("quarantine", "error", err) }); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.q.Close() })
	m := server.NewMetrics("test")
	s := newSite(t, func(c *log.Config) {
		c.Identity, c.Quarantine, c.Events = logtest.Key("svc/log"), r.q, m.Events(c.Events)
	})
	r.site = s.with(server.Options{Quarantine: r.q, Metrics: m, Logger: logger})
	return r
}

type lockedWriter struct {
	mu *sync.Mutex
	b  *bytes.Buffer
}

func (w lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}

// sign signs a statement of any kind as this identity.
func (r *recordingSite) sign(a *client.Author, s statement.Statement) statement.Envelope {
	r.t.Helper()
	e, err := a.Sign(s)
	if err != nil {
		r.t.Fatal(err)
	}
	return e
}

// spoil changes what a signed statement says and signs it again.
func (r *recordingSite) spoil(a *client.Author, e statement.Envelope, from, to string) statement.Envelope {
	r.t.Helper()
	e.Payload = bytes.Replace(e.Payload, []byte(from), []byte(to), 1)
	var err error
	if e.Signature, err = a.Signer.Sign(statement.PAE(e.Payload)); err != nil {
		r.t.Fatal(err)
	}
	return e
}

func releaseBody(document string, version uint32) *statement.ReleaseDocument {
	return &statement.ReleaseDocument{Document: document, Version: version, Size: 1, Media: "text/plain", To: []string{}}
}

// TestWhatGoesOnRecord: real submissions over HTTP; for each code, whether it
// becomes a finding, of whom, and whether its bytes are kept.
func TestWhatGoesOnRecord(t *testing.T) {
	r := newRecordingSite(t)
	w := r.w
	r.receipt(r.post(r.release("a/1")), http.StatusCreated)
	admitted := r.release("a/2")
	r.receipt(r.post(admitted), http.StatusCreated)
	otherKey := admitted
	otherKey.SPKI = w.Registrar.Signer.SPKI()
	var err error
	if otherKey.Signature, err = w.Registrar.Signer.Sign(statement.PAE(admitted.Payload)); err != nil {
		t.Fatal(err)
	}
	enroll := func(by *client.Author, e client.Enrollment, key string) statement.Envelope {
		out, err := by.Enroll(e, logtest.Key(key))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	workload := client.Enrollment{ID: "wl/new", Class: "workload", Owner: "team-x", Custody: "file", Verbs: []string{"document.release"}, Namespaces: []string{"*"}}
	duties, taken := workload, workload
	duties.Owner, taken.ID = "team-registry", "wl/pipeline"
	late := *w.Pipeline
	late.Now = func() time.Time { return w.Clock.Now().Add(-time.Hour) }
	impostor := client.Author{Log: w.Origin, ID: w.Pipeline.ID, Signer: w.Registrar.Signer, Now: w.Clock.Now}
	elsewhere := client.Author{Log: "other.example", ID: w.Pipeline.ID, Signer: w.Pipeline.Signer, Now: w.Clock.Now}
	forged := r.release("a/3")
	forged.Signature = admitted.Signature
	unproven := enroll(w.Registrar, workload, "wl/new")
	unproven = r.spoil(w.Registrar, unproven, `"id":"wl/new"`, `"id":"wl/neu"`)

	release := r.release("a/9")
	for _, test := range []struct {
		code, of string // of: the submitter on record; "": counted alone
		e        statement.Envelope
		kept     bool
	}{
		{"E101", "", r.spoil(w.Pipeline, release, `"size":3`, `"size":3.0`), false},
		{"E102", "", r.spoil(w.Pipeline, release, `"size":3`, `"size":"3"`), false},
		{"E103", "", r.sign(&elsewhere, statement.Statement{Subject: statement.Digest{1}, Body: releaseBody("a/4", 1)}), false},
		{"E104", "", forged, false},
		{"E105", "", r.sign(w.Registrar, statement.Statement{Subject: statement.Digest{1}, Spends: []statement.Digest{}, Body: &statement.ResumeIdentity{ID: "wl/pipeline", Reason: "other"}}), false},
		{"E201", w.Admin.ID, r.sign(&client.Author{Log: w.Origin, ID: "wl/none", Signer: w.Admin.Signer, Now: w.Clock.Now}, statement.Statement{Subject: statement.Digest{1}, Body: releaseBody("a/4", 1)}), true},
		{"E201", "", r.sign(w.Author("wl/none"), statement.Statement{Subject: statement.Digest{1}, Body: releaseBody("a/4", 1)}), false},
		{"E202", w.Registrar.ID, r.sign(&impostor, statement.Statement{Subject: statement.Digest{1}, Body: releaseBody("a/4", 1)}), true},
		{"E203", w.Registrar.ID, enroll(w.Registrar, workload, "wl/pipeline"), true},
		{"E204", w.Registrar.ID, enroll(w.Registrar, duties, "wl/new"), true},
		{"E205", w.Registrar.ID, unproven, true},
		{"E206", w.Registrar.ID, r.sign(w.Registrar, statement.Statement{Subject: statement.Digest{1}, Body: releaseBody("a/4", 1)}), true},
		{"E207", w.Registrar.ID, enroll(w.Registrar, taken, "wl/new"), true},
		{"E301", w.Pipeline.ID, r.sign(w.Pipeline, statement.Statement{Subject: statement.Digest{1}, Run: "R1", Body: releaseBody("a/4", 1)}), true},
		{"E306", "", otherKey, false},
		{"E405", w.Pipeline.ID, r.sign(w.Pipeline, statement.Statement{Subject: statement.Digest{1}, Spends: []statement.Digest{{7}}, Body: releaseBody("a/4", 1)}), true},
		{"E408", w.Pipeline.ID, r.sign(w.Pipeline, statement.Statement{Subject: statement.Digest{1}, Body: releaseBody("a/4", 2)}), true},
		{"E601", w.Pipeline.ID, r.spoil(w.Pipeline, release, `"media"`, `"mail":"x@y","media"`), false},
		{"E701", "", r.sign(&late, statement.Statement{Subject: statement.Digest{1}, Body: releaseBody("a/4", 1)}), false},
	} {
		before := r.size()
		p := r.post(test.e).problem(t)
		if p.Code != test.code || (p.Finding != 0) != (test.of != "") {
			t.Errorf("%s of %q: %+v", test.code, test.of, p)
			continue
		}
		if grown := r.size() - before; grown != 0 && test.of == "" || grown != 2 && test.of != "" {
			t.Errorf("%s: the log grew by %d", test.code, grown)
		}
		digest := statement.DigestOf(test.e.Payload)
		if test.of != "" {
			r.wantFinding(p.Finding, test.code, test.of, digest)
		}
		// Again: the same answer, and nothing new.
		before = r.size()
		if again := r.post(test.e).problem(t); again.Code != test.code || again.Finding != p.Finding || r.size() != before {
			t.Errorf("%s again: %+v", test.code, again)
		}
		r.wantKept(test.e, test.kept)
	}
	r.check()
}

// wantFinding reads the receipt of a finding and what it says.
func (r *recordingSite) wantFinding(index uint64, code, of string, digest statement.Digest) {
	r.t.Helper()
	receipt := r.receipt(r.do("GET", fmt.Sprint("/api/v1/receipts/index/", index), nil), http.StatusOK)
	s, err := statement.Parse(receipt.Envelope.Payload)
	if err != nil {
		r.t.Fatal(err)
	}
	want := statement.RefuseFinding{RefusalCode: code, Submission: digest, Submitter: of}
	if body, ok := s.Body.(*statement.RefuseFinding); !ok || *body != want || s.Issuer != "svc/log" {
		r.t.Errorf("entry %d: %s %+v by %s, want %+v", index, s.Code, s.Body, s.Issuer, want)
	}
}

// wantKept demands that a statement is in quarantine byte for byte, or is not. The
// answer does not wait for the quarantine, so this does.
func (r *recordingSite) wantKept(e statement.Envelope, want bool) {
	r.t.Helper()
	digest := statement.DigestOf(e.Payload)
	target := "/api/v1/quarantine/" + hex.EncodeToString(digest[:])
	var a answer
	for begun := time.Now(); time.Since(begun) < 5*time.Second; time.Sleep(time.Millisecond) {
		if a = r.do("GET", target, nil); want == (a.status == http.StatusOK) {
			break
		}
	}
	switch {
	case !want:
		a.refused(r.t, http.StatusNotFound, "not-found", "")
	case !bytes.Equal(a.body, e.Marshal()):
		r.t.Errorf("%d: %s is kept as %s", a.status, e.Marshal(), a.body)
	}
}

// TestRefusalsInLines: lines get findings as single submissions do, also those
// that are refused before the log sees them.
func TestRefusalsInLines(t *testing.T) {
	r := newRecordingSite(t)
	bad := r.sign(r.w.Pipeline, statement.Statement{Subject: statement.Digest{1}, Body: releaseBody("a/4", 2)})
	mail := r.spoil(r.w.Pipeline, r.release("a/5"), `"media"`, `"mail":"x@y","media"`)
	body := bytes.Join([][]byte{bad.Marshal(), r.release("a/1").Marshal(), []byte("{}"), mail.Marshal(), mail.Marshal(), bad.Marshal()}, []byte("\n"))
	lines := r.answers(body)
	if lines[1].Status != http.StatusCreated || lines[2].Problem.Code != "E101" || lines[2].Problem.Finding != 0 {
		t.Errorf("%+v", lines)
	}
	for code, pair := range map[string][2]int{"E408": {0, 5}, "E601": {3, 4}} {
		one, two := lines[pair[0]].Problem, lines[pair[1]].Problem
		if one.Code != code || two.Code != code || one.Finding == 0 || one.Finding != two.Finding {
			t.Errorf("%s: %+v, %+v", code, one, two)
		}
	}
	r.check()
}

func (r *recordingSite) answers(body []byte) (lines []struct {
	Status  int
	Problem *server.Problem
}) {
	r.t.Helper()
	a := r.do("POST", "/api/v1/statements", body, ndjsonBody)
	for line := range bytes.Lines(a.body) {
		lines = append(lines, struct {
			Status  int
			Problem *server.Problem
		}{})
		if err := json.Unmarshal(line, &lines[len(lines)-1]); err != nil {
			r.t.Fatalf("%v: %s", err, a.body)
		}
	}
	return lines
}

// TestQuarantinePages: a list in pages, with what was answered.
func TestQuarantinePages(t *testing.T) {
	r := newRecordingSite(t)
	var last server.Problem
	for i := range 5 {
		e := r.sign(r.w.Pipeline, statement.Statement{Subject: statement.Digest{1}, Body: releaseBody(fmt.Sprintf("a/%d", i), 2)})
		last = r.post(e).problem(t)
		r.wantKept(e, true)
	}
	var all []uint64
	target := "/api/v1/quarantine?limit=2"
	for target != "" {
		var page struct {
			Refusals []struct {
				Seq, Finding         uint64
				Time                 int64
				Digest, Code, Detail string
				Issuer, Kind         string
			}
			Next uint64
		}
		a := r.do("GET", target, nil)
		if err := json.Unmarshal(a.body, &page); err != nil || a.header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%v: %s", err, a.body)
		}
		for _, x := range page.Refusals {
			all = append(all, x.Seq)
			if x.Seq == 5 && (x.Finding != last.Finding || x.Detail != last.Detail || x.Code != "E408" || x.Issuer != "wl/pipeline" || x.Kind != "document.release" || x.Time != r.w.Clock.Now().UnixMilli()) {
				t.Errorf("%+v, answered %+v", x, last)
			}
		}
		target = ""
		if page.Next != 0 {
			target = fmt.Sprint("/api/v1/quarantine?limit=2&after=", page.Next)
		}
	}
	if fmt.Sprint(all) != "[1 2 3 4 5]" {
		t.Errorf("%v", all)
	}
}

// TestRefusalsLeakNothing: what a refused statement says is in no line and no
// metric, and who may not read statements may not read refused ones.
func TestRefusalsLeakNothing(t *testing.T) {
	r := newRecordingSite(t)
	secret := r.sign(r.w.Pipeline, statement.Statement{Subject: statement.Digest{1}, Body: releaseBody("patients/secret-name", 2)})
	r.post(secret)
	r.post(r.spoil(r.w.Pipeline, r.release("a/5"), `"media"`, `"mail":"secret-name@y","media"`))
	r.wantKept(secret, true)
	metrics := string(r.do("GET", "/metrics", nil).body)
	m := r.metrics()
	for name, want := range map[string]float64{
		`docket_refusals_total{code="E408",record="finding"}`: 1, `docket_refusals_total{code="E601",record="finding"}`: 1,
		`docket_quarantine_statements`: 1, `docket_quarantine_dropped_total`: 0, `docket_quarantine_evicted_total`: 0,
	} {
		if m[name] != want {
			t.Errorf("%s is %v, want %v", name, m[name], want)
		}
	}
	if m["docket_quarantine_bytes"] < 500 {
		t.Errorf("%v bytes in quarantine", m["docket_quarantine_bytes"])
	}
	for where, text := range map[string]string{"metrics": metrics, "lines": r.lines.String()} {
		for _, word := range []string{"secret-name", "patients", string(secret.Payload[:40])} {
			if strings.Contains(text, word) {
				t.Errorf("the %s show %q", where, word)
			}
		}
	}
	kept := r.with(server.Options{Quarantine: r.q, Access: server.Off})
	for _, target := range []string{"/api/v1/quarantine", "/api/v1/quarantine/" + strings.Repeat("0", 64)} {
		kept.do("GET", target, nil).refused(t, http.StatusForbidden, "off", "")
	}
}

// TestQuarantineGone: with a broken quarantine the log and its findings go on; a
// server without one says that it keeps nothing.
func TestQuarantineGone(t *testing.T) {
	r := newRecordingSite(t)
	bad := r.sign(r.w.Pipeline, statement.Statement{Subject: statement.Digest{1}, Body: releaseBody("a/4", 2)})
	first := r.post(bad).problem(t)
	r.wantKept(bad, true)
	if err := os.RemoveAll(r.dir); err != nil {
		t.Fatal(err)
	}
	r.wantKept(bad, false)
	other := r.sign(r.w.Pipeline, statement.Statement{Subject: statement.Digest{1}, Body: releaseBody("a/5", 2)})
	if p := r.post(other).problem(t); p.Finding == 0 {
		t.Errorf("%+v", p)
	}
	r.receipt(r.post(r.release("a/1")), http.StatusCreated)
	if err := os.MkdirAll(r.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if again := r.post(bad).problem(t); again.Finding != first.Finding {
		t.Errorf("%+v, first %+v", again, first)
	}
	r.wantKept(bad, true) // its bytes came again
	without := r.with(server.Options{})
	if a := without.do("GET", "/api/v1/quarantine", nil); a.status != http.StatusOK || strings.TrimSpace(string(a.body)) != `{"refusals":[]}` {
		t.Errorf("%d %s", a.status, a.body)
	}
	without.do("GET", "/api/v1/quarantine/"+strings.Repeat("0", 64), nil).refused(t, http.StatusNotFound, "not-found", "")
}

// judgeQuarantine calls the two resources where there is something in quarantine,
// and where it cannot be read.
func (d *description) judgeQuarantine(t *testing.T) {
	r := newRecordingSite(t)
	bad := r.sign(r.w.Pipeline, statement.Statement{Subject: statement.Digest{1}, Body: releaseBody("a/4", 2)})
	d.judge("submit", r.post(bad))
	r.wantKept(bad, true)
	digest := statement.DigestOf(bad.Payload)
	one := "/api/v1/quarantine/" + hex.EncodeToString(digest[:])
	d.judge("quarantine", r.do("GET", "/api/v1/quarantine", nil))
	d.judge("refusedStatement", r.do("GET", one, nil))
	files, err := filepath.Glob(filepath.Join(r.dir, "*.json"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	if err := os.Remove(files[0]); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(files[0], 0o700); err != nil {
		t.Fatal(err)
	}
	d.judge("quarantine", r.do("GET", "/api/v1/quarantine", nil))
	d.judge("refusedStatement", r.do("GET", one, nil))
}
