package main

import (
	"crypto/sha256"
	"errors"
	"io"
	"os"

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
