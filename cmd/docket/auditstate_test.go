package main

import (
	"os"
	"path/filepath"
	"testing"
)

// A state that was cut off while it was made is made anew; one that is there is opened.
func TestAuditStateCutOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "replay")
	if err := os.MkdirAll(path+".new", 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"LOCK", "MANIFEST-000001"} { // what Pebble makes first
		if err := os.WriteFile(filepath.Join(path+".new", name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		_, closeState, err := openAuditState(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := closeState(); err != nil {
			t.Fatal(err)
		}
		if there, err := exists(path + ".new"); there || err != nil {
			t.Errorf("what was cut off is there still: %v", err)
		}
	}
}
