package log_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/anchor"
	"github.com/docketlog/docket/storage/pebblestore"
)

// The child is this test program, run as a log on a disk. The environment names
// its folder, what its documents begin with, and its fault. It prints one line
// for each thing that happens: "up", "sign BASE64" before a signature leaves the
// signer, "note BASE64" after the anchor took one, "ack DOCUMENT DIGEST INDEX
// SIZE ROOT" for each promise, "fault WHAT".
const (
	childFolder = "DOCKET_TEST_LOG"
	childPrefix = "DOCKET_TEST_PREFIX"
	childFault  = "DOCKET_TEST_LOG_FAULT" // the disk operation that fails, from 0; -1: none
	childAcks   = 200                     // promises after which a child ends by itself
)

func TestMain(m *testing.M) {
	if folder := os.Getenv(childFolder); folder != "" {
		if err := childMain(folder); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// say prints one line in one write.
func say(format string, args ...any) { fmt.Fprintf(os.Stdout, format+"\n", args...) }

type speaker struct{ storage.Anchor }

func (s speaker) Replace(old, new []byte) error {
	err := s.Anchor.Replace(old, new)
	if err == nil {
		say("note %s", base64.StdEncoding.EncodeToString(new))
	}
	return err
}

type speakingSigner struct{ signer }

func (s speakingSigner) SignMessage(r io.Reader, o ...signOption) ([]byte, error) {
	message, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	say("sign %s", base64.StdEncoding.EncodeToString(message))
	return s.signer.SignMessage(strings.NewReader(string(message)), o...)
}

func childMain(folder string) error {
	fault, err := strconv.ParseInt(os.Getenv(childFault), 10, 64)
	if err != nil {
		return err
	}
	f := &faulty{die: func() { os.Exit(2) }}
	f.left.Store(fault)
	disk := errorfs.Wrap(vfs.Default, errorfs.InjectorFunc(func(op errorfs.Op) error {
		err := f.MaybeError(op)
		if err != nil {
			say("fault %s", f.hit())
		}
		return err
	}))
	w := logtest.NewWorld()
	if w.Signer, err = log.NewSignerFor(logtest.Origin, speakingSigner{signer{logKey(), newNotary()}}); err != nil {
		return err
	}
	l, store, a, err := openFolder(w, folder, disk, func(a storage.Anchor) storage.Anchor { return speaker{a} })
	if err != nil {
		return err
	}
	say("up")
	err = childLoad(w, l, os.Getenv(childPrefix))
	return errors.Join(err, l.Close(), store.Close(), a.Close())
}

// childLoad submits from several goroutines.
func childLoad(w *logtest.World, l *log.Log, prefix string) error {
	errs := make([]error, 3)
	var wait sync.WaitGroup
	for g := range errs {
		wait.Go(func() {
			for n := 0; n < childAcks/len(errs) && errs[g] == nil; n += 1 + n%3 {
				var ids []string
				for i := range 1 + n%3 {
					ids = append(ids, fmt.Sprintf("%s/%d/%d", prefix, g, n+i))
				}
				errs[g] = childSubmit(w, l, ids)
			}
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

func childSubmit(w *logtest.World, l *log.Log, ids []string) error {
	var batch []*admission.Checked
	for _, id := range ids {
		batch = append(batch, w.Release(id, 1, nil, []byte(id)))
	}
	results, view, err := l.Submit(context.Background(), batch)
	if err != nil {
		return err
	}
	defer view.Release()
	for i, r := range results {
		if r.Refusal != nil {
			return r.Refusal
		}
		head := view.TreeHead()
		say("ack %s %s %d %d %x", ids[i], batch[i].Digest, r.Index, head.Size, head.Root)
	}
	return nil
}

// openFolder opens the log in a folder, with the store's disk and the anchor as
// the test wants them.
func openFolder(w *logtest.World, folder string, disk vfs.FS, wrap func(storage.Anchor) storage.Anchor) (*log.Log, *pebblestore.Store, storage.Anchor, error) {
	options := pebblestore.Options{FS: disk, CacheSize: 1 << 20, MemTableSize: 64 << 10}
	store, err := pebblestore.Open(filepath.Join(folder, "store"), options)
	if err != nil {
		return nil, nil, nil, err
	}
	held, err := anchor.Open(filepath.Join(folder, "anchor"))
	if err != nil {
		return nil, nil, nil, errors.Join(err, store.Close())
	}
	a := wrap(held)
	l, err := log.Open(w.Config(store, a))
	if err != nil {
		return nil, nil, nil, errors.Join(err, store.Close(), a.Close())
	}
	return l, store, a, nil
}

// TestKill kills a log at random moments, again and again in one folder; some
// children meet a disk error instead. After each end the log opens, holds every
// promise that was printed, and signed one history.
func TestKill(t *testing.T) {
	b, folder := newLedger(t), t.TempDir()
	createFolder(t, b, folder)
	rounds, limit := 50*deep(), time.Now().Add(12*time.Second*time.Duration(deep()))
	r := random(t)
	round := 0
	for ; round < rounds && !t.Failed() && (time.Now().Before(limit) || round < 10); round++ {
		end := runChild(t, b, folder, round, r)
		if err := reopen(t, b, folder, round%10 == 9); err != nil {
			t.Fatalf("round %d, %s, %d promises: %v", round, end, len(b.kept()), err)
		}
	}
	if err := reopen(t, b, folder, true); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d rounds, %d promises", round, len(b.kept()))
}

func createFolder(t *testing.T, b *ledger, folder string) {
	t.Helper()
	store, err := pebblestore.Create(filepath.Join(folder, "store"), pebblestore.Options{CacheSize: 1 << 20, MemTableSize: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	a, err := anchor.Create(filepath.Join(folder, "anchor"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := b.create(context.Background(), store, &watched{Anchor: a, notary: b.notary})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(l.Close(), store.Close(), a.Close()); err != nil {
		t.Fatal(err)
	}
}

// reopen opens the folder in this process and checks it.
func reopen(t *testing.T, b *ledger, folder string, all bool) error {
	t.Helper()
	l, store, a, err := openFolder(b.w, folder, vfs.Default, func(a storage.Anchor) storage.Anchor {
		return &watched{Anchor: a, notary: b.notary}
	})
	if err != nil {
		return err
	}
	err = checkPromises(b.w.Verifier(t, l), l, b.kept())
	if err == nil && all {
		err = errors.Join(b.submit(context.Background(), l, 1), logtest.Audit(b.w, store, a))
	}
	b.notary.check(t)
	return errors.Join(err, l.Close(), store.Close(), a.Close())
}

// runChild lets a child live until it is killed or meets its fault, and takes
// down what it said. It returns how the child ended.
func runChild(t *testing.T, b *ledger, folder string, round int, r *rand.Rand) string {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	fault, kill := -1, time.Duration(0) // after "up"
	switch round % 4 {
	case 0, 1:
		kill = time.Duration(r.IntN(60_000)) * time.Microsecond
	case 2: // at the start, perhaps before "up"
		kill = -time.Duration(r.IntN(60_000)) * time.Microsecond
	case 3:
		fault = r.IntN(300)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), childFolder+"="+folder, fmt.Sprintf("%s=round-%d", childPrefix, round), fmt.Sprintf("%s=%d", childFault, fault))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if kill < 0 {
		time.AfterFunc(-kill, func() { cmd.Process.Kill() })
	}
	end := fmt.Sprintf("killed after %v", kill)
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			break // a line that was cut says nothing
		}
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "up":
			if kill > 0 {
				time.AfterFunc(kill, func() { cmd.Process.Kill() })
			}
		case "error":
			if end += ": " + rest; fault < 0 {
				t.Errorf("a child without a fault: %s", rest)
			}
		case "fault":
			end = "fault " + rest
		default:
			b.heard(t, word, rest)
		}
	}
	cmd.Wait()
	return end
}

// heard takes down a line of a child.
func (b *ledger) heard(t *testing.T, word, rest string) {
	t.Helper()
	switch word {
	case "sign", "note":
		text, err := base64.StdEncoding.DecodeString(rest)
		if err != nil {
			t.Fatal(err)
		}
		if word == "sign" {
			b.notary.sign(text)
		} else {
			b.notary.note(text)
		}
	case "ack":
		var id, digest string
		var index, size uint64
		var root []byte
		if _, err := fmt.Sscanf(rest, "%s %s %d %d %x", &id, &digest, &index, &size, &root); err != nil {
			t.Fatalf("%s: %v", rest, err)
		}
		d, err := statement.ParseDigest(digest)
		if err != nil {
			t.Fatal(err)
		}
		b.promises = append(b.promises, promise{
			entry: &admission.Checked{Digest: d}, id: id, file: []byte(id), index: index,
			head: proofs.TreeHead{Size: size, Root: proofs.Hash(root)},
		})
	}
}
