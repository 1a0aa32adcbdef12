package main

import (
	"errors"
	"fmt"
	"path/filepath"

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
	c.AddCommand(newWitnessInit(), newWitnessServe(), newWitnessKey())
	return c
}

// witnessFolder is DIR/witness:
//
//	key.ed25519, key.mldsa44  private keys, encrypted; the second only with --ml-dsa
//	key.ed25519-ID, ...       those that were added later
//	key-password              their password
//	vkeys                     the verifier keys, a line each: for the policies of verifiers
//	logs                      the logs to watch: a C2SP tlog-policy with log lines alone
//	store/                    the newest checkpoint of each log
//	evidence/                 signed checkpoints that contradict what the witness holds: docket verify-evidence
type witnessFolder string

func (f folders) witness() witnessFolder { return witnessFolder(filepath.Join(f.dir, "witness")) }

func (w witnessFolder) file(name string) string { return filepath.Join(string(w), name) }

// cosigners loads the private keys of the public ones: those are what verifiers
// pinned. They have the name under which the witness signs.
func (w witnessFolder) cosigners() ([]witness.Cosigner, error) {
	keys, err := w.vkeys()
	if err != nil {
		return nil, err
	}
	var all []witness.Cosigner
	for _, key := range keys {
		c, err := w.cosigner(key, w.keyFile(key))
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// errOtherKey says that a file holds the private key of another verifier key.
var errOtherKey = errors.New("is not the private key")

// cosigner loads the private key of a verifier key.
func (w witnessFolder) cosigner(key proofs.VerifierKey, path string) (witness.Cosigner, error) {
	c, err := loadCosigner(key.Name, path, w.file("key-password"))
	if err != nil {
		return nil, err
	}
	if c.Key().String() != key.String() {
		return nil, fmt.Errorf("%s %w of %s+%08x, which %s names: put the right files back", path, errOtherKey, key.Name, key.ID, w.file("vkeys"))
	}
	return c, nil
}

// logs reads the logs to watch.
func (w witnessFolder) logs() ([]proofs.VerifierKey, error) {
	policy, err := readPolicy(w.file("logs"))
	if err != nil {
		return nil, err
	}
	keys := policy.LogKeys()
	if len(keys) == 0 {
		return nil, fmt.Errorf("%s names no log: give each a line \"log VKEY\", and start again", w.file("logs"))
	}
	return keys, nil
}
