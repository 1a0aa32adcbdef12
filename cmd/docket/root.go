package main

import (
	"runtime/debug"
	"strconv"

	"github.com/spf13/cobra"
)

// defaultDir is where all commands look unless --dir says otherwise.
const defaultDir = "docket-dev"

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "docket",
		Short: "a ledger that proves which version of a document was authoritative, and when",
		Long: `docket keeps a transparency log of document releases and of the workflows behind
them. A release is answered with a receipt: a file that proves, offline and without
trusting the server, that these bytes were a version of a document, from when to when
they were the authoritative one, and who asked, approved and executed.

Start here:
  docket demo                                  see it work, in one command
  docket serve --dev                           run a server with everything made for you
  docket release report.pdf --doc reports/1    release a file; writes report.pdf.docket
  docket verify report.pdf                     verify file, receipt and policy`,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.PersistentFlags().String("dir", defaultDir, "folder of the log and the client: DIR/log, DIR/client, DIR/anchor")
	root.PersistentFlags().String("token-file", "", "file with the bearer token for the server (default: as configured in DIR/client)")
	root.PersistentFlags().String("ca-file", "", "PEM file of the authorities that the server's certificate is from (default: as configured, else the system's)")
	for i, group := range commandGroups() {
		id := strconv.Itoa(i)
		root.AddGroup(&cobra.Group{ID: id, Title: group.title})
		for _, c := range group.commands {
			c.GroupID = id
			root.AddCommand(c)
		}
	}
	addCompletion(root)
	usageArgs(root)
	return root
}

// A commandGroup is a part of the help: commands for one kind of user.
type commandGroup struct {
	title    string
	commands []*cobra.Command
}

func commandGroups() []commandGroup {
	return []commandGroup{
		{"Documents:", []*cobra.Command{newRelease(), newWithdraw(), newDocument(), newReceipt(), newStaple()}},
		{"Who asked, approved and executed:", []*cobra.Command{
			newRequest(), newApprove(), newDeny(), newRevokeGrant(), newRun(), newStep(), newOutcome(), newAttest(), newSpool(),
			newIdentity(), newWorkflow(), newPolicy(),
		}},
		{"What is on record:", []*cobra.Command{newSearch(), newDossier(), newLineage(), newGrant(), newPack(), newAlerts()}},
		{"Verify, and watch a log that nobody has to trust:", []*cobra.Command{
			newVerify(), newVerifyEvidence(), newCheckpoint(), newProof(), newMonitor(), newAudit(), newWitness(),
		}},
		{"Run a log:", []*cobra.Command{newInit(), newServe(), newRawLog(), newKey(), newToken(), newBackup(), newRestore(), newFsck()}},
		{"Try it:", []*cobra.Command{newDemo(), newLoad()}},
	}
}

// usageArgs makes a wrong number of arguments an error of usage.
func usageArgs(c *cobra.Command) {
	check := c.Args
	if check != nil {
		c.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return usageError{err}
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		usageArgs(sub)
	}
}

// version names the build.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// dirOf returns the folders below --dir.
func dirOf(cmd *cobra.Command) folders {
	text := func(name string) string {
		value, err := cmd.Flags().GetString(name)
		if err != nil {
			panic(err) // a persistent flag of root
		}
		return value
	}
	return folders{dir: text("dir"), tokenFile: text("token-file"), caFile: text("ca-file")}
}
