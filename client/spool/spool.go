package spool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/statement"
)

// Bounds of a spool. A full one takes nothing more: what it does not take was not
// kept, and Put says so.
const (
	MaxWaiting = 4096     // statements
	maxRecords = 64 << 20 // bytes of the file of records
	maxNumbers = 1 << 20  // bytes of the file of numbers
	compactAt  = 4 << 20  // bytes from which the file is written anew
)

// ErrFull: the spool holds as many statements as it may. Flush it, then try again.
var ErrFull = errors.New("the spool is full")

// ErrDamaged: the files of the spool cannot be used.
var ErrDamaged = errors.New("local damage: the spool cannot be used")

// A Spool is a folder of evidence that waits for the log. Processes may share it:
// who changes the files holds a lock. Its methods are safe for concurrent use.
type Spool struct{ dir string }

// Open returns the spool in a folder, which is made if it is not there.
func Open(dir string) (*Spool, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return &Spool{dir: dir}, nil
}

// A State is what a spool holds.
type State struct {
	Waiting []Record // in the order in which they came
	Gaps    []Gap    // numbers without a record
	Torn    []string // files with bytes of records that could not be read
	Refused []string // files with statements that the log refused for good
}

// State reads the spool. What it finds torn it puts aside first, so that nothing
// follows it in the file.
func (s *Spool) State(ctx context.Context) (*State, error) {
	var state *State
	err := s.locked(ctx, func(c *contents) error {
		state = &State{Waiting: c.waiting, Gaps: c.listGaps()}
		var err1, err2 error
		state.Torn, err1 = filesIn(filepath.Join(s.dir, "torn"))
		state.Refused, err2 = filesIn(filepath.Join(s.dir, "refused"))
		return errors.Join(err1, err2)
	})
	return state, err
}

// Put keeps a signed statement. When it returns without an error, the statement
// outlives a crash. It must be evidence: authority is never late.
func (s *Spool) Put(ctx context.Context, e statement.Envelope) (Record, error) {
	parsed, err := statement.Parse(e.Payload)
	if err != nil {
		return Record{}, err
	}
	if parsed.Code.Authority() {
		return Record{}, fmt.Errorf("a %s is authority and never late: it is submitted, not spooled", parsed.Code)
	}
	r := Record{Emitter: parsed.Issuer, Envelope: e, Statement: parsed}
	err = s.locked(ctx, func(c *contents) error {
		if len(c.waiting) >= MaxWaiting {
			return fmt.Errorf("%w: %d statements wait in %s: flush it, then try again", ErrFull, len(c.waiting), s.dir)
		}
		r.Number = max(c.next[r.Emitter], 1)
		if err := s.reserve(c, r.Emitter); err != nil {
			return err
		}
		return s.append(line{Emitter: r.Emitter, Number: r.Number, Envelope: e.Marshal()})
	})
	return r, err
}

// Forget says of all gaps that their owner knows: they are reported no more.
func (s *Spool) Forget(ctx context.Context) error {
	return s.locked(ctx, func(c *contents) error {
		for _, g := range c.listGaps() {
			for n := g.From; n <= g.To; n++ {
				if err := s.append(line{Emitter: g.Emitter, Number: n, Became: lost}); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// settle keeps what became of a statement. For that the files are not read again: a
// full spool is flushed one statement after the other.
func (s *Spool) settle(ctx context.Context, r Record, became string) error {
	l := line{Emitter: r.Emitter, Number: r.Number, Became: became}
	return s.alone(ctx, func() error {
		whole, err := s.endsWhole()
		if err == nil && !whole { // what a crash cut is put aside first
			_, err = s.contents()
		}
		if err != nil {
			return err
		}
		return s.append(l)
	})
}

func (s *Spool) path(name string) string { return filepath.Join(s.dir, name) }

// alone calls f while no other process changes the files.
func (s *Spool) alone(ctx context.Context, f func() error) (err error) {
	unlock, err := client.LockFile(ctx, s.path("lock"))
	if err != nil {
		return fmt.Errorf("the spool %s: %w", s.dir, err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	return f()
}

// locked calls f with what the files hold, while no other process changes them.
func (s *Spool) locked(ctx context.Context, f func(*contents) error) error {
	return s.alone(ctx, func() error {
		c, err := s.contents()
		if err != nil {
			return err
		}
		return f(c)
	})
}

// contents reads the files, and tidies them.
func (s *Spool) contents() (*contents, error) {
	records, err := readOptional(s.path("records"), maxRecords)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	numbers, err := readOptional(s.path("numbers"), maxNumbers)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	c, err := read(records, numbers)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrDamaged, s.dir, err)
	}
	return c, s.tidy(c, len(records))
}

// tidy puts torn bytes aside and writes the file of records anew where that is due.
func (s *Spool) tidy(c *contents, size int) error {
	for _, b := range c.torn {
		if err := s.keep("torn", sumOf(b), b); err != nil {
			return err
		}
	}
	if len(c.torn) == 0 && size < compactAt {
		return nil
	}
	b, err := c.compact()
	if err != nil {
		return err
	}
	return client.WriteFile(s.path("records"), b, 0o600)
}

// reserve takes the next number of an emitter before its record is written: if the
// record is lost, even with all that follows it, the number tells.
func (s *Spool) reserve(c *contents, emitter string) error {
	c.next[emitter] = max(c.next[emitter], 1) + 1
	b, err := json.Marshal(c.next)
	if err != nil {
		return err
	}
	return client.WriteFile(s.path("numbers"), b, 0o600)
}

// append writes one line, durably.
func (s *Spool) append(l line) error {
	b, err := l.format()
	if err != nil {
		return err
	}
	path := s.path("records")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return client.WriteFile(path, b, 0o600) // its name is durable too
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

// endsWhole says whether the file of records ends with a whole line, or is not there.
func (s *Spool) endsWhole() (bool, error) {
	f, err := os.Open(s.path("records"))
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	size, err := f.Seek(0, io.SeekEnd)
	last := []byte{'\n'}
	if err == nil && size > 0 {
		_, err = f.ReadAt(last, size-1)
	}
	return last[0] == '\n', errors.Join(err, f.Close())
}

// keep writes bytes into a folder of the spool, for their owner to look at.
func (s *Spool) keep(folder, name string, b []byte) error {
	if err := os.MkdirAll(s.path(folder), 0o700); err != nil {
		return err
	}
	return client.WriteFile(filepath.Join(s.path(folder), name), b, 0o600)
}

// filesIn lists the files of a folder; none if it is not there.
func filesIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		out = append(out, filepath.Join(dir, e.Name()))
	}
	return out, nil
}

func readOptional(path string, limit int64) ([]byte, error) {
	b, err := client.ReadFile(path, limit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return b, err
}
