package main

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/sigstore/sigstore/pkg/signature"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
)

// The files of the keys with which a log begins. Keys that come later have a number;
// which of them sign stands in the configuration.
const (
	logKeyFile   = "log.key"
	mldsaKeyFile = "log.mldsa.key"
)

// signing are the files of the keys that sign, below DIR/log.
func (c serverConfig) signing() []string {
	if len(c.Keys) == 0 {
		return []string{logKeyFile}
	}
	return c.Keys
}

// newLogKey makes the Ed25519 key with which a log begins, and the file of its
// verifier key.
func newLogKey(dir, origin string) error {
	_, err := newLogKeys(dir, origin, false)
	return err
}

// newLogKeys makes the keys with which a log begins, with ML-DSA-44 or without, under
// one password, and the file of their verifier keys. It returns their files.
func newLogKeys(dir, origin string, mldsa bool) ([]string, error) {
	passwordFile := filepath.Join(dir, "key-password")
	if err := newPassword(passwordFile); err != nil {
		return nil, err
	}
	files := []string{logKeyFile}
	if mldsa {
		files = append(files, mldsaKeyFile)
	}
	for i, file := range files {
		if err := makeLogKey(filepath.Join(dir, file), passwordFile, i > 0); err != nil {
			return nil, err
		}
	}
	signer, err := loadLogSigner(dir, passwordFile, origin, files...)
	if err != nil {
		return nil, err
	}
	return files, createFile(filepath.Join(dir, "log.vkey"), vkeyLines(signer.Keys()), 0o644)
}

// makeLogKey makes one key in a file that is not there.
func makeLogKey(path, passwordFile string, mldsa bool) error {
	if mldsa {
		var seed [32]byte
		if _, err := rand.Read(seed[:]); err != nil {
			return err
		}
		return writeSeed(path, passwordFile, seed[:])
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	return writeKey(path, passwordFile, key)
}

// loadLogSigner loads the log's keys from their files below dir: no file named is
// log.key alone.
func loadLogSigner(dir, passwordFile, origin string, files ...string) (*log.Signer, error) {
	if passwordFile == "" {
		passwordFile = filepath.Join(dir, "key-password")
	}
	if len(files) == 0 {
		files = []string{logKeyFile}
	}
	var all []*log.Signer
	for _, file := range files {
		s, err := loadLogKey(filepath.Join(dir, file), passwordFile, origin)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return log.Join(all...), nil
}

// loadLogKey loads one key of the log. What is in the file says its type. A key that is
// not encrypted is refused: who can write files beside the log, and does not know the
// password, could have key introduce take up a key of his own.
func loadLogKey(path, passwordFile, origin string) (*log.Signer, error) {
	text, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("a key of the log: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != seedType && block.Type != keyType {
		return nil, fmt.Errorf("%s is no key of a log: want a PEM file of type %s or %s", path, keyType, seedType)
	}
	if block.Type == seedType {
		seed, err := readSeed(path, passwordFile)
		if err != nil {
			return nil, err
		}
		return log.NewMLDSASigner(origin, seed)
	}
	key, err := readKey(path, passwordFile)
	if err != nil {
		return nil, err
	}
	return logSigner(key, origin)
}

// logSigner puts an Ed25519 key behind sigstore's signer interface.
func logSigner(key crypto.PrivateKey, origin string) (*log.Signer, error) {
	signer, err := signature.LoadSigner(key, crypto.Hash(0))
	if err != nil {
		return nil, err
	}
	return log.NewSignerFor(origin, signer)
}

// vkeyLines are verifier keys, a line each.
func vkeyLines(keys []proofs.VerifierKey) []byte {
	var b []byte
	for _, key := range keys {
		b = append(b, key.String()+"\n"...)
	}
	return b
}

// readLogKeys reads the verifier keys of a log from their file: a line each.
func readLogKeys(path string) ([]proofs.VerifierKey, error) {
	text, err := readFile(path)
	if err != nil {
		return nil, err
	}
	keys, err := parseVKeys(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return keys, nil
}

// parseVKeys reads verifier keys, one in each line.
func parseVKeys(text []byte) ([]proofs.VerifierKey, error) {
	var keys []proofs.VerifierKey
	for line := range strings.SplitSeq(string(bytes.TrimSpace(text)), "\n") {
		key, err := proofs.ParseVerifierKey(line)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}
