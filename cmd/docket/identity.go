package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

func newIdentity() *cobra.Command {
	c := &cobra.Command{
		Use:   "identity",
		Short: "enroll, rotate, suspend, revoke and look at identities",
		Example: `  docket identity enroll wl/contracts --owner team-legal --verb document.release --namespace contracts/
  docket identity show wl/contracts --history`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(newIdentityEnroll(), newIdentityRotate(), newIdentityLife("suspend", suspendChange), newIdentityLife("resume", resumeChange),
		newIdentityLife("retire", retireChange), newIdentityRevoke(), newIdentityShow())
	return c
}

// identityOptions are what the commands share: who signs, and where to.
type identityOptions struct {
	as     string
	server string
	json   bool
	finality
}

func (o *identityOptions) flags(c *cobra.Command) {
	o.finality.flags(c)
	c.Flags().StringVar(&o.as, "as", "", "identity that signs (default: the registrar of DIR/client)")
	c.Flags().StringVar(&o.server, "server", "", "base URL of the server (default: as configured in DIR/client)")
	c.Flags().BoolVar(&o.json, "json", false, "print JSON")
}

// session is a client and the author who signs with it.
func (o *identityOptions) session(f folders) (*client.Client, *client.Author, error) {
	c, config, err := f.newClient(o.server)
	if err == nil {
		err = o.check(c.Verifier)
	}
	if err != nil {
		return nil, nil, err
	}
	id := o.as
	if id == "" {
		id = config.Registrar
	}
	author, err := f.author(config.Origin, id)
	return c, author, err
}

func newIdentityEnroll() *cobra.Command {
	var o identityOptions
	e := client.Enrollment{Custody: "file"}
	var notAfter string
	var spends []string
	c := &cobra.Command{
		Use:   "enroll ID --owner OWNER",
		Short: "enroll an identity under a new key",
		Long: `enroll makes a P-256 key for ID in DIR/client/keys, unless it is there, and enrolls
the identity with it. The registrar and an identity that releases documents must
have different owners (E204); one key is one identity, for all time (E203).

The signed statement is kept in DIR/client/pending before it is sent. If the reply
is lost, run the same command again: the same statement is sent again and gets the
entry that it has, never a second one. So does revoke.`,
		Example: `  docket identity enroll wl/contracts --owner team-legal --verb document.release --namespace contracts/`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			e.ID = args[0]
			if !statement.ValidID(e.ID) {
				return usage("%q is not an identity id", e.ID)
			}
			if e.Class == "human" && e.Owner == "" {
				e.Owner = e.ID
			}
			if e.Owner == "" {
				return usage("--owner is mandatory: the team or person that answers for %s", e.ID)
			}
			var err error
			if e.NotAfter, err = timeFlag("--not-after", notAfter); err != nil {
				return err
			}
			if e.Spends, err = digestFlags("--spends", spends); err != nil {
				return err
			}
			return o.enroll(cmd, e)
		},
	}
	o.flags(c)
	flags := c.Flags()
	flags.StringVar(&e.Class, "class", "workload", "human, workload, agent or bridge")
	flags.StringVar(&e.Owner, "owner", "", "the team or person that answers for it; a human is its own owner")
	flags.StringArrayVar(&e.Roles, "role", nil, "registrar or privacy, which only an admin gives; or one that workflows ask for")
	flags.StringArrayVar(&e.Verbs, "verb", nil, "what it may sign, such as document.release; may be repeated")
	flags.StringArrayVar(&e.Namespaces, "namespace", nil, "prefix of documents and workflows, or *; may be repeated")
	flags.StringArrayVar(&e.Tools, "tool", nil, "tool that it may use; may be repeated")
	flags.StringArrayVar(&spends, "spends", nil, "digest of another admin's grant; may be repeated (default: those found in the log)")
	flags.StringVar(&notAfter, "not-after", "", "when its key ends, such as 2027-01-31T00:00:00Z")
	return c
}

// enroll signs the enrollment, with the new key's proof, and submits it. One that
// an earlier run got no answer to is sent again in its place.
func (o *identityOptions) enroll(cmd *cobra.Command, e client.Enrollment) error {
	f := dirOf(cmd)
	cl, author, err := o.session(f)
	if err != nil {
		return err
	}
	key, err := f.ensureKey(e.ID)
	if err != nil {
		return err
	}
	if len(e.Spends) == 0 && slices.ContainsFunc(e.Roles, func(role string) bool { return role == "registrar" || role == "privacy" }) {
		terms := e.Terms()
		object := statement.IdentityObject{Identity: e.ID, Terms: terms.TermsHash()}
		if e.Spends, err = cl.Agreements(cmd.Context(), author, statement.IdentityEnroll, object, sha256.Sum256(key.SPKI())); err != nil {
			return err
		}
	}
	envelope, err := author.Enroll(e, key)
	if err != nil {
		return usageError{err}
	}
	same, err := sameEnrollment(envelope)
	if err != nil {
		return err
	}
	pending := f.pendingOf(statement.IdentityEnroll, e.ID, author.Log, same)
	receipt, err := pending.resume(cmd.Context(), cl)
	if receipt == nil && err == nil {
		receipt, err = pending.submit(cmd.Context(), cl, envelope)
	}
	if err != nil {
		return err
	}
	return o.print(cmd, cl, receipt, identityDone{
		Done: "enrolled", Identity: e.ID, Index: receipt.Index, Key: f.keyFile(e.ID),
		text: fmt.Sprintf("enrolled %s (owner %s), entry %d; its key is in %s\n", e.ID, e.Owner, receipt.Index, f.keyFile(e.ID)),
	})
}

// sameEnrollment tells the statements that enroll the same identity, with the same
// key, terms and issuer, as the envelope does.
func sameEnrollment(e statement.Envelope) (func(*statement.Statement) bool, error) {
	terms := func(s *statement.Statement) (string, bool) {
		body, ok := s.Body.(*statement.EnrollIdentity)
		if !ok {
			return "", false
		}
		same := *body
		same.Proof = nil // made anew for each nonce
		b, err := json.Marshal(same)
		return s.Issuer + string(b), err == nil
	}
	s, err := statement.Parse(e.Payload)
	if err != nil {
		return nil, err
	}
	want, ok := terms(s)
	return func(s *statement.Statement) bool {
		got, same := terms(s)
		return ok && same && got == want
	}, nil
}

// identityDone is what enroll and revoke print.
type identityDone struct {
	Done     string `json:"done"` // enrolled or revoked
	Identity string `json:"identity"`
	Index    uint64 `json:"index"`
	Key      string `json:"key,omitempty"` // file
	cosigning
	text string
}

// print says what was done, and keeps the receipt. Its exit code is the log's answer:
// that its checkpoint has fewer cosigners than demanded is only said, unless they were
// waited for.
func (o *identityOptions) print(cmd *cobra.Command, cl *client.Client, r *proofs.Receipt, d identityDone) error {
	ctx, f := cmd.Context(), dirOf(cmd)
	r, late, err := o.settle(ctx, cl, r, func(r *proofs.Receipt) error { return f.keepReceipt(ctx, cl.Verifier, r) })
	if err != nil {
		return err
	}
	if d.cosigning, err = cosigningOf(cl, r.Checkpoint); err != nil {
		return err
	}
	if d.exit() != nil {
		d.text += "note: the log has it, but " + fewer + "\n"
	}
	text := []byte(d.text)
	if o.json {
		text = jsonLine(d)
	}
	_, err = cmd.OutOrStdout().Write(text)
	return errors.Join(err, late)
}

// timeFlag reads a flag that holds a time; the zero time stands for none.
func timeFlag(name, value string) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, value)
	if err != nil {
		return t, usage("%s %q is not a time such as 2027-01-31T00:00:00Z", name, value)
	}
	return t, nil
}

// ensureKey loads the key of an identity, or makes it.
func (f folders) ensureKey(id string) (client.Signer, error) {
	password := filepath.Join(f.keys(), "password")
	if _, err := os.Stat(f.keyFile(id)); errors.Is(err, fs.ErrNotExist) {
		return newIdentityKey(f.keyFile(id), password)
	}
	return loadIdentityKey(f.keyFile(id), password)
}
