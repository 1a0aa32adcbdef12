package client_test

import (
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/register"
)

const secret = "tok_S3cret-0123456789"

func TestReadToken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	for text, want := range map[string]string{
		secret: secret, secret + "\n": secret, secret + "\r\n": secret,
		"": "", "\n": "", secret + " x": "", secret + "\n" + secret: "", "\x00": "", "ä": "", strings.Repeat("x", 4097): "",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := client.ReadToken(path)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q reads %q, %v", text, got, err)
		}
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("the token is in the error: %v", err)
		}
	}
	if _, err := client.ReadToken(path + ".none"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// The token goes into one header of every request, never into a URL, and no words
// of a server bring it back in an error.
func TestTokenStaysSecret(t *testing.T) {
	s := newSite(t)
	s.grow("contracts/1")
	c := s.client()
	c.Token = secret
	s.lie = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("Authorization") != "Bearer "+secret {
			t.Errorf("%s: %q", r.URL, r.Header.Get("Authorization"))
		}
		if strings.Contains(r.URL.String(), secret) {
			t.Errorf("the token is in the URL %s", r.URL)
		}
		return false
	}
	see(t, c)
	for _, read := range readers {
		if _, err := read(c, s); err != nil {
			t.Error(err)
		}
	}
	for name, lie := range map[string]func(w http.ResponseWriter, got string){
		"a problem": func(w http.ResponseWriter, got string) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(401)
			fmt.Fprintf(w, `{"status":401,"code":"token","field":%q,"detail":%q}`, got, "unknown: "+got)
		},
		"a redirect": func(w http.ResponseWriter, got string) {
			w.Header().Set("Location", "https://elsewhere.example/?token="+got)
			w.WriteHeader(302)
		},
		"a page":    func(w http.ResponseWriter, got string) { w.WriteHeader(403); fmt.Fprint(w, got) },
		"an answer": func(w http.ResponseWriter, got string) { fmt.Fprint(w, got) },
		"a member":  func(w http.ResponseWriter, got string) { fmt.Fprintf(w, `{"%s":1}`, got) },
		"an escaped member": func(w http.ResponseWriter, got string) {
			fmt.Fprintf(w, `{"\\u%04x%s":1}`, got[0], got[1:])
		},
	} {
		s.lie = func(w http.ResponseWriter, r *http.Request) bool {
			lie(w, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
			return true
		}
		for what, read := range readers {
			_, err := read(c, s)
			if err == nil || strings.Contains(err.Error(), secret) || strings.Contains(fmt.Sprintf("%+v %#v", err, errors.Unwrap(err)), secret) {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
	}
}

// So in the lines of an answer to many statements, and in a history.
func TestTokenStaysSecretInLines(t *testing.T) {
	s, sent, l := many(t)
	for name, line := range map[string]string{
		"a problem": fmt.Sprintf(`{"line":1,"status":409,"problem":{"code":%q,"field":%q,"detail":%q}}`, secret, secret, "unknown: "+secret),
		"a receipt": fmt.Sprintf(`{"line":1,"status":201,"receipt":{%q:1}}`, secret),
	} {
		s.answerTo("/api/v1/statements", []byte(strings.Join([]string{l[0], line, l[2]}, "\n")+"\n"))
		c := s.client()
		c.Token = secret
		got, err := c.SubmitMany(ctx, sent)
		if err != nil || got[1].Err == nil || strings.Contains(fmt.Sprintf("%+v", got[1].Err), secret) || !strings.Contains(got[1].Err.Error(), "[token]") {
			t.Errorf("%s: %v, %v", name, err, got)
		}
	}
	s.answerTo("/api/v1/histories/", fmt.Appendf(nil, `{"events":[{"seq":0,"event":%q}]}`, secret))
	c := s.client()
	c.Token = secret
	if _, err := c.History(ctx, register.TypeDocument, "contracts/1"); err == nil || strings.Contains(err.Error(), secret) {
		t.Error(err)
	}
}

// Only the authorities of the file are believed.
func TestTrustingHTTP(t *testing.T) {
	s := newSite(t)
	secure := httptest.NewTLSServer(s.honest)
	defer secure.Close()
	dir := t.TempDir()
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	c := s.client()
	c.Server = secure.URL
	if _, _, err := c.Checkpoint(ctx); !errors.Is(err, client.ErrUnreachable) {
		t.Errorf("an unknown authority: %v", err)
	}
	var err error
	if c.HTTP, err = client.TrustingHTTP(write("ca", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}))); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Checkpoint(ctx); err != nil {
		t.Error(err)
	}
	if _, err := client.TrustingHTTP(write("none", []byte("hello"))); err == nil || !strings.Contains(err.Error(), "no certificate") {
		t.Error(err)
	}
	if _, err := client.TrustingHTTP(filepath.Join(dir, "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// Without TLS a token leaves no machine; and no error has the password of a URL.
func TestTokenNeedsTLS(t *testing.T) {
	s := newSite(t)
	for _, server := range []string{"http://log.example.com", "http://192.0.2.1:8070", "http://localhost.example.com", "http://127.0.0.1.example.com", "http://[2001:db8::1]"} {
		c := s.client()
		c.Server, c.Token = server, secret
		c.HTTP = &http.Client{Transport: refuse{t}}
		if _, _, err := c.Checkpoint(ctx); err == nil || !strings.Contains(err.Error(), "the token is not sent to "+server) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", server, err)
		}
	}
	for _, server := range []string{s.url, strings.Replace(s.url, "127.0.0.1", "localhost", 1)} {
		c := s.client()
		c.Server, c.Token = server, secret
		if _, _, err := c.Checkpoint(ctx); err != nil {
			t.Errorf("%s: %v", server, err)
		}
	}
	for _, server := range []string{"http://u:hunter2@127.0.0.1:1", "http://u:hunter2@a b"} {
		c := s.client()
		c.Server = server
		if _, _, err := c.Checkpoint(ctx); !errors.Is(err, client.ErrUnreachable) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", server, err)
		}
	}
}

// refuse is a transport that no request may reach.
type refuse struct{ t *testing.T }

func (r refuse) RoundTrip(q *http.Request) (*http.Response, error) {
	r.t.Errorf("a request was made: %s", q.URL)
	return nil, errors.New("refused")
}
