package server_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs/statement"
)

// BenchmarkRuns measures defensible releases: a request, two grants by two people
// of two owners, the release that spends them, and the outcome, which are five
// statements. One operation is one run; a batch has 50.
//
//	go test ./log/server -run xxx -bench Runs -benchtime 5000x
func BenchmarkRuns(b *testing.B) {
	s := newBenchSite(b, log.Sealed, runClients)
	s.loadRuns(b.N)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "runs/s")
	s.demandReleased(b.N - 1)
}

// BenchmarkRunQueries measures register queries in a log of so many runs, one after
// the other over one connection, from the request to the last byte of the answer.
//
//	go test ./log/server -run xxx -bench RunQueries -benchtime 100000x
func BenchmarkRunQueries(b *testing.B) {
	s := newBenchSite(b, log.Sealed, runClients)
	grants := s.loadRuns(b.N)
	b.ReportMetric(0, "entries/s")
	b.ReportMetric(0, "p50-ms")
	b.ReportMetric(0, "p99-ms")
	for name, path := range map[string]func(i int) string{
		"run":         func(i int) string { return fmt.Sprintf("/api/v1/runs/R%d", i) },
		"run-history": func(i int) string { return fmt.Sprintf("/api/v1/histories/runs/R%d", i) },
		"grant":       func(i int) string { return fmt.Sprintf("/api/v1/grants/%x", grants[i][:]) },
		"document":    func(i int) string { return fmt.Sprintf("/api/v1/documents/notices/%d", i) },
		"search-run":  func(i int) string { return fmt.Sprintf("/api/v1/search?run=R%d", i) },
	} {
		took := make([]time.Duration, 1000)
		for i := range took {
			start := time.Now()
			_, err := s.read(path(i * 7919 % b.N))
			took[i] = time.Since(start)
			must(b, err)
		}
		slices.Sort(took)
		b.ReportMetric(milliseconds(took[len(took)/2]), name+"-p50-ms")
		b.ReportMetric(milliseconds(took[len(took)*99/100]), name+"-p99-ms")
	}
}

// read returns an answer, read to its end.
func (s *benchSite) read(path string) ([]byte, error) {
	a, err := s.http.Get(s.url + path)
	if err != nil {
		return nil, err
	}
	defer a.Body.Close()
	if a.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: status %d", path, a.StatusCode)
	}
	return io.ReadAll(a.Body)
}

const runClients = 8

// loadRuns runs n defensible releases in batches of 50, and returns a grant of each.
func (s *benchSite) loadRuns(n int) []statement.Digest {
	const batch = 50
	text, policy := s.prepareRuns()
	grants := make([]statement.Digest, n)
	var bodies [][]byte
	for from := 0; from < n; from += batch {
		var body bytes.Buffer
		for i := from; i < min(from+batch, n); i++ {
			all := s.defensible(i, text, policy)
			grants[i] = statement.DigestOf(all[1].Payload)
			for _, e := range all {
				body.Write(e.Marshal())
				body.WriteByte('\n')
			}
		}
		bodies = append(bodies, body.Bytes())
	}
	s.run("/api/v1/statements", "application/x-ndjson", http.StatusOK, runClients, bodies, 5*batch)
	return grants
}

// prepareRuns enrolls who takes part and defines the workflow. It returns the
// digests of the workflow's text and of the policy's.
func (s *benchSite) prepareRuns() (text, policy statement.Digest) {
	v := s.l.View()
	genesis, err := v.Envelope(0)
	v.Release()
	must(s.b, err)
	first, err := statement.Parse(genesis.Payload)
	must(s.b, err)
	policy = first.Subject // the text of the policy in force
	flow := statement.Workflow{
		ID: "notice", Version: 1, Namespaces: []string{"notices/"}, Tools: []string{}, Targets: []string{}, Destinations: []string{}, Expects: []string{},
		Steps:    []statement.WorkflowStep{{Name: "publish", Required: true, Release: true, Actors: []string{}}},
		Approval: statement.Approval{N: 2, Roles: []string{"legal", "risk"}, Class: "human", Level: "direct", TTLSeconds: 3600}, WithdrawGrants: 2,
		Runners: []statement.Digest{}, Detail: "full", Materiality: "external", Retention: "P7Y", MaxDurationSeconds: 3600, MaxAttempts: 1,
	}
	words, err := flow.Marshal()
	must(s.b, err)
	text = sha256.Sum256(words)
	var all []statement.Envelope
	for id, role := range map[string]string{"h/ask": "requestor", "h/legal": "legal", "h/risk": "risk"} {
		e, err := s.w.Registrar.Enroll(client.Enrollment{
			ID: id, Class: "human", Owner: id, Roles: []string{role}, Custody: "file", Namespaces: []string{"*"}, Verbs: []string{"workflow.define", "request.open"},
		}, logtest.Key(id))
		must(s.b, err)
		all = append(all, e)
	}
	grant := s.sign(s.w.Admin, statement.Statement{Subject: text, Body: &statement.GrantDecision{
		For: statement.WorkflowDefine, Object: statement.TextObject{}, To: "h/ask", Meaning: "approval", Role: "admin", Rule: "flows-1",
		Policy: policy, NotAfter: s.w.Clock.Now().UnixMilli() + 60_000, Uses: 1, Level: "direct",
	}})
	define := s.sign(s.w.Author("h/ask"), statement.Statement{
		Subject: text, Spends: []statement.Digest{statement.DigestOf(grant.Payload)}, Body: &statement.DefineWorkflow{Text: string(words)},
	})
	for _, e := range append(all, grant, define) {
		must(s.b, s.post("/api/v1/statements", "application/json", e.Marshal(), http.StatusCreated))
	}
	return text, policy
}

// defensible signs the five statements of a run.
func (s *benchSite) defensible(i int, text, policy statement.Digest) []statement.Envelope {
	run, document := fmt.Sprintf("R%d", i), fmt.Sprintf("notices/%d", i)
	file := logtest.FileOf(fmt.Append(nil, "notice ", i))
	request := s.sign(s.w.Author("h/ask"), statement.Statement{Subject: text, Run: run, Body: &statement.OpenRequest{
		Workflow: text, Trigger: statement.Trigger{Kind: "human"}, NoInputs: true, Inputs: []statement.File{}, Executor: s.w.Pipeline.ID,
		Want: statement.WantDocument{Document: document},
	}})
	about := statement.DigestOf(request.Payload)
	all := []statement.Envelope{request}
	var spends []statement.Digest
	for _, who := range []string{"legal", "risk"} {
		grant := s.sign(s.w.Author("h/"+who), statement.Statement{Subject: file.Digest, Run: run, Body: &statement.GrantDecision{
			About: &about, For: statement.DocumentRelease, Object: statement.DocumentObject{Document: document, Version: 1}, To: s.w.Pipeline.ID, Meaning: "approval",
			Role: who, Rule: "notice-1", Policy: policy, NotAfter: s.w.Clock.Now().UnixMilli() + 3_000_000, Uses: 1, Level: "direct",
		}})
		all, spends = append(all, grant), append(spends, statement.DigestOf(grant.Payload))
	}
	return append(all,
		s.sign(s.w.Pipeline, statement.Statement{Subject: file.Digest, Run: run, Spends: spends, Body: &statement.ReleaseDocument{
			Document: document, Version: 1, Size: file.Size, Media: file.Media, To: []string{},
		}}),
		s.sign(s.w.Pipeline, statement.Statement{Subject: file.Digest, Run: run, Body: &statement.CloseOutcome{
			Attempt: 1, Status: "success", Missing: []string{}, Assurance: "producer-signed",
		}}))
}

func (s *benchSite) sign(who *client.Author, draft statement.Statement) statement.Envelope {
	e, err := who.Sign(draft)
	must(s.b, err)
	return e
}

// demandReleased: the last run led to its release, so the others did too, in the
// batches before it or beside it.
func (s *benchSite) demandReleased(i int) {
	s.b.Helper()
	c := &client.Client{Server: s.url, Verifier: s.w.Verifier(s.b, s.l)}
	d, err := c.Document(context.Background(), fmt.Sprintf("notices/%d", i))
	must(s.b, err)
	if d.State == nil || d.State.Version != 1 {
		s.b.Errorf("document notices/%d: %+v", i, d)
	}
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
