package server_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A history is the answer of a history as a client reads it.
type history struct {
	Type, ID    string
	Size, Count uint64
	Root        []byte
	From, Next  uint64
	Events      []struct {
		Seq, Index, Time                    uint64
		Kind                                string
		Version                             uint32
		Digest, Statement, Register, Status string
		Event, Blind, Body                  []byte
	}
}

// history reads one page.
func (s *site) history(target string) (h history) {
	s.t.Helper()
	a := s.do("GET", "/api/v1/histories/"+target, nil)
	if a.status != http.StatusOK || json.Unmarshal(a.body, &h) != nil {
		s.t.Fatalf("%s: %d %s", target, a.status, a.body)
	}
	return h
}

// releases submits versions 1 to n of a document, each of other bytes.
func (s *site) releases(document string, n int) (last statement.Digest) {
	s.t.Helper()
	var prev *statement.Digest
	for v := 1; v <= n; v++ {
		e, err := s.w.Pipeline.Release(document, uint32(v), prev, logtest.FileOf(fmt.Append(nil, document, v)))
		if err != nil {
			s.t.Fatal(err)
		}
		s.receipt(s.post(e), http.StatusCreated)
		last = s.w.Checked(e).Digest
		prev = &last
	}
	return last
}

// A client that read all pages rebuilds the root in the staple, for each type.
func TestHistoriesRebuildTheRoot(t *testing.T) {
	s := newSite(t)
	s.releases("contracts/1", 5)
	e, err := s.w.Pipeline.Withdraw("contracts/1", 5, logtest.FileOf([]byte("contracts/15")).Digest, "error")
	if err != nil {
		t.Fatal(err)
	}
	s.receipt(s.post(e), http.StatusCreated)
	file := logtest.FileOf([]byte("contracts/13")).Digest
	for path, kinds := range map[string]string{
		"documents/contracts/1":                  "release release release release release withdraw",
		"identities/wl/pipeline":                 "enroll",
		"activities/wl/pipeline":                 strings.Repeat("document.release ", 5) + "document.withdraw",
		"digests/" + hex.EncodeToString(file[:]): "released",
	} {
		staple := s.receipt(s.do("GET", "/api/v1/"+path, nil), http.StatusOK)
		var events []register.Event
		var got []string
		for from, more := uint64(0), true; more; {
			h := s.history(fmt.Sprintf("%s?from=%d&limit=2", path, from))
			kind, id, _ := strings.Cut(path, "/")
			if h.From != from || h.Size != s.size() || h.ID != id || !strings.HasPrefix(kind, h.Type[:4]) || len(h.Events) > 2 {
				t.Fatalf("%s: %+v", path, h)
			}
			for _, e := range h.Events {
				event, err := register.ParseEvent(e.Event)
				if err != nil || event.Seq != e.Seq || event.Index != e.Index || event.Time != e.Time {
					t.Fatalf("%s: %v, %+v", path, err, e)
				}
				if err := event.VerifyBody(register.Hash(e.Blind), e.Body); err != nil {
					t.Error(err)
				}
				events, got = append(events, event), append(got, e.Kind)
			}
			from, more = h.Next, h.Next != 0
		}
		if err := staple.Registers[0].Value.VerifyRange(events, nil); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if strings.Join(got, " ") != kinds {
			t.Errorf("%s: %v, want %s", path, got, kinds)
		}
	}
}

// The fields to read say what the event's body says.
func TestHistoryFields(t *testing.T) {
	s := newSite(t)
	last := s.releases("contracts/1", 1)
	file := logtest.FileOf([]byte("contracts/11")).Digest
	document := register.DocumentKey("contracts/1")
	if e := s.history("documents/contracts/1").Events[0]; e.Version != 1 || e.Digest != file.String() || e.Statement != last.String() || e.Index != 5 {
		t.Errorf("document: %+v", e)
	}
	if e := s.history("digests/" + hex.EncodeToString(file[:])).Events[0]; e.Register != document.String() || e.Version != 1 || e.Statement != "" {
		t.Errorf("digest: %+v", e)
	}
	if e := s.history("activities/wl/pipeline").Events[0]; e.Statement != last.String() || e.Kind != "document.release" {
		t.Errorf("activity: %+v", e)
	}
	enrolled := s.history("identities/wl/pipeline").Events[0]
	if enrolled.Status != "active" || enrolled.Kind != "enroll" || enrolled.Statement == "" {
		t.Errorf("identity: %+v", enrolled)
	}
	body, err := register.ParseIdentityBody(enrolled.Body)
	if err != nil {
		t.Fatal(err)
	}
	key := body.State.Key.Hash()
	if e := s.history("digests/" + hex.EncodeToString(key[:])).Events[0]; e.Kind != "keyed" || e.Register != register.IdentityKey("wl/pipeline").String() {
		t.Errorf("key: %+v", e)
	}
}

// Digests and activities answer with staples that the verifier takes, also for
// what is not there.
func TestStaplesOfDigestsAndActivities(t *testing.T) {
	s := newSite(t)
	s.releases("contracts/1", 2)
	file, none := logtest.FileOf([]byte("contracts/11")).Digest, statement.Digest{1}
	for path, want := range map[string]struct {
		id      string
		typ     register.Type
		present bool
	}{
		"digests/" + hex.EncodeToString(file[:]): {file.String(), register.TypeDigest, true},
		"digests/" + hex.EncodeToString(none[:]): {none.String(), register.TypeDigest, false},
		"activities/wl/pipeline":                 {"wl/pipeline", register.TypeActivity, true},
		"activities/wl/nobody":                   {"wl/nobody", register.TypeActivity, false},
	} {
		r := s.receipt(s.do("GET", "/api/v1/"+path, nil), http.StatusOK)
		if p := r.Registers[0]; len(r.Registers) != 1 || r.Envelope != nil || p.Type != want.typ || p.ID != want.id || (p.Value != nil) != want.present {
			t.Errorf("%s: %+v", path, p)
		} else if want.present && (p.State == nil || len(p.Events) != 1 || p.Events[0].Opening == nil) {
			t.Errorf("%s does not open the newest event: %+v", path, p)
		}
	}
	activity := s.receipt(s.do("GET", "/api/v1/activities/wl/pipeline", nil), http.StatusOK).Registers[0]
	if st, err := register.ParseActivityState(activity.State.State); err != nil || st.Count != 2 {
		t.Errorf("the pipeline signed %+v, %v", st, err)
	}
	absent := s.receipt(s.do("GET", "/api/v1/digests/"+hex.EncodeToString(none[:]), nil), http.StatusOK)
	if v := s.w.Verifier(t, s.l).Verify(absent, proofs.Expect{File: none}); !strings.Contains(v.Reason, "had released no document with these bytes") {
		t.Error(v)
	}
}
