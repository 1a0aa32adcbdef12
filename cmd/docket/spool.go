package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/spool"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

func newSpool() *cobra.Command {
	c := &cobra.Command{
		Use:   "spool",
		Short: "look at evidence that waits for the log, and send it",
		Example: `  docket spool list
  docket spool flush`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(newSpoolList(), newSpoolFlush())
	return c
}

// spoolView is what list prints.
type spoolView struct {
	Waiting []waitingView `json:"waiting"`
	Gaps    []spool.Gap   `json:"gaps"`    // numbers whose statements nobody has any more
	Torn    []string      `json:"torn"`    // files with bytes of records that could not be read
	Refused []string      `json:"refused"` // files with statements that the log refused
}

type waitingView struct {
	Emitter   string `json:"emitter"`
	Number    uint64 `json:"number"`
	Kind      string `json:"kind"`
	Run       string `json:"run,omitempty"`
	Statement string `json:"statement"`
	At        string `json:"at"` // by the signer's clock
	Late      string `json:"late,omitempty"`
}

func newSpoolList() *cobra.Command {
	var asJSON, forget bool
	c := &cobra.Command{
		Use:   "list",
		Short: "list what waits, and what is missing",
		Long: `list prints the evidence in DIR/client/spool that waits for the log, and whatever is
not as it should be: gaps, numbers whose statements nobody has any more; torn bytes of
records that a crash cut, which are put aside; statements that the log refused for
good. Exit code 1 if there are gaps or torn bytes; --forget says that you know of the
gaps, and ends their being reported.`,
		Example: `  docket spool list
  docket spool list --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			sp, err := dirOf(cmd).spool()
			if err != nil {
				return err
			}
			if forget {
				if err := sp.Forget(cmd.Context()); err != nil {
					return err
				}
			}
			state, err := sp.State(cmd.Context())
			if err != nil {
				return err
			}
			v := viewSpool(state)
			if asJSON {
				_, err = cmd.OutOrStdout().Write(jsonLine(v))
			} else {
				err = v.print(cmd.OutOrStdout())
			}
			return errors.Join(err, incomplete(state))
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().BoolVar(&forget, "forget", false, "report the gaps no more")
	return c
}

// incomplete is the error of a spool that lost something.
func incomplete(s *spool.State) error {
	if len(s.Gaps)+len(s.Torn) == 0 {
		return nil
	}
	return fmt.Errorf("the spool is not whole: %d gaps, %d torn records: what they held may be lost", len(s.Gaps), len(s.Torn))
}

func viewSpool(s *spool.State) spoolView {
	v := spoolView{Waiting: []waitingView{}, Gaps: append([]spool.Gap{}, s.Gaps...), Torn: append([]string{}, s.Torn...), Refused: append([]string{}, s.Refused...)}
	for _, r := range s.Waiting {
		v.Waiting = append(v.Waiting, waitingView{
			Emitter: r.Emitter, Number: r.Number, Kind: r.Statement.Code.String(), Run: r.Statement.Run, Statement: r.Digest().String(),
			At: statement.FormatTime(r.Statement.At), Late: r.Statement.Late,
		})
	}
	return v
}

func (v *spoolView) print(w io.Writer) error {
	text := ""
	for _, r := range v.Waiting {
		text += fmt.Sprintf("waits    %s %d  %s  %s  %s\n", r.Emitter, r.Number, r.At, r.Kind, r.Run)
	}
	for _, g := range v.Gaps {
		text += fmt.Sprintf("missing  %s\n", g)
	}
	for _, path := range v.Torn {
		text += fmt.Sprintf("torn     %s\n", path)
	}
	for _, path := range v.Refused {
		text += fmt.Sprintf("refused  %s\n", path)
	}
	_, err := fmt.Fprintf(w, "%s%d statements wait\n", text, len(v.Waiting))
	return err
}

func newSpoolFlush() *cobra.Command {
	var asJSON bool
	var server string
	c := &cobra.Command{
		Use:   "flush",
		Short: "send what waits to the log",
		Long: `flush sends the evidence that waits, oldest first, as it was signed. What the log has
already it gets the same receipt for again; what it refuses for good is kept in
DIR/client/spool/refused, and said. Exit code 5 if something still waits, 3 if
something was refused.`,
		Example: `  docket spool flush`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f := dirOf(cmd)
			sp, err := f.spool()
			if err != nil {
				return err
			}
			cl, _, err := f.newClient(server)
			if err != nil {
				return err
			}
			return flush(cmd, f, sp, cl, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().StringVar(&server, "server", "", "base URL of the server (default: as configured in DIR/client)")
	return c
}

// flushView is what flush prints.
type flushView struct {
	Admitted int `json:"admitted"`
	Refused  int `json:"refused"`
	Waiting  int `json:"waiting"`
}

// stillWaits says that a flush did not send everything.
type stillWaits struct {
	n   int
	err error
}

func (e stillWaits) Error() string { return fmt.Sprintf("%d statements still wait: %v", e.n, e.err) }
func (e stillWaits) Unwrap() error { return e.err }

func flush(cmd *cobra.Command, f folders, sp *spool.Spool, cl *client.Client, asJSON bool) error {
	ctx := cmd.Context()
	var problems []error
	done, err := sp.Flush(ctx, cl, func(r spool.Record, receipt *proofs.Receipt, err error) {
		if err != nil {
			problems = append(problems, fmt.Errorf("number %d of %s: %w", r.Number, r.Emitter, err))
			return
		}
		if err := f.keepReceipt(ctx, cl.Verifier, receipt); err != nil {
			problems = append(problems, err)
		}
	})
	if err != nil && done.Waiting > 0 {
		err = stillWaits{done.Waiting, err}
	}
	v := flushView{done.Admitted, done.Refused, done.Waiting}
	text := []byte(fmt.Sprintf("sent %d, refused %d, still waiting %d\n", v.Admitted, v.Refused, v.Waiting))
	if asJSON {
		text = jsonLine(v)
	}
	_, failed := cmd.OutOrStdout().Write(text)
	return errors.Join(append([]error{err, failed}, problems...)...)
}
