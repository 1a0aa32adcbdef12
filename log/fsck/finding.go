package fsck

import (
	"bytes"
	"encoding/hex"
	"fmt"

	"github.com/docketlog/docket/storage"
)

// A Finding is one thing that is not as it was written.
type Finding struct {
	// Where is the keyspace of the row, by its name, or "anchor", or "store" for
	// rows that the store itself cannot read.
	Where string `json:"where"`
	Key   string `json:"key,omitempty"` // of the row, in hex; empty outside a keyspace
	What  string `json:"what"`          // the row in words, as in "leaf 17"
	Found string `json:"found"`
	Want  string `json:"want"`
	Do    string `json:"do"`
}

// String returns the finding in one line.
func (f Finding) String() string {
	s := fmt.Sprintf("%s: found %s, want %s", f.What, f.Found, f.Want)
	if f.Key != "" {
		s += fmt.Sprintf(" (%s row %s)", f.Where, f.Key)
	}
	return s
}

// Places of findings outside the keyspaces.
const (
	inAnchor = "anchor"
	inStore  = "store"
)

// What to do about a finding.
const (
	doRestore = "keep the folder as it is, stop using this disk until it is checked, and restore the store from a copy"
	doDerived = "the row follows from leaves and contents: keep the folder as it is, check the disk, and restore the store from a copy"
	doSurplus = "nothing that the log writes: find out which program or fault wrote it, keep the folder, and restore the store from a copy"
	doAnchor  = "do not start the log; keep the file, and put back the newest checkpoint that a witness or a reader of the log holds"
	doBehind  = "do not start the log: it would sign a second history. Bring back the newest store; the anchor is right"
	doReplay  = "keep the log and its copies as evidence: an entry that breaks the rules was let in, or a seal was made over other registers"
)

// findings collects what one pass finds: all are counted, the first ones kept.
// It belongs to one goroutine.
type findings struct {
	max   int
	list  []Finding
	total int
}

func (f *findings) put(x Finding) {
	f.total++
	if len(f.list) < f.max {
		f.list = append(f.list, x)
	}
}

// row adds a finding about a row, named in words.
func (f *findings) row(key []byte, what, found, want string) {
	do := doDerived
	switch storage.SpaceOf(key) {
	case storage.LeafSpace, storage.ContentSpace, storage.MetaSpace:
		do = doRestore
	}
	f.put(Finding{Where: storage.SpaceOf(key).String(), Key: hex.EncodeToString(key), What: what, Found: found, Want: want, Do: do})
}

// surplus adds a finding about a row that should not be there.
func (f *findings) surplus(key []byte, why string) {
	space := storage.SpaceOf(key).String()
	f.put(Finding{Where: space, Key: hex.EncodeToString(key), What: space + " row", Found: "a row", Want: "none: " + why, Do: doSurplus})
}

// malformed is surplus for a key that no row of its keyspace has.
func (f *findings) malformed(key []byte) { f.surplus(key, "the key is none of this keyspace") }

// add takes over what another pass found.
func (f *findings) add(other findings) {
	for _, x := range other.list {
		f.put(x)
	}
	f.total += other.total - len(other.list)
}

// rowText shows a row of text or bytes, shortened.
func rowText(row []byte) string {
	if row == nil {
		return "no row"
	}
	if isText(row) {
		return fmt.Sprintf("%.300q", row)
	}
	if len(row) > 64 {
		return fmt.Sprintf("%d bytes %x...", len(row), row[:32])
	}
	return fmt.Sprintf("%x", row)
}

func isText(row []byte) bool {
	return len(row) > 0 && bytes.IndexFunc(row, func(r rune) bool { return r < 0x20 || r > 0x7e }) < 0
}

// difference says where two rows part.
func difference(found, want []byte) (f, w string) {
	if found == nil {
		return "no row", rowText(want)
	}
	if len(found) != len(want) {
		return fmt.Sprintf("%d bytes", len(found)), fmt.Sprintf("%d bytes", len(want))
	}
	at := 0
	for at < len(want)-1 && found[at] == want[at] {
		at++
	}
	end := min(at+16, len(want))
	return fmt.Sprintf("%x at byte %d", found[at:end], at), fmt.Sprintf("%x", want[at:end])
}
