package client_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs/statement"
)

// edges are those of a lineage in words, sorted.
func edges(l *client.Lineage) []string {
	var all []string
	for _, e := range l.Edges {
		all = append(all, fmt.Sprintf("%s %s %s", short(e.From), e.Word, short(e.To)))
	}
	slices.Sort(all)
	return all
}

func short(n client.Node) string {
	if n.Run == "" && n.Document == "" {
		return n.Digest.String()[7:11]
	}
	return n.String()
}

func TestLineage(t *testing.T) {
	x := newStory(t)
	made := hashOf("summary") // R2 starts from what R1 published
	x.say(x.f.Open("R2", "", statement.WantTask{Task: "t"}, x.page))
	x.say(x.f.Done(logtest.Work{Run: "R2", Step: "fetch", Seq: 1, In: []statement.Digest{x.page}, Out: []statement.Digest{made}}))
	x.say(x.f.Open("R4", "R2", statement.WantTask{Task: "t"}))
	in, page, data, sum := x.in.String()[7:11], x.page.String()[7:11], hashOf("data").String()[7:11], made.String()[7:11]
	for name, c := range map[string]struct {
		q    client.LineageQuery
		want []string
		cut  bool
	}{
		"up from a run":   {client.LineageQuery{Run: "R1", Depth: 5, Up: true}, []string{in + " input run R1", "run R0 part run R1"}, false},
		"down from a run": {client.LineageQuery{Run: "R1", Depth: 1, Down: true}, []string{"run R1 output " + data, "run R1 output " + page}, true},
		"all the way down": {client.LineageQuery{Digest: &x.in, Depth: 9, Down: true}, []string{
			in + " input run R1", "run R1 output " + data, "run R1 output " + page, page + " released claims/1 version 1", page + " input run R2",
			data + " input run R1", "run R2 output " + sum, "run R2 part run R4",
		}, false},
		"all the way up": {client.LineageQuery{Digest: &made, Depth: 9, Up: true}, []string{
			"run R2 output " + sum, page + " input run R2", "run R1 output " + page, in + " input run R1", "run R0 part run R1",
		}, false},
		"one step up":     {client.LineageQuery{Digest: &made, Depth: 1, Up: true}, []string{"run R2 output " + sum}, true},
		"both ways":       {client.LineageQuery{Run: "R2", Depth: 1, Up: true, Down: true}, []string{page + " input run R2", "run R2 output " + sum, "run R2 part run R4"}, true},
		"of nothing":      {client.LineageQuery{Digest: &x.unrelated, Depth: 3, Up: true, Down: true}, nil, false},
		"an unknown run":  {client.LineageQuery{Run: "R9", Depth: 3, Up: true, Down: true}, nil, false},
		"a parent's part": {client.LineageQuery{Run: "R0", Depth: 1, Down: true}, []string{"run R0 part run R1"}, true},
	} {
		l, err := x.client().Lineage(ctx, c.q)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		slices.Sort(c.want)
		if got := edges(l); !slices.Equal(got, c.want) || l.Cut != c.cut || l.Size != x.size() || len(l.Note) == 0 {
			t.Errorf("%s:\n%s\nwant\n%s\ncut %v", name, strings.Join(got, "\n"), strings.Join(c.want, "\n"), l.Cut)
		}
	}
	for _, q := range []client.LineageQuery{{}, {Run: "R1", Depth: 1}, {Run: "R1", Up: true}, {Run: "R1", Digest: &x.in, Depth: 1, Up: true}, {Run: "R1", Depth: 99, Up: true}} {
		if _, err := x.client().Lineage(ctx, q); err == nil {
			t.Errorf("%+v", q)
		}
	}
	// A search that shows what does not fit, and a release that is left out of the
	// digest's history.
	other := x.get("/api/v1/search?run=R0")
	x.answerTo("/api/v1/search", other)
	_, err := x.client().Lineage(ctx, client.LineageQuery{Digest: &x.in, Depth: 2, Down: true})
	unusable(t, err, "not what was searched for")
	x.lie = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/api/v1/histories/digests/") {
			w.Write([]byte(`{"events":[]}`))
			return true
		}
		return false
	}
	_, err = x.client().Lineage(ctx, client.LineageQuery{Digest: &x.page, Depth: 2, Down: true})
	unusable(t, err, "is missing")
}
