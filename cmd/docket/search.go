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
	digests      [6]string // as searchDigests names them
	kind         string
	since, until string
	json         bool
}

// searchDigests are the filters that are digests.
var searchDigests = [...]struct {
	name, usage string
	set         func(q *client.Query, d *statement.Digest)
}{
	{"digest", "releases of these bytes: sha256: and 64 hex digits", func(q *client.Query, d *statement.Digest) { q.Digest = d }},
	{"grant", "this grant, what spends it, and what is about it", func(q *client.Query, d *statement.Digest) { q.Grant = d }},
	{"about", "what is about this statement, or has it as evidence", func(q *client.Query, d *statement.Digest) { q.About = d }},
	{"input", "requests and steps that start from these bytes", func(q *client.Query, d *statement.Digest) { q.Input = d }},
	{"output", "steps and outcomes that brought these bytes about", func(q *client.Query, d *statement.Digest) { q.Output = d }},
	{"workflow", "the workflow with this text, and the requests for it", func(q *client.Query, d *statement.Digest) { q.Workflow = d }},
}

func newSearch() *cobra.Command {
	s := &search{}
	var server string
	c := &cobra.Command{
		Use:   "search FILTERS",
		Short: "find entries by document, identity, run, grant, trace, file, kind or time",
		Long: `search asks the server for the entries that fit all filters, newest first. Each one
that it prints is verified: it is in the log, it fits, the key in its leaf signed it,
and its time is that of its seal. Who issued it is the statement's own word: that the
key was the issuer's is shown by its receipt. That there are no others is NOT
PROVED: a server can leave entries out. What is proven complete is a history:
docket document show --history, docket identity show --history, docket dossier and
docket grant show. The filters combine; at least one is given.`,
		Example: `  docket search --document contracts/1
  docket search --identity wl/pipeline --since 2026-11-01T00:00:00Z --json
  docket search --external itsm/CHG-20441
  docket search --run claims/R1 --kind step.done`,
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
	for i, f := range searchDigests {
		flags.StringVar(&s.digests[i], f.name, "", f.usage)
	}
	flags.StringVar(&s.query.Document, "document", "", "releases and withdrawals of this document")
	flags.StringVar(&s.query.Identity, "identity", "", "what this identity signed")
	flags.StringVar(&s.kind, "kind", "", "statements of this kind, such as request.open")
	flags.StringVar(&s.query.Run, "run", "", "what names this run, whether it was opened or not")
	flags.StringVar(&s.query.Parent, "parent", "", "requests of runs that are a part of this run")
	flags.StringVar(&s.query.Traceparent, "traceparent", "", "what belongs to this trace: a traceparent, or its trace id")
	flags.StringVar(&s.query.External, "external", "", "what names this thing in another system: SYSTEM/ID, such as itsm/CHG-20441")
	flags.StringVar(&s.since, "since", "", "not before this time by the log's clock, such as 2026-11-01T00:00:00Z")
	flags.StringVar(&s.until, "until", "", "before this time by the log's clock")
	flags.IntVar(&s.query.Limit, "limit", 50, "entries at most")
	flags.StringVar(&server, "server", "", "base URL of the server (default: as configured in DIR/client)")
	flags.BoolVar(&s.json, "json", false, "print JSON")
	return c
}

// parse reads the flags; what is wrong with them is wrong use.
func (s *search) parse() (err error) {
	for i, f := range searchDigests {
		if s.digests[i] == "" {
			continue
		}
		digest, err := digestArgument(s.digests[i])
		if err != nil {
			return err
		}
		f.set(&s.query, &digest)
	}
	if s.query.Since, err = timeFlag("--since", s.since); err != nil {
		return err
	}
	if s.query.Until, err = timeFlag("--until", s.until); err != nil {
		return err
	}
	if s.kind != "" {
		if s.query.Kind, err = statement.ParseCode(s.kind); err != nil {
			return usage("--kind %q is no kind of statement: want one such as request.open", s.kind)
		}
	}
	return s.check()
}

// check judges the filters that are no digests or times.
func (s *search) check() error {
	q := s.query
	_, trace := statement.TraceID(q.Traceparent)
	switch {
	case q.Document != "" && !statement.ValidDocumentID(q.Document) && q.Document != statement.PolicyDocument:
		return usage("--document %q is not a document id", q.Document)
	case q.Identity != "" && !statement.ValidID(q.Identity):
		return usage("--identity %q is not an identity id", q.Identity)
	case q.Run != "" && !statement.ValidID(q.Run), q.Parent != "" && !statement.ValidID(q.Parent):
		return usage("--run and --parent want the id of a run")
	case q.Traceparent != "" && !trace:
		return usage("--traceparent %q is neither a traceparent nor a trace id of 32 lower-case hex digits", q.Traceparent)
	case q.External != "" && !statement.ValidExternal(q.External):
		return usage("--external %q is not SYSTEM/ID, such as itsm/CHG-20441", q.External)
	case q.Limit < 1:
		return usage("--limit is at least 1")
	case q.Empty():
		return usage("give at least one filter: see docket search --help")
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
	Run       string `json:"run,omitempty"`
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
		if e.Run != "" {
			fmt.Fprintf(out, "  run %s", e.Run)
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
		Index: f.Index, Time: statement.FormatTime(f.Time), Kind: f.Statement.Code.String(), Issuer: f.Statement.Issuer, Run: f.Statement.Run,
		Document: id, Version: version, Digest: f.Statement.Subject.String(), Statement: f.Digest.String(),
	}
}
