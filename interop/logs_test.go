package interop

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"testing"

	"k8s.io/klog/v2"

	"github.com/docketlog/docket/interop/site"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/storage"
)

const (
	rawOrigin = "raw.docket.example"
	loopback  = "127.0.0.1:0"
)

func TestMain(m *testing.M) {
	klog.LogToStderr(false) // Tessera's packages log every run
	klog.SetOutput(io.Discard)
	os.Exit(m.Run())
}

// rawConfig is the configuration of the raw logs of this package.
func rawConfig(t testing.TB) log.Config {
	t.Helper()
	c, err := site.Raw(rawOrigin)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// newRaw makes a raw log on disk with the leaves "leaf 0", "leaf 1", ... and
// serves it.
func newRaw(t testing.TB, leaves int) *site.Site {
	t.Helper()
	dir := t.TempDir()
	if err := site.Create(dir, rawConfig(t), nil); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir, rawConfig(t), nil)
	grow(t, s, leaves)
	return s
}

// open opens and serves a log until the end of the test.
func open(t testing.TB, dir string, c log.Config, wrap func(storage.Store) storage.Store) *site.Site {
	t.Helper()
	s, err := site.Open(dir, loopback, c, wrap)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// grow adds leaves to a raw log until it has this size, in batches of odd sizes.
func grow(t testing.TB, s *site.Site, size int) {
	t.Helper()
	from := int(head(s).Size)
	for step := 1; from < size; step = step%97 + 13 {
		to := min(from+step, size)
		var batch [][]byte
		for i := from; i < to; i++ {
			batch = append(batch, leaf(i))
		}
		_, view, err := s.Log.SubmitRaw(context.Background(), batch)
		if err != nil {
			t.Fatal(err)
		}
		view.Release()
		from = to
	}
}

func leaf(i int) []byte { return fmt.Appendf(nil, "leaf %d", i) }

func head(s *site.Site) proofs.TreeHead {
	v := s.Log.View()
	defer v.Release()
	return v.TreeHead()
}

// newSealed makes a sealed log on disk with at least this many leaves, of
// releases in batches of one to seven and their seals, and serves it. After each
// batch it calls each, if each is not nil.
func newSealed(t testing.TB, leaves int, each func(*site.Site)) (*logtest.World, *site.Site) {
	t.Helper()
	w, dir := logtest.NewWorld(), t.TempDir()
	if err := site.Create(dir, w.Config(nil, nil), w.Genesis()); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir, w.Config(nil, nil), nil)
	if each == nil {
		each = func(*site.Site) {}
	}
	each(s)
	submit(t, s, w.Enrollments()...)
	each(s)
	for i := 0; head(s).Size < uint64(leaves); i++ {
		var batch []*admission.Checked
		for j := range i%7 + 1 {
			id := fmt.Sprintf("contracts/%d/%d", i, j)
			batch = append(batch, w.Release(id, 1, nil, []byte(id)))
		}
		submit(t, s, batch...)
		each(s)
	}
	return w, s
}

// submit submits statements that must come in.
func submit(t testing.TB, s *site.Site, statements ...*admission.Checked) {
	t.Helper()
	for _, r := range logtest.Submit(t, s.Log, statements...) {
		if r.Refusal != nil {
			t.Fatal(r.Refusal)
		}
	}
}

// get reads a resource, which must be there.
func get(t testing.TB, url string) []byte {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s\n%s", url, resp.Status, body)
	}
	return body
}

// httpNodes reads the nodes of a tree of the given size from the served tiles.
func httpNodes(t testing.TB, s *site.Site, size uint64) proofs.NodeReader {
	return proofs.TileNodes(func(tile proofs.Tile) ([]byte, error) {
		return get(t, s.URL+"/"+tile.Path()), nil
	}, size)
}
