package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// staple is one run of docket staple.
type staple struct {
	client   *client.Client
	version  uint32
	receipt  string
	digest   string
	identity string
	run      string
	grant    string
	out      string
	final    bool
	json     bool
}

func newStaple() *cobra.Command {
	s := &staple{}
	var server string
	c := &cobra.Command{
		Use:   "staple DOCUMENT | --receipt FILE | --digest D | --identity ID | --run ID | --grant D",
		Short: "fetch a newer proof for a receipt, or one about a register",
		Long: `staple fetches the newest proof of something that does not need its statement: it
verifies it under the pins in DIR/client, and prints it or writes it to --out.

A receipt says what was so as of its own tree. A staple says it again as of a newer
one: docket verify FILE --staple F uses it, offline. It fits the receipt of one
release: that of the document's newest version, of --version V, or the one in
--receipt. Of a document without any release it proves that.

With --digest, --identity, --run or --grant it shows that register alone, with its
newest event, or proves that there is none: docket verify FILE --never-released
--staple F takes the staple of the file's digest.

Exit code 11: written, but fewer cosigners signed the checkpoint than the policy
demands. With --final it is under the newest checkpoint that they did sign.`,
		Example: `  docket staple reports/2026/q3 --out q3.staple
  docket staple --receipt report.pdf.docket --out report.staple
  docket staple --digest sha256:4bf1...09 --out none.staple`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if s.client, _, err = dirOf(cmd).newClient(server); err != nil {
				return err
			}
			r, err := s.fetch(cmd.Context(), args)
			if err != nil {
				return err
			}
			if err := s.write(cmd.OutOrStdout(), r); err != nil {
				return err
			}
			q, err := cosigningOf(s.client, r.Checkpoint)
			if err != nil {
				return err
			}
			return q.tell(cmd.ErrOrStderr())
		},
	}
	flags := c.Flags()
	flags.Uint32Var(&s.version, "version", 0, "of DOCUMENT: the release of this version (default: the newest)")
	flags.StringVar(&s.receipt, "receipt", "", "the receipt that the staple is for")
	flags.StringVar(&s.digest, "digest", "", "the register of these bytes, as sha256:...")
	flags.StringVar(&s.identity, "identity", "", "the register of this identity")
	flags.StringVar(&s.run, "run", "", "the register of this run")
	flags.StringVar(&s.grant, "grant", "", "the register of the grant with this statement digest")
	flags.StringVar(&s.out, "out", "", "file to write the staple to, instead of printing it")
	flags.StringVar(&server, "server", "", "base URL of the server (default: as configured in DIR/client)")
	flags.BoolVar(&s.final, "final", false, "of a release: under the newest checkpoint that the quorum of your policy cosigned")
	flags.BoolVar(&s.json, "json", false, "with --out: say in JSON what was written")
	return c
}

// fetch asks for the one thing that is named.
func (s *staple) fetch(ctx context.Context, args []string) (*proofs.Receipt, error) {
	named := len(args)
	for _, flag := range []string{s.receipt, s.digest, s.identity, s.run, s.grant} {
		if flag != "" {
			named++
		}
	}
	release := len(args) == 1 || s.receipt != ""
	switch {
	case named != 1:
		return nil, usage("name one thing: DOCUMENT, --receipt, --digest, --identity, --run or --grant")
	case s.version != 0 && len(args) == 0:
		return nil, usage("--version is of a DOCUMENT")
	case s.final && !release:
		return nil, usage("--final is for a DOCUMENT or a --receipt")
	case s.receipt != "":
		return s.ofReceipt(ctx)
	case len(args) == 0:
		return s.ofRegister(ctx)
	case !statement.ValidDocumentID(args[0]):
		return nil, usage("%q is not a document id", args[0])
	}
	return s.client.DocumentStaple(ctx, args[0], s.version, s.final)
}

// ofReceipt fetches the staple of the entry that a receipt is about.
func (s *staple) ofReceipt(ctx context.Context) (*proofs.Receipt, error) {
	r, err := parseReceiptFile(s.receipt)
	if err != nil {
		return nil, err
	}
	if r.Envelope == nil {
		return nil, fmt.Errorf("%s is a staple itself: name the receipt that it is for", s.receipt)
	}
	return s.client.Staple(ctx, statement.DigestOf(r.Envelope.Payload), s.final)
}

func (s *staple) ofRegister(ctx context.Context) (*proofs.Receipt, error) {
	switch {
	case s.identity != "":
		if !statement.ValidID(s.identity) {
			return nil, usage("%q is not an identity id", s.identity)
		}
		return s.client.RegisterStaple(ctx, register.TypeIdentity, s.identity)
	case s.run != "":
		if !statement.ValidID(s.run) {
			return nil, usage("%q is not the id of a run", s.run)
		}
		return s.client.RegisterStaple(ctx, register.TypeRun, s.run)
	}
	t, text := register.TypeDigest, s.digest
	if s.grant != "" {
		t, text = register.TypeGrant, s.grant
	}
	digest, err := digestArgument(text)
	if err != nil {
		return nil, err
	}
	return s.client.RegisterStaple(ctx, t, digest.String())
}

// stapleView is what staple says of what it wrote to a file.
type stapleView struct {
	File      string   `json:"file"`
	Size      uint64   `json:"size"`
	Registers []string `json:"registers"`
}

func (s *staple) write(out io.Writer, r *proofs.Receipt) error {
	if s.out == "" {
		_, err := out.Write(r.Marshal())
		return err
	}
	if err := client.WriteFile(s.out, r.Marshal(), 0o644); err != nil {
		return err
	}
	cp, err := checkpointOf(r)
	if err != nil {
		return err
	}
	v := stapleView{File: s.out, Size: cp.Size}
	for _, p := range r.Registers {
		absent := ""
		if p.Value == nil {
			absent = " (absent)"
		}
		v.Registers = append(v.Registers, fmt.Sprintf("%v %s%s", p.Type, p.ID, absent))
	}
	text := fmt.Appendf(nil, "staple of %s, as of size %d (verified), in %s\n", strings.Join(v.Registers, ", "), v.Size, v.File)
	if s.json {
		text = jsonLine(v)
	}
	_, err = out.Write(text)
	return err
}

// parseReceiptFile reads a receipt or staple from a file.
func parseReceiptFile(path string) (*proofs.Receipt, error) {
	b, err := readFile(path)
	if err != nil {
		return nil, err
	}
	r, err := proofs.ParseReceipt(b)
	if err != nil {
		return nil, &malformedReceipt{path, err}
	}
	return r, nil
}

// invalidFile is the verdict about a file that is no receipt; nil: err is another error.
func invalidFile(err error, digest statement.Digest) *proofs.Verdict {
	var malformed *malformedReceipt
	if !errors.As(err, &malformed) {
		return nil
	}
	return &proofs.Verdict{Kind: proofs.Invalid, Exit: proofs.ExitInvalid, File: digest, Reason: malformed.Error()}
}
