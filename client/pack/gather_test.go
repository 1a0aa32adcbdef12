package pack_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
	gather "github.com/docketlog/docket/client/pack"
	"github.com/docketlog/docket/log/server"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/pack"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// more is what runs want that only make the log grow.
var more = statement.WantTask{Task: "more"}

func TestPackOfARun(t *testing.T) {
	x := newWorld(t)
	b := x.pack(register.TypeRun, "R1")
	v := pack.Verify(x.verifier(), b, expect)
	if v.Kind != proofs.Authoritative || v.Exit != 0 || v.Run.Status != "success" || len(v.Documents) != 1 || v.Documents[0].Document != "claims/1" {
		t.Fatalf("%s", v)
	}
	if !strings.Contains(v.Sentence(), "the run is success; version 1 of claims/1") {
		t.Error(v.Sentence())
	}
	report := ""
	for _, m := range membersOf(t, b) {
		if m.name == "report.html" {
			report = string(m.data)
		}
	}
	for _, want := range []string{
		"<strong>h/claims asked for a release of claims/1, to be done by wl/builder; h/plat and h/risk approved; 3 pieces of work on record; wl/publisher released version 1 of claims/1 at ",
		", still the current version. The run is successful, as far as the log ", "decisions in the role legal below claims/, in its stead", "What is not proven",
	} {
		if !strings.Contains(report, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	if strings.Contains(report, "<script") || strings.Contains(report, "http:") || strings.Contains(report, "https:") || strings.Contains(report, "src=") {
		t.Error("the report runs or loads something")
	}
}

// What a verifier expects, a second version, and a stolen key change the verdict.
func TestPackOfADocumentAndOfAnIdentity(t *testing.T) {
	x := newWorld(t)
	v := pack.Verify(x.verifier(), x.pack(register.TypeDocument, "claims/1"), expect)
	if v.Kind != proofs.Authoritative || v.Exit != 0 || len(v.Documents) != 1 || v.Statements < 15 {
		t.Errorf("%s", v)
	}
	for _, e := range []struct {
		expect pack.Expect
		exit   int
	}{
		{pack.Expect{}, proofs.ExitCosigners}, // quorum none outside a dev folder
		{pack.Expect{Dev: true, Document: "claims/1"}, 0},
		{pack.Expect{Dev: true, Document: "claims/2"}, proofs.ExitQualified},
		{pack.Expect{Dev: true, Namespaces: []string{"other/"}}, proofs.ExitQualified},
		{pack.Expect{Dev: true, Now: x.w.Clock.Now().UnixMilli(), MaxAge: 1}, proofs.ExitQualified},
		{pack.Expect{Dev: true, Now: x.w.Clock.Now().UnixMilli() - 3_600_000}, proofs.ExitQualified},
		{pack.Expect{Dev: true, Now: x.w.Clock.Now().UnixMilli(), MaxAge: 3_600_000}, 0},
	} {
		if got := pack.Verify(x.verifier(), x.pack(register.TypeDocument, "claims/1"), e.expect); got.Exit != e.exit || got.Kind != proofs.Authoritative {
			t.Errorf("%+v: %s", e, got)
		}
	}
	// A second version ends the first: the pack of its run says so.
	page := statement.Digest(sha256.Sum256([]byte("page 2")))
	open := x.say(x.Open("R2", "", statement.WantDocument{Document: "claims/1"}))
	legal := x.say(x.Approve("h/legal", "legal", open, "claims/1", 2, page))
	risk := x.say(x.Approve("h/risk", "risk", open, "claims/1", 2, page))
	x.say(x.Publish("R2", "claims/1", 2, &x.release.Digest, page, legal, risk))
	if v := pack.Verify(x.verifier(), x.pack(register.TypeRun, "R1"), expect); v.Kind != proofs.WasAuthoritative || v.Exit != proofs.ExitEnded {
		t.Errorf("%s", v)
	}
	if v := pack.Verify(x.verifier(), x.pack(register.TypeDocument, "claims/1"), expect); v.Kind != proofs.Authoritative || v.Documents[0].Version != 2 {
		t.Errorf("%s", v)
	}
	v = pack.Verify(x.verifier(), x.pack(register.TypeIdentity, "wl/publisher"), expect)
	if v.Kind != pack.Verified || v.Exit != 0 || len(v.Documents) != 0 {
		t.Errorf("%s", v)
	}
	// A key that was stolen after it signed: the run of before rests on nothing that it
	// signed later, the document does.
	t2 := x.w.Clock.Now().UnixMilli() - 90_000
	revoke := func(since int64) {
		x.say(x.Say("h/admin", statement.Statement{Subject: sha256.Sum256(x.release.SPKI), Body: &statement.RevokeIdentity{
			ID: "wl/publisher", Reason: "keyCompromise", CompromisedSince: since,
		}}))
	}
	revoke(t2)
	if v := pack.Verify(x.verifier(), x.pack(register.TypeRun, "R1"), expect); v.Exit != proofs.ExitEnded {
		t.Errorf("%s", v)
	}
	if v := pack.Verify(x.verifier(), x.pack(register.TypeDocument, "claims/1"), expect); v.Exit != proofs.ExitCompromised {
		t.Errorf("%s", v)
	}
	// A key that was stolen before it signed: valid, but not to be relied on.
	revoke(x.w.Clock.Now().UnixMilli() - 7_200_000)
	for _, n := range []pack.Name{{Type: register.TypeRun, ID: "R1"}, {Type: register.TypeDocument, ID: "claims/1"}, {Type: register.TypeIdentity, ID: "wl/publisher"}} {
		if v := pack.Verify(x.verifier(), x.pack(n.Type, n.ID), expect); v.Exit != proofs.ExitCompromised || !strings.Contains(v.Reason, "wl/publisher was reported compromised") {
			t.Errorf("%s", v)
		}
	}
}

// What was never there is proven not to be there.
func TestPackOfNothing(t *testing.T) {
	x := newWorld(t)
	for _, n := range []pack.Name{{Type: register.TypeRun, ID: "R9"}, {Type: register.TypeDocument, ID: "none/1"}, {Type: register.TypeIdentity, ID: "h/none"}} {
		if v := pack.Verify(x.verifier(), x.pack(n.Type, n.ID), expect); v.Kind != proofs.Unknown || v.Exit != proofs.ExitUnknown {
			t.Errorf("%s", v)
		}
	}
	if _, err := (gather.Gatherer{Client: x.client()}).Gather(ctx, pack.Name{Type: register.TypeGrant, ID: "x"}); err == nil {
		t.Error("a pack about a grant")
	}
}

// The tests of this package run far from UTC: no pack may tell. It is set before
// anything reads it.
func init() { time.Local = time.FixedZone("FARZONE", 9*3600) }

// Twice, by two clients, in two folders: the same bytes. The report is in it, and
// its times are UTC.
func TestSameBytes(t *testing.T) {
	x := newWorld(t)
	first := x.pack(register.TypeRun, "R1")
	t.Chdir(t.TempDir())
	if !bytes.Equal(first, x.pack(register.TypeRun, "R1")) {
		t.Error("two packs of the same log differ")
	}
	now := x.w.Clock.Now() // members are stored, not compressed
	if hour := now.UTC().Format("2006-01-02 15:"); !bytes.Contains(first, []byte(hour)) {
		t.Errorf("no time like %s stands in the pack", hour)
	}
	for _, local := range []string{"+09:00", "FARZONE", now.Local().Format("2006-01-02T15:"), now.Local().Format("2006-01-02 15:")} {
		if bytes.Contains(first, []byte(local)) {
			t.Errorf("%q in the pack tells of where it was made", local)
		}
	}
}

// Another log's policy, another genesis: the pack's own policy helps nobody.
func TestOtherPins(t *testing.T) {
	x := newWorld(t)
	b := x.pack(register.TypeRun, "R1")
	policy, err := proofs.ParsePolicy([]byte("log log.example+1cc758f9+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c\nquorum none\n"))
	if err != nil {
		t.Fatal(err)
	}
	mine := x.verifier()
	refused(t, pack.Verify(proofs.Verifier{Policy: policy, Genesis: mine.Genesis}, b, expect), "another policy", pack.CheckLog)
	refused(t, pack.Verify(proofs.Verifier{Policy: mine.Policy}, b, expect), "another genesis", pack.CheckLog)
	refused(t, pack.Verify(proofs.Verifier{}, b, expect), "no policy", pack.CheckLog)
}

// The log grows while it is read: in the end all is under one checkpoint.
func TestGatheringFromALogThatGrows(t *testing.T) {
	x := newWorld(t)
	var requests atomic.Int64
	var mu sync.Mutex
	grow := func(run string) {
		mu.Lock()
		defer mu.Unlock()
		x.say(x.Open(run, "", more))
	}
	honest := server.New(x.l)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n := requests.Add(1); n == 3 || n == 17 || n == 40 || n == 60 {
			grow(fmt.Sprintf("M%d", n))
		}
		honest.ServeHTTP(w, r)
	}))
	defer s.Close()
	g := gather.Gatherer{Client: &client.Client{Server: s.URL, Verifier: x.verifier(), Memory: &client.Memory{}}}
	b, err := g.Gather(ctx, pack.Name{Type: register.TypeRun, ID: "R1"})
	if err != nil {
		t.Fatal(err)
	}
	if v := pack.Verify(x.verifier(), b, expect); v.Exit != 0 || requests.Load() < 61 {
		t.Errorf("%d requests: %s", requests.Load(), v)
	}
	// One that never rests is said to be so, in the end.
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		run := strings.HasPrefix(r.URL.Path, "/api/v1/runs/")
		if run {
			grow(fmt.Sprintf("N%d", requests.Add(1)))
		}
		honest.ServeHTTP(w, r)
		if run {
			grow(fmt.Sprintf("N%d", requests.Add(1)))
		}
	})
	if _, err := g.Gather(ctx, pack.Name{Type: register.TypeRun, ID: "R1"}); !errors.Is(err, gather.ErrMoving) {
		t.Errorf("%v", err)
	}
}
