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

// keepProof writes what makes two notes of different sizes a conviction: a consistency
// proof that leads to the larger tree's root, and the root at the smaller size that it
// leads from, which is not the signed one. Anybody can check it with RFC 6962.
func (f folders) keepProof(fork *client.ForkError) error {
	if len(fork.Proof) == 0 {
		return nil // one size, two roots
	}
	b := jsonLine(forkProof{Seen: string(fork.Seen), Shown: string(fork.Shown), Root: fork.Root[:], Hashes: bytesOf(fork.Proof)})
	return f.keepFile(b, ".proof.json")
}

// forkProof is the evidence of a fork in one file.
type forkProof struct {
	Seen   string   `json:"seen"` // signed notes, byte for byte
	Shown  string   `json:"shown"`
	Root   []byte   `json:"root"`   // what the larger tree has at the smaller size
	Hashes [][]byte `json:"hashes"` // consistency proof (RFC 6962) from there to the larger tree
}

// keepFile keeps a piece of evidence under a name of its own.
func (f folders) keepFile(b []byte, suffix string) error {
	sum := sha256.Sum256(b)
	path := filepath.Join(f.evidence(), hex.EncodeToString(sum[:8])+suffix)
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	return client.WriteFile(path, b, 0o600)
}

// keepEvidence writes the two signed checkpoints of a fork, a rollback or a missing
// proof, byte for byte, into files of their own, with the proof of a fork, and returns their folder; "" if
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
	if err := os.MkdirAll(f.evidence(), 0o700); err != nil {
		return "", err
	}
	for _, note := range notes {
		if err := f.keepFile(note, ".checkpoint"); err != nil {
			return "", err
		}
	}
	if fork != nil {
		if err := f.keepProof(fork); err != nil {
			return "", err
		}
	}
	return f.evidence(), nil
}
