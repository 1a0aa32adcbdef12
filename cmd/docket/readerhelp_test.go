package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Each command that reads the log or writes to it shows how it is used, and prints
// JSON if it prints.
func TestHelpOfReaders(t *testing.T) {
	groups := map[string]bool{"checkpoint": true, "proof": true, "receipt": true, "search": true, "document": true, "identity": true, "withdraw": true,
		"dossier": true, "grant": true, "lineage": true, "policy": true, "workflow": true, "request": true, "approve": true,
		"deny": true, "revoke-grant": true, "run": true, "step": true, "outcome": true, "attest": true, "spool": true}
	found := 0
	var look func(c *cobra.Command)
	look = func(c *cobra.Command) {
		found++
		if c.Short == "" || !strings.Contains(c.Example, "docket "+strings.Fields(c.UseLine())[1]) {
			t.Errorf("%s: no example of its own: %q", c.CommandPath(), c.Example)
		}
		if !c.HasSubCommands() && (c.Long == "" || c.Flags().Lookup("json") == nil) {
			t.Errorf("%s: no text, or no --json", c.CommandPath())
		}
		for line := range strings.Lines(c.Long) {
			if len(line) > 88 {
				t.Errorf("%s: a line of %d bytes: %q", c.CommandPath(), len(line), line)
			}
		}
		for _, sub := range c.Commands() {
			look(sub)
		}
	}
	for _, c := range newRoot().Commands() {
		if groups[c.Name()] {
			delete(groups, c.Name())
			look(c)
		}
	}
	if len(groups) != 0 || found < 16 {
		t.Errorf("%d commands, not found: %v", found, groups)
	}
}
