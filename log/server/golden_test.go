package server_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/docketlog/docket/proofs"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// A raw log with a known key is the same bytes each time.
func TestGoldenRaw(t *testing.T) {
	s := newRawSite(t, "one", "two", "three")
	golden(t, s, "raw.txt", []call{
		{"GET", "/checkpoint", "", ""},
		{"HEAD", "/checkpoint", "", ""},
		{"GET", "/tile/0/000.p/3", "", ""},
		{"HEAD", "/tile/0/000.p/3", "", ""},
		{"GET", "/tile/0/000.p/1?x=/tile/0/000.p/3", "", ""},
		{"GET", "/tile/0/000.p/4", "", ""},
		{"HEAD", "/tile/0/000.p/4", "", ""},
		{"GET", "/tile/0/000", "", ""},
		{"GET", "/tile/entries/000.p/3", "", ""},
		{"GET", "/tile/entries/000.p/4", "", ""},
		{"GET", "/tile/0/00%30.p/3", "", ""},
		{"GET", "/tile", "", ""},
		{"GET", "/", "", ""},
		{"POST", "/checkpoint", "", ""},
		{"DELETE", "/tile/0/000.p/3", "", ""},
		{"OPTIONS", "/tile/entries/000.p/3", "", ""},
		{"GET", "/add", "", ""},
		{"GET", "/healthz", "", ""},
		{"POST", "/add", "", "two"},
		{"POST", "/add", "", "four"},
		{"POST", "/add", "", ""},
		{"POST", "/add", "", "docket/v1/seal\n"},
		{"POST", "/add", "", strings.Repeat("x", 8193)},
		{"POST", "/add", "Content-Encoding: gzip", "four"},
		{"POST", "/api/v1/statements", jsonBody, "{}"},
		{"GET", "/api/v1/log", "", ""},
	})
}

// Statements have nonces, so what is made of them is named, not shown.
func TestGoldenSealed(t *testing.T) {
	s := newSite(t)
	e := s.release("contracts/1")
	digest := s.w.Checked(e).Digest
	hex := strings.TrimPrefix(digest.String(), "sha256:")
	golden(t, s, "sealed.txt", []call{
		{"POST", "/api/v1/statements", jsonBody, string(e.Marshal())},
		{"POST", "/api/v1/statements", "Content-Type: application/vnd.dsse.envelope.v1+json; charset=utf-8", string(e.Marshal())},
		{"POST", "/api/v1/statements", ndjsonBody, "{}\n" + string(e.Marshal()) + "\n"},
		{"POST", "/api/v1/statements", jsonBody, "{}"},
		{"POST", "/api/v1/statements", "Content-Type: text/plain", string(e.Marshal())},
		{"POST", "/api/v1/statements", "", string(e.Marshal())},
		{"GET", "/api/v1/statements", "", ""},
		{"GET", "/api/v1/receipts/" + hex, "", ""},
		{"HEAD", "/api/v1/receipts/" + hex, "", ""},
		{"GET", "/api/v1/receipts/" + strings.ToUpper(hex), "", ""},
		{"GET", "/api/v1/receipts/" + strings.Repeat("0", 64), "", ""},
		{"PUT", "/api/v1/receipts/" + hex, "", ""},
		{"GET", "/api/v1/documents/contracts/1", "", ""},
		{"GET", "/api/v1/documents/never/released", "", ""},
		{"GET", "/api/v1/documents/-", "", ""},
		{"GET", "/api/v1/documents", "", ""},
		{"GET", "/api/v1/identities/wl/pipeline", "", ""},
		{"GET", "/api/v1/identities/nobody", "", ""},
		{"GET", "/api/v1/identities/docket:policy", "", ""},
		{"GET", "/api/v1/consistency/5/5", "", ""},
		{"GET", "/api/v1/consistency/5/8", "", ""},
		{"GET", "/api/v1/consistency/7/5", "", ""},
		{"GET", "/api/v1/consistency/05/7", "", ""},
		{"GET", "/healthz", "", ""},
		{"POST", "/add", "", "leaf"},
	})
}

type call struct{ method, target, header, body string }

// golden sends the calls in their order and compares all that comes back.
func golden(t *testing.T, s *site, name string, calls []call) {
	t.Helper()
	var b strings.Builder
	for _, c := range calls {
		var headers []string
		if c.header != "" {
			headers = []string{c.header}
		}
		var body []byte
		if c.method == "POST" {
			body = []byte(c.body)
		}
		b.WriteString(s.render(c, s.send(c.method, c.target, body, headers...)))
	}
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(b.String(), "\n")); diff != "" {
		t.Errorf("-%s +got\n%s", file, diff)
	}
}

// render writes a request and its answer as text, with what changes from run to
// run replaced.
func (s *site) render(c call, a answer) string {
	var b strings.Builder
	target := c.target
	if i := strings.Index(target, "receipts/"); i >= 0 && !strings.Contains(target, "0000") {
		target = target[:i] + "receipts/<digest>"
	}
	fmt.Fprintf(&b, "> %s %s\n", c.method, target)
	if c.header != "" {
		fmt.Fprintf(&b, "> %s\n", c.header)
	}
	if c.body != "" && len(c.body) < 20 {
		fmt.Fprintf(&b, "> %q\n", c.body)
	}
	fmt.Fprintf(&b, "%d\n", a.status)
	for _, name := range []string{"Date", "Connection"} {
		a.header.Del(name)
	}
	body := s.show(a)
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for k := range a.header {
			if !yield(k) {
				return
			}
		}
	}) {
		fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(a.header[name], ", "))
	}
	fmt.Fprintf(&b, "\n%s\n", body)
	return b.String()
}

func (s *site) show(a answer) string {
	location := a.header.Get("Location")
	if location != "" {
		a.header.Set("Location", "/api/v1/receipts/<digest>")
	}
	if a.header.Get("Content-Type") == proofs.ReceiptMediaType || a.header.Get("Content-Type") == "application/x-ndjson" {
		a.header.Set("Content-Length", "<length>")
	}
	switch {
	case len(a.body) == 0:
		return ""
	case a.header.Get("Content-Type") == proofs.ReceiptMediaType:
		r, err := proofs.ParseReceipt(a.body)
		if err != nil {
			s.t.Fatal(err)
		}
		return describe(r)
	case a.header.Get("Content-Type") == "application/x-ndjson":
		var b strings.Builder
		for line := range bytes.Lines(a.body) {
			if head, tail, ok := bytes.Cut(line, []byte(`"receipt":{`)); ok {
				line = fmt.Appendf(nil, "%s<receipt>%s", head, tail[len(tail)-2:])
			}
			b.Write(line)
		}
		return b.String()
	case a.header.Get("Content-Type") == "application/octet-stream" || !utf8.Valid(a.body):
		return fmt.Sprintf("%x\n", a.body)
	case bytes.Contains(a.body, []byte(`{"hashes":["`)):
		head, tail, _ := bytes.Cut(a.body, []byte(`["`))
		hashes, tail, _ := bytes.Cut(tail, []byte(`"]`))
		return fmt.Sprintf("%s<%d hashes>%s", head, 1+bytes.Count(hashes, []byte(",")), tail)
	}
	return string(a.body)
}

// describe says what a receipt is for.
func describe(r *proofs.Receipt) string {
	n, err := proofs.ParseNote(r.Checkpoint)
	if err != nil {
		return err.Error()
	}
	c, err := proofs.ParseCheckpoint(n.Body)
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	if r.Envelope != nil {
		fmt.Fprintf(&b, "receipt of entry %d, size %d", r.Index, c.Size)
	} else {
		fmt.Fprintf(&b, "staple, size %d", c.Size)
	}
	for _, p := range r.Registers {
		what := "absent"
		if p.Value != nil {
			what = fmt.Sprintf("%d events", p.Value.Size)
		}
		fmt.Fprintf(&b, ", %v %s: %s", p.Type, p.ID, what)
	}
	return b.String() + "\n"
}
