package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// release is one run of docket release.
type release struct {
	folders  folders
	server   string
	file     string
	document string
	media    string
	as       string // identity that signs; empty: the configured one
	within   inRunOptions
	json     bool
	finality
	client *client.Client
	config clientConfig
	digest statement.Digest
	size   uint64
}

func newRelease() *cobra.Command {
	r := &release{}
	var spends []string
	c := &cobra.Command{
		Use:   "release FILE --doc ID",
		Short: "release a file as the next version of a document",
		Long: `release signs the statement that FILE's bytes are the next version of the document,
submits it, verifies the receipt and writes it to FILE.docket.

The signed statement is kept in FILE.docket-pending before it is sent. If the
reply is lost, run the same command again: the same statement is sent again and
gets the entry that it has, never a second one.

A file that is the current version already is not released again. If somebody
else releases a version at the same moment, the server refuses this one (E408):
look at theirs first, then decide; docket never picks the next number by itself.

With --run it is a release in a run: it spends the approvals of the run for exactly
these bytes and this version, which are found in the run's history. If there are not
enough, that is said, and nothing is signed.

Exit code 0 is the log's answer. If fewer cosigners signed its checkpoint than the
policy demands, that is said with it. With --wait final it waits for them, and keeps
the receipt that has them; exit code 11 says that they did not come in time.`,
		Example: `  docket release report.pdf --doc reports/2026/q3
  docket release report.pdf --doc reports/2026/q3 --as wl/reports --json
  docket release notice.pdf --doc claims/1 --run R1 --as wl/pub`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			r.folders, r.file = dirOf(cmd), args[0]
			if !statement.ValidDocumentID(r.document) {
				return usage("--doc %q is not a document id: segments of letters, digits, '.', '_' and '-', joined by '/'", r.document)
			}
			if err := r.within.read(spends); err != nil {
				return err
			}
			done, err := r.run(cmd.Context())
			if done != nil {
				r.print(cmd.OutOrStdout(), done)
				err = errors.Join(err, done.late)
			}
			return err
		},
	}
	c.Flags().StringVar(&r.document, "doc", "", "document id, such as contracts/1 (mandatory)")
	c.Flags().StringVar(&r.server, "server", "", "base URL of the server (default: as configured in DIR/client)")
	c.Flags().StringVar(&r.as, "as", "", "identity that signs (default: the pipeline of DIR/client)")
	r.within.flags(c, &spends)
	r.finality.flags(c)
	c.Flags().StringArrayVar(&r.within.to, "to", nil, "identity that the release is meant for; may be repeated")
	c.Flags().StringVar(&r.media, "media", "", "media type of the file (default: from its name)")
	c.Flags().BoolVar(&r.json, "json", false, "print what became of it as JSON")
	return c
}

func (r *release) print(w io.Writer, done *released) {
	if r.json {
		_, _ = w.Write(jsonLine(done))
		return
	}
	fmt.Fprintln(w, done)
}

// run releases the file and returns what became of it. With an error too, it is
// released, and something after that went wrong.
func (r *release) run(ctx context.Context) (*released, error) {
	var err error
	if r.digest, r.size, err = hashFile(r.file); err != nil {
		return nil, err
	}
	if r.client, r.config, err = r.folders.newClient(r.server); err != nil {
		return nil, err
	}
	if err := r.check(r.client.Verifier); err != nil {
		return nil, err
	}
	pending, err := r.pending().load()
	if err != nil {
		return nil, err
	}
	if pending != nil {
		done, err := r.submit(ctx, *pending, releaseResumed)
		if !tooOld(err) {
			return done, err
		}
	}
	document, err := r.client.Document(ctx, r.document)
	if err != nil {
		return nil, err
	}
	if s := document.State; s != nil && s.Status == register.DocumentCurrent && s.Digest == register.SHA256Digest(r.digest) {
		return r.alreadyCurrent(ctx, document)
	}
	envelope, err := r.sign(ctx, document.State)
	if err != nil {
		return nil, err
	}
	if err := client.WriteFile(r.pending().path, envelope.Marshal(), 0o600); err != nil {
		return nil, err
	}
	done, err := r.submit(ctx, envelope, releaseNew)
	if err == nil && document.State != nil {
		// So that verify knows offline that the version before has ended. The
		// release is done whatever comes of this.
		if err := r.folders.refresh(ctx, r.client, document.State.Statement); err != nil {
			done.Warning = "no newer receipt of the version before: " + err.Error()
		}
	}
	return done, err
}

func (r *release) receiptFile() string { return r.file + ".docket" }

// pending is where the signed release lies until its receipt is kept.
func (r *release) pending() *pendingStatement {
	return &pendingStatement{
		path: r.file + ".docket-pending", origin: r.config.Origin,
		fits: func(s *statement.Statement) bool {
			body, ok := s.Body.(*statement.ReleaseDocument)
			return ok && body.Document == r.document && s.Subject == r.digest && s.Run == r.within.run
		},
		other: "is for other bytes, another document or another log",
		again: "run release again with the file and document it was made for",
	}
}

// sign makes the release of the version that follows the given state.
func (r *release) sign(ctx context.Context, state *register.DocumentState) (statement.Envelope, error) {
	id := r.as
	if id == "" {
		id = r.config.Identity
	}
	author, err := r.folders.author(r.config.Origin, id)
	if err != nil {
		return statement.Envelope{}, err
	}
	media := r.media
	if media == "" {
		media = mediaOf(r.file)
	}
	file := client.File{Digest: r.digest, Size: r.size, Media: media}
	if r.within.run != "" {
		return r.client.ReleaseInRun(ctx, author, client.RunRelease{
			Run: r.within.run, Document: r.document, File: file, To: r.within.to, Spends: r.within.spends,
		})
	}
	version, prev := uint32(1), (*statement.Digest)(nil)
	if state != nil {
		digest := statement.Digest(state.Statement)
		version, prev = state.Version+1, &digest
	}
	return author.Release(r.document, version, prev, file)
}

// submit sends a statement, verifies its receipt for this file, and keeps it.
func (r *release) submit(ctx context.Context, e statement.Envelope, outcome string) (*released, error) {
	receipt, duplicate, err := r.pending().answer(ctx, r.client, e)
	if err != nil {
		return nil, err
	}
	if duplicate && outcome == releaseNew {
		outcome = releaseDuplicate
	}
	return r.settled(ctx, receipt, outcome)
}

// settled keeps a receipt, and waits for the final one if that is asked for.
func (r *release) settled(ctx context.Context, receipt *proofs.Receipt, outcome string) (done *released, err error) {
	_, late, err := r.settle(ctx, r.client, receipt, func(receipt *proofs.Receipt) (err error) {
		done, err = r.keep(ctx, receipt, outcome)
		return err
	})
	if done != nil {
		done.late = late
	}
	return done, err
}

// keep verifies a receipt as verify will, and writes it beside the file.
func (r *release) keep(ctx context.Context, receipt *proofs.Receipt, outcome string) (*released, error) {
	verdict := r.client.Verifier.Verify(receipt, proofs.Expect{File: r.digest, Document: r.document, Dev: r.config.Dev})
	if verdict.Kind == proofs.Invalid || verdict.Kind == proofs.Unknown || verdict.Kind == proofs.Contradicted {
		return nil, fmt.Errorf("the receipt does not verify for %s: %s", r.file, verdict.Sentence())
	}
	err := errors.Join(
		client.WriteFile(r.receiptFile(), receipt.Marshal(), 0o644),
		r.folders.keepReceipt(ctx, r.client.Verifier, receipt),
	)
	if err != nil {
		return nil, err
	}
	if err := removePending(r.pending().path); err != nil {
		return nil, err
	}
	q, err := cosigningOf(r.client, receipt.Checkpoint)
	if err != nil {
		return nil, err
	}
	return &released{
		cosigning: q, Outcome: outcome, File: r.file, Document: r.document, Version: verdict.Version, Statement: verdict.Statement.String(),
		Index: &verdict.Index, Receipt: r.receiptFile(), Verdict: verdict.Kind, Sentence: verdict.Sentence(),
	}, nil
}

// alreadyCurrent says so, and fetches the receipt if the file has none, or with --wait
// final none that is: a newer one that fewer cosigned never takes the place of that.
func (r *release) alreadyCurrent(ctx context.Context, d *client.Document) (*released, error) {
	s := d.State
	q, err := cosigningOf(r.client, d.Staple.Checkpoint)
	if err != nil {
		return nil, err
	}
	done := &released{
		cosigning: q, Outcome: releaseCurrent, File: r.file, Document: r.document, Version: s.Version,
		Statement: statement.Digest(s.Statement).String(),
	}
	kept := r.kept(statement.Digest(s.Statement))
	switch {
	case kept != nil && r.wait != waitFinal:
		return done, nil
	case kept != nil && isCosigned(r.client.Verifier, kept):
		done.cosigning, err = cosigningOf(r.client, kept.Checkpoint)
		return done, err
	}
	receipt, err := r.client.Receipt(ctx, statement.Digest(s.Statement))
	if err != nil {
		return done, err
	}
	settled, err := r.settled(ctx, receipt, releaseCurrent)
	if err != nil {
		return done, err
	}
	return settled, nil
}

// kept is the file's receipt if it verifies and is that of a statement, else nil: it
// may be damaged, or of an earlier version, which lay at the same path.
func (r *release) kept(digest statement.Digest) *proofs.Receipt {
	b, err := readFile(r.receiptFile())
	if err != nil {
		return nil
	}
	kept, err := proofs.ParseReceipt(b)
	if err != nil || !verifiesAs(r.client.Verifier, kept, digest) {
		return nil
	}
	return kept
}

// mediaOf guesses a media type from a file's name.
func mediaOf(file string) string {
	media, _, err := mime.ParseMediaType(mime.TypeByExtension(filepath.Ext(file)))
	if err != nil {
		return "application/octet-stream"
	}
	return media
}
