package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	gather "github.com/docketlog/docket/client/pack"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/pack"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// packing is one run of docket pack.
type packing struct {
	reading
	run, document, identity string
	out                     string
	wait                    time.Duration
}

func newPack() *cobra.Command {
	p := &packing{}
	c := &cobra.Command{
		Use:   "pack",
		Short: "write all that the log has on a run, document or identity into one zip file",
		Long: `pack fetches every statement on a run, a document or an identity, what approved them,
who signed them, and the policy and workflows they worked under; proves that nothing is
missing; and writes one zip file with all of it under one signed checkpoint. It holds
report.html, which anybody can read and print, and SPEC.txt, which says how to verify
the pack without docket. docket verify FILE.zip needs nothing but your own policy.

For a run: its statements and grants, and the documents that it released. For a
document: all its versions, and the runs that released them. For an identity: its keys
and scope, and every statement that it signed. Who has the pack can read them all.

The same log at the same checkpoint gives the same bytes. The policy in the pack is
yours, for who wonders whom you trusted; a verifier never believes it. Every history
carries its staple. A pack that does not verify is not written; no file is replaced.

Exit code 11: written, but fewer cosigners signed than your policy demands.`,
		Example: `  docket pack --run claims/R1
  docket pack --document reports/2026/q3 --out q3.zip
  docket pack --identity wl/publisher --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			subject, err := p.subject()
			if err != nil {
				return err
			}
			v, err := p.write(cmd, subject)
			if err != nil {
				return err
			}
			return p.print(cmd.OutOrStdout(), v)
		},
	}
	p.flags(c)
	c.Flags().StringVar(&p.run, "run", "", "the run")
	c.Flags().StringVar(&p.document, "document", "", "the document")
	c.Flags().StringVar(&p.identity, "identity", "", "the identity")
	c.Flags().StringVar(&p.out, "out", "", "the file (default: TYPE-ID.zip, with - in place of /)")
	c.Flags().DurationVar(&p.wait, "wait", 10*time.Second, "how long to wait for the cosigners that the policy demands")
	return c
}

// subject is what the flags name.
func (p *packing) subject() (pack.Name, error) {
	var named []pack.Name
	for _, n := range []pack.Name{{Type: register.TypeRun, ID: p.run}, {Type: register.TypeDocument, ID: p.document}, {Type: register.TypeIdentity, ID: p.identity}} {
		if n.ID != "" {
			named = append(named, n)
		}
	}
	if len(named) != 1 {
		return pack.Name{}, usage("name one of --run, --document and --identity")
	}
	n := named[0]
	if valid := map[bool]func(string) bool{true: statement.ValidDocumentID, false: statement.ValidID}[n.Type == register.TypeDocument]; !valid(n.ID) {
		return n, usage("%q is not the id of a %v", n.ID, n.Type)
	}
	if p.wait < 0 {
		return n, usage("--wait %v is below 0", p.wait)
	}
	return n, nil
}

// write gathers the pack, judges it as a verifier would, and writes it.
func (p *packing) write(cmd *cobra.Command, subject pack.Name) (*packView, error) {
	path := p.out
	if path == "" {
		path = fmt.Sprintf("%v-%s.zip", subject.Type, fileName(subject.ID, "-"))
	}
	switch _, err := os.Lstat(path); {
	case err == nil:
		return nil, fmt.Errorf("%s exists: evidence is never replaced, name another file with --out", path)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	cl, config, err := dirOf(cmd).newClient(p.server)
	if err != nil {
		return nil, err
	}
	b, err := gather.Gatherer{Client: cl, Wait: p.wait}.Gather(cmd.Context(), subject)
	if err != nil {
		return nil, err
	}
	verdict := pack.Verify(cl.Verifier, b, pack.Expect{Dev: config.Dev, Namespaces: config.Expect, Now: time.Now().UnixMilli()})
	if verdict.Kind == proofs.Invalid || verdict.Kind == proofs.Contradicted {
		return nil, fmt.Errorf("the pack does not verify, and was not written: %s", verdict.Sentence())
	}
	v := &packView{Path: path, Bytes: len(b), SHA256: statement.Digest(sha256.Sum256(b)).String(), Verdict: verdict}
	if v.cosigning, err = cosigningOf(cl, noteOf(b)); err != nil {
		return nil, err
	}
	return v, createFile(path, b, 0o600) // who has it reads all statements in it
}

// noteOf is the checkpoint of a pack that was verified.
func noteOf(b []byte) []byte {
	note, err := pack.Checkpoint(b)
	if err != nil {
		panic("pack: " + err.Error()) // it was verified
	}
	return note
}

// packView is what pack prints.
type packView struct {
	Path    string       `json:"path"`
	Bytes   int          `json:"bytes"`
	SHA256  string       `json:"sha256"`
	Verdict pack.Verdict `json:"verdict"`
	cosigning
}

func (v *packView) text(out io.Writer) error {
	fmt.Fprintf(out, "%s: %s.\n", v.Path, v.Verdict.Sentence())
	if err := labelled(out, [][]string{
		{"bytes", fmt.Sprint(v.Bytes)}, {"sha256", v.SHA256}, {"verify", "docket verify " + v.Path}, {"read", "report.html in it"},
	}); err != nil {
		return err
	}
	return v.say(out)
}
