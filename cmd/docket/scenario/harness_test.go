package scenario

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"path/filepath"
	"testing"

	"github.com/sigstore/sigstore/pkg/signature"

	"github.com/docketlog/docket/log"
)

// newDisk is a disk in a folder of the test.
func newDisk(t testing.TB) Disk {
	dir := t.TempDir()
	return InFolders(filepath.Join(dir, "store"), filepath.Join(dir, "anchor"))
}

// newSigner makes a log key for a story.
func newSigner(t testing.TB, s *Story) *log.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := signature.LoadSigner(key, crypto.Hash(0))
	if err != nil {
		t.Fatal(err)
	}
	l, err := log.NewSignerFor(s.Origin, signer)
	if err != nil {
		t.Fatal(err)
	}
	return l
}
