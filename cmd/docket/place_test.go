package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// cutOff makes a whole set-up aside, of which nothing moved yet.
func cutOff(t *testing.T, f folders) {
	t.Helper()
	if err := os.MkdirAll(f.aside().dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := devSetup("http://127.0.0.1:1").make(t.Context(), f.aside()); err != nil {
		t.Fatal(err)
	}
}

// A set-up that was cut off is finished with the anchor that it was begun with, or
// not at all.
func TestFinishWithAnotherAnchor(t *testing.T) {
	f := folders{dir: t.TempDir(), anchorDir: filepath.Join(t.TempDir(), "anchor")}
	foreign := folders{dir: t.TempDir()}
	s := devSetup("http://127.0.0.1:1")
	if err := s.create(t.Context(), foreign, io.Discard); err != nil {
		t.Fatal(err)
	}
	empty := t.TempDir()
	cutOff(t, f)
	refused := func(anchor, want string) {
		t.Helper()
		err := s.create(t.Context(), folders{dir: f.dir, anchorDir: anchor}, io.Discard)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "nothing was moved") {
			t.Errorf("--anchor %q: %v, want %q", anchor, err, want)
		}
		for _, dir := range f.places() {
			if there, err := exists(dir); there || err != nil {
				t.Errorf("--anchor %q: %s is there, %v", anchor, dir, err)
			}
		}
	}
	refused("", "anchor neither in "+filepath.Join(f.aside().dir, "anchor")+" nor in "+filepath.Join(f.dir, "anchor"))
	refused(foreign.anchor(), "not its anchor but another log's")
	refused(empty, "is not its anchor")
	if err := os.Mkdir(f.anchor(), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.create(t.Context(), f, io.Discard); err == nil || !strings.Contains(err.Error(), "anchor both in ") {
		t.Errorf("an anchor in both places: %v", err)
	}
	if err := os.Remove(f.anchor()); err != nil {
		t.Fatal(err)
	}
	if err := s.create(t.Context(), f, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, dir := range f.places() {
		if there, err := exists(dir); !there {
			t.Errorf("%s is not there: %v", dir, err)
		}
	}
}

// A place that cannot be looked at is no place where a log is.
func TestPlaceUnknown(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := vacant(filepath.Join(file, "anchor")) // below a file: no error says that nothing is there
	if err == nil || strings.Contains(err.Error(), "never made over") || !strings.Contains(err.Error(), "it cannot be told") {
		t.Error(err)
	}
}
