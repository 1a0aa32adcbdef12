package log_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage/storagetest"
)

// A library is a log of a few documents with few contents, released and
// withdrawn by two identities, with pauses between the batches.
type library struct {
	t      *testing.T
	w      *logtest.World
	l      *log.Log
	random *rand.Rand
	last   map[string]*admission.Checked // document -> its newest release
	now    map[string][]byte             // document -> its bytes while it is current
}

var (
	libraryDocuments = []string{"a/1", "a/2", "b", "c/d/e", "f"}
	libraryFiles     = [][]byte{[]byte("one"), []byte("two"), []byte("three")}
)

func newLibrary(t *testing.T, batches int) *library {
	t.Helper()
	store, anchor := storagetest.Open(t)
	b := &library{t: t, w: logtest.NewWorld(), random: random(t), last: make(map[string]*admission.Checked), now: make(map[string][]byte)}
	b.l = b.w.Create(t, store, anchor)
	t.Cleanup(func() { b.l.Close() })
	second, err := b.w.Registrar.Enroll(client.Enrollment{
		ID: "wl/second", Class: "workload", Owner: "team-two", Custody: "file",
		Verbs: []string{"document.release", "document.withdraw"}, Namespaces: []string{"*"},
	}, logtest.Key("wl/second"))
	if err != nil {
		t.Fatal(err)
	}
	logtest.Submit(t, b.l, b.w.Checked(second))
	for range batches {
		b.batch()
	}
	return b
}

// batch submits up to three statements about different documents.
func (b *library) batch() {
	b.t.Helper()
	b.w.Clock.Add(time.Duration(b.random.IntN(3)) * 500 * time.Millisecond)
	var all []*admission.Checked
	for _, i := range b.random.Perm(len(libraryDocuments))[:1+b.random.IntN(3)] {
		all = append(all, b.next(libraryDocuments[i]))
	}
	for _, r := range logtest.Submit(b.t, b.l, all...) {
		if r.Refusal != nil {
			b.t.Fatal(r.Refusal)
		}
	}
}

func (b *library) next(document string) *admission.Checked {
	by := b.w.Pipeline
	if b.random.IntN(3) == 0 {
		by = b.w.Author("wl/second")
	}
	version, prev := uint32(1), (*statement.Digest)(nil)
	if last := b.last[document]; last != nil {
		version, prev = last.Statement.Body.(*statement.ReleaseDocument).Version+1, &last.Digest
	}
	var e statement.Envelope
	var err error
	file := b.now[document]
	withdraws := file != nil && b.random.IntN(4) == 0
	if withdraws {
		e, err = by.Withdraw(document, version-1, sha256.Sum256(file), "error")
		b.now[document] = nil
	} else {
		b.now[document] = libraryFiles[b.random.IntN(len(libraryFiles))]
		e, err = by.Release(document, version, prev, logtest.FileOf(b.now[document]))
	}
	if err != nil {
		b.t.Fatal(err)
	}
	c := b.w.Checked(e)
	if !withdraws {
		b.last[document] = c
	}
	return c
}

// A book is an entry as a reader of all leaves sees it.
type book struct {
	Index     uint64
	Time      int64
	Digest    statement.Digest // of the statement
	statement *statement.Statement
	document  string
	releases  bool
}

// books reads all entries, oldest first.
func books(t *testing.T, v *log.View) []book {
	t.Helper()
	var all []book
	open := 0
	for i := range v.Size() {
		leaf, err := v.Leaf(i)
		if err != nil {
			t.Fatal(err)
		}
		if seal, err := statement.ParseSeal(leaf); err == nil {
			for ; open < len(all); open++ {
				all[open].Time = seal.Time
			}
			continue
		}
		e, err := v.Envelope(i)
		if err != nil {
			t.Fatal(err)
		}
		s, err := statement.Parse(e.Payload)
		if err != nil {
			t.Fatal(err)
		}
		k := book{Index: i, Digest: statement.DigestOf(e.Payload), statement: s}
		switch body := s.Body.(type) {
		case *statement.ReleaseDocument:
			k.document, k.releases = body.Document, true
		case *statement.WithdrawDocument:
			k.document = body.Document
		case *statement.SetPolicy:
			k.document, k.releases = statement.PolicyDocument, true
		}
		all = append(all, k)
	}
	return all
}

func (k *book) fits(q log.Query) bool {
	return (q.Digest == nil || k.releases && k.statement.Subject == *q.Digest) && (q.Document == "" || k.document == q.Document) &&
		(q.Identity == "" || k.statement.Issuer == q.Identity) && (q.Since == 0 || k.Time >= q.Since) && (q.Until == 0 || k.Time < q.Until)
}

// TestSearchFindsWhatAScanFinds compares random searches, page by page, with a
// look at all leaves.
func TestSearchFindsWhatAScanFinds(t *testing.T) {
	b := newLibrary(t, 60)
	v := b.l.View()
	defer v.Release()
	all := books(t, v)
	found := 0
	for range 300 * deep() {
		q := b.query(all)
		before := b.random.Uint64N(v.Size() + 3)
		var want, got []book
		for _, k := range slices.Backward(all) {
			if k.Index < before && k.fits(q) {
				want = append(want, k)
			}
		}
		for before != 0 {
			limit := 1 + b.random.IntN(7)
			page, err := v.Search(q, before, limit)
			if err != nil {
				t.Fatalf("%+v: %v", q, err)
			}
			if len(page.Entries) > limit || page.More != 0 && page.More >= before {
				t.Fatalf("%+v: %d of %d entries, more below %d of %d", q, len(page.Entries), limit, page.More, before)
			}
			for _, f := range page.Entries {
				got = append(got, book{Index: f.Index, Time: f.Time, Digest: f.Digest, statement: f.Statement})
			}
			before = page.More
		}
		same := func(a, b book) bool {
			return a.Index == b.Index && a.Time == b.Time && a.Digest == b.Digest && a.statement.Issuer == b.statement.Issuer
		}
		if !slices.EqualFunc(want, got, same) {
			t.Fatalf("%+v: found %v, want %v", q, got, want)
		}
		found += len(got)
	}
	if found < 300 {
		t.Errorf("only %d entries were found at all", found)
	}
}

// query makes up a query of which each field is set or not.
func (b *library) query(all []book) (q log.Query) {
	for q.Empty() {
		if b.random.IntN(3) == 0 {
			digest := statement.Digest(sha256.Sum256(libraryFiles[b.random.IntN(len(libraryFiles))]))
			if b.random.IntN(4) == 0 {
				digest = all[b.random.IntN(len(all))].statement.Subject
			}
			q.Digest = &digest
		}
		if b.random.IntN(3) == 0 {
			q.Document = append(libraryDocuments, "none", statement.PolicyDocument)[b.random.IntN(len(libraryDocuments)+2)]
		}
		if b.random.IntN(3) == 0 {
			q.Identity = []string{"wl/pipeline", "wl/second", "svc/registrar", "h/admin", "none"}[b.random.IntN(5)]
		}
		at := func() int64 { return all[b.random.IntN(len(all))].Time + int64(b.random.IntN(3)-1) }
		if b.random.IntN(3) == 0 {
			q.Since = at()
		}
		if b.random.IntN(3) == 0 {
			q.Until = at()
		}
	}
	return q
}

// A search by time alone reads the leaves, in chunks.
func TestSearchByTimeReadsAllLeaves(t *testing.T) {
	b := newLibrary(t, 5)
	var all []*admission.Checked
	for i := range log.MaxSubmission {
		all = append(all, b.w.Release(fmt.Sprint("x/", i), 1, nil, []byte("one")))
	}
	logtest.Submit(t, b.l, all...)
	v := b.l.View()
	defer v.Release()
	want := books(t, v)
	seen := 0
	for before := v.Size(); before != 0; {
		page, err := v.Search(log.Query{Since: 1}, before, log.MaxSearchPage)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range page.Entries {
			if seen++; seen > len(want) || f.Index != want[len(want)-seen].Index || f.Time != want[len(want)-seen].Time {
				t.Fatalf("entry %d from the end is %d at %d", seen, f.Index, f.Time)
			}
		}
		before = page.More
	}
	if seen != len(want) {
		t.Errorf("%d entries of %d", seen, len(want))
	}
}

// must returns an envelope that could be made.
func must(e statement.Envelope, err error) statement.Envelope {
	if err != nil {
		panic(err)
	}
	return e
}

// A search looks at a bounded number of entries, and goes on where it stopped.
func TestSearchStopsAfterItsWork(t *testing.T) {
	b := newLibrary(t, 0)
	// Both registers are longer than the work of one call, lie in each other, and
	// share no entry.
	var all []*admission.Checked
	for i := range log.MaxSearchWork/2 + 10 {
		all = append(all, b.w.Release(fmt.Sprint("x/", i), 1, nil, []byte("one")))
		all = append(all, b.w.Checked(must(b.w.Author("wl/second").Release(fmt.Sprint("y/", i), 1, nil, logtest.FileOf([]byte("two"))))))
	}
	for part := range slices.Chunk(all, log.MaxSubmission) {
		logtest.Submit(t, b.l, part...)
	}
	v := b.l.View()
	defer v.Release()
	digest := statement.Digest(sha256.Sum256([]byte("one")))
	q := log.Query{Digest: &digest, Identity: "wl/second"}
	page, err := v.Search(q, v.Size(), 10)
	if err != nil || len(page.Entries) != 0 || page.More == 0 {
		t.Fatalf("%d entries, more below %d, %v: want none, and more", len(page.Entries), page.More, err)
	}
	if page, err = v.Search(q, page.More, 10); err != nil || len(page.Entries) != 0 || page.More != 0 {
		t.Fatalf("%d entries, more below %d, %v: want none, and no more", len(page.Entries), page.More, err)
	}
}

// TestReleasesFindsTheNewestOfEachDocument compares with a look at all leaves.
func TestReleasesFindsTheNewestOfEachDocument(t *testing.T) {
	b := newLibrary(t, 80)
	v := b.l.View()
	defer v.Release()
	all := books(t, v)
	for _, file := range append(libraryFiles, []byte("never")) {
		digest := statement.Digest(sha256.Sum256(file))
		var want []uint64
		seen := make(map[string]bool)
		for _, k := range slices.Backward(all) {
			if k.releases && k.statement.Subject == digest && !seen[k.document] {
				seen[k.document] = true
				want = append(want, k.Index)
			}
		}
		for limit := 1; limit < 5; limit++ {
			var got []uint64
			for before := v.Size(); before != 0; {
				page, more, err := v.Releases(digest, before, limit)
				if err != nil || len(page) > limit || more >= before {
					t.Fatalf("%q: %d of %d, more below %d of %d, %v", file, len(page), limit, more, before, err)
				}
				got, before = append(got, page...), more
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%q, pages of %d (-want +got):\n%s", file, limit, diff)
			}
		}
	}
	// A policy and a key have digest registers too.
	policy, key := all[0].statement.Subject, all[1].statement.Subject
	if got, _, err := v.Releases(policy, v.Size(), 5); err != nil || !slices.Equal(got, []uint64{0}) {
		t.Errorf("the policy: %v, %v", got, err)
	}
	if got, _, err := v.Releases(key, v.Size(), 5); err != nil || got != nil {
		t.Errorf("a key: %v, %v", got, err)
	}
}

// TestReleasesReadLittle: a document went on for many versions, and back to bytes
// that many other documents have. Whichever history is long, the other is read.
func TestReleasesReadLittle(t *testing.T) {
	gets := new(atomic.Int64)
	b, p := newLedger(t), newPlace(t)
	l, err := b.create(context.Background(), metered{p.store, gets}, p.anchor)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	const versions, others = 2500, 300
	var all []*admission.Checked
	var last *admission.Checked
	for i := 1; i <= versions; i++ {
		file := fmt.Appendf(nil, "version %d", i)
		switch i {
		case 1, 3:
			file = []byte("early")
		case 2, versions - 1:
			file = []byte("spread")
		}
		last = b.w.Release("contracts/x", uint32(i), last, file)
		all = append(all, last)
	}
	for i := range others {
		all = append(all, b.w.Release(fmt.Sprint("other/", i), 1, nil, []byte("spread")))
	}
	for part := range slices.Chunk(all, log.MaxSubmission) {
		logtest.Submit(t, l, part...)
	}
	v := l.View()
	defer v.Release()
	for file, most := range map[string]int64{"early": 20, "spread": 2*others + 20} {
		gets.Store(0)
		entries, more, err := v.Releases(statement.Digest(sha256.Sum256([]byte(file))), v.Size(), log.MaxReleases)
		if err != nil || file == "early" && (len(entries) != 1 || more != 0) || file == "spread" && (len(entries) != log.MaxReleases || more == 0) {
			t.Errorf("%s: %d, more below %d, %v", file, len(entries), more, err)
		}
		if n := gets.Load(); n > most {
			t.Errorf("%s: %d rows were read", file, n)
		}
	}
	// The first version of it is not the newest with its bytes, the last but one is.
	var found []uint64
	for before := v.Size(); before != 0; {
		page, more, err := v.Releases(statement.Digest(sha256.Sum256([]byte("spread"))), before, log.MaxReleases)
		if err != nil {
			t.Fatal(err)
		}
		found, before = append(found, page...), more
	}
	if len(found) != others+1 {
		t.Errorf("%d entries, want %d", len(found), others+1)
	}
}

// TestHistoriesAreWhole: the events of all pages make the root that the register's
// value has, under the seal.
func TestHistoriesAreWhole(t *testing.T) {
	b := newLibrary(t, 150) // activities longer than a tile of 256 events
	v := b.l.View()
	defer v.Release()
	verifier := b.w.Verifier(t, b.l)
	digest := statement.Digest(sha256.Sum256(libraryFiles[0]))
	staples := map[register.Type]func() (*proofs.Receipt, error){
		register.TypeDocument: func() (*proofs.Receipt, error) { return v.Document("b") },
		register.TypeIdentity: func() (*proofs.Receipt, error) { return v.Identity("wl/second") },
		register.TypeActivity: func() (*proofs.Receipt, error) { return v.Activity("wl/pipeline") },
		register.TypeDigest:   func() (*proofs.Receipt, error) { return v.Digest(digest) },
	}
	ids := map[register.Type]string{
		register.TypeDocument: "b", register.TypeIdentity: "wl/second", register.TypeActivity: "wl/pipeline", register.TypeDigest: digest.String(),
	}
	for typ, staple := range staples {
		r, err := staple()
		if err != nil {
			t.Fatal(err)
		}
		if r, err = proofs.ParseReceipt(r.Marshal()); err != nil {
			t.Fatal(err)
		}
		if verdict := verifier.Verify(r, proofs.Expect{}); verdict.Kind != proofs.Unknown {
			t.Errorf("staple of a %v register:\n%s", typ, verdict)
		}
		value := *r.Registers[0].Value
		var events []register.Event
		for more := true; more; {
			h, err := v.History(typ, ids[typ], uint64(len(events)), 1+b.random.IntN(40))
			if err != nil || h.Size != value.Size || h.Root != value.Root {
				t.Fatalf("%v: size %d, root %x, %v; the value has %d, %x", typ, h.Size, h.Root, err, value.Size, value.Root)
			}
			for _, e := range h.Events {
				if err := e.VerifyBody(e.Blind, e.Body); err != nil {
					t.Error(err)
				}
				events = append(events, e.Event)
			}
			more = uint64(len(events)) < h.Size
		}
		if err := value.VerifyRange(events, nil); err != nil {
			t.Errorf("%v: %v", typ, err)
		}
		if end, err := v.History(typ, ids[typ], value.Size, 1); err != nil || len(end.Events) != 0 {
			t.Errorf("%v: %d events behind the end, %v", typ, len(end.Events), err)
		}
		if _, err := v.History(typ, ids[typ], value.Size+1, 1); !errors.Is(err, log.ErrNotFound) {
			t.Errorf("%v, above its end: %v", typ, err)
		}
	}
}

// TestAbsentRegisters: absence is proved, and has no history.
func TestAbsentRegisters(t *testing.T) {
	b := newLibrary(t, 3)
	v := b.l.View()
	defer v.Release()
	verifier := b.w.Verifier(t, b.l)
	none := statement.Digest(sha256.Sum256([]byte("never released")))
	staple, err := v.Digest(none)
	if err != nil {
		t.Fatal(err)
	}
	if got := verifier.Verify(staple, proofs.Expect{File: none}); got.Kind != proofs.Unknown || got.Reason != fmt.Sprintf("this log had released no document with these bytes, as of size %d", v.Size()) {
		t.Errorf("absence of a digest:\n%s", got)
	}
	staple, err = v.Activity("wl/nobody")
	if err != nil || staple.Registers[0].Value != nil || verifier.Verify(staple, proofs.Expect{}).Kind != proofs.Unknown {
		t.Errorf("absence of an activity: %+v, %v", staple, err)
	}
	for typ, id := range map[register.Type]string{
		register.TypeDocument: "none", register.TypeIdentity: "none", register.TypeActivity: "none", register.TypeDigest: none.String(), register.TypeGrant: none.String(), register.TypeRun: "none",
	} {
		if _, err := v.History(typ, id, 0, 1); !errors.Is(err, log.ErrNotFound) {
			t.Errorf("%v: %v", typ, err)
		}
	}
}

// TestInclusionAtAnySize checks each leaf in each tree by x/mod's tlog.
func TestInclusionAtAnySize(t *testing.T) {
	b := newLibrary(t, 12)
	v := b.l.View()
	defer v.Release()
	for size := range v.Size() + 2 {
		for index := range v.Size() + 2 {
			hash, hashes, err := v.InclusionAt(index, size)
			if index >= size || size > v.Size() {
				if !errors.Is(err, log.ErrNotFound) {
					t.Fatalf("leaf %d in size %d: %v", index, size, err)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			leaf, err := v.Leaf(index)
			if err != nil || proofs.LeafHash(leaf) != hash {
				t.Fatalf("leaf hash %d: %x, %v", index, hash, err)
			}
			var proof tlog.RecordProof
			for _, h := range hashes {
				proof = append(proof, tlog.Hash(h))
			}
			if err := tlog.CheckRecord(proof, int64(size), rootAt(t, v, size), int64(index), tlog.Hash(hash)); err != nil {
				t.Fatalf("leaf %d in size %d: %v", index, size, err)
			}
		}
	}
}

// rootAt computes the root of a size from the leaves alone.
func rootAt(t *testing.T, v *log.View, size uint64) tlog.Hash {
	t.Helper()
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, n := range indexes {
			out[i] = stored[n]
		}
		return out, nil
	})
	for i := range size {
		leaf, err := v.Leaf(i)
		if err != nil {
			t.Fatal(err)
		}
		more, err := tlog.StoredHashes(int64(i), leaf, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, more...)
	}
	root, err := tlog.TreeHash(int64(size), reader)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// Wrong calls are errors, not empty answers.
func TestFindRefusesWrongCalls(t *testing.T) {
	b := newLibrary(t, 0)
	v := b.l.View()
	defer v.Release()
	digest := statement.Digest{}
	for name, call := range map[string]func() error{
		"no query":        func() error { _, err := v.Search(log.Query{}, 5, 1); return err },
		"limit 0":         func() error { _, err := v.Search(log.Query{Since: 1}, 5, 0); return err },
		"limit too large": func() error { _, err := v.Search(log.Query{Since: 1}, 5, log.MaxSearchPage+1); return err },
		"no events":       func() error { _, err := v.History(register.TypeIdentity, "h/admin", 0, 0); return err },
		"too many events": func() error {
			_, err := v.History(register.TypeIdentity, "h/admin", 0, log.MaxHistoryPage+1)
			return err
		},
		"no releases":      func() error { _, _, err := v.Releases(digest, 5, 0); return err },
		"too many of them": func() error { _, _, err := v.Releases(digest, 5, log.MaxReleases+1); return err },
		"no digest":        func() error { _, err := v.History(register.TypeDigest, "x", 0, 1); return err },
	} {
		if err := call(); err == nil || errors.Is(err, log.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
