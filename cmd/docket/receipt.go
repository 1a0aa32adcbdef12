package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

func newReceipt() *cobra.Command {
	c := &cobra.Command{
		Use:   "receipt",
		Short: "fetch receipts, and export them for other programs",
		Example: `  docket receipt get --file report.pdf --out report.pdf.docket
  docket receipt export report.pdf.docket --format sigstore-bundle`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(newReceiptGet(), newReceiptExport())
	return c
}

// receiptGet is one run of docket receipt get.
type receiptGet struct {
	client *client.Client
	index  string
	file   string
	doc    string
	out    string
	final  bool
	json   bool
}

func newReceiptGet() *cobra.Command {
	g := &receiptGet{}
	var server string
	c := &cobra.Command{
		Use:   "get DIGEST | --index N | --file FILE",
		Short: "fetch and verify a receipt",
		Long: `get fetches the receipt of one entry under the newest checkpoint, verifies it under
the pins in DIR/client, and prints it or writes it to --out: nothing that did not
verify. The entry is named by its statement digest, by its index, or by a file that
it releases; of a file that stands under several documents, --doc says which one.

A file that this log never released gives UNKNOWN (exit code 20), with the proof
checked that there is no release. With fewer cosigners than the policy demands the
receipt is given all the same, with exit code 11. What a receipt means for a file
is said by docket verify.`,
		Example: `  docket receipt get --file report.pdf --out report.pdf.docket
  docket receipt get --index 5
  docket receipt get sha256:4bf1...09`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if g.client, _, err = dirOf(cmd).newClient(server); err != nil {
				return err
			}
			r, err := g.run(cmd.Context(), args)
			if err != nil {
				return err
			}
			if err := g.write(cmd.OutOrStdout(), r); err != nil {
				return err
			}
			q, err := cosigningOf(g.client, r.Checkpoint)
			if err != nil {
				return err
			}
			return q.tell(cmd.ErrOrStderr())
		},
	}
	flags := c.Flags()
	flags.BoolVar(&g.final, "final", false, "with DIGEST: under the newest checkpoint that the quorum of your policy cosigned")
	flags.StringVar(&g.index, "index", "", "the entry at this index")
	flags.StringVar(&g.file, "file", "", "the entry that releases this file's bytes")
	flags.StringVar(&g.doc, "doc", "", "with --file: the release of this document")
	flags.StringVar(&g.out, "out", "", "file to write the receipt to, instead of printing it")
	flags.StringVar(&server, "server", "", "base URL of the server (default: as configured in DIR/client)")
	flags.BoolVar(&g.json, "json", false, "with --out: say in JSON what was written")
	return c
}

func (g *receiptGet) run(ctx context.Context, args []string) (*proofs.Receipt, error) {
	named := len(args)
	for _, flag := range []string{g.index, g.file} {
		if flag != "" {
			named++
		}
	}
	if named != 1 {
		return nil, usage("name the entry in one way: DIGEST, --index or --file")
	}
	if g.final && len(args) == 0 {
		return nil, usage("--final is for an entry named by its statement's DIGEST")
	}
	if g.file != "" {
		return receiptOfFile(ctx, g.client, g.file, g.doc)
	}
	if g.index != "" {
		index, err := indexArgument(g.index)
		if err != nil {
			return nil, err
		}
		return g.client.ReceiptAt(ctx, index)
	}
	digest, err := digestArgument(args[0])
	if err != nil {
		return nil, err
	}
	if g.final {
		return g.client.FinalReceipt(ctx, digest)
	}
	return g.client.Receipt(ctx, digest)
}

// digestArgument reads a digest, with or without its algorithm.
func digestArgument(text string) (statement.Digest, error) {
	digest, err := statement.ParseDigest("sha256:" + strings.TrimPrefix(text, "sha256:"))
	if err != nil {
		return digest, usage("%q is no digest: want sha256: and 64 lower-case hex digits", text)
	}
	return digest, nil
}

// writtenView is what get says of a receipt that it wrote to a file.
type writtenView struct {
	File      string `json:"file"`
	Index     uint64 `json:"index"`
	Size      uint64 `json:"size"`
	Statement string `json:"statement"`
}

func (g *receiptGet) write(out io.Writer, r *proofs.Receipt) error {
	if g.out == "" {
		_, err := out.Write(r.Marshal())
		return err
	}
	if err := client.WriteFile(g.out, r.Marshal(), 0o644); err != nil {
		return err
	}
	cp, err := checkpointOf(r)
	if err != nil {
		return err
	}
	v := writtenView{File: g.out, Index: r.Index, Size: cp.Size, Statement: statement.DigestOf(r.Envelope.Payload).String()}
	text := fmt.Appendf(nil, "receipt of entry %d, as of size %d (verified), in %s\n", v.Index, v.Size, v.File)
	if g.json {
		text = jsonLine(v)
	}
	_, err = out.Write(text)
	return err
}
