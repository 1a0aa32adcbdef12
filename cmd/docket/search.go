package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/statement"
)

// search is one run of docket search.
type search struct {
	query        client.Query
	digest       string
	since, until string
	json         bool
}

func newSearch() *cobra.Command {
	s := &search{}
	var server string
	c := &cobra.Command{
		Use:   "search --digest D | --document ID | --identity ID | --since TIME | --until TIME",
		Short: "find entries by digest, document, identity or time",
		Long: `search asks the server for the entries that fit all filters, newest first. Each one
that it prints is verified: it is in the log, it fits, the key in its leaf signed it,
and its time is that of its seal. Who issued it is the statement's own word: that the
key was the issuer's is shown by its receipt. That there are no others is NOT
PROVED: a server can leave entries out. What is proven complete is a history:
docket document show --history and docket identity show --history.`,
		Example: `  docket search --document contracts/1
  docket search --identity wl/pipeline --since 2026-11-01T00:00:00Z --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := s.parse(); err != nil {
				return err
			}
			cl, _, err := dirOf(cmd).newClient(server)
			if err != nil {
				return err
			}
			return s.run(cmd.Context(), cl, cmd.OutOrStdout())
		},
	}
	flags := c.Flags()
	flags.StringVar(&s.digest, "digest", "", "releases of these bytes: sha256: and 64 hex digits")
	flags.StringVar(&s.query.Document, "document", "", "releases and withdrawals of this document")
	flags.StringVar(&s.query.Identity, "identity", "", "what this identity signed")
	flags.StringVar(&s.since, "since", "", "not before this time by the log's clock, such as 2026-11-01T00:00:00Z")
	flags.StringVar(&s.until, "until", "", "before this time by the log's clock")
	flags.IntVar(&s.query.Limit, "limit", 50, "entries at most")
	flags.StringVar(&server, "server", "", "base URL of the server (default: as configured in DIR/client)")
	flags.BoolVar(&s.json, "json", false, "print JSON")
	return c
}

// parse reads the flags; what is wrong with them is wrong use.
func (s *search) parse() (err error) {
	if s.digest != "" {
		digest, err := digestArgument(s.digest)
		if err != nil {
			return err
		}
		s.query.Digest = &digest
	}
	if s.query.Since, err = timeFlag("--since", s.since); err != nil {
		return err
	}
	if s.query.Until, err = timeFlag("--until", s.until); err != nil {
		return err
	}
	switch {
	case s.query.Document != "" && !statement.ValidDocumentID(s.query.Document) && s.query.Document != statement.PolicyDocument:
		return usage("--document %q is not a document id", s.query.Document)
	case s.query.Identity != "" && !statement.ValidID(s.query.Identity):
		return usage("--identity %q is not an identity id", s.query.Identity)
	case s.query.Limit < 1:
		return usage("--limit is at least 1")
	case s.query == client.Query{Limit: s.query.Limit}:
		return usage("give at least one of --digest, --document, --identity, --since and --until")
	}
	return nil
}

// searchView is what search prints.
type searchView struct {
	Size     uint64      `json:"size"`
	Entries  []entryView `json:"entries"`
	More     bool        `json:"more"`     // the limit was reached
	Complete string      `json:"complete"` // always "not proved"
	cosigning
}

type entryView struct {
	Index     uint64 `json:"index"`
	Time      string `json:"time"` // by the log's clock
	Kind      string `json:"kind"`
	Issuer    string `json:"issuer"`
	Document  string `json:"document,omitempty"`
	Version   uint32 `json:"version,omitempty"`
	Digest    string `json:"digest"` // of the subject
	Statement string `json:"statement"`
}

func (s *search) run(ctx context.Context, cl *client.Client, out io.Writer) error {
	found, err := cl.Search(ctx, s.query)
	if err != nil {
		return err
	}
	v := searchView{Size: found.Size, Entries: []entryView{}, More: found.More, Complete: "not proved"}
	if v.cosigning, err = cosigningOf(cl, found.Note); err != nil {
		return err
	}
	for i := range found.Entries {
		v.Entries = append(v.Entries, entryOf(&found.Entries[i]))
	}
	if s.json {
		if _, err := out.Write(jsonLine(v)); err != nil {
			return err
		}
		return v.exit()
	}
	for _, e := range v.Entries {
		fmt.Fprintf(out, "%d  %s  %s  %s", e.Index, e.Time, e.Kind, e.Issuer)
		if e.Document != "" {
			fmt.Fprintf(out, "  %s version %d", e.Document, e.Version)
		}
		fmt.Fprintf(out, "  %s\n", e.Digest)
	}
	more := ""
	if v.More {
		more = ", more with a larger --limit"
	}
	if _, err = fmt.Fprintf(out, "entries: %d, as of size %d%s; not proved complete: there may be others\n", len(v.Entries), v.Size, more); err != nil {
		return err
	}
	return v.tell(out)
}

func entryOf(f *client.Found) entryView {
	id, version := f.Document()
	return entryView{
		Index: f.Index, Time: statement.FormatTime(f.Time), Kind: f.Statement.Code.String(), Issuer: f.Statement.Issuer,
		Document: id, Version: version, Digest: f.Statement.Subject.String(), Statement: f.Digest.String(),
	}
}
