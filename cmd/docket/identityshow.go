package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

func newIdentityShow() *cobra.Command {
	return withStanding(showing(&cobra.Command{
		Use:   "show ID",
		Short: "fetch, verify and print the state of an identity",
		Long: `show fetches the identity's register under the newest checkpoint, verifies it, and
prints the state, or the proof that the log never enrolled it. Nothing is printed
that did not verify.

With --history it prints every event, with status, key, time (the log's clock) and
entry. That none is missing is proven: all events together give the root in the
identity's register. One that is dropped, swapped or changed is an error (exit
code 1), and nothing is printed.

With --at TIME or --as-of SIZE it prints the identity as it stood then: key, status
and scope, what made it so, and what changed it afterwards; --signed adds all that it
had signed. These are proven complete, too.

Exit code 11: all this, but fewer cosigners signed the checkpoint than the policy
demands.`,
		Example: `  docket identity show wl/contracts
  docket identity show wl/contracts --history
  docket identity show wl/contracts --at 2026-11-10T10:14:00Z --signed`,
	}, "an identity id", statement.ValidID, identityOrHistory))
}

// identityOrHistory fetches the state of an identity, or its whole history, which
// the state follows from.
func identityOrHistory(ctx context.Context, cl *client.Client, id string, history bool) (shown, error) {
	if !history {
		i, err := cl.Identity(ctx, id)
		if err != nil {
			return nil, err
		}
		v := viewIdentity(id, i.Size, i.State)
		v.cosigning, err = cosigningOf(cl, i.Staple.Checkpoint)
		return v, err
	}
	h, events, err := readHistory(ctx, cl, register.TypeIdentity, id)
	if err != nil {
		return nil, err
	}
	state, err := stateOf(h, register.ParseIdentityState)
	if err != nil {
		return nil, err
	}
	v := viewIdentity(id, h.Size, state)
	v.History, v.Complete = &events, complete
	v.cosigning, err = cosigningOf(cl, h.Staple.Checkpoint)
	return v, err
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
	cosigning

	History  *[]eventView `json:"history,omitempty"`
	Complete string       `json:"complete,omitempty"` // of the history: "proven"
}

var identityStatuses = map[uint8]string{
	register.IdentityActive: "active", register.IdentitySuspended: "suspended",
	register.IdentityRevoked: "revoked", register.IdentityRetired: "retired",
}

var identityClasses = map[uint8]string{
	register.ClassHuman: "human", register.ClassWorkload: "workload",
	register.ClassAgent: "agent", register.ClassBridge: "bridge",
}

func viewIdentity(id string, size uint64, s *register.IdentityState) *identityView {
	v := &identityView{Identity: id, Status: "none", Size: size}
	if s == nil {
		return v
	}
	v.Status, v.Class = identityStatuses[s.Status], identityClasses[s.Class]
	v.Key, v.Terms = statement.Digest(s.Key.Hash()).String(), statement.Digest(s.Terms).String()
	if s.NotAfter != register.None {
		v.NotAfter = statement.FormatTime(int64(s.NotAfter))
	}
	if s.CompromisedSince != register.None {
		v.CompromisedSince = statement.FormatTime(int64(s.CompromisedSince))
	}
	return v
}

func (v *identityView) print(out io.Writer, asJSON bool) error {
	if asJSON {
		if _, err := out.Write(jsonLine(v)); err != nil {
			return err
		}
		return v.exit()
	}
	if _, err := io.WriteString(out, v.text()); err != nil {
		return err
	}
	if v.History != nil {
		if err := printEvents(out, *v.History); err != nil {
			return err
		}
	}
	return v.tell(out)
}

func (v *identityView) text() string {
	if v.Status == "none" {
		return fmt.Sprintf("%s was never enrolled, as of size %d (proven)\n", v.Identity, v.Size)
	}
	text := fmt.Sprintf("%s: %s %s, as of size %d (proven)\n  key    %s\n  terms  %s\n", v.Identity, v.Class, v.Status, v.Size, v.Key, v.Terms)
	if v.NotAfter != "" {
		text += fmt.Sprintf("  ends   %s\n", v.NotAfter)
	}
	if v.CompromisedSince != "" {
		text += fmt.Sprintf("  compromised since %s\n", v.CompromisedSince)
	}
	return text
}
