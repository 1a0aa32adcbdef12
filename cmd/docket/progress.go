package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/docketlog/docket/log/fsck"
)

// lineEvery is how often progress is a line, where there is no terminal.
const lineEvery = 5 * time.Second

// A progressBar shows how far a check is: as a bar on a terminal, else as a line
// now and then.
type progressBar struct {
	name     string // of the command
	out      io.Writer
	terminal bool
	last     time.Duration
	phase    string
	began    time.Duration // the phase
	shown    bool
}

func newProgressBar(out io.Writer) *progressBar {
	b := &progressBar{name: "fsck", out: out}
	if f, ok := out.(*os.File); ok {
		info, err := f.Stat()
		b.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return b
}

// show is for fsck.Options.Progress.
func (b *progressBar) show(p fsck.Progress) {
	if p.Phase != b.phase {
		b.phase, b.began = p.Phase, p.Elapsed
	}
	if b.terminal {
		fmt.Fprintf(b.out, "\r\x1b[K%s %s", meter(p), b.text(p))
		b.shown = true
		return
	}
	if p.Elapsed-b.last >= lineEvery {
		b.last = p.Elapsed
		fmt.Fprintf(b.out, "%s: %s\n", b.name, b.text(p))
	}
}

// clear takes the bar away.
func (b *progressBar) clear() {
	if b.shown {
		fmt.Fprint(b.out, "\r\x1b[K")
	}
}

// text says phase, rate and what is left of the phase.
func (b *progressBar) text(p fsck.Progress) string {
	s := p.Phase
	if p.Total > 0 {
		s += fmt.Sprintf(" %s of %s", grouped(int64(p.Done)), grouped(int64(p.Total)))
	}
	if p.Rows > 0 {
		s += fmt.Sprintf(", %s rows", grouped(p.Rows))
	}
	s += fmt.Sprintf(", %s", p.Elapsed.Round(time.Second))
	if p.Bytes > 0 && p.Elapsed > 0 {
		s += fmt.Sprintf(", %.0f MiB/s", float64(p.Bytes)/(1<<20)/p.Elapsed.Seconds())
	}
	if in := p.Elapsed - b.began; p.Total > p.Done && p.Done > 0 && in > time.Second {
		left := time.Duration(float64(in) * float64(p.Total-p.Done) / float64(p.Done))
		s += fmt.Sprintf(", %s left of it", left.Round(time.Second))
	}
	return s
}

// meter draws how much of a phase is done.
func meter(p fsck.Progress) string {
	const width = 20
	done := 0
	if p.Total > 0 {
		done = int(p.Done * width / p.Total)
	}
	return "[" + strings.Repeat("#", done) + strings.Repeat(".", width-done) + "]"
}
