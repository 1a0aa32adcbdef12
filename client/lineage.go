package client

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// Bounds of a Lineage.
const (
	MaxLineageDepth = 32
	maxLineageRuns  = 200 // runs and files that one lineage looks at
	maxLineageFound = 200 // entries that one search of it brings
)

// A LineageQuery says where a lineage begins, and how far it goes. Either Run or
// Digest is set.
type LineageQuery struct {
	Run    string
	Digest *statement.Digest // of a file
	Depth  int               // steps from the beginning; 1 to MaxLineageDepth
	Up     bool              // what it came from
	Down   bool              // what came from it
}

// A Node is a run, a file or a version of a document.
type Node struct {
	Run      string           // of a run
	Digest   statement.Digest // of a file, and of a version
	Document string           // of a version
	Version  uint32
}

// String names the node, as in "run R1".
func (n Node) String() string {
	switch {
	case n.Run != "":
		return "run " + n.Run
	case n.Document != "":
		return fmt.Sprintf("%s version %d", n.Document, n.Version)
	}
	return n.Digest.String()
}

// An Edge leads from what was before to what came of it: from a file to the run that
// started from it, from a run to a file that it made, from a file to the version that
// released it, from a run to one that is a part of it.
type Edge struct {
	From, To Node
	Word     string // input, output, released or part
	By       *Entry // the statement that says so
}

// A Lineage is what led to a run or a file, and what it led to. The statements of each
// run in it are proven complete, and so are the releases of each file. Which runs
// there are beside them is what searches found: a server can leave some out.
type Lineage struct {
	Size  uint64 // leaves of the newest tree that was read
	Note  []byte // its signed note
	Nodes []Node // in the order in which they were reached, the beginning first
	Edges []Edge
	Cut   bool // it goes on beyond the depth, or beyond what is looked at
}

// Lineage follows inputs and outputs, documents and parts, from a run or a file.
func (c *Client) Lineage(ctx context.Context, q LineageQuery) (*Lineage, error) {
	if (q.Run == "") == (q.Digest == nil) || q.Depth < 1 || q.Depth > MaxLineageDepth || !q.Up && !q.Down {
		return nil, errors.New("a lineage begins at a run or at a digest, and goes up or down or both")
	}
	from := Node{Run: q.Run}
	if q.Digest != nil {
		from = Node{Digest: *q.Digest}
	}
	w := &walk{reader: c.newReader(), out: &Lineage{Nodes: []Node{from}}, runs: make(map[string]*runFiles)}
	for _, up := range []bool{true, false} {
		if up && !q.Up || !up && !q.Down {
			continue
		}
		if err := w.from(ctx, from, up, q.Depth); err != nil {
			return nil, err
		}
	}
	tree, err := c.NewestTree(ctx)
	if err != nil {
		return nil, err
	}
	w.out.Size, w.out.Note = tree.Size, tree.Note
	return w.out, nil
}

// walk is a lineage on its way.
type walk struct {
	*reader
	out  *Lineage
	runs map[string]*runFiles
}

// from goes one way from a node, nearest nodes first.
func (w *walk) from(ctx context.Context, begin Node, up bool, depth int) error {
	near, seen := []Node{begin}, map[Node]bool{begin: true}
	for ; len(near) > 0; depth-- {
		var next []Node
		for _, n := range near {
			edges, err := w.next(ctx, n, up)
			if err != nil {
				return err
			}
			for _, e := range edges {
				to := e.To
				if up {
					to = e.From
				}
				if depth == 0 || !seen[to] && len(w.out.Nodes) >= maxLineageRuns {
					w.out.Cut = w.out.Cut || !seen[to]
					continue
				}
				w.add(e)
				if !seen[to] {
					seen[to] = true
					next = append(next, to)
				}
			}
		}
		if depth == 0 {
			return nil
		}
		near = next
	}
	return nil
}

func (w *walk) add(e Edge) {
	for _, n := range []Node{e.From, e.To} {
		if !slices.Contains(w.out.Nodes, n) {
			w.out.Nodes = append(w.out.Nodes, n)
		}
	}
	for _, have := range w.out.Edges {
		if have.From == e.From && have.To == e.To && have.Word == e.Word {
			return
		}
	}
	w.out.Edges = append(w.out.Edges, e)
}

// next are the edges from a node, one way.
func (w *walk) next(ctx context.Context, n Node, up bool) ([]Edge, error) {
	switch {
	case n.Run != "" && up:
		return w.aboveRun(ctx, n)
	case n.Run != "":
		return w.belowRun(ctx, n)
	case n.Document != "":
		return nil, nil
	}
	released, err := w.releases(ctx, n, up)
	if err != nil {
		return nil, err
	}
	q, edge := Query{Input: &n.Digest}, func(e *Entry) Edge { return Edge{n, Node{Run: e.Statement.Run}, "input", e} }
	if up {
		q, edge = Query{Output: &n.Digest}, func(e *Entry) Edge { return Edge{Node{Run: e.Statement.Run}, n, "output", e} }
	}
	found, err := w.search(ctx, q, edge)
	return append(released, found...), err
}

// search makes edges of what a search found of runs.
func (w *walk) search(ctx context.Context, q Query, edge func(*Entry) Edge) ([]Edge, error) {
	q.Limit = maxLineageFound
	found, err := w.Search(ctx, q)
	if err != nil {
		return nil, err
	}
	w.out.Cut = w.out.Cut || found.More
	var all []Edge
	for i := range found.Entries {
		if e := &found.Entries[i]; e.Statement.Run != "" {
			all = append(all, edge(e))
		}
	}
	return all, nil
}

// releases are the versions that released a file, and upwards the runs that published
// it: all of them, by the history of the digest.
func (w *walk) releases(ctx context.Context, file Node, up bool) (all []Edge, err error) {
	h, err := w.History(ctx, register.TypeDigest, file.Digest.String())
	if err != nil {
		return nil, err
	}
	for i, event := range h.Events {
		if event.Kind != register.DigestReleased {
			continue
		}
		e, err := w.reader.entry(ctx, event.Index)
		if notFound(err) {
			return nil, h.wrong("the statement of event %d, entry %d, is withheld", i, event.Index)
		}
		if err != nil {
			return nil, err
		}
		release, ok := e.Statement.Body.(*statement.ReleaseDocument)
		switch {
		case !ok || e.Statement.Subject != file.Digest:
		case !up:
			all = append(all, Edge{file, Node{Digest: file.Digest, Document: release.Document, Version: release.Version}, "released", e})
		case e.Statement.Run != "":
			all = append(all, Edge{Node{Run: e.Statement.Run}, file, "output", e})
		}
	}
	return all, nil
}
