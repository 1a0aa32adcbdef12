package main

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/secure-systems-lab/go-securesystemslib/encrypted"
	"github.com/spf13/cobra"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage/pebblestore"
)

func newWitnessInit() *cobra.Command {
	var name string
	var mldsa bool
	var logs []string
	c := &cobra.Command{
		Use:   "init",
		Short: "make a witness: its keys, and the logs that it watches",
		Long: `init makes DIR/witness: an Ed25519 key, with --ml-dsa an ML-DSA-44 key too, both
encrypted, and the list of the logs that it watches. It prints the verifier keys:
they go into the policies of those who rely on this witness.

A witness is never made again from a backup: a copy has forgotten what it cosigned
since, and would cosign a second history. Make a new one, with new keys.`,
		Example: `  docket witness init --dir /srv/witness --name witness.example.com/w1 --log log.example.com+8a1c0d3e+AXk...
  docket witness init --dir /srv/witness --name witness.example.com/w1 --ml-dsa --log log.example.com+8a1c0d3e+AXk...`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if name == "" || len(logs) == 0 {
				return usage("a witness needs --name and at least one --log")
			}
			w := dirOf(cmd).witness()
			all, err := w.create(name, logs, mldsa)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "witness %s in %s; its verifier keys:\n%s", name, w, vkeyLines(all))
			return nil
		},
	}
	flags := c.Flags()
	flags.StringVar(&name, "name", "", "name under which it signs, such as witness.example.com/w1; none of its logs may have it")
	flags.StringArrayVar(&logs, "log", nil, "verifier key of a log to watch, or several of one log, a line each; may be given several times")
	flags.BoolVar(&mldsa, "ml-dsa", false, "cosign with ML-DSA-44 too, which holds against quantum computers")
	return c
}

// create makes the folder, which must not be there.
func (w witnessFolder) create(name string, logs []string, mldsa bool) ([]proofs.VerifierKey, error) {
	list, err := logList(name, logs)
	if err != nil {
		return nil, err
	}
	if _, err := os.Lstat(string(w)); !errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Join(fmt.Errorf("%s exists: a witness is made once", w), err)
	}
	if err := os.MkdirAll(string(w), 0o700); err != nil {
		return nil, err
	}
	if err := newPassword(w.file("key-password")); err != nil {
		return nil, err
	}
	all, err := w.newKeys(name, mldsa)
	if err != nil {
		return nil, err
	}
	store, err := pebblestore.Create(w.file("store"), witnessStore)
	if err != nil {
		return nil, err
	}
	if err := store.Close(); err != nil {
		return nil, err
	}
	if err := createFile(w.file("logs"), list, 0o644); err != nil {
		return nil, err
	}
	return all, createFile(w.file("vkeys"), vkeyLines(all), 0o644) // last: what it says is there
}

// logList is the file of the logs: a policy that demands no witness.
func logList(name string, logs []string) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# The logs that this witness watches: a line \"log VKEY\" for each key.\n")
	for _, line := range logs {
		keys, err := parseVKeys([]byte(line))
		if err != nil {
			return nil, usage("--log: %v", err)
		}
		for _, key := range keys {
			if key.Name == name {
				return nil, usage("--name %s is the name of a log: name the witness otherwise", name)
			}
			fmt.Fprintf(&b, "log %s\n", key)
		}
	}
	fmt.Fprintf(&b, "quorum none\n")
	if _, err := proofs.ParsePolicy(b.Bytes()); err != nil {
		return nil, usage("--log: %v", err)
	}
	return b.Bytes(), nil
}

// newKeys makes the private keys in files of their own.
func (w witnessFolder) newKeys(name string, mldsa bool) ([]proofs.VerifierKey, error) {
	types := []uint8{proofs.TypeEd25519Cosignature}
	if mldsa {
		types = append(types, proofs.TypeMLDSA44)
	}
	var keys []proofs.VerifierKey
	for _, typ := range types {
		key, err := newCosignerKey(name, typ)
		if err != nil {
			return nil, usage("--name: %v", err)
		}
		if err := key.write(w.file(firstKeyFiles[typ]), w.file("key-password")); err != nil {
			return nil, err
		}
		keys = append(keys, key.cosigner.Key())
	}
	return keys, nil
}

// seedType is the PEM type of an ML-DSA-44 seed. Its encryption is the one of the
// other keys, which have no form for it yet.
const seedType = "ENCRYPTED ML-DSA-44 SEED"

func writeSeed(path, passwordFile string, seed []byte) error {
	password, err := readPassword(passwordFile)
	if err != nil {
		return err
	}
	sealed, err := encrypted.Encrypt(seed, password)
	if err != nil {
		return err
	}
	return createFile(path, pem.EncodeToMemory(&pem.Block{Type: seedType, Bytes: sealed}), 0o600)
}

func readSeed(path, passwordFile string) ([]byte, error) {
	text, err := readFile(path)
	if err != nil {
		return nil, err
	}
	password, err := readPassword(passwordFile)
	if err != nil {
		return nil, err
	}
	block, rest := pem.Decode(text)
	if block == nil || block.Type != seedType || len(bytes.TrimSpace(rest)) > 0 {
		return nil, fmt.Errorf("%s is not a PEM file of type %s", path, seedType)
	}
	seed, err := encrypted.Decrypt(block.Bytes, password)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return seed, nil
}
