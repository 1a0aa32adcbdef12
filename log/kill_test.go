package log_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/anchor"
	"github.com/docketlog/docket/storage/pebblestore"
)

// TestKill kills a log at random moments, again and again in one folder; some
// children meet a disk error instead. After each end the log opens, holds every
// promise that was printed, and signed one history.
func TestKill(t *testing.T) {
	b, folder := newLedger(t), t.TempDir()
	createFolder(t, b, folder)
	rounds, limit := 50*deep(), time.Now().Add(60*time.Second*time.Duration(deep()))
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
	return errors.Join(err, b.notary.missing(store, load(t, a)), l.Close(), store.Close(), a.Close())
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
