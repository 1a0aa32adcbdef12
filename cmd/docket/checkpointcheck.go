package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
)

func newCheckpointCheck() *cobra.Command {
	var server string
	var asJSON bool
	c := &cobra.Command{
		Use:   "check OLD [NEW]",
		Short: "prove that two checkpoints are of one history",
		Long: `check verifies two signed checkpoints under the pinned log key and proves that the
larger tree begins with the smaller one. OLD and NEW are files, '-' is standard
input; without NEW it is the newest checkpoint of the server. The proof is computed
here, from tiles that lead to the larger checkpoint: no word of the server counts.

Two checkpoints of one size with different roots, or of which the larger one
begins with another tree, convict the log: CONTRADICTED. Both signed notes are
kept in DIR/client/evidence, for anybody who has the log's key.

Exit codes: 0 one history, 11 it is, but fewer cosigners signed than the policy
asks, 30 CONTRADICTED, 40 a note is no checkpoint of this log; 1 no proof came, or
I/O, 2 usage, 3 refused by the server.`,
		Example: `  docket checkpoint check yesterday.txt
  docket checkpoint check mine.txt theirs.txt
  docket checkpoint check mine.txt -`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			cl, _, err := dirOf(cmd).newClient(server)
			if err != nil {
				return err
			}
			k := &checkpointCheck{client: cl, out: cmd.OutOrStdout(), json: asJSON}
			return k.run(cmd.Context(), cmd.InOrStdin(), args)
		},
	}
	c.Flags().StringVar(&server, "server", "", "base URL of the server (default: as configured in DIR/client)")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, with the proof in it")
	return c
}

// checkpointCheck is one run of docket checkpoint check.
type checkpointCheck struct {
	client *client.Client
	out    io.Writer
	json   bool
}

// checkView is what check prints in JSON: enough to check it again without docket.
type checkView struct {
	Result string   `json:"result"`           // consistent or contradicted
	Reason string   `json:"reason,omitempty"` // why the exit code is not 0
	Older  headView `json:"older"`
	Newer  headView `json:"newer"`
	Hashes [][]byte `json:"hashes"` // consistency proof (RFC 6962)
	cosigning
}

// invalidView is what is said in JSON of a file that does not verify.
type invalidView struct {
	Result string `json:"result"` // invalid
	Reason string `json:"reason"`
}

func invalidOf(reason string) invalidView { return invalidView{"invalid", reason} }

func (k *checkpointCheck) run(ctx context.Context, stdin io.Reader, args []string) error {
	if len(args) == 2 && args[0] == "-" && args[1] == "-" {
		return usage("only one of OLD and NEW can be standard input")
	}
	older, err := k.read(args[0], stdin)
	if err != nil {
		return err
	}
	var newer *client.Tree
	if len(args) == 2 {
		newer, err = k.read(args[1], stdin)
	} else {
		newer, err = k.client.NewestTree(ctx)
	}
	if err != nil {
		return err
	}
	if older.Origin != newer.Origin {
		return usage("the checkpoints are of two logs, %s and %s: they say nothing of each other", older.Origin, newer.Origin)
	}
	if older.Size > newer.Size && len(args) == 1 {
		return &client.RollbackError{Seen: older.Size, Shown: newer.Size, SeenNote: older.Note, ShownNote: newer.Note, Genesis: k.client.Verifier.Genesis}
	}
	if older.Size > newer.Size {
		older, newer = newer, older
	}
	hashes, err := k.prove(ctx, older, newer)
	if err == nil {
		err = newer.CheckGenesis(ctx)
	}
	var fork *client.ForkError
	if errors.As(err, &fork) {
		return errors.Join(err, k.print("contradicted", older, newer, fork.Proof))
	}
	if err != nil {
		return err
	}
	return k.print("consistent", older, newer, hashes)
}

// read reads and verifies a note. One that does not verify is a verdict.
func (k *checkpointCheck) read(path string, stdin io.Reader) (*client.Tree, error) {
	note, err := readNote(path, stdin)
	if err != nil {
		return nil, err
	}
	tree, err := k.client.FileTree(note)
	if err != nil {
		return nil, k.invalid(fmt.Sprintf("%s is no checkpoint of this log: %v", path, err))
	}
	return tree, nil
}

// invalid says that a file does not verify: nobody's answer, so nobody is blamed.
func (k *checkpointCheck) invalid(reason string) error {
	text := []byte("INVALID: " + reason + "\n")
	if k.json {
		text = jsonLine(invalidOf(reason))
	}
	if _, err := k.out.Write(text); err != nil {
		return err
	}
	return &verdictError{proofs.ExitInvalid}
}

func readNote(path string, stdin io.Reader) (note []byte, err error) {
	in := stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }() // only read
		in = f
	}
	return io.ReadAll(io.LimitReader(in, proofs.MaxNote+1))
}

// prove proves that one tree begins with the other: by the tiles of the larger
// one, or, if the server has other tiles, by those of its newest checkpoint, which
// must hold both.
func (k *checkpointCheck) prove(ctx context.Context, older, newer *client.Tree) ([]proofs.Hash, error) {
	hashes, err := newer.Extends(ctx, older)
	var tile *client.TileError
	if !errors.As(err, &tile) {
		return hashes, err
	}
	newest, failed := k.client.NewestTree(ctx)
	if failed != nil {
		return nil, failed
	}
	for _, tree := range []*client.Tree{newer, older} {
		if tree.Size > newest.Size {
			continue
		}
		if _, failed := newest.Extends(ctx, tree); failed != nil {
			return nil, failed
		}
	}
	return nil, err
}

// checkViewOf is what is said of two trees that were compared.
func checkViewOf(c *client.Client, result string, older, newer *client.Tree, hashes []proofs.Hash) (checkView, error) {
	v := checkView{Result: result, Older: headOf(older.Checkpoint, older.Note), Newer: headOf(newer.Checkpoint, newer.Note), Hashes: bytesOf(hashes)}
	for _, head := range []*headView{&v.Newer, &v.Older} {
		var err error
		if head.cosigning, err = cosigningOf(c, []byte(head.Note)); err != nil {
			return v, err
		}
		if head.exit() != nil || v.Quorum == "" {
			v.cosigning = head.cosigning
		}
		if head.exit() != nil {
			v.Reason = fmt.Sprintf("size %d: %s", head.Size, fewer)
		}
	}
	if result == "contradicted" {
		v.Reason = "the log signed two histories"
	}
	return v, nil
}

// print prints the result, and returns the exit code of too few cosigners.
func (k *checkpointCheck) print(result string, older, newer *client.Tree, hashes []proofs.Hash) error {
	v, err := checkViewOf(k.client, result, older, newer, hashes)
	if err != nil {
		return err
	}
	text := jsonLine(v)
	if !k.json {
		text = []byte(v.text())
	}
	if _, err := k.out.Write(text); err != nil || result != "consistent" {
		return err
	}
	return v.exit()
}

func (v *checkView) text() string {
	text := "CONTRADICTED: " + v.Reason
	if v.Result == "consistent" {
		text = fmt.Sprintf("one history: the tree of size %d begins with that of size %d (proven)", v.Newer.Size, v.Older.Size)
	}
	for _, head := range []headView{v.Older, v.Newer} {
		text += fmt.Sprintf("\n  size %d  root %s", head.Size, base64.StdEncoding.EncodeToString(head.Root))
	}
	if v.Result == "consistent" && v.Reason != "" {
		text += "\nbut " + v.Reason
	}
	return text + "\n"
}

func bytesOf(hashes []proofs.Hash) [][]byte {
	out := make([][]byte, len(hashes))
	for i, h := range hashes {
		out[i] = h[:]
	}
	return out
}
