package main

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

func newProof() *cobra.Command {
	c := &cobra.Command{
		Use:   "proof",
		Short: "make inclusion and consistency proofs, and print them",
		Example: `  docket proof inclusion --file report.pdf
  docket proof consistency 5 1024`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(newProofInclusion(), newProofConsistency())
	return c
}

// proofInclusion is one run of docket proof inclusion.
type proofInclusion struct {
	client *client.Client
	size   uint64 // 0: the newest
	leaf   string
	file   string
	doc    string
}

// inclusionView is what inclusion prints in JSON: a program that knows RFC 6962
// and signed notes can check it again without docket and without a server.
type inclusionView struct {
	Origin     string   `json:"origin"`
	Index      uint64   `json:"index"`
	Size       uint64   `json:"size"`
	LeafHash   []byte   `json:"leafHash"`
	RootHash   []byte   `json:"rootHash"`
	Hashes     [][]byte `json:"hashes"` // from the leaf to the root
	Checkpoint string   `json:"checkpoint"`
	cosigning
}

func newProofInclusion() *cobra.Command {
	p := &proofInclusion{}
	var server string
	var asJSON bool
	c := &cobra.Command{
		Use:   "inclusion [INDEX]",
		Short: "prove that an entry is in the log",
		Long: `inclusion proves that one entry is in the tree of a signed checkpoint: the newest
one, or that of --size. The entry is named by its INDEX, by its leaf hash, or by a
file that it releases. The proof is computed here, from tiles that lead to the
checkpoint, and verified; the server's own proofs are not used.

The JSON holds the signed checkpoint too: it can be checked again offline, with
the log's key and any implementation of RFC 6962.

Exit code 11: proven, but fewer cosigners signed the checkpoint than the policy
demands.`,
		Example: `  docket proof inclusion 5
  docket proof inclusion --file report.pdf --json
  docket proof inclusion --leaf-hash 3f0c...e1 --size 1024`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if p.client, _, err = dirOf(cmd).newClient(server); err != nil {
				return err
			}
			v, err := p.run(cmd.Context(), args)
			if err != nil {
				return err
			}
			text := v.text()
			if asJSON {
				text = jsonLine(v)
			}
			if _, err = cmd.OutOrStdout().Write(text); err != nil {
				return err
			}
			return v.exit()
		},
	}
	flags := c.Flags()
	flags.StringVar(&p.leaf, "leaf-hash", "", "the entry with this leaf hash, 64 hex digits")
	flags.StringVar(&p.file, "file", "", "the entry that releases this file's bytes")
	flags.StringVar(&p.doc, "doc", "", "with --file: the release of this document")
	flags.Uint64Var(&p.size, "size", 0, "size of a signed checkpoint (default: the newest)")
	flags.StringVar(&server, "server", "", "base URL of the server (default: as configured in DIR/client)")
	flags.BoolVar(&asJSON, "json", false, "print JSON, with the signed checkpoint in it")
	return c
}

func (p *proofInclusion) run(ctx context.Context, args []string) (*inclusionView, error) {
	index, err := p.index(ctx, args)
	if err != nil {
		return nil, err
	}
	tree, err := treeOf(ctx, p.client, p.size)
	if err != nil {
		return nil, err
	}
	if index >= tree.Size {
		return nil, fmt.Errorf("entry %d is not in the tree of size %d", index, tree.Size)
	}
	leaf, hashes, err := tree.Inclusion(ctx, index)
	if err != nil {
		return nil, err
	}
	if p.leaf != "" && hex.EncodeToString(leaf[:]) != p.leaf {
		return nil, fmt.Errorf("%w: entry %d has another leaf hash than the one asked for", client.ErrAnswer, index)
	}
	q, err := cosigningOf(p.client, tree.Note)
	if err != nil {
		return nil, err
	}
	return &inclusionView{
		cosigning: q,
		Origin:    tree.Origin, Index: index, Size: tree.Size, LeafHash: leaf[:], RootHash: tree.Root[:],
		Hashes: bytesOf(hashes), Checkpoint: string(tree.Note),
	}, nil
}

// index finds the entry that is named in one of three ways.
func (p *proofInclusion) index(ctx context.Context, args []string) (uint64, error) {
	named := len(args)
	for _, flag := range []string{p.leaf, p.file} {
		if flag != "" {
			named++
		}
	}
	switch {
	case named != 1:
		return 0, usage("name the entry in one way: INDEX, --leaf-hash or --file")
	case len(args) == 1:
		return indexArgument(args[0])
	case p.file != "":
		r, err := receiptOfFile(ctx, p.client, p.file, p.doc)
		if err != nil {
			return 0, err
		}
		return r.Index, nil
	}
	hash, err := statement.ParseDigest("sha256:" + p.leaf)
	if err != nil {
		return 0, usage("--leaf-hash is 64 lower-case hex digits")
	}
	return p.client.LeafIndex(ctx, proofs.Hash(hash))
}

// indexArgument reads an index or a size.
func indexArgument(text string) (uint64, error) {
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return 0, usage("%q is neither an index nor a size: want a decimal number", text)
	}
	return n, nil
}

// treeOf returns the tree of the checkpoint that the log signed for a size, proven
// a prefix of the newest one; 0 is the newest itself.
func treeOf(ctx context.Context, c *client.Client, size uint64) (*client.Tree, error) {
	newest, err := c.NewestTree(ctx)
	if err != nil || size == 0 || size == newest.Size {
		return newest, err
	}
	signed, err := newest.CheckpointAt(ctx, size)
	if err != nil {
		return nil, err
	}
	return c.Tree(signed.Note)
}

func (v *inclusionView) text() []byte {
	text := fmt.Sprintf("entry %d is in the tree of size %d (proven)\n  leaf hash  %x\n  root       %s\n",
		v.Index, v.Size, v.LeafHash, base64.StdEncoding.EncodeToString(v.RootHash))
	if v.exit() != nil {
		text += "but " + fewer + "\n"
	}
	return append([]byte(text), hashLines(v.Hashes)...)
}

// hashLines prints a proof, one hash on a line.
func hashLines(hashes [][]byte) []byte {
	text := fmt.Appendf(nil, "  hashes     %d\n", len(hashes))
	for _, h := range hashes {
		text = fmt.Appendf(text, "    %s\n", base64.StdEncoding.EncodeToString(h))
	}
	return text
}
