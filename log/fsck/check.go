package fsck

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage"
)

// A Log is the log to check: what it is configured as, and where it is.
type Log struct {
	Origin string
	Mode   log.Mode
	Key    proofs.VerifierKey                  // one that signs; the others, and those before, stand in the store
	Store  storage.Reader                      // nobody writes to it meanwhile
	Anchor interface{ Load() ([]byte, error) } // nil: it is not checked, as with a copy of the store alone
}

// Options say how to check. The zero value is ready.
type Options struct {
	Replay      bool           // verify all signatures and fold the log anew
	MaxFindings int            // to keep; default 20
	Workers     int            // default: one per processor
	Progress    func(Progress) // called now and then by one goroutine at a time
}

// A Report is what a check came to.
type Report struct {
	Origin      string        `json:"origin"`
	Size        uint64        `json:"size"` // leaves
	Seals       int           `json:"seals"`
	Checkpoints int           `json:"checkpoints"` // signed ones that were verified
	Signed      uint64        `json:"signed"`      // the newest size that the anchor holds; 0 without it
	Registers   uint64        `json:"registers"`
	Events      uint64        `json:"events"`
	Rows        int64         `json:"rows"`  // that were read
	Bytes       int64         `json:"bytes"` // of them
	Replayed    bool          `json:"replayed"`
	Unanchored  bool          `json:"unanchored"` // the anchor was not checked
	Elapsed     time.Duration `json:"elapsedNanoseconds"`
	Damaged     int           `json:"damaged"`  // findings, also those that were not kept
	Findings    []Finding     `json:"findings"` // the first ones, in the order of the checks
}

// check is one check under way.
type check struct {
	Log
	Options
	context.Context
	count    *counter
	progress *progress
	report   Report
	findings findings
	shape    shape
	tree     *tree
	notes    *notes
}

// Check reads every row of a log and reports what is damaged. An error says that
// the check did not come to its end; rows that the store cannot read are damage
// and no error.
func Check(ctx context.Context, l Log, o Options) (Report, error) {
	if o.MaxFindings <= 0 {
		o.MaxFindings = 20
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	start := time.Now()
	count := new(counter)
	c := &check{
		Log: l, Options: o, Context: ctx, count: count, progress: newProgress(o.Progress, count),
		findings: findings{max: o.MaxFindings}, notes: &notes{log: l, keys: l.keysOf(l.Store), findings: findings{max: o.MaxFindings}},
	}
	err := c.run()
	if errors.Is(err, storage.ErrDamaged) {
		c.findings.put(unreadable(err, "rows that can be read; the check ended here"))
		err = nil
	}
	c.report.Origin, c.report.Rows, c.report.Bytes = l.Origin, count.rows.Load(), count.bytes.Load()
	c.report.Unanchored = l.Anchor == nil
	c.report.Elapsed, c.report.Damaged = time.Since(start), c.findings.total
	c.report.Findings = append([]Finding{}, c.findings.list...)
	return c.report, err
}

// source returns a source of rows for one pass.
func (c *check) source() *source {
	return &source{rows: c.Store, count: c.count, chunk: longChunk, turn: func() error {
		c.progress.tick()
		return c.Err()
	}}
}

// run makes the passes in their order.
func (c *check) run() error {
	s := c.source()
	if row, err := s.get(log.SettingsKey()); err != nil {
		return err
	} else if any, err := anyRow(s, nil, nil); err != nil {
		return err
	} else if row == nil && !any {
		return fmt.Errorf("check: %w", log.ErrNoLog)
	}
	if err := c.before(s); err != nil {
		return err
	}
	if err := c.leaves(); err != nil {
		return err
	}
	c.findings.add(c.tree.findings)
	if err := c.rest(s); err != nil {
		return err
	}
	if !c.Replay {
		return nil
	}
	return c.replay(s)
}

// before reads what tells the passes what to look for.
func (c *check) before(s *source) (err error) {
	if err := strangers(s, c.Mode, &c.findings); err != nil {
		return err
	}
	if err := c.notes.readAnchor(); err != nil {
		return fmt.Errorf("anchor: %w", err)
	}
	if err := c.notes.list(s); err != nil {
		return err
	}
	c.shape, err = survey(s, c.Mode)
	return err
}

// leaves checks leaves, contents and tiles, several groups at once, and rebuilds
// the tree from them in their order.
func (c *check) leaves() error {
	c.tree = &tree{
		mode: c.Mode, pyramid: newPyramid(), findings: findings{max: c.MaxFindings}, facts: &facts{mute: make(map[uint64]bool)},
	}
	c.tree.at = func() error { return c.notes.keep(c.tree.pyramid) }
	if err := c.tree.at(); err != nil {
		return err
	}
	size := c.shape.head.Size
	total := (size + proofs.TileWidth - 1) / proofs.TileWidth
	work := &groups{source: c.source(), mode: c.Mode, head: c.shape.head.TreeHead, max: c.MaxFindings}
	c.progress.phase("leaves", size)
	err := inOrder(c, c.Workers, total, work.check, func(g *group) error {
		c.progress.at(g.first + uint64(g.width))
		return c.tree.add(g)
	})
	if err != nil {
		return err
	}
	c.tree.facts.seals = c.tree.seals
	c.report.Size, c.report.Seals = c.tree.pyramid.size(), len(c.tree.seals)
	return c.tree.finish(c.source(), size)
}

// rest checks what follows from the leaves: independent passes, side by side.
func (c *check) rest(s *source) error {
	p := &passes{check: c}
	p.add(func(s *source, f *findings) error {
		defer func() { f.add(c.notes.findings) }()
		return c.notes.check(s, c.tree)
	})
	if c.Mode == log.Sealed {
		p.registers()
		p.index(storage.DigestIndexSpace, "statement digest", c.tree.facts.digests)
		p.add(func(s *source, f *findings) error { return c.tree.facts.refusals(s, f) })
		p.add(func(s *source, f *findings) error { return search{c.tree.facts, f}.check(s) })
	}
	p.index(storage.LeafHashSpace, "leaf hash", c.tree.facts.hashes)
	if err := p.run(); err != nil {
		return err
	}
	c.report.Checkpoints = len(c.notes.roots)
	if len(c.notes.anchor) > 0 {
		c.report.Signed = c.notes.anchor[0].head.Size
	}
	root, err := c.tree.pyramid.root()
	if err != nil {
		return err
	}
	want := log.Head{TreeHead: proofs.TreeHead{Size: c.tree.pyramid.size(), Root: root}, Time: c.shape.head.Time}
	if c.Mode == log.Sealed {
		want.Time, want.Registers, want.Depth = c.tree.last.Time, c.tree.last.Count, c.shape.depth
	}
	return checkMeta(s, c.Log, want, c.Mode == log.Raw || c.tree.torn == 0, &c.findings)
}

// Unreadable is the report on a store that does not open since it is damaged.
func Unreadable(origin string, err error) Report {
	f := findings{max: 1}
	f.put(unreadable(err, "a store that opens"))
	return Report{Origin: origin, Damaged: f.total, Findings: f.list}
}

// unreadable is damage that the store itself found, in one line.
func unreadable(err error, want string) Finding {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return Finding{Where: inStore, What: "the store", Found: line, Want: want, Do: doRestore}
}
