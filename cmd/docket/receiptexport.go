package main

import (
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/sigstore"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// receiptExport is one run of docket receipt export.
type receiptExport struct {
	folders folders
	file    string
	format  string
	out     string
	policy  string
	genesis string
	json    bool
}

// exported is one file of an export.
type exported struct {
	name string
	data []byte
}

// exports are the formats, by name.
var exports = map[string]func(name string, r *proofs.Receipt, keys []proofs.VerifierKey) ([]exported, error){
	"tlog-proof":      exportTLogProof,
	"sigstore-bundle": exportSigstore,
}

func newReceiptExport() *cobra.Command {
	x := &receiptExport{}
	c := &cobra.Command{
		Use:   "export FILE.docket --format tlog-proof|sigstore-bundle",
		Short: "write a receipt in formats that other programs verify",
		Long: `export verifies a receipt under your pins, as docket verify does, and writes what it
proves about the entry in a format of others. It needs no network.

  tlog-proof       FILE.tlog-proof, a C2SP tlog-proof: the entry's leaf is in the log;
                   and FILE.leaf, the bytes of that leaf
  sigstore-bundle  bundle.json, a Sigstore bundle v0.3, trusted_root.json and
                   signing_config.json that name the log, and signer.pub, the key that
                   signed; for sigstore-go, cosign and the npm client

WHAT AN EXPORT DOES NOT PROVE. Both say that a statement is in the log, and a bundle
that a key signed it. Neither says which version of the document it is, whether it
is still the current one, whether it was withdrawn, whether the signer was allowed to
make it or was revoked, nor when the log took it: versions, seals and authority stand
in the registers, which only the receipt shows. A withdrawal exports as well as a
release: let the verifier demand the predicate type of a release. For "is this file
authoritative", use docket verify with the receipt.

With cosign:
  cosign verify-blob-attestation --key signer.pub --bundle bundle.json \
    --trusted-root trusted_root.json \
    --type https://github.com/docketlog/docket/spec/document.release/v1 report.pdf

Exit codes: 0 written, 11 written, but fewer cosigners signed the checkpoint in it
than the policy demands, 40 the receipt does not verify; 1 I/O, 2 usage.`,
		Example: `  docket receipt export report.pdf.docket --format sigstore-bundle --out bundle/
  docket receipt export report.pdf.docket --format tlog-proof --policy acme.policy`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			x.folders, x.file = dirOf(cmd), args[0]
			if exports[x.format] == nil {
				return usage("--format is tlog-proof or sigstore-bundle, not %q", x.format)
			}
			if x.policy != "" && cmd.Flags().Changed("dir") {
				return usage("give --policy or --dir, not both: one verifier, one set of pins")
			}
			text, err := x.run()
			if text != nil {
				if _, failed := cmd.OutOrStdout().Write(text); failed != nil {
					return failed
				}
			}
			return err
		},
	}
	flags := c.Flags()
	flags.StringVar(&x.format, "format", "", "tlog-proof or sigstore-bundle (mandatory)")
	flags.StringVar(&x.out, "out", ".", "folder to write to; it is made if it is missing")
	flags.StringVar(&x.policy, "policy", "", "verifier policy, a C2SP tlog-policy file (default DIR/client/policy)")
	flags.StringVar(&x.genesis, "genesis", "", "leaf hash of the log's entry 0, in hex (default: from the file POLICY.genesis)")
	flags.BoolVar(&x.json, "json", false, "print JSON")
	return c
}

// exportView is what export prints.
type exportView struct {
	Format    string   `json:"format"`
	Index     uint64   `json:"index"`
	Files     []string `json:"files"`
	NotProved []string `json:"notProved"`
	cosigning
}

// notProved is what no export says.
var notProved = []string{"version", "current or ended", "seal and time", "authority of the signer"}

// run verifies and writes; the text is what to tell the user.
func (x *receiptExport) run() ([]byte, error) {
	policy := x.policy
	if policy == "" {
		policy = x.folders.policy()
	}
	verifier, err := readVerifier(policy, x.genesis)
	if err != nil {
		return nil, err
	}
	b, err := readFile(x.file)
	if err != nil {
		return nil, err
	}
	r, err := proofs.ParseReceipt(b)
	if err != nil {
		return x.invalid(fmt.Sprintf("%s: %v", x.file, err))
	}
	if v := verifier.Verify(r, proofs.Expect{}); v.Kind == proofs.Invalid {
		return x.invalid(fmt.Sprintf("%s: %s", x.file, v.Sentence()))
	}
	files, err := exports[x.format](strings.TrimSuffix(filepath.Base(x.file), ".docket"), r, verifier.Policy.LogKeys())
	if err != nil {
		return nil, err
	}
	q, err := cosigningOf(&client.Client{Verifier: verifier}, r.Checkpoint)
	if err != nil {
		return nil, err
	}
	return x.write(exportView{Format: x.format, Index: r.Index, NotProved: notProved, cosigning: q}, files)
}

// invalid says that the receipt does not verify.
func (x *receiptExport) invalid(reason string) ([]byte, error) {
	if x.json {
		return jsonLine(invalidOf(reason)), &verdictError{proofs.ExitInvalid}
	}
	return []byte("INVALID: " + reason + "\n"), &verdictError{proofs.ExitInvalid}
}

func (x *receiptExport) write(view exportView, files []exported) ([]byte, error) {
	if err := os.MkdirAll(x.out, 0o755); err != nil {
		return nil, err
	}
	for _, f := range files {
		path := filepath.Join(x.out, f.name)
		if err := client.WriteFile(path, f.data, 0o644); err != nil {
			return nil, err
		}
		view.Files = append(view.Files, path)
	}
	if x.json {
		return jsonLine(view), view.exit()
	}
	text := fmt.Appendf(nil, "entry %d as %s: %s\nnot proved by it: %s\n",
		view.Index, x.format, strings.Join(view.Files, ", "), strings.Join(notProved, ", "))
	if view.exit() != nil {
		text = append(text, "but "+fewer+"\n"...)
	}
	return text, view.exit()
}

func exportTLogProof(name string, r *proofs.Receipt, _ []proofs.VerifierKey) ([]exported, error) {
	if r.Envelope == nil {
		return nil, fmt.Errorf("a staple has no entry: export the receipt of a statement")
	}
	e := r.Envelope
	leaf := statement.Commitment{Digest: statement.DigestOf(e.Payload), Signature: e.Signature, SPKI: e.SPKI}
	proof := proofs.TLogProof{Index: r.Index, Proof: r.Inclusion, Checkpoint: r.Checkpoint}
	return []exported{{name + ".tlog-proof", proof.Marshal()}, {name + ".leaf", leaf.Leaf()}}, nil
}

func exportSigstore(_ string, r *proofs.Receipt, keys []proofs.VerifierKey) ([]exported, error) {
	bundle, err := sigstore.BundleOf(r, keys)
	if err != nil {
		return nil, err
	}
	root, err := sigstore.TrustedRootOf(keys)
	if err != nil {
		return nil, err
	}
	cp, err := checkpointOf(r)
	if err != nil {
		return nil, err
	}
	return []exported{
		{"bundle.json", bundle.Marshal()},
		{"trusted_root.json", root.Marshal()},
		{"signing_config.json", sigstore.SigningConfigOf(cp.Origin).Marshal()},
		{"signer.pub", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: r.Envelope.SPKI})},
	}, nil
}
