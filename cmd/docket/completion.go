package main

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// What the values of flags complete to, by the name of the flag; a flag means the
// same in every command. Flags that are not here take words of the user's own.
var (
	folderFlags = []string{"dir", "anchor", "keep"}
	fileFlags   = []string{"policy", "password-file", "receipt", "staple", "file", "token-file", "ca-file", "input", "output", "runner", "source", "public-key", "tokens", "tls-cert", "tls-key"}
	wordFlags   = map[string][]string{
		"type":   {"p256\tfor an identity", "ed25519\tfor a log or a cosigner"},
		"class":  {"human", "workload", "agent", "bridge"},
		"role":   {"registrar", "privacy"},
		"verb":   {"document.release", "document.withdraw"},
		"result": {"ok", "error", "skipped"},
		"cause":  {"policy", "connector_timeout", "missing_mapping", "denied", "input", "internal"},

		"grant-for": {
			"document.release", "document.withdraw", "step.intent", "workflow.define", "workflow.retire", "policy.set",
			"identity.enroll", "identity.rotate", "identity.resume", "decision.grant",
		},
		"trigger":         {"human", "schedule", "event", "api", "agent"},
		"meaning":         {"review", "approval", "responsibility", "authorship"},
		"override":        {"approval", "level", "destinations", "maxAttempts", "maxDuration"},
		"override-reason": {"emergency", "outage", "legal", "safety", "other"},

		"format": {"tlog-proof\tC2SP", "sigstore-bundle\tv0.3, with its trusted root"},

		"log-format": {"text", "json"},
		"log-level":  {"debug", "info", "warn", "error"},
	}
	// reasons differ by the command.
	reasons = map[string][]string{
		"withdraw": {"superseded", "error", "legal", "privacy", "expired", "other"},
		"revoke":   {"keyCompromise", "cessation", "affiliationChanged", "superseded", "other"},
		"suspend":  {"investigation", "inactivity", "absence", "other"},
		"resume":   {"resolved", "returned", "error", "other"},
		"retire":   {"cessation", "affiliationChanged", "superseded", "other"},
		"cancel":   {"superseded", "duplicate", "error", "other"},
		"deny":     {"policy", "incomplete", "incorrect", "risk", "duties", "other"},

		"revoke-grant": {"error", "superseded", "policy", "risk", "keyCompromise", "other"},
	}
)

// addCompletion makes docket completion, which cobra adds, offer the values of
// flags too.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	if c, _, err := root.Find([]string{"completion"}); err == nil {
		refuseUnknownShell(c)
	}
	eachCommand(root, func(c *cobra.Command) {
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			// A flag of a parent is completed there.
			if complete := completionOf(c, f.Name); complete != nil && c.InheritedFlags().Lookup(f.Name) == nil {
				if err := c.RegisterFlagCompletionFunc(f.Name, complete); err != nil {
					panic(err) // registered twice
				}
			}
		})
	})
}

// refuseUnknownShell makes a shell that docket completion does not know wrong use:
// cobra would print help, and a script would take that for completions.
func refuseUnknownShell(c *cobra.Command) {
	c.Args = func(_ *cobra.Command, args []string) error {
		if len(args) > 0 {
			return usage("no completion for %q: bash, zsh, fish or powershell", args[0])
		}
		return nil
	}
	c.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
}

// completionOf returns what the values of a flag complete to, or nil.
func completionOf(c *cobra.Command, flag string) cobra.CompletionFunc {
	words := wordFlags[flag]
	if flag == "reason" {
		words = reasons[c.Name()]
	}
	switch {
	case words != nil:
		return cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)
	case slices.Contains(folderFlags, flag):
		return cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs)
	case slices.Contains(fileFlags, flag):
		return cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault)
	case flag == "as":
		return completeIdentity
	}
	return nil
}

// completeIdentity offers the identities whose keys are in the client folder.
func completeIdentity(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	files, err := filepath.Glob(dirOf(cmd).keyFile("*"))
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var ids []string
	for _, file := range files {
		id := strings.TrimSuffix(filepath.Base(file), ".key")
		ids = append(ids, strings.ReplaceAll(id, "+", "/"))
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}

// eachCommand calls f for c and all commands below it.
func eachCommand(c *cobra.Command, f func(*cobra.Command)) {
	f(c)
	for _, sub := range c.Commands() {
		eachCommand(sub, f)
	}
}
