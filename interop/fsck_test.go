package interop

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"

	"github.com/docketlog/docket/interop/site"
)

// sizes of raw logs: empty, one leaf, around a full tile, around two.
var sizes = []int{0, 1, 2, 255, 256, 257, 511, 512, 513, 700}

func TestFsckRawLog(t *testing.T) {
	s := newRaw(t, 0)
	for _, size := range sizes {
		grow(t, s, size)
		if err := check(fetcher(t, s), s.Log.Key().String()); err != nil {
			t.Errorf("size %d: %v", size, err)
		}
	}
	checkProgram(t, s, true)
}

// TestFsckManyTiles has a second level of tiles that is not one partial tile.
func TestFsckManyTiles(t *testing.T) {
	s := newRaw(t, 0)
	for from := 0; from < 66_000; from += 1000 {
		batch := make([][]byte, 1000)
		for i := range batch {
			batch[i] = leaf(from + i)
		}
		_, view, err := s.Log.SubmitRaw(context.Background(), batch)
		if err != nil {
			t.Fatal(err)
		}
		view.Release()
	}
	if err := check(fetcher(t, s), s.Log.Key().String()); err != nil {
		t.Error(err)
	}
}

func TestFsckSealedLog(t *testing.T) {
	_, s := newSealed(t, 300, func(s *site.Site) {
		if err := check(fetcher(t, s), s.Log.Key().String()); err != nil {
			t.Errorf("size %d: %v", head(s).Size, err)
		}
	})
	checkProgram(t, s, true)
}

// TestFsckKeyAndOrigin: the checkpoint of another log is refused.
func TestFsckKeyAndOrigin(t *testing.T) {
	s := newRaw(t, 3)
	other, err := site.Raw("other.docket.example")
	if err != nil {
		t.Fatal(err)
	}
	if err := check(fetcher(t, s), other.Signer.Key().String()); err == nil {
		t.Error("fsck took a log of another key")
	}
}

// fetcher reads a site over HTTP with Tessera's own client.
func fetcher(t testing.TB, s *site.Site) *client.HTTPFetcher {
	t.Helper()
	u, err := url.Parse(s.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	f, err := client.NewHTTPFetcher(u, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// check runs Tessera's fsck. A mismatch ends one of its workers, and without
// workers it would wait for ever, so it has more workers than these logs have
// tiles, and a time limit. It panics over a bundle with too few leaves: that is
// a refusal too.
func check(f fsck.Fetcher, key string) error {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	result := make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				result <- fmt.Errorf("fsck panicked: %v", p)
			}
		}()
		result <- fsck.New(verifier.Name(), verifier, f, leafHashes, fsck.Opts{N: 16}).Check(ctx)
	}()
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		return errors.New("fsck did not end")
	}
}

// leafHashes hashes the leaves of an entry bundle, by Tessera's parser.
func leafHashes(bundle []byte) ([][]byte, error) {
	var b api.EntryBundle
	if err := b.UnmarshalText(bundle); err != nil {
		return nil, err
	}
	hashes := make([][]byte, len(b.Entries))
	for i, e := range b.Entries {
		hashes[i] = rfc6962.DefaultHasher.HashLeaf(e)
	}
	return hashes, nil
}

// checkProgram runs the fsck program. Its exit code is 0 whatever it finds, so
// its one line of success decides.
func checkProgram(t testing.TB, s *site.Site, good bool) {
	t.Helper()
	key := filepath.Join(t.TempDir(), "log.vkey")
	if err := os.WriteFile(key, []byte(s.Log.Key().String()), 0o600); err != nil {
		t.Fatal(err)
	}
	out, exit := run(t, 30*time.Second, tool(t, "fsck"),
		"--storage_url="+s.URL+"/", "--public_key="+key, "--ui=false", "-N=64")
	success := exit == 0 && strings.Contains(out, "Successfully fsck'd log with size "+fmt.Sprint(head(s).Size)+" ")
	if success != good {
		t.Errorf("fsck success %v, want %v; exit %d\n%s", success, good, exit, out)
	}
	if good == strings.Contains(out, "fsck failed") {
		t.Errorf("fsck's output contradicts itself\n%s", out)
	}
}
