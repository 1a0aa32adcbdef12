// Command docket is a transparency-log ledger for documents: a server that
// appends signed releases to a Merkle tree and answers with receipts, and the
// client that makes, keeps and verifies them.
//
//	docket serve --dev                        a server with everything made for you
//	docket release report.pdf --doc reports/1 release it; report.pdf.docket is its receipt
//	docket verify report.pdf                  check file, receipt and policy, offline too
//
// Exit codes of verify are those of its verdict (docs/spec/receipt.md): 0, 10, 11,
// 12, 13, 20, 30 and 40. For all commands: 0 done; 1 I/O or network, an answer that
// does not verify, local damage, or an interrupt; 2 usage, 3 refused by the server,
// 4 damage found by fsck or in a backup, 5 evidence that is durable in the spool and waits for the
// log, 11 a checkpoint that fewer cosigners vouch for than is demanded, 20 the log
// never released these bytes, or withholds what an audit needs, 30 the log contradicts
// itself or its rules, 40 a checkpoint, proof or receipt that does not hold, 70 the
// server stopped on a doubt.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process, whatever it does
	os.Exit(run(ctx, os.Args[1:]))
}

// run executes one command line and returns its exit code.
func run(ctx context.Context, args []string) int {
	root := newRoot()
	root.SetArgs(args)
	defer endInterrupted(ctx, root, args)()
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	code := exitCode(err)
	var verdict *verdictError
	if !errors.As(err, &verdict) && !onlyChild(err) { // they were printed already
		fmt.Fprintf(root.ErrOrStderr(), "docket: %v\n", err)
		sayEvidence(root, err)
		if code == exitUsage {
			fmt.Fprintf(root.ErrOrStderr(), "docket: see docket --help\n")
		}
	}
	return code
}

// onlyChild says that nothing went wrong but with the command that was run.
func onlyChild(err error) bool {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		_, ok := err.(childError)
		return ok
	}
	for _, e := range joined.Unwrap() {
		if !onlyChild(e) {
			return false
		}
	}
	return true
}

// sayEvidence keeps what an error carries of a log that contradicts itself.
func sayEvidence(root *cobra.Command, err error) {
	dir, _ := root.PersistentFlags().GetString("dir")
	path, failed := folders{dir: dir}.keepEvidence(err)
	switch {
	case failed != nil:
		fmt.Fprintf(root.ErrOrStderr(), "docket: the checkpoints could not be kept: %v\n", failed)
	case path != "":
		fmt.Fprintf(root.ErrOrStderr(), "docket: both signed checkpoints are in %s\n", path)
	}
}

// Exit codes beside those of verdicts.
const (
	exitIO      = 1  // input, output or network
	exitUsage   = 2  // wrong flags or arguments
	exitRefused = 3  // refused by the server
	exitDoubt   = 70 // the server stopped on a doubt; the store's own code too
)

// usageError is wrong use of the command line.
type usageError struct{ error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// verdictError carries the exit code of a verdict that was printed.
type verdictError struct{ code int }

func (e *verdictError) Error() string { return fmt.Sprintf("verdict with exit code %d", e.code) }

// doubtError says that the log stopped signing.
type doubtError struct{ error }

func (e doubtError) Unwrap() error { return e.error }

// exitCode maps errors to exit codes, in one place.
func exitCode(err error) int {
	var (
		verdict *verdictError
		wrong   usageError
		refused *client.Refused
		doubt   doubtError
		fork    *client.ForkError
		never   *neverReleased
		late    *sealedOnly
		spooled spooledError
		waiting stillWaits
		child   childError
		unrun   notStarted
		bad     badBackup
	)
	switch {
	case errors.As(err, &child): // the command's own word comes first
		return child.code
	case errors.As(err, &unrun):
		return unrun.code
	case errors.As(err, &verdict):
		return verdict.code
	case errors.As(err, &wrong):
		return exitUsage
	case errors.As(err, &doubt):
		return exitDoubt
	case errors.As(err, &fork):
		return proofs.ExitContradicted
	case errors.As(err, &never):
		return proofs.ExitUnknown
	case errors.As(err, &late):
		return proofs.ExitCosigners
	case errors.As(err, &spooled), errors.As(err, &waiting):
		return exitSpooled
	case errors.As(err, &bad):
		return exitDamage
	case errors.As(err, &refused):
		return exitRefused
	}
	return exitIO
}
