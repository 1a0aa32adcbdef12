package log

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage"
)

// A KeyTerm says which checkpoints of a log a key signs: those of the sizes from
// From up to, and not with, Until.
type KeyTerm struct {
	Key   proofs.VerifierKey
	From  uint64
	Until uint64 // 0: it signs to this day; From: it was given up before it signed
}

// holds says whether the key signs checkpoints of this size.
func (t KeyTerm) holds(size uint64) bool {
	return size >= t.From && (t.Until == 0 || size < t.Until)
}

type keyTermRow struct {
	Key   string `json:"key"`
	From  uint64 `json:"from"`
	Until uint64 `json:"until,omitempty"`
}

// MarshalJSON returns the form of the settings row.
func (t KeyTerm) MarshalJSON() ([]byte, error) {
	return json.Marshal(keyTermRow{t.Key.String(), t.From, t.Until})
}

// UnmarshalJSON reads the form of the settings row.
func (t *KeyTerm) UnmarshalJSON(b []byte) error {
	var row keyTermRow
	if err := json.Unmarshal(b, &row); err != nil {
		return err
	}
	key, err := proofs.ParseVerifierKey(row.Key)
	*t = KeyTerm{key, row.From, row.Until}
	return err
}

// KeyTerms are all keys that a log ever signed with, in the order in which they
// were introduced. There is always one of type 0x01 that signs.
type KeyTerms []KeyTerm

// NewKeyTerms are the terms of a log that always had these keys.
func NewKeyTerms(keys ...proofs.VerifierKey) KeyTerms {
	var all KeyTerms
	for _, key := range keys {
		all = append(all, KeyTerm{Key: key})
	}
	return all
}

// At returns the keys that sign checkpoints of this size, in the order of their lines:
// those of Ed25519 first, the older before the newer.
func (all KeyTerms) At(size uint64) []proofs.VerifierKey {
	return byType(all.keys(func(t KeyTerm) bool { return t.holds(size) }))
}

// Current returns the keys that sign what the log signs next, in the order of their
// lines.
func (all KeyTerms) Current() []proofs.VerifierKey {
	return byType(all.keys(func(t KeyTerm) bool { return t.Until == 0 }))
}

func byType(keys []proofs.VerifierKey) []proofs.VerifierKey {
	slices.SortStableFunc(keys, func(a, b proofs.VerifierKey) int { return int(a.Type) - int(b.Type) })
	return keys
}

// Keys returns all keys that ever signed, in their order.
func (all KeyTerms) Keys() []proofs.VerifierKey {
	return all.keys(func(KeyTerm) bool { return true })
}

func (all KeyTerms) keys(which func(KeyTerm) bool) (keys []proofs.VerifierKey) {
	for _, t := range all {
		if which(t) {
			keys = append(keys, t.Key)
		}
	}
	return keys
}

// of finds the term of a key.
func (all KeyTerms) of(key proofs.VerifierKey) (at int, ok bool) {
	at = slices.IndexFunc(all, func(t KeyTerm) bool { return t.Key.String() == key.String() })
	return at, at >= 0
}

// check refuses terms that no log has.
func (all KeyTerms) check(origin string) error {
	for i, t := range all {
		if t.Until != 0 && t.Until < t.From || i == 0 && t.From != 0 || i > 0 && t.From < all[i-1].From {
			return fmt.Errorf("key %d signs from size %d until %d", i, t.From, t.Until)
		}
		if first, _ := all.of(t.Key); first != i {
			return fmt.Errorf("key %d is there twice", i)
		}
	}
	return checkSet(origin, all.Current())
}

// agree demands that a signer has the keys that sign, all of them and no other.
func (all KeyTerms) agree(signer []proofs.VerifierKey) error {
	for _, key := range signer {
		at, known := all.of(key)
		switch {
		case !known:
			return fmt.Errorf("%w: its key is %s; the configured signer has %s, which docket key introduce did not introduce", ErrMismatch, all.Current()[0], key)
		case all[at].Until != 0:
			return fmt.Errorf("%w: the key %s is retired, it signed below size %d; the configured signer has it still", ErrMismatch, key, all[at].Until)
		}
	}
	for _, key := range all.Current() {
		if !slices.ContainsFunc(signer, func(k proofs.VerifierKey) bool { return k.String() == key.String() }) {
			return fmt.Errorf("%w: its checkpoints are signed by %s too, and the configured signer does not have that key: "+
				"who pins it alone could verify nothing more. Put its file back; if docket key introduce or retire was cut off, run it again", ErrMismatch, key)
		}
	}
	return nil
}

// ReadKeyTerms reads which keys the log in a store has signed with. A row that is
// missing or not in its one form is ErrNoLog or ErrDamage.
func ReadKeyTerms(r storage.Reader) (KeyTerms, error) {
	s, err := readSettings(r)
	return s.Keys, err
}
