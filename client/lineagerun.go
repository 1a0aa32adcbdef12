package client

import (
	"context"
	"slices"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// runFiles are what the statements of a run say that it started from and brought
// about: all of them, by its history.
type runFiles struct {
	parent  string
	opened  *Entry
	in, out []runFile
}

type runFile struct {
	digest  statement.Digest
	by      *Entry
	release *statement.ReleaseDocument // of out; nil: a step made it
}

// files reads a run; one that was never opened has none.
func (w *walk) files(ctx context.Context, id string) (*runFiles, error) {
	if f, ok := w.runs[id]; ok {
		return f, nil
	}
	h, err := w.History(ctx, register.TypeRun, id)
	if err != nil {
		return nil, err
	}
	entries, err := w.statements(ctx, h)
	if err != nil {
		return nil, err
	}
	f := &runFiles{}
	for _, e := range entries {
		f.take(e)
	}
	f.in = slices.DeleteFunc(f.in, func(in runFile) bool { // what one step hands to the next stays inside
		return slices.ContainsFunc(f.out, func(out runFile) bool { return out.digest == in.digest && out.release == nil })
	})
	w.runs[id] = f
	return f, nil
}

func (f *runFiles) take(e *Entry) {
	add := func(to *[]runFile, file runFile) {
		if !slices.ContainsFunc(*to, func(have runFile) bool {
			return have.digest == file.digest && (have.release == nil) == (file.release == nil)
		}) {
			*to = append(*to, file)
		}
	}
	step := func(s statement.Step) {
		for _, file := range s.In {
			add(&f.in, runFile{file.Digest, e, nil})
		}
	}
	switch b := e.Statement.Body.(type) {
	case *statement.OpenRequest:
		f.parent, f.opened = b.Parent, e
		for _, file := range b.Inputs {
			add(&f.in, runFile{file.Digest, e, nil})
		}
	case *statement.IntendStep:
		step(b.Step)
	case *statement.FinishStep:
		step(b.Step)
		for _, file := range b.Out {
			add(&f.out, runFile{file.Digest, e, nil})
		}
	case *statement.ReleaseDocument:
		add(&f.out, runFile{e.Statement.Subject, e, b})
	}
}

func (w *walk) aboveRun(ctx context.Context, n Node) ([]Edge, error) {
	f, err := w.files(ctx, n.Run)
	if err != nil {
		return nil, err
	}
	var all []Edge
	for _, in := range f.in {
		all = append(all, Edge{Node{Digest: in.digest}, n, "input", in.by})
	}
	if f.parent != "" {
		all = append(all, Edge{Node{Run: f.parent}, n, "part", f.opened})
	}
	return all, nil
}

func (w *walk) belowRun(ctx context.Context, n Node) ([]Edge, error) {
	f, err := w.files(ctx, n.Run)
	if err != nil {
		return nil, err
	}
	all, err := w.search(ctx, Query{Parent: n.Run}, func(e *Entry) Edge { return Edge{n, Node{Run: e.Statement.Run}, "part", e} })
	if err != nil {
		return nil, err
	}
	for _, out := range f.out {
		all = append(all, Edge{n, Node{Digest: out.digest}, "output", out.by})
	}
	return all, nil
}
