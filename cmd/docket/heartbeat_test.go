package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A heartbeat is a file, or a POST that is answered well; its URL is in no error.
func TestHeartbeat(t *testing.T) {
	if heartbeat("") != nil {
		t.Error("a heartbeat of nothing")
	}
	path := filepath.Join(t.TempDir(), "beat")
	if err := heartbeat(path)(t.Context()); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || !strings.HasSuffix(string(text), "Z\n") {
		t.Errorf("%q, %v", text, err)
	}
	if err := heartbeat(filepath.Join(path, "x"))(t.Context()); err == nil {
		t.Error("a file below a file")
	}
	status, posts := http.StatusNoContent, 0
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			posts++
		}
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
	}))
	beat := heartbeat(h.URL + "/secret")
	if err := beat(t.Context()); err != nil || posts != 1 {
		t.Errorf("%v, %d posts", err, posts)
	}
	for _, status = range []int{http.StatusFound, http.StatusNotFound, http.StatusInternalServerError} {
		if err := beat(t.Context()); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("status %d: %v", status, err)
		}
	}
	if posts != 4 {
		t.Errorf("%d posts: a redirect was followed", posts)
	}
	h.Close()
	if err := beat(t.Context()); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v", err)
	}
}
