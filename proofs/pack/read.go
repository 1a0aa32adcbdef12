package pack

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/docketlog/docket/proofs"
)

// A reader takes a pack apart, one check after the other.
type reader struct {
	files  []file
	byName map[string][]byte
	pack   *Pack
	note   []byte
}

// open reads the container. All later checks know that no name stands twice in it.
func (r *reader) open(b []byte) (err error) {
	if r.files, err = unzip(b); err != nil {
		return err
	}
	r.byName = make(map[string][]byte)
	for i, f := range r.files {
		if i > 0 && r.files[i-1].name >= f.name {
			return fmt.Errorf("%.80q does not stand in its place: names rise, each is there once", f.name)
		}
		if strings.HasSuffix(f.name, "/") {
			return fmt.Errorf("%.80q is a folder: a pack has none", f.name)
		}
		r.byName[f.name] = f.data
	}
	return nil
}

// manifest reads what the pack is about, and holds every file against its SHA-256.
func (r *reader) manifest() error {
	b, ok := r.byName[fileManifest]
	if !ok {
		return fmt.Errorf("there is no %s: it is no evidence pack", fileManifest)
	}
	m, subject, err := parseManifest(b)
	if err != nil {
		return err
	}
	listed := make(map[string]bool)
	for _, f := range m.Files {
		data, ok := r.byName[f.Name]
		if !ok {
			return fmt.Errorf("%.80q is listed in the manifest, but it is not there", f.Name)
		}
		if sum := (file{f.Name, data}).sum(); sum != f.SHA256 || len(data) != f.Bytes {
			return fmt.Errorf("%.80q has the SHA-256 %s, the manifest lists %.80q: it was changed", f.Name, sum, f.SHA256)
		}
		listed[f.Name] = true
	}
	for _, f := range r.files {
		if !listed[f.name] && f.name != fileManifest {
			return fmt.Errorf("%.80q is not listed in the manifest", f.name)
		}
	}
	r.pack, err = New(subject, "")
	return err
}

// parts reads receipts, statements and histories, each in its one form and under its
// own name.
func (r *reader) parts() error {
	statements := 0
	for _, f := range r.files {
		var err error
		switch {
		case strings.HasPrefix(f.name, "receipts/"):
			err = r.receipt(f)
		case strings.HasPrefix(f.name, "histories/"):
			err = r.history(f)
		case strings.HasPrefix(f.name, "statements/"):
			statements++
		case f.name == fileCheckpoint:
			r.note = f.data
		case f.name == filePolicy:
			r.pack.Policy = string(f.data)
		case f.name != fileManifest && f.name != fileReport && f.name != fileSpec:
			err = errors.New("no pack has such a file")
		}
		if err != nil {
			return fmt.Errorf("%.80q: %w", f.name, err)
		}
	}
	for _, i := range r.pack.entries() {
		if !bytes.Equal(r.byName[statementName(i)], r.pack.receipts[i].Envelope.Marshal()) {
			return fmt.Errorf("%q is not the statement in the receipt of entry %d", statementName(i), i)
		}
	}
	if statements != len(r.pack.receipts) {
		return fmt.Errorf("%d statements, but %d receipts", statements, len(r.pack.receipts))
	}
	return nil
}

func (r *reader) receipt(f file) error {
	receipt, err := proofs.ParseReceipt(f.data)
	if err != nil {
		return err
	}
	if f.name != receiptName(receipt.Index) {
		return fmt.Errorf("it is the receipt of entry %d", receipt.Index)
	}
	return r.pack.AddReceipt(receipt)
}

func (r *reader) history(f file) error {
	h, err := parseHistory(f.data)
	if err != nil {
		return err
	}
	if name, err := historyName(h.Name); err != nil || f.name != name {
		return errors.Join(err, fmt.Errorf("it is the register of %s", h.Name))
	}
	return r.pack.AddHistory(h)
}

// oneCheckpoint demands that each proof leads to the one checkpoint, byte for byte.
func (r *reader) oneCheckpoint() error {
	if r.note == nil {
		return fmt.Errorf("there is no %s", fileCheckpoint)
	}
	if r.pack.histories[r.pack.Subject] == nil {
		return fmt.Errorf("the register of %s, which the pack is about, is not there", r.pack.Subject)
	}
	for _, i := range r.pack.entries() {
		if !bytes.Equal(r.pack.receipts[i].Checkpoint, r.note) {
			return fmt.Errorf("the receipt of entry %d is of another checkpoint than the pack", i)
		}
	}
	for _, n := range r.pack.names() {
		if !bytes.Equal(r.pack.histories[n].Staple.Checkpoint, r.note) {
			return fmt.Errorf("the register of %s is of another checkpoint than the pack", n)
		}
	}
	return nil
}

// same compares the whole with what follows from its parts.
func (r *reader) same(b []byte) error {
	files, err := r.pack.files()
	if err != nil {
		return err
	}
	for _, f := range files {
		if !bytes.Equal(r.byName[f.name], f.data) {
			return fmt.Errorf("%q is not what follows from the statements, receipts and histories", f.name)
		}
	}
	again, err := zipOf(files)
	if err == nil && !bytes.Equal(again, b) {
		err = errors.New("it holds more than follows from the statements, receipts and histories")
	}
	return err
}

// Checkpoint returns the signed note of a pack, unverified: see Verify.
func Checkpoint(b []byte) ([]byte, error) {
	files, err := unzip(b)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if f.name == fileCheckpoint {
			return f.data, nil
		}
	}
	return nil, fmt.Errorf("there is no %s", fileCheckpoint)
}
