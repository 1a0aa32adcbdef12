package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// lies are what a proxy does to answers whose path begins so.
var lies = map[string]struct {
	prefix string
	change func(b []byte) ([]byte, error)
}{
	"drop":     {"/api/v1/histories/", events(func(e []any) []any { return e[1:] })},
	"swap":     {"/api/v1/histories/", events(func(e []any) []any { e[0], e[1] = e[1], e[0]; return e })},
	"change":   {"/api/v1/histories/", events(func(e []any) []any { e[0].(map[string]any)["body"] = e[1].(map[string]any)["body"]; return e })},
	"withhold": {"/api/v1/content/", func([]byte) ([]byte, error) { return []byte("{}"), nil }},
	"tiles":    {"/tile/0/", flipped},
	"entries":  {"/tile/entries/", func(b []byte) ([]byte, error) { return b[:len(b)-9], nil }},
	"receipts": {"/api/v1/receipts/", flipped},
	"notes":    {"/api/v1/checkpoints", flipped},
	"search":   {"/api/v1/search", func([]byte) ([]byte, error) { return []byte(`{"entries":[{"index":3}]}`), nil }},
	"contents": {"/api/v1/contents/", withheld},
	"index":    {"/api/v1/leaf-index/", func([]byte) ([]byte, error) { return []byte(`{"index":3}`), nil }},
}

// withheld shows no content at all.
func withheld(b []byte) (none []byte, err error) {
	for len(b) >= 4 {
		none = append(none, 0, 0, 0, 0)
		b = b[4+binary.BigEndian.Uint32(b):]
	}
	return none, nil
}

func flipped(b []byte) ([]byte, error) {
	b = bytes.Clone(b)
	b[len(b)/2] ^= 1
	return b, nil
}

// events changes the list of events of a page.
func events(change func(e []any) []any) func(b []byte) ([]byte, error) {
	return func(b []byte) ([]byte, error) {
		var page map[string]any
		if err := json.Unmarshal(b, &page); err != nil {
			return nil, err
		}
		list, ok := page["events"].([]any)
		if !ok || len(list) < 2 {
			return nil, fmt.Errorf("no events to lie about: %s", b)
		}
		page["events"] = change(list)
		return json.Marshal(page)
	}
}

// lying puts a proxy before the server of a folder that lies in one way, and its
// URL into $LYING.
func lying(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: lying DIR HOW")
	}
	lie, ok := lies[args[1]]
	if !ok {
		ts.Fatalf("no such lie: %s", args[1])
	}
	target, err := url.Parse(serverOf(ts, args[0]))
	ts.Check(err)
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Header.Del("Accept-Encoding")
		},
		ModifyResponse: func(answer *http.Response) error {
			if !strings.HasPrefix(answer.Request.URL.Path, lie.prefix) || answer.StatusCode != http.StatusOK {
				return nil
			}
			b, err := io.ReadAll(answer.Body)
			if err == nil {
				b, err = lie.change(b)
			}
			answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
			answer.Header.Set("Content-Length", fmt.Sprint(len(b)))
			answer.TransferEncoding = nil
			return err
		},
	})
	ts.Defer(proxy.Close)
	ts.Setenv("LYING", proxy.URL)
}
