package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// DefaultRate is how fast the files of a backup are read to hash them, in bytes per
// second: the log beside it needs the disk too.
const DefaultRate = 256 << 20

// writeFile writes a file that is not there yet, durably but for its name.
func writeFile(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

// list returns the names of all files below a folder, with slashes, in order. What
// is neither a file nor a folder is refused: a link may lead out of the backup. The folder
// itself may be named by a link.
func list(dir string) (names []string, err error) {
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, err
	}
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if !entry.Type().IsRegular() {
			return fmt.Errorf("%s is no plain file", path)
		}
		name, err := filepath.Rel(dir, path)
		names = append(names, filepath.ToSlash(name))
		return err
	})
	slices.Sort(names)
	return names, err
}

// IsKeyList says whether a file of a backup is a list of the log's keys, which later
// keys came with: log/keys.1, log/keys.2, ...
func IsKeyList(name string) bool { return keyList.MatchString(name) }

var keyList = regexp.MustCompile(`^log/keys\.[1-9][0-9]*$`)

// keyLists names those beside a log.
func keyLists(dir string) (names []string, err error) {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if name := "log/" + e.Name(); IsKeyList(name) && e.Type().IsRegular() {
			names = append(names, name)
		}
	}
	return names, err
}

// A hasher reads files at a bounded rate.
type hasher struct {
	ctx   context.Context
	dir   string
	rate  int64 // bytes per second; 0: no bound
	begun time.Time
	read  int64
}

// hash describes one file.
func (h *hasher) hash(name string) (File, error) {
	out := File{Name: name}
	f, err := os.Open(filepath.Join(h.dir, filepath.FromSlash(name)))
	if err != nil {
		return out, err
	}
	defer f.Close()
	sum := sha256.New()
	for {
		n, err := io.CopyN(sum, f, 1<<20)
		out.Bytes += n
		if h.read += n; h.rate > 0 {
			h.pause()
		}
		if h.ctx.Err() != nil {
			return out, h.ctx.Err()
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return out, err
		}
	}
	out.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return out, nil
}

// pause waits until no more was read than the rate allows.
func (h *hasher) pause() {
	ahead := time.Duration(float64(h.read)/float64(h.rate)*float64(time.Second)) - time.Since(h.begun)
	if ahead <= 0 {
		return
	}
	timer := time.NewTimer(ahead)
	defer timer.Stop()
	select {
	case <-h.ctx.Done():
	case <-timer.C:
	}
}

// partSuffix is that of a folder in which a backup of a log is being made. Another log
// may have its backups in the same folder, and make one now.
func partSuffix(origin string) string {
	sum := sha256.Sum256([]byte(origin))
	return "-" + hex.EncodeToString(sum[:4]) + ".part"
}

// clear removes from folder what backups of a log left that were cut off.
func clear(folder, origin string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		stamp, ok := strings.CutSuffix(e.Name(), partSuffix(origin))
		if _, err := time.Parse(stampForm, stamp); !ok || err != nil || !e.IsDir() {
			continue // not ours
		}
		if err := os.RemoveAll(filepath.Join(folder, e.Name())); err != nil {
			return err
		}
	}
	return nil
}
