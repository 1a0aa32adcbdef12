package fsck_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/fsck"
	"github.com/docketlog/docket/storage"
)

// row is one row of a store.
type row struct{ key, value []byte }

// rows returns all rows of a store by keyspace.
func (p *place) rows(t testing.TB) map[storage.Keyspace][]row {
	t.Helper()
	out := map[storage.Keyspace][]row{}
	err := p.store.Scan(nil, nil, func(key, value []byte) bool {
		space := storage.SpaceOf(key)
		out[space] = append(out[space], row{bytes.Clone(key), bytes.Clone(value)})
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// with returns the rows of the store with some of them changed; a nil value
// deletes.
func (p *place) with(t testing.TB, changes ...row) storage.Reader {
	return &overlay{Reader: p.store, changes: sorted(changes)}
}

// overlay is a reader with some rows of its own, in key order.
type overlay struct {
	storage.Reader
	changes []row
}

func sorted(rows []row) []row {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b row) int { return bytes.Compare(a.key, b.key) })
	return rows
}

func (o *overlay) Get(key []byte) ([]byte, error) {
	for _, c := range o.changes {
		if bytes.Equal(c.key, key) {
			if c.value == nil {
				return nil, storage.ErrNotFound
			}
			return bytes.Clone(c.value), nil
		}
	}
	return o.Reader.Get(key)
}

func (o *overlay) Scan(start, end []byte, yield func(key, value []byte) bool) error {
	var own []row
	for _, c := range o.changes {
		if bytes.Compare(c.key, start) >= 0 && (len(end) == 0 || bytes.Compare(c.key, end) < 0) {
			own = append(own, c)
		}
	}
	more := true
	before := func(key []byte) { // yields what is own and below key
		for more && len(own) > 0 && (key == nil || bytes.Compare(own[0].key, key) < 0) {
			if c := own[0]; c.value != nil {
				more = yield(bytes.Clone(c.key), bytes.Clone(c.value))
			}
			own = own[1:]
		}
	}
	err := o.Reader.Scan(start, end, func(key, value []byte) bool {
		before(key)
		if !more {
			return false
		}
		if len(own) > 0 && bytes.Equal(own[0].key, key) {
			value = bytes.Clone(own[0].value)
			own = own[1:]
			if value == nil {
				return true
			}
		}
		more = yield(key, value)
		return more
	})
	before(nil)
	return err
}

func flip(b []byte, bit int) []byte {
	b = bytes.Clone(b)
	b[bit/8] ^= 1 << (bit % 8)
	return b
}

// found demands a finding in this keyspace that names this row.
func found(t testing.TB, r fsck.Report, what string, key []byte) {
	t.Helper()
	space := storage.SpaceOf(key).String()
	for _, f := range r.Findings {
		if f.Where == space && f.Key == fmt.Sprintf("%x", key) {
			return
		}
	}
	t.Errorf("%s of %s row %x: found only %v", what, space, key, r.Findings)
}

// foundIn demands a finding in this keyspace.
func foundIn(t testing.TB, r fsck.Report, what string, key []byte) {
	t.Helper()
	space := storage.SpaceOf(key).String()
	if !slices.ContainsFunc(r.Findings, func(f fsck.Finding) bool { return f.Where == space }) {
		t.Errorf("%s of %s row %x: found only %v", what, space, key, r.Findings)
	}
}

// damaged are the logs that the tests damage, with what is not found in them.
func damagedLogs(t *testing.T) map[log.Mode]*place {
	return map[log.Mode]*place{log.Sealed: sealed(t, 260).refusing(t, 6), log.Raw: raw(t, 300)}
}

// rawTime is the one part of a raw log's head that nothing else tells about.
var rawTime = regexp.MustCompile(`"time":(0|[1-9][0-9]*),`)

// unseen says that a change is one that nothing else tells about: see the
// package's documentation.
func unseen(mode log.Mode, x row, value []byte) bool {
	if mode == log.Raw && bytes.Equal(x.key, log.HeadKey()) {
		return bytes.Equal(rawTime.ReplaceAll(x.value, nil), rawTime.ReplaceAll(value, nil))
	}
	return storage.SpaceOf(x.key) == storage.CheckpointSpace && value == nil
}

// spread returns up to n rows of a list: the first, the last, and others.
func spread(rows []row, n int, r *rand.Rand) []row {
	if len(rows) <= n {
		return rows
	}
	out := []row{rows[0], rows[len(rows)-1]}
	for len(out) < n {
		out = append(out, rows[r.IntN(len(rows))])
	}
	return out
}

// TestDamage damages rows of each keyspace in each way. The finding names the
// row; one event among several without tiles can only be narrowed down.
func TestDamage(t *testing.T) {
	for mode, p := range damagedLogs(t) {
		r := rand.New(rand.NewPCG(1, 2))
		for space, rows := range p.rows(t) {
			t.Run(fmt.Sprintf("%s %s", mode, space), func(t *testing.T) {
				for _, row := range spread(rows, 5, r) {
					p.damage(t, mode, row, r)
				}
				p.swap(t, mode, rows)
				p.surplus(t, mode, rows)
			})
		}
	}
}

// damage damages one row: bytes flipped, cut, longer, deleted.
func (p *place) damage(t *testing.T, mode log.Mode, x row, r *rand.Rand) {
	changes := map[string][]byte{"deletion": nil, "a cut": x.value[:len(x.value)-1], "growth": append(bytes.Clone(x.value), 0)}
	for _, at := range []int{0, len(x.value) - 1, r.IntN(len(x.value)), r.IntN(len(x.value))} {
		changes[fmt.Sprintf("a flip at %d", at)] = flip(x.value, at*8+r.IntN(8))
	}
	for what, value := range changes {
		report := p.check(t, mode, p.with(t, row{x.key, value}), fsck.Options{})
		switch {
		case unseen(mode, x, value):
		case storage.SpaceOf(x.key) == storage.EventSpace:
			foundIn(t, report, what, x.key)
		default:
			found(t, report, what, x.key)
		}
		if report.Damaged > 3 {
			t.Errorf("%s of %x: %d findings for one row: %v", what, x.key, report.Damaged, report.Findings)
		}
	}
}

// swap exchanges the values of two rows.
func (p *place) swap(t *testing.T, mode log.Mode, rows []row) {
	a := rows[0]
	for _, b := range rows[1:min(len(rows), 4)] {
		if bytes.Equal(a.value, b.value) {
			continue
		}
		report := p.check(t, mode, p.with(t, row{a.key, b.value}, row{b.key, a.value}), fsck.Options{})
		foundIn(t, report, "a swap", a.key)
	}
}

// surplus adds rows: of keys between, before and behind those that are there.
func (p *place) surplus(t *testing.T, mode log.Mode, rows []row) {
	first, last := rows[0], rows[len(rows)-1]
	for what, key := range map[string][]byte{
		"a longer key":       append(bytes.Clone(first.key), 0),
		"a longer last key":  append(bytes.Clone(last.key), 7),
		"a short key":        first.key[:1],
		"a key behind":       flip(last.key, len(last.key)*8-1),
		"another key":        flip(first.key, len(first.key)*8-1),
		"a key far away":     flip(first.key, len(first.key)*4+1),
		"a key at the start": flip(first.key, 15),
	} {
		if storage.SpaceOf(key) != storage.SpaceOf(first.key) || slices.ContainsFunc(rows, func(x row) bool { return bytes.Equal(x.key, key) }) {
			continue
		}
		found(t, p.check(t, mode, p.with(t, row{key, first.value}), fsck.Options{}), "adding "+what, key)
	}
}

// TestUnknownKeyspace: rows of no keyspace are damage, also those that only
// sealed logs have.
func TestUnknownKeyspace(t *testing.T) {
	for mode, p := range map[log.Mode]*place{log.Sealed: sealed(t, 1), log.Raw: raw(t, 1)} {
		for _, key := range [][]byte{{1}, {'A', 1}, {'G'}, {'Z', 0}, {0xff, 0xff}, storage.Meta(""), storage.Meta("other"), storage.Meta("head2")} {
			found(t, p.check(t, mode, p.with(t, row{key, []byte("x")}), fsck.Options{}), "adding", key)
		}
	}
	p := raw(t, 1)
	found(t, p.check(t, log.Raw, p.with(t, row{storage.Content(0), []byte("x")}), fsck.Options{}), "adding", storage.Content(0))
}

// TestSurplusInAnEmptyLog: a raw log without leaves has rows of meta and one
// checkpoint, and no others.
func TestSurplusInAnEmptyLog(t *testing.T) {
	p := raw(t, 0)
	hash := [32]byte{1}
	for _, key := range [][]byte{
		{'L'}, storage.Leaf(0), storage.Leaf(7), append(storage.Leaf(0), 0), {'N'}, {'N', 0}, storage.Tile(0, 0), storage.Tile(1, 0), storage.Tile(9, 9),
		{'F'}, storage.LeafHashIndex(hash), {'K'}, storage.Checkpoint(1), storage.Checkpoint(1 << 60),
	} {
		found(t, p.check(t, log.Raw, p.with(t, row{key, make([]byte, 32)}), fsck.Options{}), "adding", key)
		told, _ := p.scrub(t, log.Raw, &snapshots{store: p.store, changes: []row{{key, make([]byte, 32)}}}, fast, 1)
		if len(told) == 0 {
			t.Errorf("no round finds row %x", key)
		}
	}
}

// TestRandomBits flips single bits of random rows, of keys and of values. All
// are found.
func TestRandomBits(t *testing.T) {
	for mode, p := range damagedLogs(t) {
		var all []row
		for _, rows := range p.rows(t) {
			all = append(all, rows...)
		}
		slices.SortFunc(all, func(a, b row) int { return bytes.Compare(a.key, b.key) })
		r := rand.New(rand.NewPCG(7, 11))
		for range 300 {
			x := all[r.IntN(len(all))]
			var store storage.Reader
			var what string
			if key := len(x.key) * 8; r.IntN(4) == 0 {
				bit := r.IntN(key)
				moved := flip(x.key, bit)
				if moved[0] == 0 {
					continue // the store's own rows: no caller can write or see them
				}
				what, store = fmt.Sprintf("bit %d of key %x", bit, x.key), p.with(t, row{x.key, nil}, row{moved, x.value})
			} else {
				bit := r.IntN(len(x.value) * 8)
				if unseen(mode, x, flip(x.value, bit)) {
					continue
				}
				what, store = fmt.Sprintf("bit %d of row %x", bit, x.key), p.with(t, row{x.key, flip(x.value, bit)})
			}
			if report := p.check(t, mode, store, fsck.Options{MaxFindings: 3}); report.Damaged == 0 {
				t.Errorf("%s log: %s is not found", mode, what)
			}
		}
	}
}

// TestEveryBitOfMeta flips each bit of the meta rows.
func TestEveryBitOfMeta(t *testing.T) {
	p := sealed(t, 2)
	for _, key := range [][]byte{log.HeadKey(), log.SettingsKey()} {
		value, err := p.store.Get(key)
		if err != nil {
			t.Fatal(err)
		}
		for bit := range len(value) * 8 {
			report := p.check(t, log.Sealed, p.with(t, row{key, flip(value, bit)}), fsck.Options{})
			found(t, report, fmt.Sprintf("flipping bit %d to %q", bit, flip(value, bit)), key)
			if report.Damaged != 1 {
				t.Errorf("bit %d, %q: %v", bit, flip(value, bit), report.Findings)
			}
		}
	}
}

// TestFindingsAreBounded: all findings are counted, some are kept.
func TestFindingsAreBounded(t *testing.T) {
	p := sealed(t, 100)
	var changes []row
	for _, x := range p.rows(t)[storage.ContentSpace] {
		changes = append(changes, row{x.key, nil})
	}
	report := p.check(t, log.Sealed, p.with(t, changes...), fsck.Options{MaxFindings: 5})
	if len(report.Findings) != 5 || report.Damaged != len(changes) {
		t.Errorf("%d kept of %d, want 5 of %d", len(report.Findings), report.Damaged, len(changes))
	}
	for _, f := range report.Findings {
		if !strings.HasPrefix(f.What, "content ") || f.Found == "" || f.Want == "" || f.Do == "" {
			t.Errorf("%+v", f)
		}
	}
}
