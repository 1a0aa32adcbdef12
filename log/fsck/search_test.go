package fsck_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/fsck"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// searched makes a log of runs, whose statements mention each other, several in a
// batch.
func searched(t *testing.T) *place {
	t.Helper()
	p := newPlace(t)
	l := p.w.Create(t, p.store, p.anchor)
	f := logtest.NewFlow(t, p.w, l)
	for i := range 3 {
		run := fmt.Sprint("R", i)
		open := f.Open(run, "", statement.WantDocument{Document: "claims/1"}, f.Text)
		submit(t, l, open, f.Done(logtest.Work{Run: run, Step: "fetch", Seq: 1, In: []statement.Digest{f.Text}}),
			p.w.Release(fmt.Sprint("open/", i), 1, nil, []byte("x")), f.Approve("h/legal", "legal", open, "claims/1", 1, f.Text))
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestSearchRows: each search row of a log of runs, damaged in each way, is named by a
// check and found by the scrubber.
func TestSearchRows(t *testing.T) {
	p := searched(t)
	wantClean(t, p.check(t, log.Sealed, p.store, fsck.Options{Replay: true}))
	if told, _ := p.scrub(t, log.Sealed, &snapshots{store: p.store}, fast, 1); len(told) != 0 {
		t.Fatalf("a sound log: %v", told)
	}
	rows := p.rows(t)[storage.SearchSpace]
	shared := 0
	r := rand.New(rand.NewPCG(13, 17))
	for _, x := range spread(rows, 12, r) {
		p.damage(t, log.Sealed, x, r)
	}
	for _, x := range rows {
		if len(x.value) > 12 {
			shared++
		}
		longer := binary.BigEndian.AppendUint32(append([]byte{}, x.value...), binary.BigEndian.Uint32(x.value[len(x.value)-4:])+1) // the next entry, or none
		found(t, p.check(t, log.Sealed, p.with(t, row{x.key, longer}), fsck.Options{}), "one entry more", x.key)
		told, _ := p.scrub(t, log.Sealed, &snapshots{store: p.store, changes: []row{{x.key, longer}}}, fast, 1)
		foundIn(t, fsck.Report{Findings: told}, "one entry more, running", x.key)
		told, _ = p.scrub(t, log.Sealed, &snapshots{store: p.store, changes: []row{{x.key, nil}}}, fast, 1)
		foundIn(t, fsck.Report{Findings: told}, "deletion, running", x.key)
	}
	if shared < 3 || len(rows) < 20 {
		t.Errorf("%d rows, of which %d are of several entries", len(rows), shared)
	}
}

// A content that is damaged says nothing of what it mentioned: its search rows are
// not named beside it.
func TestDamagedContentsAreNamedOnce(t *testing.T) {
	p := searched(t)
	for _, x := range p.rows(t)[storage.ContentSpace] {
		report := p.check(t, log.Sealed, p.with(t, row{x.key, flip(x.value, 99)}), fsck.Options{})
		found(t, report, "a flip", x.key)
		if report.Damaged != 1 {
			t.Errorf("content %x: %v", x.key, report.Findings)
		}
	}
}
