package pebblestore

import (
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// ExitCode is the exit code of a process that Options.Fatal ends by default:
// the sysexits code for an internal error. It says that the store's state
// must be read from the disk again, by starting again.
const ExitCode = 70

// Options configures a store. The zero value is ready for production.
type Options struct {
	// FS is the filesystem. Default: the disk.
	FS vfs.FS

	// CacheSize is the size of the cache of table blocks, in bytes. It is in
	// memory all the time once filled; the filters of the tables are in it, some
	// 15 MiB for a million releases. Default: 192 MiB.
	CacheSize int64

	// MemTableSize is the size of one table of newest rows in memory, in
	// bytes; up to four are held while the disk is slow. A larger one makes
	// fewer and larger tables, and a longer start after a crash. Default:
	// 64 MiB.
	MemTableSize uint64

	// Fatal ends the process after a failed write; msg is one line. It must
	// never return: if it does, the process exits with ExitCode. No method of
	// the store may be called from it. Default: prints msg to stderr and
	// exits with ExitCode.
	Fatal func(msg string)

	// Event is told what a person who runs the store should know, each kind
	// at most once in 10 seconds. It is called from inside the store, also
	// concurrently: it returns quickly and calls no method of the store but
	// Health. Default: nobody is told.
	Event func(Event)

	pause time.Duration         // between attempts to write a table; for tests
	tune  func(*pebble.Options) // the last word on Pebble's options; for tests
}

const (
	defaultCacheSize    = 192 << 20
	defaultMemTableSize = 64 << 20
	defaultPause        = 200 * time.Millisecond
	lastBlockSize       = 8 << 10 // bytes before compression; Pebble's default is 4 KiB
)

func (o Options) withDefaults() Options {
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.CacheSize == 0 {
		o.CacheSize = defaultCacheSize
	}
	if o.MemTableSize == 0 {
		o.MemTableSize = defaultMemTableSize
	}
	if o.pause == 0 {
		o.pause = defaultPause
	}
	if o.Fatal == nil {
		o.Fatal = exit
	}
	if o.Event == nil {
		o.Event = func(Event) {}
	}
	return o
}

func exit(msg string) {
	fmt.Fprintln(os.Stderr, msg)
	os.Exit(ExitCode)
}

// pebble returns Pebble's options. Experimental ones stay at their defaults,
// as does everything that trades durability for speed.
func (o Options) pebble(m *monitor) *pebble.Options {
	p := &pebble.Options{
		FS:                          filesystem{o.FS, m, o.pause},
		CacheSize:                   o.CacheSize,
		MemTableSize:                o.MemTableSize,
		MemTableStopWritesThreshold: 4,
		Logger:                      logger{m},
		EventListener:               m.listener(),
		CompactionConcurrencyRange: func() (lower, upper int) {
			return 1, max(1, runtime.GOMAXPROCS(0)/2)
		},
	}
	for i := range p.Levels {
		p.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	// Nearly all rows are in the last levels. Leaves and contents repeat keys and
	// field names there, in larger blocks more of them; the other rows are hashes.
	for i := len(p.Levels) - 2; i < len(p.Levels); i++ {
		p.Levels[i].Compression = func() *sstable.CompressionProfile { return sstable.BalancedCompression }
		p.Levels[i].BlockSize = lastBlockSize
	}
	if o.tune != nil {
		o.tune(p)
	}
	return p
}
