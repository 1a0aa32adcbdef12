package main

import (
	"os"
	"path/filepath"
	"testing"
)

// Two runs of one command: the second finds the statement answered and gone.
func TestRemovePendingTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pending")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := removePending(path); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Error(err)
	}
	if err := os.MkdirAll(filepath.Join(path, "below"), 0o700); err != nil {
		t.Fatal(err)
	}
	if removePending(path) == nil {
		t.Error("a folder that stays is no error")
	}
}
