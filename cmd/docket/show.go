package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
)

// shown is the state of one register, verified, as it is printed.
type shown interface {
	print(out io.Writer, asJSON bool) error
}

// showing completes a command that shows the register of one id, or with --history
// all its events. what is the word for such an id.
func showing(c *cobra.Command, what string, valid func(id string) bool, read func(ctx context.Context, cl *client.Client, id string, history bool) (shown, error)) *cobra.Command {
	var server string
	var asJSON, history bool
	c.Args = cobra.ExactArgs(1)
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if !valid(args[0]) {
			return usage("%q is not %s", args[0], what)
		}
		cl, _, err := dirOf(cmd).newClient(server)
		if err != nil {
			return err
		}
		v, err := read(cmd.Context(), cl, args[0], history)
		if err != nil {
			return err
		}
		return v.print(cmd.OutOrStdout(), asJSON)
	}
	c.Flags().StringVar(&server, "server", "", "base URL of the server (default: as configured in DIR/client)")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().BoolVar(&history, "history", false, "print every event, proven complete")
	return c
}

// stateOf parses the state that a history came to; nil: there is no register.
func stateOf[S any](h *client.History, parse func([]byte) (S, error)) (*S, error) {
	if h.State == nil {
		return nil, nil
	}
	state, err := parse(h.State)
	return &state, err
}
