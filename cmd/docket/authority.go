package main

import (
	"cmp"
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// signOptions are what the commands share that sign a statement: who signs, where
// to, and how it is said.
type signOptions struct {
	as     string
	server string
	json   bool
	finality
}

// flags adds them. fallback says who signs without --as; empty: somebody is named.
func (o *signOptions) flags(c *cobra.Command, fallback string) {
	o.finality.flags(c)
	o.signer(c, fallback)
}

// signer adds those that say who signs, where to, and how it is said.
func (o *signOptions) signer(c *cobra.Command, fallback string) {
	who := "identity that signs"
	if fallback == "" {
		who += " (mandatory)"
	} else {
		who += " (default: " + fallback + ")"
	}
	c.Flags().StringVar(&o.as, "as", "", who)
	c.Flags().StringVar(&o.server, "server", "", "base URL of the server (default: as configured in DIR/client)")
	c.Flags().BoolVar(&o.json, "json", false, "print JSON")
}

// byPipeline is who signs what a program does.
const byPipeline = "the pipeline of DIR/client"

// A session is a client and an author who signs with it.
type session struct {
	folders
	client *client.Client
	config clientConfig
	author *client.Author
	finality
	late error // see cosigning
}

// session opens one for who is named, or else for the pipeline.
func (o *signOptions) session(f folders) (*session, error) {
	c, config, err := f.newClient(o.server)
	if err != nil {
		return nil, err
	}
	author, err := f.author(config.Origin, cmp.Or(o.as, config.Identity))
	if err != nil {
		return nil, err
	}
	if err := o.check(c.Verifier); err != nil {
		return nil, err
	}
	return &session{folders: f, client: c, config: config, author: author, finality: o.finality}, nil
}

// named is session for commands that sign in a person's name: nobody is assumed.
func (o *signOptions) named(f folders) (*session, error) {
	if !statement.ValidID(o.as) {
		return nil, usage("--as is mandatory: the identity that signs, such as h/alice")
	}
	return o.session(f)
}

// A submission is one authority statement that a command makes.
type submission struct {
	code statement.Code
	id   string // what it is about: of the name of its pending file
	// same says whether a statement that waits for its answer is what this run is to
	// submit. It compares what the user gave, never what follows from the log: that
	// may have changed since.
	same func(s *statement.Statement) bool
	make func(ctx context.Context) (statement.Envelope, error)
}

// once submits an authority statement and keeps its receipt. One that an earlier run
// got no answer to is sent again in its place: nothing is signed twice.
func (s *session) once(ctx context.Context, m submission) (*proofs.Receipt, error) {
	pending := s.pendingOf(m.code, m.id, s.author.Log, func(old *statement.Statement) bool {
		return old.Issuer == s.author.ID && m.same(old)
	})
	receipt, err := pending.resume(ctx, s.client)
	if receipt == nil && err == nil {
		var e statement.Envelope
		if e, err = m.make(ctx); err != nil {
			return nil, wrongUse(err)
		}
		receipt, err = pending.submit(ctx, s.client, e)
	}
	if err != nil {
		return nil, err
	}
	return s.settled(ctx, receipt)
}

// settled keeps a receipt, and waits for the final one if that is asked for.
func (s *session) settled(ctx context.Context, receipt *proofs.Receipt) (last *proofs.Receipt, err error) {
	keep := func(r *proofs.Receipt) error { return s.keepReceipt(ctx, s.client.Verifier, r) }
	last, s.late, err = s.settle(ctx, s.client, receipt, keep)
	return last, err
}

// wrongUse makes wrong use of what an author refuses to sign: its words are the user's.
func wrongUse(err error) error {
	if bad := (*statement.Error)(nil); errors.As(err, &bad) {
		return usageError{err}
	}
	return err
}

// agreed are the grants to spend on a change of governance: those that were named, or
// else those that are found in the log.
func (s *session) agreed(ctx context.Context, given []statement.Digest, code statement.Code, object statement.Object, subject statement.Digest) ([]statement.Digest, error) {
	if len(given) > 0 {
		return given, nil
	}
	return s.client.Agreements(ctx, s.author, code, object, subject)
}

// ofText submits a statement that is about a text of the log, with the grants that were
// given or are found: one that waits for its answer is the same if its subject is.
func (s *session) ofText(ctx context.Context, code statement.Code, id string, text statement.Digest, given []statement.Digest,
	make func(grants []statement.Digest) (statement.Envelope, error)) (*proofs.Receipt, error) {
	return s.once(ctx, submission{
		code: code, id: id,
		same: func(old *statement.Statement) bool { return old.Subject == text },
		make: func(ctx context.Context) (statement.Envelope, error) {
			grants, err := s.agreed(ctx, given, code, statement.TextObject{}, text)
			if err != nil {
				return statement.Envelope{}, err
			}
			return make(grants)
		},
	})
}

// entryDone is what is printed of a statement that the log took.
type entryDone struct {
	Done      string `json:"done"`
	Statement string `json:"statement"` // digest: what others name it by
	Index     uint64 `json:"index"`
	Issuer    string `json:"issuer"`
	Run       string `json:"run,omitempty"`
	Receipt   string `json:"receipt"` // file
	cosigning
}

// entry is what is said of a statement in the log.
func (s *session) entry(done string, r *proofs.Receipt) (entryDone, error) {
	digest := statement.DigestOf(r.Envelope.Payload)
	parsed, err := statement.Parse(r.Envelope.Payload)
	if err != nil {
		return entryDone{}, err
	}
	q, err := cosigningOf(s.client, r.Checkpoint)
	q.late = s.late
	return entryDone{
		Done: done, Statement: digest.String(), Index: r.Index, Issuer: parsed.Issuer, Run: parsed.Run,
		Receipt: s.receiptFile(digest), cosigning: q,
	}, err
}

// tell prints what was done: v as JSON, or the text. The exit code is the log's
// answer: that its checkpoint has fewer cosigners than demanded is only said, unless
// they were waited for.
func (o *signOptions) tell(w io.Writer, v any, text string, q cosigning) error {
	out := []byte(text)
	if o.json {
		out = jsonLine(v)
	} else if q.exit() != nil {
		out = append(out, "note: the log has it, but "+fewer+"\n"...)
	}
	_, err := w.Write(out)
	return errors.Join(err, q.late)
}

// digestFlags reads flags that name statements by digest.
func digestFlags(name string, values []string) ([]statement.Digest, error) {
	var out []statement.Digest
	for _, v := range values {
		d, err := statement.ParseDigest(v)
		if err != nil {
			return nil, usage("%s %q is not a digest: sha256: and 64 lower-case hex digits", name, v)
		}
		out = append(out, d)
	}
	return out, nil
}

// canonicalFile reads a JSON text that a person wrote, in its canonical form.
func canonicalFile(path string) ([]byte, error) {
	b, err := readFile(path)
	if err != nil {
		return nil, err
	}
	text, err := statement.Canonical(b)
	if err != nil {
		return nil, usage("%s: %w", path, err)
	}
	return text, nil
}
