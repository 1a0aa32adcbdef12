package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
)

func newWitnessKey() *cobra.Command {
	c := &cobra.Command{
		Use:   "key",
		Short: "change the keys of a witness: add the new one, later remove the old one",
		Long: `key changes the keys of a witness under its name. From the next start on every
answer has a line of each key, old and new, so whoever demands either is served:

  1. docket witness key add, and start the witness again
  2. all policies name both: group w1 any w1-old w1-new
  3. policies name the new key alone
  4. docket witness key remove OLD, and start the witness again

What a key cosigned stays right for ever: receipts with the old key verify under
each policy that names it. The memory of what was cosigned is one for all keys.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(newWitnessKeyAdd(), newWitnessKeyRemove())
	return c
}

func newWitnessKeyAdd() *cobra.Command {
	var kind string
	c := &cobra.Command{
		Use:   "add",
		Short: "make another key, which cosigns beside those that are there",
		Long: `add makes a key under the witness's name and prints all its verifier keys, the new
one last. From the next start on it signs beside the others.`,
		Example: `  docket witness key add --dir /srv/witness
  docket witness key add --dir /srv/witness --type ml-dsa-44`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			typ, ok := cosignerTypes[kind]
			if !ok {
				return usage("--type %q: ed25519 or ml-dsa-44", kind)
			}
			keys, err := dirOf(cmd).witness().addKey(typ)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "start the witness again; then its verifier keys are:\n%s", vkeyLines(keys))
			return nil
		},
	}
	c.Flags().StringVar(&kind, "type", "ed25519", "ed25519 or ml-dsa-44")
	return c
}

func newWitnessKeyRemove() *cobra.Command {
	return &cobra.Command{
		Use:   "remove VKEY",
		Short: "give a key up: it cosigns no more",
		Long: `remove takes a key out of the witness and removes its private key. From the next
start on it signs nothing more. Policies that demand it alone are not met any more:
do it last, when none does. The last key is never removed.`,
		Example: `  docket witness key remove --dir /srv/witness witness.example.com/w1+89abcdef+BA...`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			key, err := proofs.ParseVerifierKey(args[0])
			if err != nil {
				return usage("%v: give the whole verifier key, as DIR/witness/vkeys has it", err)
			}
			keys, err := dirOf(cmd).witness().removeKey(key)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "start the witness again; then its verifier keys are:\n%s", vkeyLines(keys))
			return nil
		},
	}
}

// cosignerTypes are the types of a witness's keys by their names on the command line.
var cosignerTypes = map[string]uint8{"ed25519": proofs.TypeEd25519Cosignature, "ml-dsa-44": proofs.TypeMLDSA44}

// maxWitnessKeys bounds the keys of a witness: a log takes an answer of 64 KiB.
const maxWitnessKeys = 8

// vkeys are the verifier keys of the witness, all under one name.
func (w witnessFolder) vkeys() ([]proofs.VerifierKey, error) {
	text, err := readFile(w.file("vkeys"))
	if err != nil {
		return nil, err
	}
	var keys []proofs.VerifierKey
	for line := range strings.Lines(string(text)) {
		key, err := proofs.ParseVerifierKey(strings.TrimSuffix(line, "\n"))
		if err == nil && len(keys) > 0 && key.Name != keys[0].Name {
			err = fmt.Errorf("key %s is not of the name %s", key.Name, keys[0].Name)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", w.file("vkeys"), err)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%s names no key", w.file("vkeys"))
	}
	return keys, nil
}

// keyFile is where the private key of a verifier key is: those that init made have no
// ID in their names.
func (w witnessFolder) keyFile(key proofs.VerifierKey) string {
	named := w.namedKeyFile(key)
	if _, err := os.Lstat(named); err == nil {
		return named
	}
	return w.file(firstKeyFiles[key.Type])
}

// namedKeyFile is where the private key of a verifier key is that was added later.
func (w witnessFolder) namedKeyFile(key proofs.VerifierKey) string {
	return fmt.Sprintf("%s-%08x", w.file(firstKeyFiles[key.Type]), key.ID)
}

// firstKeyFiles are the files of the keys that init makes, by type.
var firstKeyFiles = map[uint8]string{proofs.TypeEd25519Cosignature: "key.ed25519", proofs.TypeMLDSA44: "key.mldsa44"}

// addKey makes a key in a file of its own, and lists it after that: a crash leaves a
// file that nothing uses.
func (w witnessFolder) addKey(typ uint8) ([]proofs.VerifierKey, error) {
	keys, err := w.vkeys()
	if err != nil {
		return nil, err
	}
	if len(keys) >= maxWitnessKeys {
		return nil, fmt.Errorf("%s has %d keys: remove one that no policy needs any more", w, len(keys))
	}
	made, err := newCosignerKey(keys[0].Name, typ)
	if err != nil {
		return nil, err
	}
	key := made.cosigner.Key()
	for _, other := range keys {
		if other.ID == key.ID {
			return nil, errors.New("the new key has the ID of another one, by chance: run the same command again")
		}
	}
	if err := made.write(w.namedKeyFile(key), w.file("key-password")); err != nil {
		return nil, err
	}
	keys = append(keys, key)
	return keys, client.WriteFile(w.file("vkeys"), vkeyLines(keys), 0o644)
}

// removeKey takes a key off the list, and removes its file after that. One that a crash
// left is removed by the same command again.
func (w witnessFolder) removeKey(gone proofs.VerifierKey) ([]proofs.VerifierKey, error) {
	keys, err := w.vkeys()
	if err != nil {
		return nil, err
	}
	var left []proofs.VerifierKey
	for _, key := range keys {
		if key.String() != gone.String() {
			left = append(left, key)
		}
	}
	path, listed := w.keyFile(gone), len(left) < len(keys)
	_, err = w.cosigner(gone, path)
	if named := w.namedKeyFile(gone); listed && path != named && errors.Is(err, errOtherKey) {
		path, err = named, nil // which was lost: the file without an ID is another key's
	}
	switch {
	case len(left) == 0:
		return nil, errors.New("it is the witness's only key: add the new one first, and let policies name it")
	case err != nil && !listed:
		return nil, fmt.Errorf("%s has no key %s+%08x: docket witness key remove takes a line of %s", w, gone.Name, gone.ID, w.file("vkeys"))
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	if err := client.WriteFile(w.file("vkeys"), vkeyLines(left), 0o644); err != nil {
		return nil, err
	}
	return left, removePending(path)
}
