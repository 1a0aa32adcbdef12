package scenario

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/google/go-cmp/cmp"

	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/pebblestore"
)

// A cut says at which moment of the next batch the power goes.
type cut int

const (
	cutNever  cut = iota
	cutWrite      // before some write of the store
	cutAnchor     // between commit and anchor
	cutAnswer     // between anchor and answer
	cuts
)

var errPower = errors.New("the power went")

// A crashDisk is a disk in memory whose power goes on demand. What a crash leaves
// is copied at its moment; then the batch ends without an answer, as it would.
type crashDisk struct {
	random *rand.Rand

	mu     sync.Mutex
	disk   *vfs.MemFS
	anchor []byte
	next   cut
	writes int // to go before a cutWrite
	left   *vfs.MemFS
	kept   []byte // the anchor's text at that moment
}

func newCrashDisk(random *rand.Rand) *crashDisk {
	return &crashDisk{random: random, disk: vfs.NewCrashableMem()}
}

func (d *crashDisk) Open(create bool) (storage.Store, storage.Anchor, error) {
	d.disk.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1 << 40, TotalBytes: 1 << 41})
	options := pebblestore.Options{FS: errorfs.Wrap(d.disk, d), CacheSize: 1 << 20, MemTableSize: 512 << 10}
	open := pebblestore.Open
	if create {
		open = pebblestore.Create
	}
	s, err := open("store", options)
	return s, d, err
}

func (d *crashDisk) String() string { return "crash disk" }

// MaybeError implements errorfs.Injector: it sees each operation on the disk, and
// never fails one.
func (d *crashDisk) MaybeError(op errorfs.Op) error {
	if op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.writes--; d.next == cutWrite && d.writes == 0 {
			d.copy()
		}
	}
	return nil
}

// copy keeps what a crash now leaves, with some of the unsynced data.
func (d *crashDisk) copy() {
	if d.left == nil {
		d.left = d.disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: d.random.IntN(3) * 50, RNG: d.random})
		d.kept = bytes.Clone(d.anchor)
	}
}

// arm lets the power go in the next batch.
func (d *crashDisk) arm(c cut) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.next, d.writes = c, 1+d.random.IntN(4)
}

// crashed says whether the power went.
func (d *crashDisk) crashed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.left != nil
}

// restart goes on with what the crash left.
func (d *crashDisk) restart() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.disk, d.anchor = d.left, d.kept
	d.left, d.next = nil, cutNever
}

// Replace implements storage.Anchor.
func (d *crashDisk) Replace(old, new []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.left != nil { // the power is off already
		return errPower
	}
	if !bytes.Equal(old, d.anchor) {
		return fmt.Errorf("the anchor holds %q", d.anchor)
	}
	if d.next == cutAnchor || d.next == cutWrite {
		d.copy()
		return errPower
	}
	d.anchor = bytes.Clone(new)
	if d.next == cutAnswer {
		d.copy()
		return errPower
	}
	return nil
}

func (d *crashDisk) Load() ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.anchor == nil {
		return nil, storage.ErrNoAnchor
	}
	return bytes.Clone(d.anchor), nil
}

func (d *crashDisk) Close() error { return nil }

// TestStorySurvivesCrashes: the power goes at each statement of the story, in turn
// before a write of its batch, between commit and anchor, and before the answer.
// Whoever got no answer submits once more. Each line comes out as the story says,
// and in the end all registers are those of a play without crashes.
func TestStorySurvivesCrashes(t *testing.T) {
	s := whole(t)
	seed := rand.Uint64()
	quiet, size := playOn(t, s, memory(), nil)
	random := rand.New(rand.NewPCG(seed, 0))
	disk, crashes := newCrashDisk(random), 0
	player := &Player{
		Before: func(y *Play, line Line) error {
			if _, ok := signed[line.verb]; ok {
				disk.arm(cut(1 + random.IntN(int(cuts)-1)))
			}
			return nil
		},
		Lost: func(ctx context.Context, y *Play, err error) error {
			if crashes++; !disk.crashed() {
				return fmt.Errorf("an answer was lost, and no power went: %w", err)
			}
			_ = y.host.close() // it stopped on a doubt; what it wrote is on the other disk
			disk.restart()
			return y.start(ctx, nil)
		},
	}
	stormy, entries := playOn(t, s, disk, player)
	t.Logf("%d crashes, %d entries, seed %d", crashes, entries, seed)
	if crashes < 100 || entries != size {
		t.Errorf("%d crashes, %d entries; without crashes %d", crashes, entries, size)
	}
	if diff := cmp.Diff(quiet, stormy); diff != "" {
		t.Errorf("the registers differ:\n%s", diff)
	}
}

// memory is a disk in memory whose power stays on.
func memory() Disk { return newCrashDisk(rand.New(rand.NewPCG(0, 0))) }

// TestStorySurvivesRestarts: the log on a real disk is stopped and opened anew,
// again and again.
func TestStorySurvivesRestarts(t *testing.T) {
	s := whole(t)
	quiet, _ := playOn(t, s, memory(), nil)
	restarted, _ := playOn(t, s, newDisk(t), &Player{Before: func(y *Play, _ Line) error {
		if rand.IntN(16) > 0 {
			return nil
		}
		return y.Restart(context.Background())
	}})
	if diff := cmp.Diff(quiet, restarted); diff != "" {
		t.Errorf("the registers differ:\n%s", diff)
	}
}

// whole is the story of the package.
func whole(t testing.TB) *Story {
	t.Helper()
	s, err := Parse(Text())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// playOn plays a story that must not deviate, checks every row of the log that it
// leaves, and returns what its registers say, in words.
func playOn(t *testing.T, s *Story, disk Disk, p *Player) (states map[string]string, entries uint64) {
	t.Helper()
	if p == nil {
		p = &Player{}
	}
	after := p.After
	p.Disk, p.Signer = disk, newSigner(t, s)
	if p.Quarantine == "" {
		p.Quarantine = t.TempDir()
	}
	p.Say = func(p Played) {
		if !p.OK {
			t.Errorf("line %d, row %s, %s %s: expected %s, got %s (%s)", p.Number, p.Row, p.Signer, p.Act, p.Expect, p.Actual, p.Detail)
		}
	}
	p.After = func(y *Play) error {
		states = statesOf(t, y)
		if err := logtest.Audit(&logtest.World{Origin: s.Origin, Signer: y.signer}, y.host.store, y.host.anchor); err != nil || after == nil {
			return err
		}
		return after(y)
	}
	r, err := p.Play(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	return states, r.Entries
}

// statesOf describes the register of everything that the story names.
func statesOf(t *testing.T, y *Play) map[string]string {
	t.Helper()
	states := make(map[string]string)
	note := func(kind, name string) {
		a, err := y.state(context.Background(), kind, name)
		if err != nil {
			t.Errorf("%s %s: %v", kind, name, err)
		}
		states[kind+" "+name] = a.String()
	}
	for _, d := range y.story.cast {
		if d.kind == "identity" {
			note("identity", d.name)
		}
	}
	for _, l := range y.story.Lines {
		switch name := l.args["as"]; {
		case l.verb == "open":
			note("run", l.words[0])
		case l.verb == "release":
			note("document", l.words[0])
		case l.verb == "grant" && name != "":
			note("grant", name)
		}
	}
	return states
}
