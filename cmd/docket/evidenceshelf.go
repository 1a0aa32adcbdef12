package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log/witness"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/evidence"
	"github.com/docketlog/docket/storage"
)

// Bounds of the evidence of one kind that a cosigner keeps. Anybody can make the kind
// unproven, with a wrong proof for what a log signed: it must not take the place of
// forks, which only the keys of logs can make, but those may be stolen.
const (
	maxEvidence      = 1000
	maxEvidenceBytes = 32 << 20
)

// An evidenceShelf is a bounded folder of evidence of those who cosign. What is on it
// is durable before the log gets its answer.
type evidenceShelf struct {
	dir    string
	logger *slog.Logger
}

// contradicted keeps what a witness was shown and what it holds. The same two tree
// heads are one file, whatever cosignatures the one that is held has by now.
func (s evidenceShelf) contradicted(e witness.Evidence) {
	what := sha256.Sum256(append(e.Held.Marshal(), e.Offered.Marshal()...))
	s.tell(e.Portable(), what, "origin", e.Origin, "held", e.Held.Size, "offered", e.Offered.Size)
}

// found keeps what a replay found.
func (s evidenceShelf) found(e *evidence.Evidence) { s.tell(e, sha256.Sum256(e.Marshal())) }

// tell keeps evidence and says so. What cannot be kept is in the operator's line, whole.
func (s evidenceShelf) tell(e *evidence.Evidence, id proofs.Hash, about ...any) {
	about = append(about, "kind", e.Kind)
	path, err := s.keep(e, id)
	if err != nil {
		s.logger.Error("a checkpoint that contradicts what is held, not kept", append(about, "error", err, "evidence", string(e.Marshal()))...)
		return
	}
	s.logger.Warn("a checkpoint that contradicts what is held", append(about, "file", path)...)
}

// keep writes evidence into a file of its own, named by what it is about.
func (s evidenceShelf) keep(e *evidence.Evidence, id proofs.Hash) (string, error) {
	return s.file(e.Kind, id, e.Marshal())
}

// file writes a file of a kind; what is kept already is not written again.
func (s evidenceShelf) file(kind string, id proofs.Hash, text []byte) (string, error) {
	path := filepath.Join(s.dir, kind+"-"+hex.EncodeToString(id[:8])+".json")
	if _, err := os.Lstat(path); err == nil {
		return path, nil
	}
	if err := s.make(); err != nil {
		return "", err
	}
	files, err := os.ReadDir(s.dir)
	if err != nil {
		return "", err
	}
	same, bytes := 0, int64(len(text))
	for _, f := range files {
		if info, err := f.Info(); err == nil && strings.HasPrefix(f.Name(), kind+"-") {
			same, bytes = same+1, bytes+info.Size()
		}
	}
	if same >= maxEvidence || bytes > maxEvidenceBytes {
		return "", fmt.Errorf("%s holds %d files of the kind %s already: look at them, and move them away", s.dir, same, kind)
	}
	return path, client.WriteFile(path, text, 0o600)
}

// make makes the folder, durably.
func (s evidenceShelf) make() error {
	switch err := os.Mkdir(s.dir, 0o700); {
	case errors.Is(err, fs.ErrExist):
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return os.MkdirAll(s.dir, 0o700)
	case err != nil:
		return err
	}
	return storage.SyncFolder(filepath.Dir(s.dir))
}
