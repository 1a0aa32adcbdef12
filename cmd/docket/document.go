package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

func newDocument() *cobra.Command {
	c := &cobra.Command{
		Use:     "document",
		Short:   "look at documents",
		Example: `  docket document show contracts/1 --history`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(newDocumentShow())
	return c
}

func newDocumentShow() *cobra.Command {
	return showing(&cobra.Command{
		Use:   "show ID",
		Short: "fetch, verify and print the state of a document",
		Long: `show fetches the document's register under the newest checkpoint, verifies it,
and prints the state: the current version, a withdrawn one, or the proof that the
log has no release of it. Nothing is printed that did not verify.

With --history it prints every release and withdrawal, with version, digest, time
(the log's clock) and entry. That none is missing is proven: all events together
give the root in the document's register. One that is dropped, swapped or changed
is an error (exit code 1), and nothing is printed.

Exit code 11: all this, but fewer cosigners signed the checkpoint than the policy
demands.`,
		Example: `  docket document show contracts/1
  docket document show contracts/1 --history --json`,
	}, "a document id", statement.ValidDocumentID, documentOrHistory)
}

// documentOrHistory fetches the state of a document, or its whole history, which
// the state follows from.
func documentOrHistory(ctx context.Context, cl *client.Client, id string, history bool) (shown, error) {
	if !history {
		d, err := cl.Document(ctx, id)
		if err != nil {
			return nil, err
		}
		v := viewDocument(id, d.Size, d.State)
		v.cosigning, err = cosigningOf(cl, d.Staple.Checkpoint)
		return v, err
	}
	h, events, err := readHistory(ctx, cl, register.TypeDocument, id)
	if err != nil {
		return nil, err
	}
	state, err := stateOf(h, register.ParseDocumentState)
	if err != nil {
		return nil, err
	}
	v := viewDocument(id, h.Size, state)
	v.History, v.Complete = &events, complete
	v.cosigning, err = cosigningOf(cl, h.Staple.Checkpoint)
	return v, err
}

// documentView is what show prints.
type documentView struct {
	Document  string `json:"document"`
	Status    string `json:"status"` // none, current or withdrawn
	Version   uint32 `json:"version,omitempty"`
	Digest    string `json:"digest,omitempty"`
	Statement string `json:"statement,omitempty"`
	Size      uint64 `json:"size"` // of the tree that this speaks for
	cosigning

	History  *[]eventView `json:"history,omitempty"`
	Complete string       `json:"complete,omitempty"` // of the history: "proven"
}

func viewDocument(id string, size uint64, s *register.DocumentState) *documentView {
	v := &documentView{Document: id, Status: "none", Size: size}
	if s == nil {
		return v
	}
	v.Status = "current"
	if s.Status == register.DocumentWithdrawn {
		v.Status = "withdrawn"
	}
	v.Version = s.Version
	v.Digest = statement.Digest(s.Digest.Hash()).String()
	v.Statement = statement.Digest(s.Statement).String()
	return v
}

func (v *documentView) print(out io.Writer, asJSON bool) error {
	if asJSON {
		if _, err := out.Write(jsonLine(v)); err != nil {
			return err
		}
		return v.exit()
	}
	var err error
	if v.Status == "none" {
		_, err = fmt.Fprintf(out, "%s has no release, as of size %d (proven)\n", v.Document, v.Size)
	} else {
		_, err = fmt.Fprintf(out, "%s: version %d is %s, as of size %d (proven)\n  digest     %s\n  statement  %s\n",
			v.Document, v.Version, v.Status, v.Size, v.Digest, v.Statement)
	}
	if err == nil && v.History != nil {
		err = printEvents(out, *v.History)
	}
	if err != nil {
		return err
	}
	return v.tell(out)
}
