package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/sigstore/sigstore/pkg/cryptoutils"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/storage"
)

// keyType is the PEM type under which sigstore's encrypted form is read again.
const keyType = "ENCRYPTED SIGSTORE PRIVATE KEY"

// newPassword makes the password file of a folder of keys, readable by its owner
// alone. To keep the password elsewhere, move the file and name it with
// --password-file.
func newPassword(path string) error {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return err
	}
	return createFile(path, []byte(hex.EncodeToString(b[:])+"\n"), 0o600)
}

// readPassword reads a password file: its first line.
func readPassword(path string) ([]byte, error) {
	b, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("password file: %w", err)
	}
	for i, c := range b {
		if c == '\n' {
			b = b[:i]
			break
		}
	}
	if len(b) == 0 {
		return nil, fmt.Errorf("password file %s is empty", path)
	}
	return b, nil
}

// createFile writes a file that must not be there yet, durably.
func createFile(path string, data []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return storage.SyncFolder(filepath.Dir(path)) // its name too: a key is enrolled right after
}

// writeKey encrypts a private key with the password in a file.
func writeKey(path, passwordFile string, key crypto.PrivateKey) error {
	password, err := readPassword(passwordFile)
	if err != nil {
		return err
	}
	der, err := cryptoutils.MarshalPrivateKeyToEncryptedDER(key, cryptoutils.StaticPasswordFunc(password))
	if err != nil {
		return err
	}
	return createFile(path, pem.EncodeToMemory(&pem.Block{Type: keyType, Bytes: der}), 0o600)
}

func readKey(path, passwordFile string) (crypto.PrivateKey, error) {
	text, err := readFile(path)
	if err != nil {
		return nil, err
	}
	password, err := readPassword(passwordFile)
	if err != nil {
		return nil, err
	}
	key, err := cryptoutils.UnmarshalPEMToPrivateKey(text, cryptoutils.StaticPasswordFunc(password))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return key, nil
}

// newIdentityKey makes a P-256 key for an identity and writes it to a file.
func newIdentityKey(path, passwordFile string) (client.Signer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	if err := writeKey(path, passwordFile, key); err != nil {
		return nil, err
	}
	return client.NewSigner(key)
}

func loadIdentityKey(path, passwordFile string) (client.Signer, error) {
	key, err := readKey(path, passwordFile)
	if err != nil {
		return nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("%s holds a %T", path, key)
	}
	return client.NewSigner(signer)
}
