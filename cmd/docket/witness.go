package main

import (
	"crypto"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/spf13/cobra"

	"github.com/docketlog/docket/log/witness"
	"github.com/docketlog/docket/proofs"
)

func newWitness() *cobra.Command {
	c := &cobra.Command{
		Use:   "witness",
		Short: "cosign the checkpoints of logs, so that none can show two histories",
		Long: `witness runs a C2SP witness: logs post their new checkpoints to it, each with a
proof that it continues the one before, and get the witness's cosignature. Who
demands that cosignature in a verifier policy can be shown one history only.

A witness is somebody else than the log: run it on a machine, and with keys, that
the log's operator cannot reach.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(newWitnessInit(), newWitnessServe())
	return c
}

// witnessFolder is DIR/witness:
//
//	key.ed25519, key.mldsa44  private keys, encrypted; the second only with --ml-dsa
//	key-password              their password
//	vkeys                     the verifier keys, a line each: for the policies of verifiers
//	logs                      the logs to watch: a C2SP tlog-policy with log lines alone
//	store/                    the newest checkpoint of each log
//	evidence/                 signed checkpoints that contradict what the witness holds: docket verify-evidence
type witnessFolder string

func (f folders) witness() witnessFolder { return witnessFolder(filepath.Join(f.dir, "witness")) }

func (w witnessFolder) file(name string) string { return filepath.Join(string(w), name) }

// cosigners loads the keys, and compares them with the public ones: those are what
// verifiers pinned. They have the name under which the witness signs.
func (w witnessFolder) cosigners() ([]witness.Cosigner, error) {
	published, err := readFile(w.file("vkeys"))
	if err != nil {
		return nil, err
	}
	public, err := firstKey(published)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", w.file("vkeys"), err)
	}
	name := public.Name
	key, err := readKey(w.file("key.ed25519"), w.file("key-password"))
	if err != nil {
		return nil, err
	}
	signer, err := signature.LoadSigner(key, crypto.Hash(0))
	if err != nil {
		return nil, err
	}
	first, err := witness.NewEd25519(name, signer)
	if err != nil {
		return nil, err
	}
	all := []witness.Cosigner{first}
	seed, err := readSeed(w.file("key.mldsa44"), w.file("key-password"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	default:
		second, err := witness.NewMLDSA(name, seed)
		if err != nil {
			return nil, err
		}
		all = append(all, second)
	}
	if string(published) != keyLines(all) {
		return nil, fmt.Errorf("%s does not hold the verifier keys of the private ones beside it: put the right files back", w.file("vkeys"))
	}
	return all, nil
}

// keyLines are the verifier keys, a line each.
func keyLines(all []witness.Cosigner) string {
	text := ""
	for _, c := range all {
		text += c.Key().String() + "\n"
	}
	return text
}

// logs reads the logs to watch.
func (w witnessFolder) logs() ([]proofs.VerifierKey, error) {
	text, err := readFile(w.file("logs"))
	if err != nil {
		return nil, err
	}
	policy, err := proofs.ParsePolicy(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", w.file("logs"), err)
	}
	keys := policy.LogKeys()
	if len(keys) == 0 {
		return nil, fmt.Errorf("%s names no log: give each a line \"log VKEY\", and start again", w.file("logs"))
	}
	return keys, nil
}
