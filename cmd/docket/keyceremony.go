package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/anchor"
	"github.com/docketlog/docket/storage/pebblestore"
)

// ceremonyOptions are the flags of key introduce and key retire.
type ceremonyOptions struct {
	anchorDir    string
	passwordFile string
}

func (o *ceremonyOptions) flags(c *cobra.Command) {
	c.Flags().StringVar(&o.anchorDir, "anchor", "", "folder of the anchor (default DIR/anchor)")
	c.Flags().StringVar(&o.passwordFile, "password-file", "", "file with the password of the log's keys (default DIR/log/key-password)")
}

// A ceremony changes the keys of a stopped log. The store says which of them sign; the
// files follow it, so a ceremony that was cut off is finished by doing it again.
type ceremony struct {
	folders      folders
	passwordFile string
	config       serverConfig
	store        *pebblestore.Store
	anchor       storage.Anchor
	terms        log.KeyTerms
	signed       uint64 // size of the newest checkpoint
}

// begin opens the log's store and anchor, which nobody else may have open.
func (o *ceremonyOptions) begin(f folders) (*ceremony, error) {
	f.anchorDir = o.anchorDir
	k := &ceremony{folders: f, passwordFile: o.passwordFile}
	if k.passwordFile == "" {
		k.passwordFile = filepath.Join(f.log(), "key-password")
	}
	var err error
	if k.config, err = f.serverConfig(); err != nil {
		return nil, err
	}
	if k.config.ReadOnly {
		return nil, fmt.Errorf("log %s has ended: it never signs again, so its keys stay as they are", k.config.Origin)
	}
	k.store, err = pebblestore.Open(f.store(), pebblestore.Options{})
	if errors.Is(err, storage.ErrLocked) {
		return nil, fmt.Errorf("%w: the keys of a running log cannot change. Stop docket serve, then run this again", err)
	}
	if err != nil {
		return nil, err
	}
	a, err := anchor.Open(f.anchor())
	if err != nil {
		return nil, errors.Join(err, k.store.Close())
	}
	k.anchor = a
	if err := k.read(); err != nil {
		return nil, errors.Join(err, k.close())
	}
	return k, nil
}

// read reads which keys sign, and the newest checkpoint.
func (k *ceremony) read() (err error) {
	if k.terms, err = log.ReadKeyTerms(k.store); err != nil {
		return err
	}
	text, err := k.anchor.Load()
	if err != nil {
		return fmt.Errorf("anchor: %w", err)
	}
	notes, err := log.ParseAnchor(text)
	if err != nil {
		return err
	}
	newest, _, err := log.OpenAnchored(notes[0], k.terms)
	k.signed = newest.Size
	return err
}

func (k *ceremony) close() error { return errors.Join(k.anchor.Close(), k.store.Close()) }

// file is where the private key of a term is, below DIR/log.
func (k *ceremony) file(term int) string {
	switch {
	case term == 0:
		return logKeyFile
	case term < len(k.terms) && k.terms[term].From == 0:
		return mldsaKeyFile
	}
	return fmt.Sprintf("log.%d.key", term+1)
}

// files are those of the keys that sign.
func (k *ceremony) files() (files []string) {
	for i, t := range k.terms {
		if t.Until == 0 {
			files = append(files, k.file(i))
		}
	}
	return files
}

// settle makes configuration and verifier keys those of the store, and then moves the keys
// aside that are retired: cut off between the two, the log starts all the same.
func (k *ceremony) settle() error {
	dir := k.folders.log()
	k.config.Keys = k.files()
	err := errors.Join(
		client.WriteFile(filepath.Join(dir, "log.vkey"), vkeyLines(k.terms.Current()), 0o644),
		writeConfig(filepath.Join(dir, "config.json"), k.config),
	)
	if err != nil {
		return err
	}
	for i, t := range k.terms {
		if t.Until == 0 {
			continue
		}
		file := filepath.Join(dir, k.file(i))
		if err := os.Rename(file, file+".retired"); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return storage.SyncFolder(dir)
}

// keyByID finds the key with an ID among all that the log ever had.
func (k *ceremony) keyByID(id string) (proofs.VerifierKey, error) {
	for _, key := range k.terms.Keys() {
		if fmt.Sprintf("%08x", key.ID) == id {
			return key, nil
		}
	}
	return proofs.VerifierKey{}, usage("log %s has no key %q: its keys and their IDs are in %s", k.config.Origin, id, filepath.Join(k.folders.log(), "log.vkey"))
}
