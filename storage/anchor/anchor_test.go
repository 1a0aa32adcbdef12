package anchor

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/storagetest"
)

const (
	one = "log.example.org\n1\none=\n"
	two = "log.example.org\n2\ntwo=\n"
)

func TestAnchor(t *testing.T) {
	storagetest.RunAnchor(t, func(t *testing.T) (storage.Anchor, func() storage.Anchor) {
		dir := filepath.Join(t.TempDir(), "anchor")
		a := mustCreate(t, dir)
		return a, func() storage.Anchor {
			if err := a.Close(); err != nil {
				t.Fatal(err)
			}
			a = mustOpen(t, dir)
			return a
		}
	})
}

func mustCreate(t *testing.T, dir string) *Anchor {
	t.Helper()
	a, err := Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func mustOpen(t *testing.T, dir string) *Anchor {
	t.Helper()
	a, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

// withText makes an anchor that holds text and closes it.
func withText(t *testing.T, text string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "anchor")
	a := mustCreate(t, dir)
	if err := a.Replace(nil, []byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range list {
		names = append(names, f.Name())
	}
	return names
}

func expectFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	if got := files(t, dir); !slices.Equal(got, want) {
		t.Errorf("files %q, want %q", got, want)
	}
}

func expectText(t *testing.T, a *Anchor, want string) {
	t.Helper()
	if got, err := a.Load(); string(got) != want || err != nil {
		t.Errorf("Load = %q, %v; want %q", got, err, want)
	}
}

// The file is the text itself, and nothing else is left in the folder.
func TestFileIsTheText(t *testing.T) {
	dir := withText(t, one)
	expectFiles(t, dir, lockName, fileName)
	if got, err := os.ReadFile(filepath.Join(dir, fileName)); string(got) != one || err != nil {
		t.Errorf("file %q, %v", got, err)
	}
}

func TestCreateNeedsAnEmptyFolder(t *testing.T) {
	for _, name := range []string{fileName, tempName, "letter.txt"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		a, err := Create(dir)
		if !errors.Is(err, storage.ErrExists) || !strings.Contains(err.Error(), name) {
			t.Errorf("Create beside %s: %v, %v; want ErrExists", name, a, err)
		}
	}
	dir := withText(t, one)
	if _, err := Create(dir); !errors.Is(err, storage.ErrExists) {
		t.Errorf("Create on an anchor: %v; want ErrExists", err)
	}
	expectText(t, mustOpen(t, dir), one)
}

// A refused Create of a folder with other files leaves no trace that Open
// would take for an anchor.
func TestRefusedCreateIsNoAnchor(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "letter.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(dir); err == nil {
		t.Fatal("created")
	}
	expectFiles(t, dir, "letter.txt")
	if _, err := Open(dir); !errors.Is(err, storage.ErrNoStore) {
		t.Errorf("Open: %v; want ErrNoStore", err)
	}
}

func TestOpenNeedsAnAnchor(t *testing.T) {
	empty, missing := t.TempDir(), filepath.Join(t.TempDir(), "missing")
	for _, dir := range []string{empty, missing} {
		if _, err := Open(dir); !errors.Is(err, storage.ErrNoStore) || !strings.Contains(err.Error(), "mount it") {
			t.Errorf("Open: %v; want ErrNoStore", err)
		}
	}
	expectFiles(t, empty)
	if _, err := os.Stat(missing); !os.IsNotExist(err) {
		t.Errorf("a refused Open made the folder: %v", err)
	}
}

// A damaged file is damage of this machine, never an anchor that is missing,
// and no Replace writes over it.
func TestDamagedFile(t *testing.T) {
	for name, content := range map[string]string{
		"empty":     "",
		"NUL bytes": strings.Repeat("\x00", 187),
		"NUL tail":  one + "\x00",
		"too long":  strings.Repeat("x", storage.MaxAnchor+1),
	} {
		t.Run(name, func(t *testing.T) {
			dir := withText(t, one)
			path := filepath.Join(dir, fileName)
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			a := mustOpen(t, dir)
			_, err := a.Load()
			if !errors.Is(err, storage.ErrDamaged) || errors.Is(err, storage.ErrNoAnchor) || !strings.Contains(err.Error(), path) {
				t.Errorf("Load: %v; want ErrDamaged", err)
			}
			for _, old := range [][]byte{nil, []byte(one), []byte(content)} {
				if err := a.Replace(old, []byte(two)); !errors.Is(err, storage.ErrDamaged) {
					t.Errorf("Replace: %v; want ErrDamaged", err)
				}
			}
			if got, err := os.ReadFile(path); string(got) != content || err != nil {
				t.Errorf("the file was changed: %d bytes, %v", len(got), err)
			}
		})
	}
}

// Replace compares with the disk, not with what it loaded or wrote before.
func TestReplaceReadsTheDisk(t *testing.T) {
	dir := withText(t, one)
	a := mustOpen(t, dir)
	expectText(t, a, one)
	if err := os.WriteFile(filepath.Join(dir, fileName), []byte(two), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := a.Replace([]byte(one), []byte("three")); !errors.Is(err, storage.ErrAnchorMoved) {
		t.Errorf("Replace: %v; want ErrAnchorMoved", err)
	}
	expectText(t, a, two)
}

// steps are all steps of a Replace that can fail, and what is in the file if
// the process ends there.
var steps = []struct{ name, after string }{
	{"create", one}, {"write", one}, {"sync", one}, {"rename", one}, {"sync folder", two},
}

// A failed step has an unknown outcome: the anchor is of no more use. The
// next one finds one of the two texts, whole, and goes on from it.
func TestEveryFault(t *testing.T) {
	for _, step := range steps {
		t.Run(step.name, func(t *testing.T) {
			dir := withText(t, one)
			a := mustOpen(t, dir)
			fault := errors.New("EIO")
			a.before = func(name string) error {
				if name == step.name {
					return fault
				}
				return nil
			}
			err := a.Replace([]byte(one), []byte(two))
			if !errors.Is(err, storage.ErrUnknown) || !errors.Is(err, fault) {
				t.Errorf("Replace: %v; want ErrUnknown and the cause", err)
			}
			_, load := a.Load()
			for _, err := range []error{load, a.Replace([]byte(one), []byte(two)), a.Replace([]byte(two), []byte(one))} {
				if !errors.Is(err, storage.ErrUnknown) {
					t.Errorf("after a fault: %v; want ErrUnknown", err)
				}
			}
			if err := a.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			checkAfter(t, dir, step.after)
		})
	}
	t.Run("all steps are here", func(t *testing.T) {
		a := mustOpen(t, withText(t, one))
		var seen []string
		a.before = func(name string) error { seen = append(seen, name); return nil }
		if err := a.Replace([]byte(one), []byte(two)); err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, s := range steps {
			want = append(want, s.name)
		}
		if !slices.Equal(seen, want) {
			t.Errorf("steps %q, want %q", seen, want)
		}
	})
}

// checkAfter opens the anchor after a fault: it holds text, no leftover is
// there, and it can be replaced.
func checkAfter(t *testing.T, dir, text string) {
	t.Helper()
	a := mustOpen(t, dir)
	defer a.Close()
	expectText(t, a, text)
	expectFiles(t, dir, lockName, fileName)
	if err := a.Replace([]byte(text), []byte("three")); err != nil {
		t.Error(err)
	}
	expectText(t, a, "three")
}

// Leftovers of a crash, whole or torn, never become the anchor.
func TestLeftovers(t *testing.T) {
	for _, content := range []string{"", "log.exa", two, "\x00\x00"} {
		dir := withText(t, one)
		if err := os.WriteFile(filepath.Join(dir, tempName), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		checkAfter(t, dir, one)
	}
}

// The tests below run this test program again as another process.
const (
	childDir  = "DOCKET_TEST_ANCHOR"
	childStep = "DOCKET_TEST_STEP" // where it ends without a word; empty: nowhere
)

func TestMain(m *testing.M) {
	dir := os.Getenv(childDir)
	if dir == "" {
		os.Exit(m.Run())
	}
	a, err := Open(dir)
	if err == nil {
		a.before = func(name string) error {
			if name == os.Getenv(childStep) {
				os.Exit(3)
			}
			return nil
		}
		err = a.Replace([]byte(one), []byte(two))
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// runChild replaces one by two in another process.
func runChild(t *testing.T, dir, step string) (code int, out string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), childDir+"="+dir, childStep+"="+step)
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), stdout.String()
}

func TestProcessEndsAtEveryStep(t *testing.T) {
	for _, step := range steps {
		dir := withText(t, one)
		if code, out := runChild(t, dir, step.name); code != 3 || out != "" {
			t.Errorf("%s: exit code %d, %q", step.name, code, out)
		}
		checkAfter(t, dir, step.after)
	}
	dir := withText(t, one)
	if code, out := runChild(t, dir, ""); code != 0 {
		t.Errorf("exit code %d, %q", code, out)
	}
	checkAfter(t, dir, two)
}

func TestLocked(t *testing.T) {
	dir := withText(t, one)
	a := mustOpen(t, dir)
	link := dir + "-link"
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{dir, link} {
		if _, err := Open(name); !errors.Is(err, storage.ErrLocked) || !strings.Contains(err.Error(), "stop the other process first") {
			t.Errorf("second Open: %v; want ErrLocked", err)
		}
	}
	if _, err := Create(dir); !errors.Is(err, storage.ErrLocked) && !errors.Is(err, storage.ErrExists) {
		t.Errorf("Create on an open anchor: %v", err)
	}
	if code, out := runChild(t, dir, ""); code != 1 || !strings.Contains(out, storage.ErrLocked.Error()) {
		t.Errorf("another process: exit code %d, %q", code, out)
	}
	expectText(t, a, one)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if code, out := runChild(t, dir, ""); code != 0 {
		t.Errorf("another process after Close: exit code %d, %q", code, out)
	}
	checkAfter(t, dir, two)
}

// The path may be relative, and the process may change its folder.
func TestRelativePath(t *testing.T) {
	base := t.TempDir()
	t.Chdir(base)
	a := mustCreate(t, "anchor")
	t.Chdir(t.TempDir())
	if err := a.Replace(nil, []byte(one)); err != nil {
		t.Fatal(err)
	}
	expectText(t, a, one)
	expectFiles(t, filepath.Join(base, "anchor"), lockName, fileName)
}

func TestApart(t *testing.T) {
	base := t.TempDir()
	store, real := filepath.Join(base, "store"), filepath.Join(base, "real")
	for _, dir := range []string{store, real} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	// A link out of the store is apart from it; one into it is not.
	for link, target := range map[string]string{"store/out": real, "into": store} {
		if err := os.Symlink(target, filepath.Join(base, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		anchor, store string
		want          bool
	}{
		{"anchor", "store", true},
		{"store-anchor", "store", true},
		{"a/b/c", "a/b/d", true},
		{"..anchor", "store", true},
		{"store/out", "store", true},
		{"store", "store", false},
		{"store/", "./store", false},
		{"store/anchor", "store", false},
		{"store/missing/anchor", "store", false},
		{"into", "store", false},
		{"into/anchor", "store", false},
		{"real", "real/store", false},
		{"real", "store/out/below", false},
		{".", "store", false},
	} {
		err := Apart(filepath.Join(base, test.anchor), filepath.Join(base, test.store))
		if (err == nil) != test.want {
			t.Errorf("Apart(%s, %s) = %v; apart: %t", test.anchor, test.store, err, test.want)
		}
	}
	t.Chdir(base)
	if err := Apart("store/x", filepath.Join(base, "store")); err == nil {
		t.Error("a relative path below an absolute one is taken as apart")
	}
}

func BenchmarkReplace(b *testing.B) {
	a, err := Create(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer a.Close()
	var old []byte
	for i := 0; b.Loop(); i++ {
		text := fmt.Appendf(nil, "log.example.org\n%d\n%s\n", i, strings.Repeat("signature ", 60))
		if err := a.Replace(old, text); err != nil {
			b.Fatal(err)
		}
		old = text
	}
}
