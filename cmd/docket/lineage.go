package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/statement"
)

// lineage is one run of docket lineage.
type lineage struct {
	reading
	query  client.LineageQuery
	digest string
}

func newLineage() *cobra.Command {
	l := &lineage{}
	c := &cobra.Command{
		Use:   "lineage --run RUN | --digest DIGEST|FILE",
		Short: "what a run or a file came from, and what came of it",
		Long: `lineage follows inputs and outputs from a run, or from a file given by its digest or
itself: files that went into runs, runs that made files, versions of documents that
released them, runs that are part of runs. Each line is a statement in the log that
was verified.

The statements of each run on the way are proven complete, and so are the releases of
each file. Which runs there are beside them is what searches found: that there are no
others is NOT PROVED.

Exit code 11: all this, but fewer cosigners signed the checkpoint than the policy
demands.`,
		Example: `  docket lineage --run claims/R1
  docket lineage --digest notice.pdf --up --depth 5
  docket lineage --digest sha256:... --down --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := l.parse(); err != nil {
				return err
			}
			cl, err := l.client(cmd)
			if err != nil {
				return err
			}
			v, err := l.read(cmd.Context(), cl)
			if err != nil {
				return err
			}
			return l.print(cmd.OutOrStdout(), v)
		},
	}
	l.flags(c)
	c.Flags().StringVar(&l.query.Run, "run", "", "begin at this run")
	c.Flags().StringVar(&l.digest, "digest", "", "begin at the file with this digest, or at this file")
	c.Flags().BoolVar(&l.query.Up, "up", false, "only what it came from")
	c.Flags().BoolVar(&l.query.Down, "down", false, "only what came of it")
	c.Flags().IntVar(&l.query.Depth, "depth", 6, fmt.Sprintf("steps to go at most, 1 to %d", client.MaxLineageDepth))
	return c
}

// parse reads the flags; what is wrong with them is wrong use.
func (l *lineage) parse() error {
	switch {
	case (l.query.Run == "") == (l.digest == ""):
		return usage("give --run or --digest")
	case l.query.Run != "" && !statement.ValidID(l.query.Run):
		return usage("--run %q is not the id of a run", l.query.Run)
	case l.query.Depth < 1 || l.query.Depth > client.MaxLineageDepth:
		return usage("--depth is 1 to %d", client.MaxLineageDepth)
	}
	if !l.query.Up && !l.query.Down {
		l.query.Up, l.query.Down = true, true
	}
	if l.digest == "" {
		return nil
	}
	digest, err := digestOrFile(l.digest)
	l.query.Digest = &digest
	return err
}

// digestOrFile reads a digest, or computes that of a file.
func digestOrFile(text string) (statement.Digest, error) {
	digest, wrong := digestArgument(text)
	if wrong == nil {
		return digest, nil
	}
	if _, err := os.Stat(text); errors.Is(err, fs.ErrNotExist) {
		return digest, usage("%q is neither a digest (sha256: and 64 lower-case hex digits) nor a file", text)
	}
	digest, _, err := hashFile(text)
	return digest, err
}

// lineageView is what lineage prints.
type lineageView struct {
	From     nodeView   `json:"from"`
	Nodes    []nodeView `json:"nodes"`
	Edges    []edgeView `json:"edges"`
	Cut      bool       `json:"cut"`      // it goes on beyond the depth
	Complete string     `json:"complete"` // always "not proved"
	Size     uint64     `json:"size"`
	cosigning
}

type nodeView struct {
	Run      string `json:"run,omitempty"`
	Digest   string `json:"digest,omitempty"`
	Document string `json:"document,omitempty"`
	Version  uint32 `json:"version,omitempty"`
	name     string
}

type edgeView struct {
	From nodeView      `json:"from"`
	Word string        `json:"word"` // input, output, released or part
	To   nodeView      `json:"to"`
	By   statementView `json:"by"`
}

func viewNode(n client.Node) nodeView {
	v := nodeView{Run: n.Run, Document: n.Document, Version: n.Version, name: n.String()}
	if n.Digest != (statement.Digest{}) {
		v.Digest = n.Digest.String()
	}
	return v
}

func (l *lineage) read(ctx context.Context, cl *client.Client) (*lineageView, error) {
	found, err := cl.Lineage(ctx, l.query)
	if err != nil {
		return nil, err
	}
	v := &lineageView{Nodes: []nodeView{}, Edges: []edgeView{}, Cut: found.Cut, Complete: "not proved", Size: found.Size}
	for _, n := range found.Nodes {
		v.Nodes = append(v.Nodes, viewNode(n))
	}
	v.From = v.Nodes[0]
	for _, e := range found.Edges {
		v.Edges = append(v.Edges, edgeView{viewNode(e.From), e.Word, viewNode(e.To), viewStatement(e.By)})
	}
	v.cosigning, err = cosigningOf(cl, found.Note)
	return v, err
}

var edgeWords = map[string]string{"input": "is input of", "output": "made", "released": "was released as", "part": "has the part"}

func (v *lineageView) text(out io.Writer) error {
	fmt.Fprintf(out, "lineage of %s, as of size %d\n", v.From.name, v.Size)
	var rows [][]string
	for _, e := range v.Edges {
		rows = append(rows, []string{e.From.name, edgeWords[e.Word], e.To.name, fmt.Sprintf("entry %d", e.By.Index), e.By.Kind, e.By.Issuer, e.By.Time})
	}
	if len(rows) == 0 {
		rows = [][]string{{"nothing"}}
	}
	if err := table(out, rows); err != nil {
		return err
	}
	more := ""
	if v.Cut {
		more = ", and it goes on: more with a larger --depth"
	}
	fmt.Fprintf(out, "steps: %d%s; each run and each file: complete; that there are no other runs is not proved\n", len(v.Edges), more)
	return v.say(out)
}
