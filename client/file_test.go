package client_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docketlog/docket/client"
)

func TestWriteFileReplaces(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	for _, c := range []struct {
		data string
		mode fs.FileMode
	}{{"one", 0o644}, {"", 0o600}, {"three", 0o640}} {
		if err := client.WriteFile(path, []byte(c.data), c.mode); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		info, err2 := os.Stat(path)
		if err != nil || err2 != nil || string(got) != c.data || info.Mode().Perm() != c.mode {
			t.Errorf("%q, mode %v, want %q, %v", got, info.Mode(), c.data, c.mode)
		}
	}
	names(t, dir, "file")
}

// A write that fails leaves what was there, and nothing else.
func TestWriteFileFails(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := client.WriteFile(filepath.Join(dir, "folder"), []byte("x"), 0o644); err == nil {
		t.Error("a folder was replaced")
	}
	if err := client.WriteFile(filepath.Join(dir, "none", "file"), []byte("x"), 0o644); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	names(t, dir, "folder")
}

func names(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if len(got) != len(want) || len(got) > 0 && got[0] != want[0] {
		t.Errorf("the folder has %q, want %q", got, want)
	}
}

// A file that a crash or a person damaged is a matter of this machine: never the
// log's misconduct, and nothing is sent before it is looked at.
func TestMemoryDamagedHere(t *testing.T) {
	s := newSite(t)
	s.grow("contracts/1")
	other := newSite(t) // another genesis, the same key
	other.grow("contracts/2", "contracts/3")
	c, path := s.clientWithFile()
	_, note := see(t, c)
	flipped := bytes.Clone(note)
	flipped[len(flipped)-10] ^= 1
	for name, damage := range map[string][]byte{
		"empty": {}, "cut at half": note[:len(note)/2], "cut by a byte": note[:len(note)-1], "all NUL": make([]byte, len(note)),
		"NUL at the end": append(bytes.Clone(note), make([]byte, 187)...), "NUL in the tail": append(bytes.Clone(note[:len(note)-20]), make([]byte, 20)...),
		"a flipped bit": flipped, "twice": append(bytes.Clone(note), note...), "something else": []byte("hello\n"), "huge": make([]byte, 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(path, damage, 0o644); err != nil {
				t.Fatal(err)
			}
			before := s.requests.Load()
			c.Memory = &client.Memory{Path: path}
			_, _, err1 := c.Checkpoint(ctx)
			r, _, err2 := c.Submit(ctx, s.release("contracts/9"))
			_, err3 := c.Document(ctx, "contracts/1")
			for _, err := range []error{err1, err2, err3} {
				var fork *client.ForkError
				if !errors.Is(err, client.ErrMemory) || errors.As(err, &fork) || errors.Is(err, client.ErrAnswer) || r != nil {
					t.Errorf("%v", err)
				}
			}
			if n := s.requests.Load() - before; n != 0 {
				t.Errorf("%d requests were made", n)
			}
			if kept, err := os.ReadFile(path); err != nil || !bytes.Equal(kept, damage) {
				t.Error("the damaged file was changed: it is evidence")
			}
		})
	}
	// Put aside, it starts anew.
	if err := os.Rename(path, path+".damaged"); err != nil {
		t.Fatal(err)
	}
	see(t, c)
}

// What a crash leaves beside the file does not count.
func TestMemoryIgnoresLeftovers(t *testing.T) {
	s := newSite(t)
	c, path := s.clientWithFile()
	for _, name := range []string{".checkpoint.123", "checkpoint.new", ".checkpoint."} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), name), make([]byte, 100), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, first := see(t, c)
	s.grow("contracts/1")
	c.Memory = &client.Memory{Path: path} // another process
	_, second := see(t, c)
	if kept, err := os.ReadFile(path); err != nil || !bytes.Equal(kept, second) || bytes.Equal(first, second) {
		t.Errorf("kept %q, %v", kept, err)
	}
}

// A folder that cannot be written is an error, after the answer was verified: the
// result is not handed out, as the next run could not check against it.
func TestMemoryCannotBeWritten(t *testing.T) {
	s := newSite(t)
	c := s.client()
	c.Memory = &client.Memory{Path: filepath.Join(t.TempDir(), "none", "checkpoint")}
	if _, note, err := c.Checkpoint(ctx); !errors.Is(err, fs.ErrNotExist) || note != nil {
		t.Errorf("%v", err)
	}
}

// TestReadFile: a file of the limit is read, a larger one is not, nor an endless one.
func TestReadFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	if b, err := client.ReadFile(path, 5); err != nil || string(b) != "12345" {
		t.Errorf("%q, %v", b, err)
	}
	if b, err := client.ReadFile(path, 4); err == nil || b != nil || !strings.Contains(err.Error(), path) {
		t.Errorf("above the limit: %q, %v", b, err)
	}
	if b, err := client.ReadFile("/dev/zero", 1<<20); err == nil || b != nil {
		t.Errorf("an endless file: %d bytes, %v", len(b), err)
	}
	if _, err := client.ReadFile(path+"x", 4); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
}
