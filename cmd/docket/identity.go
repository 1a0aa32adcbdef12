package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

func newIdentity() *cobra.Command {
	c := &cobra.Command{
		Use:   "identity",
		Short: "enroll, revoke and look at identities",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(newIdentityEnroll(), newIdentityRevoke(), newIdentityShow())
	return c
}

// identityOptions are what the commands share: who signs, and where to.
type identityOptions struct {
	as     string
	server string
}

func (o *identityOptions) flags(c *cobra.Command) {
	c.Flags().StringVar(&o.as, "as", "", "identity that signs (default: the registrar of DIR/client)")
	c.Flags().StringVar(&o.server, "server", "", "base URL of the server (default: as configured in DIR/client)")
}

// session is a client and the author who signs with it.
func (o *identityOptions) session(f folders) (*client.Client, *client.Author, error) {
	c, config, err := f.newClient(o.server)
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
	c := &cobra.Command{
		Use:   "enroll ID --owner OWNER",
		Short: "enroll an identity under a new key",
		Long: `enroll makes a P-256 key for ID in DIR/client/keys, unless it is there, and enrolls
the identity with it. The registrar and an identity that releases documents must
have different owners (E204); one key is one identity, for all time (E203).`,
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
			return o.enroll(cmd, e)
		},
	}
	o.flags(c)
	flags := c.Flags()
	flags.StringVar(&e.Class, "class", "workload", "human, workload, agent or bridge")
	flags.StringVar(&e.Owner, "owner", "", "the team or person that answers for it; a human is its own owner")
	flags.StringArrayVar(&e.Roles, "role", nil, "registrar or privacy; only an admin gives them")
	flags.StringArrayVar(&e.Verbs, "verb", nil, "what it may sign, such as document.release; may be repeated")
	flags.StringArrayVar(&e.Namespaces, "namespace", nil, "prefix of documents it may release, or *; may be repeated")
	flags.StringVar(&notAfter, "not-after", "", "when its key ends, such as 2027-01-31T00:00:00Z")
	return c
}

// enroll signs the enrollment, with the new key's proof, and submits it.
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
	envelope, err := author.Enroll(e, key)
	if err != nil {
		return usageError{err}
	}
	receipt, _, err := cl.Submit(cmd.Context(), envelope)
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "enrolled %s (owner %s), entry %d; its key is in %s\n", e.ID, e.Owner, receipt.Index, f.keyFile(e.ID))
	return nil
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

func newIdentityRevoke() *cobra.Command {
	var o identityOptions
	var reason, since string
	c := &cobra.Command{
		Use:   "revoke ID",
		Short: "revoke an identity: it signs nothing more",
		Long: `revoke ends an identity for good. Nothing is retroactive: what it signed stays as
it was. With --compromised-since, verdicts about what it signed from then on have
exit code 13.`,
		Example: `  docket identity revoke wl/contracts --reason keyCompromise --compromised-since 2026-11-01T00:00:00Z`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !statement.ValidID(args[0]) {
				return usage("%q is not an identity id", args[0])
			}
			compromised, err := timeFlag("--compromised-since", since)
			if err != nil {
				return err
			}
			cl, author, err := o.session(dirOf(cmd))
			if err != nil {
				return err
			}
			identity, err := cl.Identity(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if identity.State == nil {
				return fmt.Errorf("%s is not enrolled, as of size %d", args[0], identity.Size)
			}
			envelope, err := author.Revoke(args[0], identity.State.Key.Hash(), reason, compromised)
			if err != nil {
				return usageError{err}
			}
			receipt, _, err := cl.Submit(cmd.Context(), envelope)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "revoked %s, entry %d\n", args[0], receipt.Index)
			return nil
		},
	}
	o.flags(c)
	c.Flags().StringVar(&reason, "reason", "cessation", "keyCompromise, cessation, affiliationChanged, superseded or other")
	c.Flags().StringVar(&since, "compromised-since", "", "from when the key is not to be trusted, such as 2026-11-01T00:00:00Z")
	return c
}

func newIdentityShow() *cobra.Command {
	var server string
	var asJSON bool
	c := &cobra.Command{
		Use:     "show ID",
		Short:   "fetch, verify and print the state of an identity",
		Example: `  docket identity show wl/contracts`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !statement.ValidID(args[0]) {
				return usage("%q is not an identity id", args[0])
			}
			cl, _, err := dirOf(cmd).newClient(server)
			if err != nil {
				return err
			}
			identity, err := cl.Identity(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return printIdentity(cmd.OutOrStdout(), identity, asJSON)
		},
	}
	c.Flags().StringVar(&server, "server", "", "base URL of the server (default: as configured in DIR/client)")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// identityView is what show prints.
type identityView struct {
	Identity         string `json:"identity"`
	Status           string `json:"status"` // none, active, suspended, revoked or retired
	Class            string `json:"class,omitempty"`
	Key              string `json:"key,omitempty"` // SHA-256 of its SPKI
	NotAfter         string `json:"notAfter,omitempty"`
	CompromisedSince string `json:"compromisedSince,omitempty"`
	Terms            string `json:"terms,omitempty"` // statement that has its roles, verbs and namespaces
	Size             uint64 `json:"size"`            // of the tree that this speaks for
}

var identityStatuses = map[uint8]string{
	register.IdentityActive: "active", register.IdentitySuspended: "suspended",
	register.IdentityRevoked: "revoked", register.IdentityRetired: "retired",
}

var identityClasses = map[uint8]string{
	register.ClassHuman: "human", register.ClassWorkload: "workload",
	register.ClassAgent: "agent", register.ClassBridge: "bridge",
}

func printIdentity(out io.Writer, i *client.Identity, asJSON bool) error {
	v := identityView{Identity: i.ID, Status: "none", Size: i.Size}
	if s := i.State; s != nil {
		v.Status, v.Class = identityStatuses[s.Status], identityClasses[s.Class]
		v.Key, v.Terms = statement.Digest(s.Key.Hash()).String(), statement.Digest(s.Terms).String()
		if s.NotAfter != register.None {
			v.NotAfter = statement.FormatTime(int64(s.NotAfter))
		}
		if s.CompromisedSince != register.None {
			v.CompromisedSince = statement.FormatTime(int64(s.CompromisedSince))
		}
	}
	if asJSON {
		return json.NewEncoder(out).Encode(v)
	}
	if v.Status == "none" {
		_, err := fmt.Fprintf(out, "%s was never enrolled, as of size %d (proven)\n", v.Identity, v.Size)
		return err
	}
	fmt.Fprintf(out, "%s: %s %s, as of size %d (proven)\n  key    %s\n  terms  %s\n", v.Identity, v.Class, v.Status, v.Size, v.Key, v.Terms)
	if v.NotAfter != "" {
		fmt.Fprintf(out, "  ends   %s\n", v.NotAfter)
	}
	if v.CompromisedSince != "" {
		fmt.Fprintf(out, "  compromised since %s\n", v.CompromisedSince)
	}
	return nil
}
