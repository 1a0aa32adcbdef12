package log_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs/admission"
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
