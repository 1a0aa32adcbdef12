package server_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/docketlog/docket/log"

	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/log/server"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
)

// A description is the served description, and what of it was seen in answers.
type description struct {
	t    *testing.T
	api  *huma.OpenAPI
	all  map[string]server.Described
	seen map[string]map[string]bool // operation -> "<status> <media type>", and codes
}

func descriptionOf(t *testing.T, s *site) *description {
	huma.ValidateStrictCasing = true
	d := &description{t, s.s.OpenAPI(), make(map[string]server.Described), make(map[string]map[string]bool)}
	for _, r := range s.s.Described() {
		d.all[r.ID], d.seen[r.ID] = r, make(map[string]bool)
	}
	return d
}

func (d *description) operation(id string) *huma.Operation {
	d.t.Helper()
	r, ok := d.all[id]
	if !ok {
		d.t.Fatalf("there is no operation %s", id)
	}
	item := d.api.Paths[r.Path]
	if item == nil {
		d.t.Fatalf("%s is not described", r.Path)
	}
	return map[string]*huma.Operation{http.MethodGet: item.Get, http.MethodPost: item.Post}[r.Method]
}

// judge holds an answer to what the description says of it.
func (d *description) judge(id string, a answer) {
	d.t.Helper()
	op := d.operation(id)
	response := op.Responses[fmt.Sprint(a.status)]
	if response == nil {
		d.t.Errorf("%s answers %d, which is not described\n%s", id, a.status, a.body)
		return
	}
	media := a.header.Get("Content-Type")
	content := response.Content[media]
	if content == nil {
		bare, _, err := mime.ParseMediaType(media)
		if content = response.Content[bare]; err != nil || content == nil {
			d.t.Errorf("%s answers %d with %q, which is not described", id, a.status, media)
			return
		}
	}
	d.seen[id][fmt.Sprint(a.status, " ", media)] = true
	if media == "application/problem+json" {
		code := a.problem(d.t).Code
		if d.all[id].Codes[code] != a.status {
			d.t.Errorf("%s answers %d with the code %s, which is described as %d", id, a.status, code, d.all[id].Codes[code])
		}
		d.seen[id][code] = true
		for name := range response.Headers {
			if name != "Retry-After" && a.header.Get(name) == "" {
				d.t.Errorf("%s answers %d without %s", id, a.status, name)
			}
		}
	}
	if content.Schema.Format == "binary" {
		return
	}
	lines := [][]byte{a.body}
	if media == "application/x-ndjson" {
		lines = bytes.Split(bytes.TrimSuffix(a.body, []byte("\n")), []byte("\n"))
	}
	for _, line := range lines {
		d.validate(id, content.Schema, line)
	}
}

// validate holds JSON to a schema, by huma's own validator.
func (d *description) validate(what string, schema *huma.Schema, body []byte) {
	d.t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		d.t.Errorf("%s: %v\n%s", what, err, body)
		return
	}
	var result huma.ValidateResult
	huma.Validate(d.api.Components.Schemas, schema, huma.NewPathBuffer(nil, 0), huma.ModeReadFromServer, v, &result)
	for _, err := range result.Errors {
		d.t.Errorf("%s: %v\n%.300s", what, err, body)
	}
}

// A sample is a call that an operation answers well.
type sample struct {
	id, method, target string
	body               []byte
	headers            []string
}

// samples are at least one call for each operation and each of its media types,
// in an order in which all of them succeed.
func samples(s *site) []sample {
	genesis := s.setFinal()
	e := s.release("contracts/1")
	digest, file := s.w.Checked(e).Digest, logtest.FileOf([]byte("contracts/1")).Digest
	leaf := proofs.LeafHash(s.w.Checked(e).Leaf)
	lines := append(append(e.Marshal(), "\n{}\n"...), s.release("contracts/2").Marshal()...)
	post := func(target, media string, body []byte) sample {
		return sample{"submit", "POST", target, body, []string{"Content-Type: " + media}}
	}
	all := []sample{
		post("/api/v1/statements", "application/json", e.Marshal()),
		post("/api/v1/statements?wait=sealed", "application/vnd.dsse.envelope.v1+json", e.Marshal()),
		post("/api/v1/statements", "application/x-ndjson", lines),
	}
	for _, c := range [][2]string{
		{"checkpoint", "/checkpoint"}, {"tile", "/tile/0/000.p/5"}, {"tile", "/tile/entries/000.p/5"}, {"health", "/healthz"},
		{"openapi", "/openapi.yaml"}, {"log", "/api/v1/log"},
		{"receipt", "/api/v1/receipts/" + hex.EncodeToString(digest[:])}, {"receiptAt", "/api/v1/receipts/index/5"},
		{"receiptAt", "/api/v1/receipts/index/0"}, {"receiptOfLeaf", "/api/v1/receipts/leaf/" + hex.EncodeToString(leaf[:])},
		{"receiptsOf", "/api/v1/receipts/document/" + hex.EncodeToString(file[:])}, {"receiptsOf", "/api/v1/receipts/document/" + strings.Repeat("0", 64) + "?limit=1"},
		{"content", "/api/v1/content/0"}, {"content", "/api/v1/content/5"},
		{"contents", "/api/v1/contents/0/5"},
		{"document", "/api/v1/documents/contracts/1"}, {"document", "/api/v1/documents/docket:policy"}, {"document", "/api/v1/documents/none"},
		{"digest", "/api/v1/digests/" + hex.EncodeToString(file[:])}, {"digest", "/api/v1/digests/" + strings.Repeat("0", 64)},
		{"identity", "/api/v1/identities/wl/pipeline"}, {"identity", "/api/v1/identities/none"},
		{"activity", "/api/v1/activities/wl/pipeline"}, {"activity", "/api/v1/activities/none"},
		{"documentHistory", "/api/v1/histories/documents/contracts/1"}, {"digestHistory", "/api/v1/histories/digests/" + hex.EncodeToString(file[:])},
		{"identityHistory", "/api/v1/histories/identities/wl/pipeline?from=1&limit=1000"}, {"activityHistory", "/api/v1/histories/activities/h/admin?limit=1"},
		{"search", "/api/v1/search?identity=wl/pipeline"}, {"search", "/api/v1/search?since=2026-11-10T09:00:00Z&limit=1"},
		{"inclusion", "/api/v1/inclusion/5/7"}, {"inclusion", "/api/v1/inclusion/0/1"}, {"consistency", "/api/v1/consistency/5/7"}, {"consistency", "/api/v1/consistency/5/5"},
		{"checkpoints", "/api/v1/checkpoints"}, {"checkpoints", "/api/v1/checkpoints?after=2&limit=1"}, {"checkpointAt", "/api/v1/checkpoints/5"},
		{"quarantine", "/api/v1/quarantine?after=3&limit=100"},
		{"leafIndex", "/api/v1/leaf-index/" + hex.EncodeToString(leaf[:])},
		{"finalCheckpoint", "/final/checkpoint"}, {"finalTile", "/final/tile/0/000.p/5"}, {"finalReceipt", "/api/v1/receipts/final/" + hex.EncodeToString(genesis[:])},
	} {
		all = append(all, sample{c[0], "GET", c[1], nil, nil})
	}
	return all
}

// runSamples are the same for runs and grants: it opens a run, approves what it is
// to release, and does a step.
func runSamples(s *site) []sample {
	f := logtest.NewFlow(s.t, s.w, s.l)
	open := f.Open("R1", "", statement.WantDocument{Document: "claims/1"}, f.Text)
	grant := f.Approve("h/legal", "legal", open, "claims/1", 1, f.Text)
	for _, c := range []*admission.Checked{open, grant, f.Done(logtest.Work{Run: "R1", Step: "fetch", Seq: 1, Out: []statement.Digest{f.Text}})} {
		if r := logtest.Submit(s.t, s.l, c)[0]; r.Refusal != nil {
			s.t.Fatal(r.Refusal)
		}
	}
	zeros, text, name := strings.Repeat("0", 64), hex.EncodeToString(f.Text[:]), hex.EncodeToString(grant.Digest[:])
	var all []sample
	for _, c := range [][2]string{
		{"run", "/api/v1/runs/R1"}, {"run", "/api/v1/runs/none"}, {"grant", "/api/v1/grants/" + name}, {"grant", "/api/v1/grants/" + zeros},
		{"runHistory", "/api/v1/histories/runs/R1"}, {"grantHistory", "/api/v1/histories/grants/" + name},
		{"search", "/api/v1/search?run=R1&kind=decision.grant"}, {"search", "/api/v1/search?grant=" + name}, {"search", "/api/v1/search?parent=R1"},
		{"search", "/api/v1/search?traceparent=" + logtest.Trace}, {"search", "/api/v1/search?external=itsm/CHG/R1"}, {"search", "/api/v1/search?about=" + name},
		{"search", "/api/v1/search?input=" + text + "&output=" + text}, {"search", "/api/v1/search?workflow=" + text},
	} {
		all = append(all, sample{c[0], "GET", c[1], nil, nil})
	}
	return all
}

// setFinal says that a quorum cosigned what is published now, and returns the
// statement digest of entry 0, which it covers.
func (s *site) setFinal() statement.Digest {
	s.t.Helper()
	v := s.l.View()
	defer v.Release()
	line := proofs.SignatureLine("witness.example/w1", 7, make([]byte, 72))
	if err := s.l.SetFinal(v, append(slices.Clone(v.Checkpoint()), line...)); err != nil {
		s.t.Fatal(err)
	}
	genesis, err := v.Envelope(0)
	if err != nil {
		s.t.Fatal(err)
	}
	return statement.DigestOf(genesis.Payload)
}

// judgeUnconfirmed provokes what is answered while witnesses are asked after a start.
func (d *description) judgeUnconfirmed() {
	d.t.Helper()
	s := newSite(d.t, func(c *log.Config) {
		c.Confirm = func(ctx context.Context, _ proofs.Checkpoint, _ []byte, _ func(uint64) ([]proofs.Hash, error)) error {
			<-ctx.Done()
			return ctx.Err()
		}
	})
	d.judge("health", s.do("GET", "/healthz", nil))
	d.judge("submit", s.do("POST", "/api/v1/statements", s.release("contracts/1").Marshal(), jsonBody))
	d.judge("checkpoint", s.do("GET", "/checkpoint", nil))
}

// judgeFinal provokes what is answered while there is no quorum.
func (d *description) judgeFinal(s *site) {
	d.t.Helper()
	d.judge("finalCheckpoint", s.do("GET", "/final/checkpoint", nil))
	e := s.release("contracts/final")
	digest := s.w.Checked(e).Digest
	path := "/api/v1/receipts/final/" + hex.EncodeToString(digest[:])
	witnessed := s.with(server.Options{Witnessed: true, FinalWait: time.Millisecond})
	d.judge("submit", witnessed.do("POST", "/api/v1/statements?wait=final", e.Marshal(), jsonBody))
	d.judge("submit", witnessed.do("POST", "/api/v1/statements?wait=final", e.Marshal(), ndjsonBody))
	d.judge("finalReceipt", s.do("GET", path, nil))
	s.setFinal()
	d.judge("submit", witnessed.do("POST", "/api/v1/statements?wait=final", e.Marshal(), jsonBody))
	d.judge("finalReceipt", s.do("GET", path, nil))
	d.judge("finalReceipt", s.do("GET", "/api/v1/receipts/final/x", nil))
	d.judge("finalReceipt", s.do("GET", "/api/v1/receipts/final/"+strings.Repeat("0", 64), nil))
	d.judge("finalTile", s.do("GET", "/final/tile/0/001", nil))
}

func (s *site) sample(c sample, headers ...string) answer {
	s.t.Helper()
	return s.do(c.method, c.target, c.body, append(headers, c.headers...)...)
}

// TestDescriptionFitsTheMux: each route of the mux is described, each described
// operation is a route, and leads to the handler that it describes.
func TestDescriptionFitsTheMux(t *testing.T) {
	sealed := newSite(t).with(server.Options{Metrics: server.NewMetrics("test")})
	raw := newRawSite(t).with(server.Options{Metrics: server.NewMetrics("test")})
	for s, least := range map[*site]int{sealed: 25, raw: 6} {
		d := descriptionOf(t, s)
		n := 0
		for path, item := range d.api.Paths {
			for method, op := range map[string]*huma.Operation{"GET": item.Get, "POST": item.Post} {
				if op != nil {
					n++
					d.checkRoute(s, method, path, op)
				}
			}
			if item.Put != nil || item.Delete != nil || item.Patch != nil || item.Head != nil || item.Options != nil {
				t.Errorf("%s has other methods", path)
			}
		}
		if n != len(s.s.Described()) || n < least {
			t.Errorf("%d operations for %d routes", n, len(s.s.Described()))
		}
		yaml, err := d.api.YAML()
		if err != nil || !bytes.Equal(yaml, s.do("GET", "/openapi.yaml", nil).body) || !bytes.HasPrefix(yaml, []byte("components:")) {
			t.Errorf("/openapi.yaml is another description: %v", err)
		}
		if !regexp.MustCompile(`(?m)^openapi: "?3\.1\.0"?$`).Match(yaml) {
			t.Error("no version 3.1.0")
		}
	}
}

func (d *description) checkRoute(s *site, method, path string, op *huma.Operation) {
	d.t.Helper()
	r := d.all[op.OperationID]
	target := regexp.MustCompile(`\{\w+\}`).ReplaceAllString(path, "1")
	if got := s.s.PatternOf(httptest.NewRequest(method, target, nil)); got != r.Pattern || r.Path != path || r.Method != method {
		d.t.Errorf("%s %s leads to %q, described is %+v", method, path, got, r)
	}
	if protects := len(op.Security) == 1; protects == r.Public {
		d.t.Errorf("%s: public is %v, described is %v", path, r.Public, op.Security)
	}
	checkParameters(d.t, path, op)
}

// TestRawAnswersFitTheDescription does for a raw log what the test below does for
// a sealed one.
func TestRawAnswersFitTheDescription(t *testing.T) {
	s := newRawSite(t, "one")
	d := descriptionOf(t, s)
	d.judge("add", s.do("POST", "/add", []byte("two")))
	d.judge("checkpoint", s.do("GET", "/checkpoint", nil))
	d.judge("tile", s.do("GET", "/tile/0/000.p/2", nil))
	d.judge("health", s.do("GET", "/healthz", nil))
	d.judge("openapi", s.do("GET", "/openapi.yaml", nil))
	for _, body := range [][]byte{{}, []byte("docket/v1/seal\n"), make([]byte, 8193)} {
		d.judge("add", s.do("POST", "/add", body))
	}
	d.judge("add", s.do("POST", "/add", []byte("x"), "Content-Encoding: br"))
	d.judge("add", s.do("POST", "/add", nil, "Content-Length: 5"))
	for _, o := range []server.Options{{Access: server.Off}, {Access: server.OpenLocally}, {Tokens: parseTokens(t, "a "+tokenOne+" read\n")}} {
		d.judge("add", s.with(o).do("POST", "/add", []byte("three")))
	}
	d.judge("add", s.with(server.Options{Tokens: parseTokens(t, "a "+tokenOne+" read\n")}).do("POST", "/add", []byte("three"), "Authorization: Bearer "+tokenOne))
	limited := s.with(server.Options{Quota: 1})
	for range 20 {
		d.judge("add", limited.do("POST", "/add", []byte("two")))
	}
	leave := s.s.Occupy()
	d.judge("add", s.do("POST", "/add", []byte("four")))
	leave()
	if s.size() != 2 {
		t.Errorf("size %d", s.size())
	}
	s.l.Close()
	d.judge("add", s.do("POST", "/add", []byte("four")))
	for code := range d.all["add"].Codes {
		// What a store in trouble leads to is the same for a sealed log.
		if !d.seen["add"][code] && !slices.Contains([]string{"internal", "stopped", "unhealthy", "unconfirmed", "read-only", "no-space"}, code) {
			t.Errorf("add never answered with the code %s", code)
		}
	}
}

// checkParameters: the parameters in the path are those that are described.
func checkParameters(t *testing.T, path string, op *huma.Operation) {
	t.Helper()
	var want, got []string
	for _, m := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(path, -1) {
		want = append(want, m[1])
	}
	for _, p := range op.Parameters {
		if p.In == "path" {
			got = append(got, p.Name)
		}
		if p.Description == "" || p.Schema == nil || p.Schema.Type == "" {
			t.Errorf("%s: parameter %s is not described", path, p.Name)
		}
	}
	if !slices.Equal(want, got) {
		t.Errorf("%s has the parameters %v, described are %v", path, want, got)
	}
	if op.Summary == "" || len(op.Tags) != 1 || op.OperationID == "" {
		t.Errorf("%s: %+v", path, op)
	}
}

// TestAnswersFitTheDescription calls each operation: status, media type and body
// are as described, and each described success and each described code of a
// problem is seen.
func TestAnswersFitTheDescription(t *testing.T) {
	s := newSite(t)
	metrics := s.with(server.Options{Metrics: server.NewMetrics("test")})
	d := descriptionOf(t, metrics)
	calls := samples(s)
	for _, c := range calls {
		d.judge(c.id, s.sample(c))
	}
	for _, c := range runSamples(s) {
		d.judge(c.id, s.sample(c))
		calls = append(calls, c)
	}
	d.judge("metrics", metrics.do("GET", "/metrics", nil))
	for _, c := range refusedCalls(s) {
		d.judge(c.id, s.sample(c))
	}
	d.judgeAccess(s, append(slices.Clone(calls), sample{"backup", "POST", backupPath, nil, nil}, sample{"refusedStatement", "GET", "/api/v1/quarantine/" + strings.Repeat("0", 64), nil, nil}))
	d.judgeQuarantine(t)
	d.judgeTrouble(calls)
	d.judgeFinal(newSite(t))
	d.judgeUnconfirmed()
	d.judgeBackup(newSite(t))
	d.judgeReadOnly()
	for id, r := range d.all {
		for status, response := range d.operation(id).Responses {
			for media := range response.Content {
				if media != "application/problem+json" && !d.seen[id][status+" "+media] && !(id == "metrics" && media == "text/plain") {
					t.Errorf("%s never answered %s with %s", id, status, media)
				}
			}
		}
		for code := range r.Codes {
			if !d.seen[id][code] && !unprovoked(id, code) {
				t.Errorf("%s never answered with the code %s", id, code)
			}
		}
	}
}

// unprovoked are codes that no call here leads to.
func unprovoked(id, code string) bool {
	switch {
	case slices.Contains(server.RefusalCodes, code):
		// The fold's own tests provoke each; here one of each status is enough.
		return !slices.Contains([]string{"E101", "E104", "E201", "E408", "E701"}, code)
	case code == "internal":
		// These read nothing that a store could fail to give.
		return slices.Contains([]string{"openapi", "metrics", "checkpoint", "health", "finalCheckpoint"}, id)
	case id == "metrics":
		return code != "token" && code != "scope" && code != "off" && code != "host"
	}
	return false
}

// refusedCalls provoke the problems that a request alone leads to.
func refusedCalls(s *site) []sample {
	zeros := strings.Repeat("0", 64)
	clash, err := s.w.Pipeline.Release("contracts/1", 1, nil, logtest.FileOf([]byte("other")))
	if err != nil {
		s.t.Fatal(err)
	}
	nobody, err := s.author("wl/nobody").Release("contracts/9", 1, nil, logtest.FileOf([]byte("other")))
	if err != nil {
		s.t.Fatal(err)
	}
	late := s.release("contracts/8")
	s.w.Clock.Add(3600e9)
	broken := s.release("contracts/7")
	broken.Signature = s.release("contracts/7").Signature
	post := func(body []byte, headers ...string) sample {
		return sample{"submit", "POST", "/api/v1/statements", body, headers}
	}
	all := []sample{
		post([]byte("{}"), jsonBody), post(broken.Marshal(), jsonBody), post(nobody.Marshal(), jsonBody), post(clash.Marshal(), jsonBody), post(late.Marshal(), jsonBody),
		post([]byte("{}")), post([]byte("{}"), jsonBody, "Content-Encoding: gzip"), post(make([]byte, server.MaxBody+1), jsonBody),
		post(bytes.Repeat([]byte("\n"), 1002), ndjsonBody),
		{"submit", "POST", "/api/v1/statements?wait=final", []byte("{}"), []string{jsonBody}},
		{"submit", "POST", "/api/v1/statements?dry-run=1", []byte("{}"), []string{jsonBody}},
	}
	for _, c := range [][2]string{
		{"tile", "/tile/0/001"}, {"receipt", "/api/v1/receipts/x"}, {"receipt", "/api/v1/receipts/" + zeros},
		{"receiptAt", "/api/v1/receipts/index/05"}, {"receiptAt", "/api/v1/receipts/index/6"}, {"receiptOfLeaf", "/api/v1/receipts/leaf/x"}, {"receiptOfLeaf", "/api/v1/receipts/leaf/" + zeros},
		{"receiptsOf", "/api/v1/receipts/document/x"}, {"receiptsOf", "/api/v1/receipts/document/" + zeros + "?cursor=AAAA"}, {"receiptsOf", "/api/v1/receipts/document/" + zeros + "?limit=0"},
		{"content", "/api/v1/content/-1"}, {"content", "/api/v1/content/1"},
		{"contents", "/api/v1/contents/1/1"}, {"contents", "/api/v1/contents/0/2000"}, {"contents", "/api/v1/contents/0/1000"}, {"document", "/api/v1/documents/-"}, {"digest", "/api/v1/digests/x"},
		{"identity", "/api/v1/identities/-"}, {"activity", "/api/v1/activities/-"},
		{"documentHistory", "/api/v1/histories/documents/-"}, {"documentHistory", "/api/v1/histories/documents/none"}, {"documentHistory", "/api/v1/histories/documents/none?x=1"},
		{"digestHistory", "/api/v1/histories/digests/x"}, {"digestHistory", "/api/v1/histories/digests/" + zeros}, {"digestHistory", "/api/v1/histories/digests/" + zeros + "?limit=1&limit=1"},
		{"identityHistory", "/api/v1/histories/identities/-"}, {"identityHistory", "/api/v1/histories/identities/none"}, {"identityHistory", "/api/v1/histories/identities/none?from=01"},
		{"activityHistory", "/api/v1/histories/activities/-"}, {"activityHistory", "/api/v1/histories/activities/none"}, {"activityHistory", "/api/v1/histories/activities/none?limit=1001"},
		{"search", "/api/v1/search"}, {"search", "/api/v1/search?digest=x"}, {"search", "/api/v1/search?document=-"}, {"search", "/api/v1/search?run=-"}, {"run", "/api/v1/runs/-"}, {"grant", "/api/v1/grants/x"},
		{"runHistory", "/api/v1/histories/runs/-"}, {"runHistory", "/api/v1/histories/runs/none"}, {"runHistory", "/api/v1/histories/runs/none?x=1"},
		{"grantHistory", "/api/v1/histories/grants/x"}, {"grantHistory", "/api/v1/histories/grants/" + zeros}, {"grantHistory", "/api/v1/histories/grants/" + zeros + "?from=-1"},
		{"search", "/api/v1/search?identity=-"}, {"search", "/api/v1/search?identity=a&cursor=x"},
		{"inclusion", "/api/v1/inclusion/x/5"}, {"inclusion", "/api/v1/inclusion/1/x"}, {"inclusion", "/api/v1/inclusion/5/5"}, {"consistency", "/api/v1/consistency/5/x"}, {"consistency", "/api/v1/consistency/5/99"},
		{"checkpoints", "/api/v1/checkpoints?after=99"}, {"checkpoints", "/api/v1/checkpoints?after=x"}, {"checkpointAt", "/api/v1/checkpoints/3"}, {"checkpointAt", "/api/v1/checkpoints/x"},
		{"quarantine", "/api/v1/quarantine?after=-1"}, {"refusedStatement", "/api/v1/quarantine/x"}, {"refusedStatement", "/api/v1/quarantine/" + zeros},
		{"leafIndex", "/api/v1/leaf-index/x"}, {"leafIndex", "/api/v1/leaf-index/" + zeros},
	} {
		all = append(all, sample{c[0], "GET", c[1], nil, nil})
	}
	return all
}

// judgeAccess provokes what a caller without rights meets.
func (d *description) judgeAccess(s *site, calls []sample) {
	d.t.Helper()
	calls = append(slices.Clone(calls), sample{"metrics", "GET", "/metrics", nil, nil})
	line, err := server.NewToken("ci/one", "read")
	if err != nil {
		d.t.Fatal(err)
	}
	submits, err := server.NewToken("ci/two", "submit")
	if err != nil {
		d.t.Fatal(err)
	}
	tokens, err := server.ParseTokens([]byte(line + "\n" + submits + "\n"))
	if err != nil {
		d.t.Fatal(err)
	}
	demands := s.with(server.Options{Tokens: tokens, Metrics: server.NewMetrics("test")})
	off := s.with(server.Options{Access: server.Off, Metrics: server.NewMetrics("test")})
	local := s.with(server.Options{Access: server.OpenLocally, Metrics: server.NewMetrics("test")})
	limited := s.with(server.Options{Quota: 1})
	for _, c := range calls {
		if d.all[c.id].Public {
			for _, o := range []*site{demands, off, local} {
				if a := o.sample(c); a.status != http.StatusOK || a.header.Get("Access-Control-Allow-Origin") != "*" {
					d.t.Errorf("%s is public, but: %d %v", c.id, a.status, a.header)
				}
			}
			continue
		}
		other := bearer(submits)
		if c.id == "submit" {
			other = bearer(line)
		}
		for code, a := range map[string]answer{
			"token": demands.sample(c), "scope": demands.sample(c, other), "off": off.sample(c), "host": local.sample(c),
		} {
			a.refused(d.t, d.all[c.id].Codes[code], code, "")
			if a.header.Get("Access-Control-Allow-Origin") != "" {
				d.t.Errorf("%s is protected and shared", c.id)
			}
			d.judge(c.id, a)
		}
	}
	for range 20 { // a second may pass on the way
		if a := limited.sample(calls[0]); a.status != http.StatusOK {
			d.judge("submit", a)
		}
	}
}

// judgeTrouble provokes what a server in trouble answers.
func (d *description) judgeTrouble(calls []sample) {
	d.t.Helper()
	s, broken, sick := newLeakySite(d.t)
	health := func() { d.judge("health", s.do("GET", "/healthz", nil)) }
	first := s.release("contracts/1")
	s.post(first)
	s.post(s.release("contracts/2")) // the first one is no longer in memory
	d.judge("submit", s.do("POST", "/api/v1/statements", nil, jsonBody, "Content-Length: 10"))
	leave := s.s.Occupy()
	d.judge("submit", s.post(first))
	leave()
	*sick = true
	d.judge("submit", s.post(first))
	health()
	*sick = false
	s.memory.SetFreeSpace(0)
	time.Sleep(2 * log.SpaceInterval) // for so long the log still believes in it
	d.judge("submit", s.post(first))
	health()
	s.memory.SetFreeSpace(1 << 40)

	*broken = true
	for _, c := range calls {
		if c.id != "submit" && c.id != "receiptOfLeaf" {
			d.judge(c.id, s.sample(c))
		}
	}
	leaf := proofs.LeafHash(s.w.Checked(first).Leaf)
	d.judge("receiptOfLeaf", s.do("GET", "/api/v1/receipts/leaf/"+hex.EncodeToString(leaf[:]), nil))
	d.judge("submit", s.post(first)) // its receipt cannot be read
	d.judge("submit", s.post(s.release("contracts/3")))
	*broken = false
	<-s.l.Done()
	health()

	s.l.Close()
	for _, c := range calls {
		d.judge(c.id, s.sample(c))
	}
	closed := newSite(d.t)
	closed.l.Close()
	for _, c := range calls {
		d.judge(c.id, closed.sample(c))
	}
}

// bearer is the header for a line of a list of tokens.
func bearer(line string) string { return "Authorization: Bearer " + strings.Fields(line)[1] }
