package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/evidence"
)

// evidence is where signed objects lie that do not fit together.
func (f folders) evidence() string { return filepath.Join(f.dir, "client", "evidence") }

// keepEvidence keeps what an error carries of a log that contradicts itself, and
// returns the folder; "" if it carries nothing. Of two notes, both are in the file:
// the client keeps only the one that it saw first.
func (f folders) keepEvidence(err error) (string, error) {
	e := client.EvidenceOf(err)
	if e == nil {
		return "", nil
	}
	_, err = writeEvidence(f.evidence(), e)
	return f.evidence(), err
}

// writeEvidence keeps evidence in a file of its own, which only its owner may read,
// and returns its path. The same twice is one file.
func writeEvidence(dir string, e *evidence.Evidence) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	text := e.Marshal()
	sum := sha256.Sum256(text)
	path := filepath.Join(dir, e.Kind+"-"+hex.EncodeToString(sum[:8])+".json")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return path, err
	}
	return path, client.WriteFile(path, text, 0o600)
}

// kept keeps the evidence of a verdict that two receipts exclude each other.
func (v *verify) kept(verifier proofs.Verifier, verdict proofs.Verdict) proofs.Verdict {
	if verdict.Contradiction == nil {
		return verdict
	}
	path, err := writeEvidence(v.folders.evidence(), evidence.OfContradiction(verdict.Contradiction, verifier.Genesis))
	if err != nil {
		verdict.Warnings = append(verdict.Warnings, "the evidence could not be kept: "+err.Error())
	} else {
		verdict.Warnings = append(verdict.Warnings, "both receipts are evidence, kept in "+path)
	}
	return verdict
}
