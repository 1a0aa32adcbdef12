package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
)

func newKeyAccept() *cobra.Command {
	var policy string
	var mldsa bool
	c := &cobra.Command{
		Use:   "accept FILE",
		Short: "pin a new key of a log, introduced by one that is pinned",
		Long: `accept reads a list of a log's keys (keys.N, which docket key introduce wrote), and
adds those that it introduces to the verifier policy. A key is added only when a pinned
key of its type signed the list, and when it signed the list itself. Nothing else in
the policy changes, and the old key stays pinned: receipts that it signed go on
verifying.

Where only an Ed25519 key is pinned, --ml-dsa takes the log's ML-DSA-44 key on the word
of that one. An Ed25519 key never comes into a policy that names only ML-DSA-44 keys.

If the pinned key may be known to others, accept nothing by it: whoever has it can make
such a list. Then the new key must come from the log's operator, as the first one did.`,
		Example: `  docket key accept keys.2
  docket key accept keys.2 --policy acme.policy --ml-dsa`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if policy == "" {
				policy = dirOf(cmd).policy()
			}
			return acceptKeys(args[0], policy, mldsa, cmd.OutOrStdout())
		},
	}
	c.Flags().StringVar(&policy, "policy", "", "verifier policy to change (default DIR/client/policy)")
	c.Flags().BoolVar(&mldsa, "ml-dsa", false, "take an ML-DSA-44 key on the word of a pinned Ed25519 key")
	return c
}

// acceptKeys adds what the list in file introduces to the policy in path.
func acceptKeys(file, path string, mldsa bool, w io.Writer) error {
	text, err := readFile(path)
	if err != nil {
		return err
	}
	policy, err := proofs.ParsePolicy(text)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	listed, err := readFile(file)
	if err != nil {
		return err
	}
	list, err := proofs.ParseKeyList(listed)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	in, err := list.Introduced(policy.LogKeys())
	if errors.Is(err, proofs.ErrUnsigned) {
		return fmt.Errorf("%s: no key that %s pins signed this list of the keys of %s: it introduces nothing to you. "+
			"A list before this one may: accept the lists in their order", file, path, list.Keys[0].Name)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	keys := in.Keys
	for _, key := range in.Others {
		if mldsa && key.Type == proofs.TypeMLDSA44 {
			keys = append(keys, key)
		}
	}
	fmt.Fprintf(w, "log %s: its list of %d keys is signed by %s, which %s pins\n", list.Keys[0].Name, len(list.Keys), keyIDs(in.By), path)
	if len(keys) == 0 {
		fmt.Fprintln(w, "nothing to add: it introduces no key of that type that is not pinned")
		return nil
	}
	changed := withLogs(text, policy, in.By[0], keys)
	if _, err := proofs.ParsePolicy(changed); err != nil {
		return fmt.Errorf("%s with the new key: %w", path, err)
	}
	if err := client.WriteFile(path, changed, 0o644); err != nil {
		return err
	}
	for _, key := range keys {
		fmt.Fprintf(w, "added: log %s\n", key)
	}
	return nil
}

// keyIDs are the IDs of keys in words.
func keyIDs(keys []proofs.VerifierKey) string {
	var ids []string
	for _, key := range keys {
		ids = append(ids, fmt.Sprintf("%08x", key.ID))
	}
	return strings.Join(ids, " and ")
}

// withLogs puts a line for each key after that of the pinned one, with its URL.
func withLogs(text []byte, policy *proofs.Policy, pinned proofs.VerifierKey, keys []proofs.VerifierKey) []byte {
	at := slices.IndexFunc(policy.Logs, func(l proofs.PolicyLog) bool { return sameKey(l.Key, pinned) })
	suffix := ""
	if url := policy.Logs[at].URL; url != "" {
		suffix = " " + url
	}
	var out []byte
	for line := range bytes.Lines(text) {
		out = append(out, line...)
		if words := bytes.Fields(line); len(words) > 1 && string(words[0]) == "log" && string(words[1]) == pinned.String() {
			for _, key := range keys {
				out = append(out, "log "+key.String()+suffix+"\n"...)
			}
		}
	}
	return out
}
