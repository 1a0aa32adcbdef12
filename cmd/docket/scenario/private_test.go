package scenario

import (
	"bytes"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// TestNothingPersonal: what the story seals (names, mail, whom a request concerns,
// what an agent was asked) stands in no file and no row of the log, in no metric,
// and in no line that the server writes. What stands in clear is found by the same
// search, so the search finds.
func TestNothingPersonal(t *testing.T) {
	s := whole(t)
	secrets := s.Personal()
	if len(secrets) < 15 || !slices.Contains(secrets, "Otto Brandvold") {
		t.Fatalf("the story seals %d values: %q", len(secrets), secrets)
	}
	dir := t.TempDir()
	var lines writer
	player := &Player{
		Quarantine: filepath.Join(dir, "quarantine"),
		Logger:     slog.New(slog.NewJSONHandler(&lines, &slog.HandlerOptions{Level: slog.LevelDebug})),
		After: func(y *Play) error {
			search(t, "row", rowsOf(t, y), secrets, "h/legal-03")
			search(t, "metric", metricsOf(t, y), secrets, "docket_")
			return nil
		},
	}
	playOn(t, s, InFolders(filepath.Join(dir, "store"), filepath.Join(dir, "anchor")), player)
	search(t, "line of the server", lines.bytes(), secrets, "/api/v1/statements")
	search(t, "file", filesOf(t, dir), secrets, "docket.harbor-mutual.example")
}

// search looks for secrets in a text that must hold what is in clear.
func search(t *testing.T, where string, text []byte, secrets []string, clear string) {
	t.Helper()
	if !bytes.Contains(text, []byte(clear)) {
		t.Errorf("%q is in no %s: nothing was searched", clear, where)
	}
	for _, secret := range secrets {
		if bytes.Contains(text, []byte(secret)) {
			t.Errorf("%q stands in a %s", secret, where)
		}
	}
}

// rowsOf is every row of the store: leaves, contents, registers and indexes.
func rowsOf(t *testing.T, y *Play) []byte {
	t.Helper()
	var all bytes.Buffer
	err := y.host.store.Scan([]byte{0}, bytes.Repeat([]byte{0xff}, 64), func(key, value []byte) bool {
		all.Write(key)
		all.WriteByte(0)
		all.Write(value)
		all.WriteByte(0)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.Bytes()
}

func metricsOf(t *testing.T, y *Play) []byte {
	t.Helper()
	r, err := http.Get(y.host.url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("%d, %v", r.StatusCode, err)
	}
	return b
}

// filesOf is every file below a folder.
func filesOf(t *testing.T, dir string) []byte {
	t.Helper()
	var all bytes.Buffer
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		all.Write(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.Bytes()
}

// A writer keeps what many write.
type writer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (w *writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}

func (w *writer) bytes() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return bytes.Clone(w.b.Bytes())
}
