package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// output is what a running command wrote so far.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// inProcess is a docket serve --dev in this process.
type inProcess struct {
	url            string
	stdout, stderr output
	signal         context.CancelFunc // the first Ctrl-C
	ended          chan error
}

func startServe(t *testing.T, args ...string) *inProcess {
	t.Helper()
	s := &inProcess{ended: make(chan error, 1)}
	root := newRoot()
	root.SetOut(&s.stdout)
	root.SetErr(&s.stderr)
	root.SetArgs(append([]string{"serve", "--dev", "--dir", filepath.Join(t.TempDir(), "d"), "--listen", "127.0.0.1:0", "--min-free", "1"}, args...))
	ctx, cancel := context.WithCancel(t.Context())
	s.signal = cancel
	go func() { s.ended <- root.ExecuteContext(ctx) }()
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if m := servingOn.FindStringSubmatch(s.stdout.String()); m != nil {
			s.url = m[1]
			break
		}
		select {
		case err := <-s.ended:
			t.Fatalf("serve ended: %v\n%s", err, s.stderr.String())
		default:
		}
		if time.Now().After(end) {
			t.Fatalf("serve did not come up: %s", s.stdout.String())
		}
	}
	t.Cleanup(func() {
		cancel()
		select {
		case <-s.ended:
		case <-time.After(20 * time.Second):
			t.Error("serve does not end")
		}
		close(s.ended)
	})
	return s
}

// get asks and returns status and code of the problem, if it is one.
func get(t *testing.T, c *http.Client, url string, headers ...string) (status int, code string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	a, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	var problem struct{ Code string }
	if body, err := io.ReadAll(a.Body); err != nil {
		t.Fatal(err)
	} else if a.Header.Get("Content-Type") == "application/problem+json" {
		if err := json.Unmarshal(body, &problem); err != nil {
			t.Fatal(err)
		}
	}
	return a.StatusCode, problem.Code
}

const protectedPath = "/api/v1/search?identity=wl/pipeline"

// runHere runs a command that ends by itself.
func runHere(args ...string) (stdout string, err error) {
	var out bytes.Buffer
	root := newRoot()
	root.SetOut(&out)
	root.SetErr(io.Discard)
	root.SetArgs(args)
	err = root.Execute()
	return out.String(), err
}

// A server with tokens, and what its lines on stderr say of requests.
func TestServeTokens(t *testing.T) {
	line, err := runHere("token", "new", "ci/one", "read", "metrics")
	if err != nil {
		t.Fatal(err)
	}
	token := strings.Fields(line)[1]
	file := filepath.Join(t.TempDir(), "tokens")
	if err := os.WriteFile(file, []byte("# clients\n\n"+line), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startServe(t, "--tokens", file, "--log-format", "json", "--log-level", "debug", "--quota", "5")
	for _, c := range []struct {
		path, header string
		status       int
		code         string
	}{
		{protectedPath, "", 401, "token"},
		{protectedPath, "Bearer " + strings.Repeat("x", 43), 401, "token"},
		{protectedPath, "Bearer " + token, 200, ""},
		{"/metrics", "", 401, "token"},
		{"/metrics", "Bearer " + token, 200, ""},
		{"/checkpoint", "", 200, ""},
	} {
		var headers []string
		if c.header != "" {
			headers = []string{"Authorization", c.header}
		}
		if status, code := get(t, http.DefaultClient, s.url+c.path, headers...); status != c.status || code != c.code {
			t.Errorf("%s with %.20q: %d %s, want %d %s", c.path, c.header, status, code, c.status, c.code)
		}
	}
	text := s.stderr.String()
	if strings.Contains(text, token) || strings.Contains(text, "wl/pipeline") {
		t.Errorf("the lines hold a token or what was asked for:\n%s", text)
	}
	answered := 0
	for line := range strings.Lines(text) {
		var l struct{ Msg, Route, Client string }
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if l.Msg == "answered" && l.Route == "/api/v1/search" && l.Client == "ci/one" {
			answered++
		}
	}
	if answered != 1 {
		t.Errorf("%d lines of the request with a token:\n%s", answered, text)
	}
}

func TestServeRefusesWrongFlags(t *testing.T) {
	dir := t.TempDir()
	token := strings.Repeat("s", 40)
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--tokens", file("open", "a "+token+"\n", 0o640)}, "chmod 600"},
		{[]string{"--tokens", file("empty", "# none\n", 0o600)}, "no client"},
		{[]string{"--tokens", file("short", "# x\na secretsecret\n", 0o600)}, "line 2: the token is none"},
		{[]string{"--tokens", file("twice", "a "+token+"\nb "+token+"\n", 0o600)}, "line 2: the token stands on an earlier line"},
		{[]string{"--tokens", dir}, "has the mode"},
		{[]string{"--tokens", filepath.Join(dir, "none")}, "no such file"},
		{[]string{"--tls-cert", "x"}, "go together"},
		{[]string{"--tls-cert", "x", "--tls-key", "y"}, "no such file"},
		{[]string{"--quota", "-1"}, "--quota"},
		{[]string{"--log-level", "loud"}, "--log-level"},
		{[]string{"--log-format", "xml"}, "--log-format"},
	} {
		_, err := runHere(append([]string{"serve", "--dev", "--dir", filepath.Join(dir, "d"), "--listen", "127.0.0.1:0"}, c.args...)...)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), token) {
			t.Errorf("%v: %v, want %q", c.args, err, c.want)
		}
	}
	for _, args := range [][]string{{"token", "new"}, {"token", "new", "a b"}, {"token", "new", "a", "write"}, {"token", "new", "a", "read", "read"}} {
		var wrong usageError
		if _, err := runHere(args...); !errors.As(err, &wrong) {
			t.Errorf("%v: %v", args, err)
		}
	}
}

// Without tokens the loopback is open, but not to web pages.
func TestServeOnLoopback(t *testing.T) {
	s := startServe(t)
	for host, want := range map[string]int{"": 200, "localhost:1": 200, "x.localhost": 200, "[::1]:80": 200, "evil.example": 403, "127.0.0.1.evil.example": 403} {
		headers := []string{"Host", host}
		if host == "" {
			headers = nil
		}
		if status, _ := get(t, http.DefaultClient, s.url+protectedPath, headers...); status != want {
			t.Errorf("Host %q: %d, want %d", host, status, want)
		}
	}
	if text := s.stderr.String(); text != "" {
		t.Errorf("stderr: %s", text)
	}
}

// Without tokens a server that is reached from elsewhere shows what is public.
func TestServeElsewhere(t *testing.T) {
	s := startServe(t, "--listen", "0.0.0.0:0")
	_, port, err := net.SplitHostPort(strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	url := "http://127.0.0.1:" + port
	for path, want := range map[string]int{protectedPath: 403, "/metrics": 403, "/api/v1/content/0": 403, "/checkpoint": 200, "/api/v1/log": 200} {
		if status, code := get(t, http.DefaultClient, url+path); status != want || code != map[int]string{403: "off"}[want] {
			t.Errorf("%s: %d %s, want %d", path, status, code, want)
		}
	}
	for _, want := range []string{"without --tokens", "without --tls-cert"} {
		if !strings.Contains(s.stderr.String(), want) {
			t.Errorf("stderr lacks %q: %s", want, s.stderr.String())
		}
	}
}

func TestQuotaDefaults(t *testing.T) {
	n := 7
	for _, c := range []struct {
		given *int
		local bool
		want  int
	}{{nil, true, 0}, {nil, false, remoteQuota}, {&n, true, 7}, {&n, false, 7}} {
		if got := (&site{quota: c.given, stderr: io.Discard}).options(c.local).Quota; got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

// writeCertificate makes a certificate for 127.0.0.1 with a serial number.
func writeCertificate(t *testing.T, certFile, keyFile string, serial int64) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "docket test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	pool.AppendCertsFromPEM(cert)
	for path, b := range map[string][]byte{certFile: cert, keyFile: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})} {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return pool
}

func TestServeTLS(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	pool := writeCertificate(t, cert, key, 1)
	s := startServe(t, "--tls-cert", cert, "--tls-key", key)
	client := func(c *tls.Config) *http.Client {
		c.RootCAs = pool
		return &http.Client{Transport: &http.Transport{TLSClientConfig: c, ForceAttemptHTTP2: true}, Timeout: 10 * time.Second}
	}
	if status, code := get(t, client(&tls.Config{}), s.url+protectedPath); status != 200 || !strings.HasPrefix(s.url, "https://127.0.0.1:") {
		t.Errorf("%s: %d %s", s.url, status, code)
	}
	if _, err := client(&tls.Config{MaxVersion: tls.VersionTLS11}).Get(s.url + "/checkpoint"); err == nil {
		t.Error("TLS 1.1 is served")
	}
}

// A renewed certificate is used without a restart; a broken one is not.
func TestCertificateIsReadAgain(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writeCertificate(t, cert, key, 1)
	var lines output
	c, err := openCertificate(cert, key, slog.New(slog.NewTextHandler(&lines, nil)))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	c.now = func() time.Time { return now }
	serial := func() int64 {
		t.Helper()
		pair, err := c.get(nil)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(pair.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		return leaf.SerialNumber.Int64()
	}
	// later moves the files' times too: two writes may fall into one tick of a disk's clock.
	later := func(d time.Duration) {
		now = now.Add(d)
		for _, f := range []string{cert, key} {
			if err := os.Chtimes(f, now, now); err != nil {
				t.Fatal(err)
			}
		}
	}
	writeCertificate(t, cert, key, 2)
	later(certificateAge / 2)
	if got := serial(); got != 1 {
		t.Errorf("serial %d before a minute has passed", got)
	}
	later(certificateAge)
	if got := serial(); got != 2 {
		t.Errorf("serial %d after it", got)
	}
	if err := os.WriteFile(key, []byte("half a k"), 0o600); err != nil {
		t.Fatal(err)
	}
	later(2 * certificateAge)
	if got := serial(); got != 2 || !strings.Contains(lines.String(), "the last good one stays") {
		t.Errorf("serial %d while the key is broken: %s", got, lines.String())
	}
	writeCertificate(t, cert, key, 3)
	later(2 * certificateAge)
	if got := serial(); got != 3 {
		t.Errorf("serial %d after the repair", got)
	}
}

// The first signal waits for an answer that is owed, the second one does not.
func TestSecondSignalCutsTheDrain(t *testing.T) {
	guard := make(chan os.Signal, 8) // so that a signal that comes early does not end the test
	signal.Notify(guard, os.Interrupt)
	defer signal.Stop(guard)
	s := startServe(t)
	c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST /api/v1/statements HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
	time.Sleep(100 * time.Millisecond)
	s.signal()
	select {
	case err := <-s.ended:
		t.Fatalf("the server did not wait: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-s.ended:
		if err == nil || !strings.Contains(err.Error(), "some answers were not sent") {
			t.Errorf("ended with %v", err)
		}
		s.ended <- err
	case <-time.After(15 * time.Second):
		t.Fatal("the second signal does not cut the drain")
	}
}
