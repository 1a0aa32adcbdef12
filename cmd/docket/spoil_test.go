package main

import (
	"encoding/pem"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"

	"github.com/rogpeppe/go-internal/testscript"
)

func lossy(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: lossy DIR")
	}
	target, err := url.Parse(serverOf(ts, args[0]))
	ts.Check(err)
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			forward.ServeHTTP(w, r)
			return
		}
		forward.ServeHTTP(httptest.NewRecorder(), r) // it comes in
		panic(http.ErrAbortHandler)                  // and nobody hears of it
	}))
	ts.Defer(proxy.Close)
	ts.Setenv("LOSSY", proxy.URL)
}

func secure(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: secure DIR CA")
	}
	target, err := url.Parse(serverOf(ts, args[0]))
	ts.Check(err)
	// The host stays that of the log's server: what it serves to strangers does not.
	proxy := httptest.NewUnstartedServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }})
	proxy.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	proxy.StartTLS()
	ts.Defer(proxy.Close)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: proxy.Certificate().Raw}), 0o644))
	ts.Setenv("SECURE", proxy.URL)
}

func spoil(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: spoil FILE HOW")
	}
	path := ts.MkAbs(args[0])
	b, err := os.ReadFile(path)
	ts.Check(err)
	switch args[1] {
	case "cut":
		ts.Check(os.WriteFile(path, b[:len(b)/2], 0o644))
	case "signature":
		b[len(b)-10] ^= 1
		ts.Check(os.WriteFile(path, b, 0o644))
	case "open":
		ts.Check(os.Chmod(path, 0o666))
	case "folder":
		ts.Check(os.Remove(path))
		ts.Check(os.Mkdir(path, 0o755))
	default:
		ts.Fatalf("no such damage: %s", args[1])
	}
}
