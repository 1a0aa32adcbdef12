package server_test

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/log/server"
)

// Who sends a statement again waits for the quorum that covers it, not for one over
// what came since: else a busy log would never be final for him.
func TestWaitFinalIsForTheEntry(t *testing.T) {
	s := newSite(t)
	witnessed := s.with(server.Options{Witnessed: true, FinalWait: time.Millisecond})
	e := s.release("contracts/1")
	s.post(e)
	s.setFinal()
	s.post(s.release("contracts/2")) // which no quorum covers
	body := e.Marshal()
	if a := witnessed.do("POST", "/api/v1/statements?wait=final", body, jsonBody); a.status != http.StatusOK || !bytes.Contains(a.body, []byte("witness.example/w1")) {
		t.Errorf("the same statement: %d %.200s", a.status, a.body)
	}
	if a := witnessed.do("POST", "/api/v1/statements?wait=final", body, ndjsonBody); a.status != http.StatusOK || !bytes.Contains(a.body, []byte("witness.example/w1")) {
		t.Errorf("the same statement, as a line: %d %.200s", a.status, a.body)
	}
	both := append(append(body, '\n'), s.release("contracts/3").Marshal()...)
	if a := witnessed.do("POST", "/api/v1/statements?wait=final", both, ndjsonBody); a.status != http.StatusServiceUnavailable {
		t.Errorf("with one that no quorum covers: %d %.200s", a.status, a.body)
	}
}

// What is refused waits for nobody.
func TestWaitFinalOfARefusal(t *testing.T) {
	s := newSite(t)
	witnessed := s.with(server.Options{Witnessed: true, FinalWait: time.Hour})
	e, err := s.author("wl/nobody").Release("contracts/9", 1, nil, logtest.FileOf([]byte("other")))
	if err != nil {
		t.Fatal(err)
	}
	witnessed.do("POST", "/api/v1/statements?wait=final", e.Marshal(), jsonBody).refused(t, http.StatusForbidden, "E201", "predicate.issuer")
	if a := witnessed.do("POST", "/api/v1/statements?wait=final", e.Marshal(), ndjsonBody); a.status != http.StatusOK || !bytes.Contains(a.body, []byte(`"code":"E201"`)) {
		t.Errorf("as a line: %d %.200s", a.status, a.body)
	}
}

// What was refused goes on record, also when no quorum covers the rest of the batch.
func TestRefusalsDoNotWaitForAQuorum(t *testing.T) {
	r := newRecordingSite(t)
	witnessed := r.with(server.Options{Witnessed: true, FinalWait: time.Millisecond})
	unproven, err := r.w.Registrar.Enroll(client.Enrollment{
		ID: "wl/new", Class: "workload", Owner: "team-x", Custody: "file", Verbs: []string{"document.release"}, Namespaces: []string{"*"},
	}, logtest.Key("wl/new"))
	if err != nil {
		t.Fatal(err)
	}
	unproven = r.spoil(r.w.Registrar, unproven, `"id":"wl/new"`, `"id":"wl/neu"`)
	both := append(append(r.release("contracts/1").Marshal(), '\n'), unproven.Marshal()...)
	if a := witnessed.do("POST", "/api/v1/statements?wait=final", both, ndjsonBody); a.status != http.StatusServiceUnavailable {
		t.Fatalf("%d %.200s", a.status, a.body)
	}
	if a := r.do("GET", "/api/v1/search?kind=finding.refuse", nil); bytes.Count(a.body, []byte(`"finding.refuse"`)) != 1 {
		t.Errorf("on record: %s", a.body)
	}
}

// A server that ends keeps nobody waiting for a quorum. Who waits holds a place, which
// metrics count.
func TestEndWaits(t *testing.T) {
	s := newSite(t)
	witnessed := s.with(server.Options{Witnessed: true, FinalWait: time.Hour, Metrics: server.NewMetrics("test")})
	e := s.release("contracts/1").Marshal()
	go func() {
		for !bytes.Contains(witnessed.do("GET", "/metrics", nil).body, []byte("\ndocket_submissions_in_progress 1\n")) {
			time.Sleep(10 * time.Millisecond)
		}
		witnessed.s.EndWaits()
	}()
	for _, body := range []string{jsonBody, ndjsonBody} {
		a := witnessed.do("POST", "/api/v1/statements?wait=final", e, body)
		if a.status != http.StatusServiceUnavailable || !bytes.Contains(a.body, []byte(`"not-final"`)) || a.header.Get("Retry-After") == "" {
			t.Errorf("%d %.300s", a.status, a.body)
		}
	}
	s.setFinal()
	if a := witnessed.do("POST", "/api/v1/statements?wait=final", e, jsonBody); a.status != http.StatusOK {
		t.Errorf("what a quorum covers: %d %.200s", a.status, a.body)
	}
}

// While witnesses are away the final view is given up, its note is not.
func TestFinalGivenUp(t *testing.T) {
	s := newSite(t)
	witnessed := s.with(server.Options{Witnessed: true})
	genesis := s.setFinal()
	before := witnessed.do("GET", "/final/checkpoint", nil)
	s.post(s.release("contracts/1")) // which no quorum covers
	s.l.ForgetFinal(0)
	if a := witnessed.do("GET", "/final/checkpoint", nil); a.status != http.StatusOK || !bytes.Equal(a.body, before.body) {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := witnessed.do("GET", fmt.Sprintf("/api/v1/receipts/final/%x", genesis[:]), nil); a.status != http.StatusServiceUnavailable || !bytes.Contains(a.body, []byte("for a while")) {
		t.Errorf("%d %s", a.status, a.body)
	}
	s.setFinal()
	if a := witnessed.do("GET", fmt.Sprintf("/api/v1/receipts/final/%x", genesis[:]), nil); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
}
