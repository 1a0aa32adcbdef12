package quarantine

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/docketlog/docket/proofs/statement"
)

// load lists what is in the folder. What is no file of a Store is left alone.
func (s *Store) load() error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.Name() == newFile {
			continue // the next write replaces it
		}
		f, err := parseName(entry.Name())
		if err != nil {
			continue
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		f.size = info.Size()
		s.add(f)
	}
	return nil
}

func (s *Store) path(f file) string {
	return filepath.Join(s.dir, fmt.Sprintf("%016x-%x-%s.json", f.seq, f.digest[:], f.code))
}

func parseName(name string) (f file, err error) {
	parts := strings.Split(strings.TrimSuffix(name, ".json"), "-")
	if len(parts) != 3 || !strings.HasSuffix(name, ".json") || len(parts[0]) != 16 || len(parts[2]) != 4 {
		return f, fmt.Errorf("%q is no file of a quarantine", name)
	}
	if f.seq, err = strconv.ParseUint(parts[0], 16, 63); err != nil {
		return f, err
	}
	f.code = parts[2]
	f.digest, err = statement.ParseDigest("sha256:" + parts[1])
	return f, err
}
