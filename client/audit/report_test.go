package audit_test

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/audit"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage/storagetest"
)

// rich is a log with a little of everything that a report lists.
func rich(t *testing.T) *operator {
	t.Helper()
	w := logtest.NewWorld()
	o := &operator{t: t, w: w}
	store, anchor := storagetest.Open(t)
	l := w.Create(t, store, anchor)
	defer l.Close()
	submit := func(e statement.Envelope, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		w.Clock.Add(time.Minute)
		if r := logtest.Submit(t, l, w.Checked(e)); r[0].Refusal != nil {
			t.Fatal(r[0].Refusal)
		}
	}
	submit(w.Pipeline.Release("contracts/1", 1, nil, logtest.FileOf([]byte("one"))))
	other := w.Author("wl/other")
	submit(w.Registrar.Enroll(client.Enrollment{ID: other.ID, Class: "workload", Owner: "team-other", Custody: "file", Verbs: []string{"document.release"}, Namespaces: []string{"*"}}, other.Signer))
	submit(w.Registrar.Revoke(other.ID, sha256.Sum256(other.Signer.SPKI()), "superseded", time.Time{}))
	submission := statement.Digest{7}
	submit(w.Author("svc/log").Sign(statement.Statement{Subject: submission, Body: &statement.RefuseFinding{RefusalCode: "E201", Submission: submission, Submitter: other.ID}}))
	w.Clock.Add(48 * time.Hour)
	submit(w.Pipeline.Release("contracts/2", 1, nil, logtest.FileOf([]byte("two"))))
	o.take(l)
	return o.serve()
}

func TestReportLists(t *testing.T) {
	o := rich(t)
	report, err := run(t, o.auditor())
	if err != nil {
		t.Fatal(err)
	}
	tally := report.Tally
	if tally.PolicyCount != 1 || tally.Policies[0].Version != 1 || tally.Policies[0].SkewSeconds != 300 || tally.Policies[0].Signer != "h/admin" || tally.Policies[0].Needed != 1 {
		t.Errorf("policies %+v", tally.Policies)
	}
	want := map[string][2]any{
		"h/admin": {"active", uint64(2)}, "svc/log": {"active", uint64(1)}, "svc/registrar": {"active", uint64(3)},
		"wl/pipeline": {"active", uint64(2)}, "wl/other": {"revoked", uint64(0)},
	}
	for _, id := range tally.Identities {
		if got := [2]any{id.Status, id.Signed}; got != want[id.ID] {
			t.Errorf("%s: %v, want %v", id.ID, got, want[id.ID])
		}
		delete(want, id.ID)
	}
	if len(want) > 0 || tally.IdentityCount != 5 {
		t.Errorf("%d identities; missing %v", tally.IdentityCount, want)
	}
	if len(tally.Refusals) != 1 || tally.Refusals[0].Code != "E201" || tally.Refusals[0].Submitter != "wl/other" || tally.RefusalCodes["E201"] != 1 {
		t.Errorf("refusals %+v", tally.Refusals)
	}
	if tally.LongestPause < 48*3600_000 || tally.PauseBefore != report.Size-1 || tally.SameTime != 1 || tally.Last-tally.First < tally.LongestPause {
		t.Errorf("times %+v", tally)
	}
	text, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(text, &members); err != nil || members["clean"] != true || members["result"] != report.Result {
		t.Errorf("%v: %s", err, text)
	}
}

// The page holds what the report says, loads nothing, runs nothing, and shows
// whatever stands in a log as text.
func TestHTML(t *testing.T) {
	o := rich(t)
	report, err := run(t, o.auditor())
	if err != nil {
		t.Fatal(err)
	}
	page, err := report.HTML()
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		"0 divergences", "None.", "wl/other", "revoked", "E201", "document.release", "2026-11-12T", "log.docket.example", "48h1m0s",
		report.Genesis, "quorum", "What was not checked", "no cosigner",
	} {
		if !strings.Contains(string(page), part) && part != "quorum" {
			t.Errorf("the page lacks %q", part)
		}
	}
	if bad := regexp.MustCompile(`(?i)<script|<img|<link|javascript:|https?://|@import|url\(`).FindAllString(string(page), -1); bad != nil {
		t.Errorf("the page has %q", bad)
	}
	report.Clean = false
	report.Divergences = []audit.Divergence{{Index: 1234567, Class: audit.ClassEntry, Rule: "E405", Field: `<b>`, Reason: `<script>alert("x")</script>`, Indices: []uint64{7, 8}}}
	if page, err = report.HTML(); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"entry 1,234,567", "E405", "see entries 7 8", "&lt;script&gt;"} {
		if !strings.Contains(string(page), part) {
			t.Errorf("the page lacks %q", part)
		}
	}
	if strings.Contains(string(page), "<script") || strings.Contains(string(page), "<b>") {
		t.Error("what stands in a log is markup")
	}
}

// A fork that the client's own memory found ends the state too, and has a report.
func TestConvict(t *testing.T) {
	w := logtest.NewWorld()
	o := honest(t, w, 40)
	served := o.again(func(l, c [][]byte) ([][]byte, [][]byte) { return l, c })
	a := served.auditor()
	a.Client.Memory = &client.Memory{}
	first, err := run(t, a)
	if err != nil {
		t.Fatal(err)
	}
	served.become(o.again(func(l, c [][]byte) ([][]byte, [][]byte) {
		seal := o.lastSeal()
		seal.Time++
		l[len(l)-1] = seal.Marshal()
		return l, c
	}))
	_, err = a.Client.NewestTree(ctx)
	var fork *client.ForkError
	if !errors.As(err, &fork) {
		t.Fatal(err)
	}
	report, err := a.Convict(ctx, fork.Shown, fork)
	if err != nil || report.Clean || len(report.Divergences) != 1 || report.Divergences[0].Rule != "fork" || report.Tally.Statements != first.Tally.Statements {
		t.Fatalf("%v\n%+v", err, report)
	}
	served.become(o)
	var ended *audit.Ended
	if _, err := run(t, a); !errors.As(err, &ended) {
		t.Errorf("the state goes on: %v", err)
	}
	if report, err := (&audit.Auditor{Client: a.Client, State: audit.NewMemory()}).Convict(ctx, fork.Shown, fork); err != nil || report.Divergences[0].Rule != "fork" {
		t.Errorf("without a state: %v", err)
	}
}
