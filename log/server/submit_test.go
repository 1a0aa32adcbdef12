package server_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/log/server"
	"github.com/docketlog/docket/proofs/statement"
)

func TestSubmitAnswersWithTheReceipt(t *testing.T) {
	s := newSite(t)
	e := s.release("contracts/1")
	a := s.post(e)
	r := s.receipt(a, http.StatusCreated)
	if r.Index != 5 || r.Envelope == nil || !bytes.Equal(r.Envelope.Payload, e.Payload) {
		t.Errorf("receipt of entry %d", r.Index)
	}
	location := a.header.Get("Location")
	if want := receiptPath(e); location != want {
		t.Errorf("Location %q, want %q", location, want)
	}
	if again := s.do("GET", location, nil); !bytes.Equal(again.body, a.body) {
		t.Error("Location has another receipt")
	}

	// The same statement, also signed anew by the same key: no new leaf.
	other, err := s.w.Pipeline.Signer.Sign(statement.PAE(e.Payload))
	if err != nil {
		t.Fatal(err)
	}
	for _, again := range []statement.Envelope{e, {Payload: e.Payload, Signature: other, SPKI: e.SPKI}} {
		if r := s.receipt(s.post(again), http.StatusOK); r.Index != 5 || s.size() != 7 {
			t.Errorf("entry %d, size %d", r.Index, s.size())
		}
	}
	s.check()
}

// An envelope without a public key is checked under the key that its issuer has.
func TestSubmitWithoutKey(t *testing.T) {
	s := newSite(t)
	e := s.release("contracts/1")
	e.SPKI = nil
	s.receipt(s.post(e), http.StatusCreated)
	s.receipt(s.post(e), http.StatusOK)

	unknown, err := s.author("wl/nobody").Release("contracts/2", 1, nil, logtest.FileOf(nil))
	if err != nil {
		t.Fatal(err)
	}
	unknown.SPKI = nil
	s.post(unknown).refused(t, http.StatusForbidden, "E201", "predicate.issuer")
	forged := s.release("contracts/3")
	forged.SPKI, forged.Signature = nil, unknown.Signature
	s.post(forged).refused(t, http.StatusBadRequest, "E104", "sig")
	admin, err := s.w.Admin.Release("contracts/4", 1, nil, logtest.FileOf(nil)) // its key stands in the genesis policy
	if err != nil {
		t.Fatal(err)
	}
	admin.SPKI = nil
	s.post(admin).refused(t, http.StatusForbidden, "E206", "predicateType")
	s.post(statement.Envelope{Payload: []byte("{}"), Signature: e.Signature}).refused(t, http.StatusBadRequest, "E102", "_type")
}

// receiptPath is where the receipt of a statement is.
func receiptPath(e statement.Envelope) string {
	digest := statement.DigestOf(e.Payload)
	return "/api/v1/receipts/" + hex.EncodeToString(digest[:])
}

// A refusal is a problem document that a program can act on, and leaves nothing
// behind.
func TestSubmitRefusals(t *testing.T) {
	s := newSite(t)
	first := s.release("contracts/1")
	s.receipt(s.post(first), http.StatusCreated)
	before := s.head()

	sign := func(e statement.Envelope, err error) statement.Envelope {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	stranger := *s.author("wl/stranger")
	impostor := *s.w.Pipeline
	impostor.Signer = logtest.Key("another key")
	elsewhere := *s.w.Pipeline
	elsewhere.Log = "other.docket.example"
	late := *s.w.Pipeline
	late.Now = func() time.Time { return s.w.Clock.Now().Add(-time.Hour) }
	file := logtest.FileOf([]byte("x"))
	wrongPrev := statement.Digest(sha256.Sum256(nil))
	altered := s.release("contracts/2")
	altered.Payload = bytes.Replace(altered.Payload, []byte("contracts/2"), []byte("contracts/3"), 1)

	for name, c := range map[string]struct {
		envelope statement.Envelope
		status   int
		code     string
		field    string
	}{
		"unknown issuer":     {sign(stranger.Release("a", 1, nil, file)), 403, "E201", "predicate.issuer"},
		"key of another":     {sign(impostor.Release("a", 1, nil, file)), 403, "E202", "predicate.issuer"},
		"another log":        {sign(elsewhere.Release("a", 1, nil, file)), 400, "E103", "predicate.log"},
		"too late":           {sign(late.Release("a", 1, nil, file)), 422, "E701", "predicate.at"},
		"version taken":      {s.release("contracts/1"), 409, "E408", "predicate.version"},
		"version skipped":    {sign(s.w.Pipeline.Release("a", 3, &wrongPrev, file)), 409, "E408", "predicate.version"},
		"not the verb":       {sign(s.w.Registrar.Release("a", 1, nil, file)), 403, "E206", "predicateType"},
		"nothing to end":     {sign(s.w.Pipeline.Withdraw("a", 1, file.Digest, "error")), 409, "E408", "predicate.document"},
		"another payload":    {altered, 400, "E104", "sig"},
		"same, another key":  {resign(t, first, impostor.Signer.SPKI(), impostor.Signer.Sign), 409, "E306", ""},
		"not this signature": {statement.Envelope{Payload: first.Payload, Signature: altered.Signature, SPKI: first.SPKI}, 400, "E104", "sig"},
	} {
		t.Run(name, func(t *testing.T) {
			a := s.post(c.envelope)
			p := a.problem(t)
			if p.Status != c.status || p.Code != c.code || p.Field != c.field {
				t.Errorf("%d %s %s, want %d %s %s: %s", p.Status, p.Code, p.Field, c.status, c.code, c.field, p.Detail)
			}
		})
	}
	if s.head() != before {
		t.Error("a refusal changed the log")
	}
	s.check()
}

func resign(t *testing.T, e statement.Envelope, spki []byte, sign func([]byte) ([]byte, error)) statement.Envelope {
	t.Helper()
	sig, err := sign(statement.PAE(e.Payload))
	if err != nil {
		t.Fatal(err)
	}
	return statement.Envelope{Payload: e.Payload, Signature: sig, SPKI: spki}
}

// What cannot be read is refused before the log sees it.
func TestSubmitMalformed(t *testing.T) {
	s := newSite(t)
	before := s.head()
	good := s.release("contracts/1").Marshal()
	deep := []byte(strings.Repeat("[", 60_000))
	for name, c := range map[string]struct {
		body    []byte
		headers []string
		status  int
		code    string
	}{
		"empty":               {[]byte{}, []string{jsonBody}, 400, "E101"},
		"no JSON":             {[]byte("hello"), []string{jsonBody}, 400, "E101"},
		"null":                {[]byte("null"), []string{jsonBody}, 400, "E101"},
		"half an envelope":    {good[:len(good)/2], []string{jsonBody}, 400, "E101"},
		"two envelopes":       {append(bytes.Clone(good), good...), []string{jsonBody}, 400, "E101"},
		"trailing byte":       {append(bytes.Clone(good), 0), []string{jsonBody}, 400, "E101"},
		"duplicate name":      {bytes.Replace(good, []byte(`"payload":`), []byte(`"payload":"","payload":`), 1), []string{jsonBody}, 400, "E101"},
		"unknown name":        {bytes.Replace(good, []byte(`"payload":`), []byte(`"extra":1,"payload":`), 1), []string{jsonBody}, 400, "E101"},
		"other case":          {bytes.Replace(good, []byte(`"payload":`), []byte(`"Payload":`), 1), []string{jsonBody}, 400, "E101"},
		"no signature":        {[]byte(`{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[]}`), []string{jsonBody}, 400, "E104"},
		"deep":                {deep, []string{jsonBody}, 400, "E101"},
		"bad UTF-8":           {[]byte("{\"\xff\":1}"), []string{jsonBody}, 400, "E101"},
		"above the limit":     {make([]byte, 128<<10+1), []string{jsonBody}, 413, "body-size"},
		"far above the limit": {make([]byte, 4<<20), []string{jsonBody}, 413, "body-size"},
		"no media type":       {good, nil, 415, "media-type"},
		"broken media type":   {good, []string{"Content-Type: application/json; x"}, 415, "media-type"},
		"form":                {good, []string{"Content-Type: application/x-www-form-urlencoded"}, 415, "media-type"},
		"multipart":           {good, []string{"Content-Type: multipart/form-data; boundary=x"}, 415, "media-type"},
		"receipt":             {good, []string{"Content-Type: application/vnd.docket.receipt.v1+json"}, 415, "media-type"},
		"gzip":                {gzipped(good), []string{jsonBody, "Content-Encoding: gzip"}, 415, "content-encoding"},
		"gzip, not said":      {gzipped(good), []string{jsonBody}, 400, "E101"},
		"br":                  {good, []string{jsonBody, "Content-Encoding: br"}, 415, "content-encoding"},
		"lines, gzip":         {gzipped(good), []string{ndjsonBody, "Content-Encoding: gzip"}, 415, "content-encoding"},
	} {
		t.Run(name, func(t *testing.T) {
			a := s.send("POST", "/api/v1/statements", c.body, c.headers...)
			if p := a.problem(t); p.Status != c.status || p.Code != c.code {
				t.Errorf("%d %s, want %d %s: %s", p.Status, p.Code, c.status, c.code, p.Detail)
			}
		})
	}
	if s.head() != before {
		t.Error("malformed bodies changed the log")
	}
	if s.s.InProgress() != 0 {
		t.Errorf("%d submissions in progress", s.s.InProgress())
	}
}

func gzipped(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(b)
	w.Close()
	return out.Bytes()
}

// White space and order are free; members of the problem are stable.
func TestSubmitTakesAnyFormOfTheEnvelope(t *testing.T) {
	s := newSite(t)
	var indented bytes.Buffer
	if err := json.Indent(&indented, s.release("contracts/1").Marshal(), "\r\n", "\t"); err != nil {
		t.Fatal(err)
	}
	for _, media := range []string{jsonBody, "Content-Type: APPLICATION/JSON;charset=UTF-8", "Content-Type: application/vnd.dsse.envelope.v1+json"} {
		if a := s.do("POST", "/api/v1/statements?wait=sealed", indented.Bytes(), media); a.status >= 300 {
			t.Errorf("%s: %d %s", media, a.status, a.body)
		}
	}
	if s.size() != 7 {
		t.Errorf("size %d", s.size())
	}
}

// A sender who stalls or leaves takes no place, and does not hold up others.
func TestSubmitSlowAndBrokenBodies(t *testing.T) {
	s := newSite(t)
	h := httptest.NewUnstartedServer(s.s)
	h.Config = server.HTTPServer(s.s)
	h.Config.ReadTimeout = 300 * time.Millisecond
	h.Start()
	defer h.Close()
	before := s.head()
	addr := h.Listener.Addr().String()
	request := text("POST", "/api/v1/statements", s.release("contracts/1").Marshal(), []string{jsonBody})

	slow, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	if _, err := slow.Write(request[:len(request)-10]); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	if n := s.s.InProgress(); n != 0 {
		t.Errorf("a slow sender takes %d places", n)
	}
	if a, err := exchange(addr, "GET", text("GET", "/checkpoint", nil, nil)); err != nil || a.status != 200 {
		t.Errorf("a read beside it: %d, %v", a.status, err)
	}
	broken, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	broken.Write(request[:len(request)-10])
	if err := broken.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]net.Conn{"broken": broken, "slow": slow} {
		b := make([]byte, 4096)
		c.SetReadDeadline(time.Now().Add(5 * time.Second))
		n, err := c.Read(b)
		if answer := string(b[:n]); err != nil || !strings.HasPrefix(answer, "HTTP/1.1 400") || !strings.Contains(answer, `"code":"body"`) {
			t.Errorf("%s: %q, %v", name, answer, err)
		}
	}
	broken.Close()
	if s.head() != before {
		t.Error("a broken body came in")
	}
}

// A submission waits for its seal and for nothing else; a slip in the parameter
// does not pass for the usual.
func TestSubmitWaits(t *testing.T) {
	s := newSite(t)
	before := s.head()
	for query, want := range map[string][2]string{
		"wait=final": {"wait", "wait"}, "wait=": {"wait", "wait"}, "wait=SEALED": {"wait", "wait"}, "wait=none": {"wait", "wait"},
		"wait=sealed&wait=final": {"query", "wait"}, "wiat=final": {"query", ""}, "wait=sealed&dry-run=1": {"query", ""}, "wait=%zz": {"query", ""},
	} {
		e := s.release("contracts/1").Marshal()
		s.do("POST", "/api/v1/statements?"+query, e, jsonBody).refused(t, http.StatusBadRequest, want[0], want[1])
		s.do("POST", "/api/v1/statements?"+query, e, ndjsonBody).refused(t, http.StatusBadRequest, want[0], want[1])
	}
	if s.head() != before {
		t.Error("a refused submission came in")
	}
	s.receipt(s.do("POST", "/api/v1/statements?wait=sealed", s.release("contracts/1").Marshal(), jsonBody), http.StatusCreated)
}
