package log

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// Names of the meta rows.
const (
	settingsRow = "settings"
	headRow     = "head"
)

// settings is what a log is for life, but for its keys: Create writes it, and
// IntroduceKey and RetireKey change the keys.
type settings struct {
	Format string   `json:"format"` // layout of the rows
	Origin string   `json:"origin"`
	Mode   Mode     `json:"mode"`
	Keys   KeyTerms `json:"keys"`
}

// format names the row layout and, in a sealed log, the rules. A program opens a log
// of its own format alone.
func format(mode Mode) string {
	if mode == Sealed {
		return "docket/1 " + statement.Rules
	}
	return "docket/1 raw"
}

func (c Config) settings() settings {
	return settings{Format: format(c.Mode), Origin: c.Origin, Mode: c.Mode, Keys: NewKeyTerms(c.Signer.keys...)}
}

// check compares what the store holds with what is configured, but for the keys.
func (s settings) check(want settings) error {
	switch {
	case s.Mode != want.Mode:
		return fmt.Errorf("%w: it is a %s log, opened as a %s log", ErrMismatch, s.Mode, want.Mode)
	case s.Origin != want.Origin:
		return fmt.Errorf("%w: its origin is %q, not %q", ErrMismatch, s.Origin, want.Origin)
	case s.Format != want.Format:
		return fmt.Errorf("%w: its format is %q; this program has %q: use a program that knows that format", ErrMismatch, s.Format, want.Format)
	}
	return nil
}

// head is the unsigned tree head of the newest commit, and what the next batch
// needs to know of it.
type head struct {
	Size      uint64 `json:"size"`
	Root      []byte `json:"root"`
	Time      int64  `json:"time"`      // of the newest seal, Unix ms
	Registers uint64 `json:"registers"` // leaves of the register tree
	Depth     int    `json:"depth"`     // of its buckets
}

func (h head) treeHead() proofs.TreeHead {
	return proofs.TreeHead{Size: h.Size, Root: proofs.Hash(h.Root)}
}

func putMeta(b *storage.Batch, name string, v any) error {
	row, err := json.Marshal(v)
	if err != nil {
		return err
	}
	b.Set(storage.Meta(name), row)
	return nil
}

func getMeta(r storage.Reader, name string, v any) error {
	row, err := r.Get(storage.Meta(name))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(row, v); err != nil {
		return damage("meta row %s: %v", name, err)
	}
	if again, err := json.Marshal(v); err != nil || !bytes.Equal(again, row) {
		return damage("meta row %s is not as it was written", name)
	}
	return nil
}

// readSettings returns ErrNoLog for a store without one.
func readSettings(r storage.Reader) (settings, error) {
	var s settings
	err := getMeta(r, settingsRow, &s)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return s, ErrNoLog
	case errors.Is(err, ErrDamage) && s.Format != "" && s.Format != format(Sealed) && s.Format != format(Raw):
		return s, s.check(settings{Format: format(s.Mode), Origin: s.Origin, Mode: s.Mode}) // of another program
	case err != nil:
		return s, err
	}
	if err := s.Keys.check(s.Origin); err != nil {
		return s, damage("meta row %s: %v", settingsRow, err)
	}
	return s, nil
}

func readHead(r storage.Reader) (head, error) {
	var h head
	err := getMeta(r, headRow, &h)
	if errors.Is(err, storage.ErrNotFound) {
		return h, damage("meta row %s is missing", headRow)
	}
	if err != nil {
		return h, err
	}
	if len(h.Root) != 32 || h.Size > math.MaxInt64 || h.Depth < 0 || h.Depth > register.MaxDepth { // seals count with a signed prev
		return h, damage("meta row %s", headRow)
	}
	return h, nil
}

// registerLeaves reads the leaves of the register tree from their rows.
type registerLeaves struct{ r storage.Reader }

// Leaves implements register.LeafReader.
func (l registerLeaves) Leaves(prefix register.Key, depth int, yield func(register.Leaf) bool) error {
	start, end := storage.RegisterLeafRange(prefix, depth)
	var bad error
	err := l.r.Scan(start, end, func(key, value []byte) bool {
		k, err := storage.ParseRegisterLeaf(key)
		if err != nil || len(value) != 32 {
			bad = damage("register leaf %x", key)
			return false
		}
		return yield(register.Leaf{Key: k, ValueHash: register.Hash(value)})
	})
	if err == nil {
		err = bad
	}
	return err
}
