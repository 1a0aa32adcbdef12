package server_test

import (
	"bytes"
	"net/http"
	"testing"
	"time"

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
