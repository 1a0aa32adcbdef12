package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"

	"github.com/docketlog/docket/client"
)

// evidence is where signed checkpoints lie that do not fit together.
func (f folders) evidence() string { return filepath.Join(f.dir, "client", "evidence") }

// keepEvidence writes the two signed checkpoints of a fork, a rollback or a missing
// proof, byte for byte, into files of their own, and returns their folder; "" if
// the error carries none. The client keeps only the one that it saw first.
func (f folders) keepEvidence(err error) (string, error) {
	var (
		fork     *client.ForkError
		unproven *client.UnprovenError
		rollback *client.RollbackError
		notes    [][]byte
	)
	switch {
	case errors.As(err, &fork):
		notes = [][]byte{fork.Seen, fork.Shown}
	case errors.As(err, &unproven):
		notes = [][]byte{unproven.Seen, unproven.Shown}
	case errors.As(err, &rollback):
		notes = [][]byte{rollback.SeenNote, rollback.ShownNote}
	default:
		return "", nil
	}
	if err := os.MkdirAll(f.evidence(), 0o755); err != nil {
		return "", err
	}
	for _, note := range notes {
		sum := sha256.Sum256(note)
		path := filepath.Join(f.evidence(), hex.EncodeToString(sum[:8])+".checkpoint")
		if _, err := os.Stat(path); err == nil {
			continue
		}
		if err := client.WriteFile(path, note, 0o644); err != nil {
			return "", err
		}
	}
	return f.evidence(), nil
}
