package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/statement"
)

// hashFile returns the SHA-256 and the size of a file's exact bytes.
func hashFile(path string) (statement.Digest, uint64, error) {
	f, err := os.Open(path)
	if err != nil {
		return statement.Digest{}, 0, err
	}
	h := sha256.New()
	n, err := io.Copy(h, f)
	return statement.Digest(h.Sum(nil)), uint64(n), errors.Join(err, f.Close())
}

// maxFile bounds what is read whole into memory: keys, policies, receipts and
// what else docket writes is far smaller.
const maxFile = 8 << 20

func readFile(path string) ([]byte, error) { return client.ReadFile(path, maxFile) }

// maxFileName is how much of an id stands in the name of a file: an id may be as long
// as a name can be, and more stands there.
const maxFileName = 200

// fileName is an id as a part of a file's name, with slash in the place of '/'. One
// that is too long is cut, and its digest tells it from others: '~' is in no id.
func fileName(id, slash string) string {
	name := strings.ReplaceAll(id, "/", slash)
	if len(name) <= maxFileName {
		return name
	}
	digest := fmt.Sprintf("~%x", sha256.Sum256([]byte(id)))
	return name[:maxFileName-len(digest)] + digest
}
