package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/statement"
)

// standing is identity show as of a moment, or with all that was signed.
type standing struct {
	at     string
	size   uint64
	signed bool
}

// withStanding adds the flags of a moment to a command that shows an identity.
func withStanding(c *cobra.Command) *cobra.Command {
	s := &standing{}
	now := c.RunE
	c.Flags().StringVar(&s.at, "at", "", "as of this time by the log's clock, such as 2026-11-01T00:00:00Z")
	c.Flags().Uint64Var(&s.size, "as-of", 0, "as of this size of the log: entries below it count")
	c.Flags().BoolVar(&s.signed, "signed", false, "print all that it signed, proven complete")
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if !s.signed && !cmd.Flags().Changed("at") && !cmd.Flags().Changed("as-of") {
			return now(cmd, args)
		}
		return s.run(cmd, args[0])
	}
	return c
}

func (s *standing) run(cmd *cobra.Command, id string) error {
	history, _ := cmd.Flags().GetBool("history")
	moment := client.Moment{Size: s.size}
	var err error
	if moment.Time, err = timeFlag("--at", s.at); err != nil {
		return err
	}
	switch {
	case !statement.ValidID(id):
		return usage("%q is not an identity id", id)
	case cmd.Flags().Changed("as-of") && s.size == 0:
		return usage("--as-of is a size from 1")
	case s.size != 0 && s.at != "":
		return usage("--at or --as-of, not both")
	case history:
		return usage("--history is all of it: it goes with none of --at, --as-of and --signed")
	}
	r := &reading{}
	r.server, _ = cmd.Flags().GetString("server")
	r.json, _ = cmd.Flags().GetBool("json")
	cl, err := r.client(cmd)
	if err != nil {
		return err
	}
	found, err := cl.Standing(cmd.Context(), id, moment)
	if err != nil {
		return err
	}
	v := viewStanding(found, s.signed)
	if v.cosigning, err = cosigningOf(cl, found.History.Staple.Checkpoint); err != nil {
		return err
	}
	return r.print(cmd.OutOrStdout(), v)
}

// standingView is an identity as of a moment.
type standingView struct {
	*identityView
	AsOf   string         `json:"asOf"` // the moment, in words
	Since  *statementView `json:"since,omitempty"`
	Scope  *scopePart     `json:"scope,omitempty"` // of a member of the genesis policy none
	Next   *nextPart      `json:"next,omitempty"`  // the change that came after the moment
	Count  int            `json:"signedCount"`
	Signed []signedPart   `json:"signed,omitempty"`
	listed bool
}

type scopePart struct {
	Owner      string   `json:"owner"`
	Roles      []string `json:"roles"`
	Verbs      []string `json:"verbs"`
	Namespaces []string `json:"namespaces"`
	Tools      []string `json:"tools,omitempty"`
	Custody    string   `json:"custody"`
}

type nextPart struct {
	Index uint64 `json:"index"`
	Time  string `json:"time"`
	Kind  string `json:"kind"`
}

type signedPart struct {
	Index     uint64 `json:"index"`
	Time      string `json:"time"`
	Kind      string `json:"kind"`
	Statement string `json:"statement"`
}

func viewStanding(s *client.Standing, listed bool) *standingView {
	v := &standingView{identityView: viewIdentity(s.ID, s.Size, s.State), AsOf: momentText(s.At, s.Size), Count: len(s.Signed), listed: listed}
	v.Complete = complete
	if s.Since != nil {
		since := viewStatement(s.Since)
		v.Since = &since
	}
	if b := s.Scope(); b != nil {
		v.Scope = &scopePart{Owner: b.Owner, Roles: b.Roles, Verbs: b.Verbs, Namespaces: b.Namespaces, Tools: b.Tools, Custody: b.Custody}
	}
	if e := s.Next; e != nil {
		v.Next = &nextPart{e.Index, statement.FormatTime(int64(e.Time)), identityKinds[e.Kind]}
	}
	for i, e := range s.Signed {
		if listed {
			v.Signed = append(v.Signed, signedPart{e.Index, statement.FormatTime(int64(e.Time)), statement.Code(e.Kind).String(), s.Digests[i].String()})
		}
	}
	return v
}

func momentText(m client.Moment, size uint64) string {
	switch {
	case m.Size != 0:
		return fmt.Sprintf("size %d", m.Size)
	case !m.Time.IsZero():
		return statement.FormatTime(m.Time.UnixMilli()) + " by the log's clock"
	}
	return fmt.Sprintf("size %d", size)
}

func (v *standingView) text(out io.Writer) error {
	if v.Status == "none" {
		fmt.Fprintf(out, "%s was not enrolled, as of %s (proven at size %d)\n", v.Identity, v.AsOf, v.Size)
	} else {
		fmt.Fprintf(out, "%s: %s %s, as of %s (proven at size %d)\n", v.Identity, v.Class, v.Status, v.AsOf, v.Size)
	}
	var rows [][]string
	if v.Since != nil {
		rows = append(rows, []string{"since", v.Since.place(), v.Since.Kind + " by " + v.Since.Issuer}, []string{"key", v.Key})
	}
	if s := v.Scope; s != nil {
		rows = append(rows, []string{"owner", s.Owner}, []string{"roles", words(s.Roles)}, []string{"verbs", words(s.Verbs)},
			[]string{"namespaces", words(s.Namespaces)}, []string{"tools", words(s.Tools)}, []string{"custody", s.Custody})
	} else if v.Status != "none" {
		rows = append(rows, []string{"scope", "named by the genesis policy"})
	}
	for _, x := range [][2]string{{"ends", v.NotAfter}, {"compromised since", v.CompromisedSince}} {
		if x[1] != "" {
			rows = append(rows, x[:])
		}
	}
	if v.Next != nil {
		rows = append(rows, []string{"then", fmt.Sprintf("entry %d, %s", v.Next.Index, v.Next.Time), v.Next.Kind})
	}
	if err := labelled(out, rows); err != nil {
		return err
	}
	if v.listed {
		rows = nil
		for _, s := range v.Signed {
			rows = append(rows, []string{fmt.Sprintf("entry %d", s.Index), s.Time, s.Kind, s.Statement})
		}
		if err := table(out, rows); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "signed: %d, complete: %s\n", v.Count, complete)
	return v.say(out)
}

func words(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, " ")
}
