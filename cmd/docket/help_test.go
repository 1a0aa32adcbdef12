package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Every command that does something says what, shows an example that is one of
// its own, and explains every flag.
func TestEveryCommandHasHelp(t *testing.T) {
	root, seen := newRoot(), 0
	eachCommand(root, func(c *cobra.Command) {
		if c.Short == "" {
			t.Errorf("%s: no Short", c.CommandPath())
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Usage == "" {
				t.Errorf("%s --%s: no usage", c.CommandPath(), f.Name)
			}
		})
		if c.HasSubCommands() || c.HasParent() && c.Parent().Name() == "completion" {
			return
		}
		seen++
		for _, line := range strings.Split(c.Example, "\n") {
			if !strings.HasPrefix(line, "  "+c.CommandPath()) {
				t.Errorf("%s: the example %q is not of this command", c.CommandPath(), line)
			}
		}
	})
	if seen < 15 {
		t.Errorf("%d commands were looked at", seen)
	}
}

// An example's flags are flags of its command.
func TestExamplesParse(t *testing.T) {
	root := newRoot()
	eachCommand(root, func(c *cobra.Command) {
		if c.HasParent() && c.Parent().Name() == "completion" {
			return
		}
		for _, line := range strings.Split(c.Example, "\n") {
			if line = strings.TrimPrefix(line, "  "+c.CommandPath()); line == "" {
				continue
			}
			fresh, _, err := newRoot().Find(strings.Fields(c.CommandPath())[1:])
			if err != nil {
				t.Fatal(err)
			}
			if err := fresh.ParseFlags(strings.Fields(line)); err != nil {
				t.Errorf("%s%s: %v", c.CommandPath(), line, err)
			} else if err := fresh.Args(fresh, fresh.Flags().Args()); err != nil {
				t.Errorf("%s%s: %v", c.CommandPath(), line, err)
			}
		}
	})
}

// A name in the tables of completion is the name of a flag.
func TestCompletedFlagsExist(t *testing.T) {
	names := make(map[string]bool)
	eachCommand(newRoot(), func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) { names[f.Name] = true })
		c.PersistentFlags().VisitAll(func(f *pflag.Flag) { names[f.Name] = true })
	})
	all := slices.Concat(folderFlags, fileFlags)
	for name := range wordFlags {
		all = append(all, name)
	}
	for _, name := range all {
		if !names[name] {
			t.Errorf("no command has the flag --%s", name)
		}
	}
}
