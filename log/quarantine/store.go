// Package quarantine keeps the bytes of statements that a log refused and put on
// record, so that a refusal can be judged again. It is a folder of its own, with
// one file for each refusal, outside of the store and of all that is signed:
//
//	<seq, 16 hex>-<statement digest, 64 hex>-<code>.json
//
// It is bounded in files and bytes; what is oldest goes first. Nothing waits for it:
// a log hands a refusal over and goes on, and what cannot be written, or comes
// faster than it is written, is dropped and counted. Files are not synced: a process
// that is killed loses what was not written yet, a power cut the newest files. What
// is lost comes back when the statement is submitted again. The finding in the log
// is never lost.
package quarantine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs/statement"
)

// Limits bound a Store.
type Limits struct {
	Files int   // default 10,000
	Bytes int64 // default 64 MiB
}

// maxWaiting is how many refusals wait to be written: 16 MiB at most.
const maxWaiting = 128

// ErrNotFound: no such statement is kept, or not any more.
var ErrNotFound = errors.New("not in quarantine")

// Stats say how a Store fares.
type Stats struct {
	Files   int
	Bytes   int64
	Evicted uint64 // since Open
	Dropped uint64 // since Open: came too fast, or could not be written
}

// A Store keeps refused statements in a folder. It implements log.Quarantine. Its
// methods are safe for concurrent use.
type Store struct {
	dir     string
	limits  Limits
	failed  func(error)
	waiting chan log.Refused
	done    chan struct{}

	mu     sync.Mutex
	closed bool
	files  []file // by rising seq
	have   map[refusal]bool
	next   uint64
	stats  Stats
}

// refusal is what is kept once.
type refusal struct {
	digest statement.Digest
	code   string
}

// file is one file of the folder.
type file struct {
	seq uint64
	refusal
	size int64
}

// Open opens the folder, makes it if it is not there, and starts the goroutine
// that writes. failed is told by that goroutine when something cannot be written;
// its errors name files, and nothing that stands in them.
func Open(dir string, limits Limits, failed func(error)) (*Store, error) {
	if limits.Files <= 0 {
		limits.Files = 10_000
	}
	if limits.Bytes <= 0 {
		limits.Bytes = 64 << 20
	}
	s := &Store{
		dir: dir, limits: limits, failed: failed, have: make(map[refusal]bool), next: 1,
		waiting: make(chan log.Refused, maxWaiting), done: make(chan struct{}),
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := s.load(); err != nil {
		return nil, err
	}
	s.remove(s.room(0, 0))
	go s.write()
	return s, nil
}

func (s *Store) add(f file) {
	s.files = append(s.files, f)
	s.have[f.refusal] = true
	s.next = f.seq + 1
	s.stats.Files++
	s.stats.Bytes += f.size
}

// room takes the oldest files off the list until so many more, of this size
// together, are within the limits. The caller removes them from the disk.
func (s *Store) room(files int, size int64) (out []file) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.files) > 0 && (len(s.files)+files > s.limits.Files || s.stats.Bytes+size > s.limits.Bytes) {
		out = append(out, s.files[0])
		s.drop(0)
		s.stats.Evicted++
	}
	return out
}

// drop takes a file off the list.
func (s *Store) drop(i int) {
	f := s.files[i]
	s.files = slices.Delete(s.files, i, i+1)
	delete(s.have, f.refusal)
	s.stats.Files--
	s.stats.Bytes -= f.size
}

// remove removes files from the disk. What cannot be removed is listed again at
// the next start.
func (s *Store) remove(files []file) {
	for _, f := range files {
		if err := os.Remove(s.path(f)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.failed(err)
		}
	}
}

// Keep implements log.Quarantine: it never waits. Nobody holds the lock while he
// reads or writes files.
func (s *Store) Keep(r log.Refused) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.have[refusal{r.Digest, r.Refusal.Code}] {
		return
	}
	select {
	case s.waiting <- r:
	default:
		s.stats.Dropped++
	}
}

// write writes what was handed over, until Close.
func (s *Store) write() {
	defer close(s.done)
	for r := range s.waiting {
		if err := s.put(r); err != nil {
			s.mu.Lock()
			s.stats.Dropped++
			s.mu.Unlock()
			s.failed(err)
		}
	}
}

// newFile is what is being written.
const newFile = "new"

// put writes one file, unless it is there. Only the writing goroutine adds files.
func (s *Store) put(r log.Refused) error {
	f := file{refusal: refusal{r.Digest, r.Refusal.Code}}
	s.mu.Lock()
	have := s.have[f.refusal]
	f.seq = s.next
	s.mu.Unlock()
	if have {
		return nil
	}
	text, err := marshal(f.seq, r)
	if err != nil {
		return err
	}
	if f.size = int64(len(text)); f.size > s.limits.Bytes {
		return fmt.Errorf("a refused statement of %d bytes is above the limit of all, %d", f.size, s.limits.Bytes)
	}
	path := filepath.Join(s.dir, newFile)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return err
	}
	s.remove(s.room(1, f.size))
	if err := os.Rename(path, s.path(f)); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(f)
	return nil
}

// Close writes what was handed over and ends.
func (s *Store) Close() error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.waiting)
	}
	s.mu.Unlock()
	<-s.done
	return nil
}

// Stats returns how the store fares.
func (s *Store) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}
