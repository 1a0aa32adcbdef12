package log_test

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

func sum(text string) statement.Digest { return sha256.Sum256([]byte(text)) }

// workshop is a log of runs, in batches of any size, with releases between them.
func workshop(t *testing.T, runs int, random *rand.Rand) (*logtest.Flow, *log.Log, *place) {
	t.Helper()
	p := newPlace(t)
	w := logtest.NewWorld()
	l := w.Create(t, p.store, p.anchor)
	f := logtest.NewFlow(t, w, l)
	var all []*admission.Checked
	for i := range runs {
		run, parent := fmt.Sprint("R", i), ""
		if i%3 == 2 {
			parent = fmt.Sprint("R", i-1)
		}
		open := f.Open(run, parent, statement.WantDocument{Document: "claims/1"}, sum(fmt.Sprint("in", i%4)))
		grant := f.Approve("h/legal", "legal", open, "claims/1", 1, sum(fmt.Sprint("out", i)))
		all = append(all, open, grant,
			f.Done(logtest.Work{Run: run, Step: "fetch", Seq: 1, In: []statement.Digest{sum(fmt.Sprint("in", i%4))}, Out: []statement.Digest{sum(fmt.Sprint("out", i%5))}}),
			f.Done(logtest.Work{Run: "unknown", Step: "fetch", Seq: 1}),
			f.Attest("wl/gw", "", grant, statement.Observed{Resource: "x", Property: "reviewed"}),
			w.Release(fmt.Sprint("open/", i), 1, nil, fmt.Append(nil, "in", i%4)),
			f.Close(run, 1, "failed", sum(fmt.Sprint("out", i))))
		if i%2 == 0 {
			all = append(all, f.Say("h/legal", statement.Statement{Subject: grant.Digest, Run: run, Body: &statement.RevokeDecision{About: grant.Digest, Reason: "error"}}))
		}
	}
	for len(all) > 0 {
		n := min(len(all), 1+random.IntN(9))
		for i, r := range logtest.Submit(t, l, all[:n]...) {
			if r.Refusal != nil {
				t.Fatalf("%s: %v", all[i].Statement.Code, r.Refusal)
			}
		}
		all = all[n:]
		w.Clock.Add(time.Duration(random.IntN(2)) * time.Second)
	}
	return f, l, p
}

// TestSearchByMentions compares random searches, page by page, with a look at all
// leaves; and the rows with what a second way to them gives.
func TestSearchByMentions(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 8))
	f, l, p := workshop(t, 12, random)
	defer l.Close()
	logtest.Check(t, f.World, p.store, p.anchor)
	v := l.View()
	defer v.Release()
	all := books(t, v)
	seen := make(map[statement.MentionOf]int)
	for range 1500 * deep() {
		of := all[random.IntN(len(all))]
		q := log.Query{}
		for _, m := range of.statement.Mentions() {
			if m.Of != statement.MentionGrant && random.IntN(3) == 0 {
				q.Mentions = append(q.Mentions, m)
			}
		}
		switch random.IntN(8) {
		case 0:
			q.Identity = of.statement.Issuer
		case 1:
			q.Since = of.Time
		case 2:
			q.Grant = &of.Digest
		case 3:
			q.Digest = &of.statement.Subject
		case 4:
			q.Mentions = append(q.Mentions, all[random.IntN(len(all))].statement.Mentions()[0])
		}
		if q.Empty() {
			continue
		}
		before := random.Uint64N(v.Size() + 3)
		var want, got []uint64
		for _, k := range slices.Backward(all) {
			if k.Index < before && k.fits(q) && k.mentions(q) {
				want = append(want, k.Index)
			}
		}
		for limit := 1 + random.IntN(7); before != 0; {
			page, err := v.Search(q, before, limit)
			if err != nil || len(page.Entries) > limit || page.More >= before && page.More != 0 {
				t.Fatalf("%+v: %d entries, more below %d, %v", q, len(page.Entries), page.More, err)
			}
			for _, found := range page.Entries {
				if found.Time != all[slices.IndexFunc(all, func(k book) bool { return k.Index == found.Index })].Time {
					t.Errorf("%+v: entry %d at %d", q, found.Index, found.Time)
				}
				got = append(got, found.Index)
			}
			before = page.More
		}
		if !slices.Equal(want, got) {
			t.Fatalf("%+v: found %v, want %v", q, got, want)
		}
		for _, m := range q.Mentions {
			seen[m.Of] += len(got)
		}
	}
	for of := statement.MentionKind; of <= statement.MentionWorkflow; of++ {
		if seen[of] == 0 && of != statement.MentionGrant {
			t.Errorf("nothing was found by mentions of %d", of)
		}
	}
}

func (k *book) mentions(q log.Query) bool {
	mentions := k.statement.Mentions()
	for _, m := range q.Mentions {
		if !slices.Contains(mentions, m) {
			return false
		}
	}
	if q.Grant == nil || k.Digest == *q.Grant && k.statement.Code == statement.DecisionGrant || slices.Contains(k.statement.Spends, *q.Grant) {
		return true
	}
	return slices.Contains(mentions, statement.MentionDigest(statement.MentionAbout, *q.Grant))
}

// TestSearchReadsLittle: what is rare is found without a look at what is not.
func TestSearchReadsLittle(t *testing.T) {
	w, gets := logtest.NewWorld(), new(atomic.Int64)
	p := newPlace(t)
	w.Create(t, p.store, p.anchor).Close()
	c := w.Config(metered{p.store, gets}, p.anchor)
	l, err := log.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	f := logtest.NewFlow(t, w, l)
	logtest.Submit(t, l, f.Open("R0", "", statement.WantTask{Task: "a"}))
	for i := range 3 {
		var all []*admission.Checked
		for n := range log.MaxSubmission {
			all = append(all, w.Release(fmt.Sprint("x/", i, "/", n), 1, nil, []byte("same")))
		}
		logtest.Submit(t, l, all...)
	}
	logtest.Submit(t, l, f.Done(logtest.Work{Run: "R0", Step: "fetch", Seq: 1}))
	v := l.View()
	defer v.Release()
	kind := func(c statement.Code) statement.Mention {
		return statement.Mention{Of: statement.MentionKind, Value: string([]byte{byte(c)})}
	}
	for name, q := range map[string]log.Query{
		"a run":                       {Mentions: []statement.Mention{{Of: statement.MentionRun, Value: "R0"}}},
		"a kind of an identity":       {Identity: "h/claims", Mentions: []statement.Mention{kind(statement.RequestOpen)}},
		"a kind and a run":            {Mentions: []statement.Mention{kind(statement.StepDone), {Of: statement.MentionRun, Value: "R0"}}},
		"releases of a run":           {Mentions: []statement.Mention{kind(statement.DocumentRelease), {Of: statement.MentionRun, Value: "R0"}}},
		"what a busy one never did":   {Identity: "wl/pipeline", Mentions: []statement.Mention{kind(statement.StepDone)}},
		"nothing":                     {Mentions: []statement.Mention{{Of: statement.MentionRun, Value: "R1"}}},
		"a grant that nobody gave":    {Grant: &f.Text},
		"what is about no such thing": {Mentions: []statement.Mention{statement.MentionDigest(statement.MentionAbout, f.Text)}},
	} {
		gets.Store(0)
		page, err := v.Search(q, v.Size(), log.MaxSearchPage)
		if err != nil || page.More != 0 {
			t.Errorf("%s: more below %d, %v", name, page.More, err)
		}
		if n := gets.Load(); n > 60 {
			t.Errorf("%s: %d rows were read", name, n)
		}
	}
}

// TestReleasesPayForNoSearch: a direct release that mentions nothing writes no
// search row, and statements of one batch share theirs.
func TestReleasesPayForNoSearch(t *testing.T) {
	p := newPlace(t)
	w := logtest.NewWorld()
	l := w.Create(t, p.store, p.anchor)
	defer l.Close()
	f := logtest.NewFlow(t, w, l)
	count := func() (n int) {
		start, end := storage.SearchSpace.Range()
		if err := p.store.Scan(start, end, func(_, _ []byte) bool { n++; return true }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := count()
	logtest.Submit(t, l, w.Release("x", 1, nil, []byte("x")), w.Release("y", 1, nil, []byte("y")))
	if n := count(); n != before {
		t.Errorf("%d search rows for two releases", n-before)
	}
	logtest.Submit(t, l, f.Done(logtest.Work{Run: "R", Step: "fetch", Seq: 1}), f.Done(logtest.Work{Run: "R", Step: "fetch", Seq: 2}))
	if n := count(); n != before+3 { // kind, run, trace
		t.Errorf("%d search rows for two steps of one run", n-before)
	}
}
