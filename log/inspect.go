package log

import (
	"encoding/json"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage"
)

// A Head is the tree head of the newest commit, unsigned, with what the writer
// keeps beside it. It is for programs that read the store of a log from outside.
type Head struct {
	proofs.TreeHead
	Time      int64  // of the newest seal, Unix ms; 0 in a raw log
	Registers uint64 // leaves of the register tree
	Depth     int    // of its buckets: a local choice; 0 in a raw log
}

// Marshal returns the one form of the head row.
func (h Head) Marshal() []byte {
	return mustMarshal(head{Size: h.Size, Root: h.Root[:], Time: h.Time, Registers: h.Registers, Depth: h.Depth})
}

// ReadHead reads the head row. A row that is missing or not in its one form is
// ErrDamage.
func ReadHead(r storage.Reader) (Head, error) {
	h, err := readHead(r)
	if err != nil {
		return Head{}, err
	}
	return Head{TreeHead: h.treeHead(), Time: h.Time, Registers: h.Registers, Depth: h.Depth}, nil
}

// HeadKey and SettingsKey return the keys of the two meta rows.
func HeadKey() []byte     { return storage.Meta(headRow) }
func SettingsKey() []byte { return storage.Meta(settingsRow) }

// MarshalSettings returns the settings row of a log of this origin and mode, with
// these keys.
func MarshalSettings(origin string, mode Mode, keys KeyTerms) []byte {
	return mustMarshal(settings{Format: format(mode), Origin: origin, Mode: mode, Keys: keys})
}

func mustMarshal(v any) []byte {
	row, err := json.Marshal(v)
	if err != nil {
		panic("log: meta row: " + err.Error()) // strings, numbers and bytes
	}
	return row
}
