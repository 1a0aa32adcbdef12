package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

func newDocument() *cobra.Command {
	c := &cobra.Command{
		Use:   "document",
		Short: "look at documents",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(newDocumentShow())
	return c
}

func newDocumentShow() *cobra.Command {
	var server string
	var asJSON bool
	c := &cobra.Command{
		Use:   "show ID",
		Short: "fetch, verify and print the state of a document",
		Long: `show fetches the document's register under the newest checkpoint, verifies it,
and prints the state: the current version, a withdrawn one, or the proof that the
log has no release of it. Nothing is printed that did not verify.`,
		Example: `  docket document show contracts/1`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !statement.ValidDocumentID(args[0]) {
				return usage("%q is not a document id", args[0])
			}
			cl, _, err := dirOf(cmd).newClient(server)
			if err != nil {
				return err
			}
			d, err := cl.Document(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return printDocument(cmd.OutOrStdout(), d, asJSON)
		},
	}
	c.Flags().StringVar(&server, "server", "", "base URL of the server (default: as configured in DIR/client)")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// documentView is what show prints.
type documentView struct {
	Document  string `json:"document"`
	Status    string `json:"status"` // none, current or withdrawn
	Version   uint32 `json:"version,omitempty"`
	Digest    string `json:"digest,omitempty"`
	Statement string `json:"statement,omitempty"`
	Size      uint64 `json:"size"` // of the tree that this speaks for
}

func printDocument(out io.Writer, d *client.Document, asJSON bool) error {
	v := documentView{Document: d.ID, Status: "none", Size: d.Size}
	if s := d.State; s != nil {
		v.Status = "current"
		if s.Status == register.DocumentWithdrawn {
			v.Status = "withdrawn"
		}
		v.Version = s.Version
		v.Digest = statement.Digest(s.Digest.Hash()).String()
		v.Statement = statement.Digest(s.Statement).String()
	}
	if asJSON {
		return json.NewEncoder(out).Encode(v)
	}
	if v.Status == "none" {
		_, err := fmt.Fprintf(out, "%s has no release, as of size %d (proven)\n", v.Document, v.Size)
		return err
	}
	_, err := fmt.Fprintf(out, "%s: version %d is %s, as of size %d (proven)\n  digest     %s\n  statement  %s\n",
		v.Document, v.Version, v.Status, v.Size, v.Digest, v.Statement)
	return err
}
