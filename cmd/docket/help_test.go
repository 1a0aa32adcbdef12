package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Every command that does something says what, shows an example of itself, and
// explains every flag.
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
		if len(examplesOf(c)) == 0 {
			t.Errorf("%s: no example of it in %q", c.CommandPath(), c.Example)
		}
	})
	if seen < 15 {
		t.Errorf("%d commands were looked at", seen)
	}
}

// substituted is what a shell puts in place of a command: one argument.
var substituted = regexp.MustCompile(`"\$\([^)]*\)"`)

// examplesOf returns the arguments of each example that begins with the command.
func examplesOf(c *cobra.Command) (examples [][]string) {
	for _, line := range strings.Split(c.Example, "\n") {
		if rest, ok := strings.CutPrefix(line+" ", "  "+c.CommandPath()+" "); ok {
			examples = append(examples, strings.Fields(substituted.ReplaceAllString(rest, "value")))
		}
	}
	return examples
}

// The flags of an example are flags of its command, and it has as many arguments
// as the command takes.
func TestExamplesParse(t *testing.T) {
	eachCommand(newRoot(), func(c *cobra.Command) {
		if c.HasSubCommands() {
			return // its examples are of those
		}
		for _, args := range examplesOf(c) {
			fresh, _, err := newRoot().Find(strings.Fields(c.CommandPath())[1:])
			if err != nil {
				t.Fatal(err)
			}
			if err := fresh.ParseFlags(args); err != nil {
				t.Errorf("%s %v: %v", c.CommandPath(), args, err)
			} else if err := fresh.ValidateArgs(fresh.Flags().Args()); err != nil {
				t.Errorf("%s %v: %v", c.CommandPath(), args, err)
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
