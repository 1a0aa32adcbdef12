package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/client"
)

// load is one run of docket load.
type load struct {
	folders   folders
	server    string
	count     uint64
	documents uint64 // 0: each release is of a new document
	batch     int
	clients   int
	chunk     int
	verify    float64 // percent
	prefix    string
	serverPID int
	self      bool
	replay    bool
	json      bool

	stderr io.Writer
	client *client.Client
	config clientConfig
	maker  *maker
	sender *sender
	report loadReport
}

func newLoad() *cobra.Command {
	l := &load{}
	c := &cobra.Command{
		Use:         "load",
		Annotations: draining(),
		Short:       "submit many releases to a server and measure it",
		Long: `load makes direct releases of made-up documents, signs them with the key of
DIR/client's pipeline, submits them, and reports what the server did. They are
real entries and stay in the log for ever: use a log that you can throw away.

It signs a chunk ahead, then submits it, in turns: the submit rate counts only
the time of submitting. The status of each answer is checked, and that it is the
receipt of what was sent; --verify percent of the receipts are verified in full.
At the end the newest checkpoint must extend that of the start, and by as many
entries at least as were admitted. A 429 or 503 is waited for and tried again; other refusals are counted
by code, and make the exit code 3.

With --self it makes a log in DIR, serves it for the load, and then checks every
row of it, as docket fsck does; otherwise stop the server and run docket fsck.

With --documents M the releases are successive versions of M documents. Those of
one document are sent in order, over one connection.`,
		Example: `  docket load --count 100000 --clients 256
  docket load --count 100000 --batch 1000 --documents 500 --json
  docket load --self --dir /tmp/try --count 20000 --replay`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			l.folders, l.stderr = dirOf(cmd), cmd.ErrOrStderr()
			if err := l.check(); err != nil {
				return err
			}
			var err error
			if l.self {
				err = l.runSelf(cmd)
			} else {
				err = l.run(cmd.Context())
			}
			if errors.Is(err, errLoad) || err == nil {
				err = errors.Join(err, l.print(cmd.OutOrStdout()))
			}
			return err
		},
	}
	l.flags(c)
	return c
}

// errLoad: the load went through, but not all of it is as it must be. The report
// is printed all the same.
var errLoad = errors.New("the log did not do what it must")

// run loads the server. It ends at the first answer that is wrong.
func (l *load) run(ctx context.Context) error {
	if err := l.prepare(); err != nil {
		return err
	}
	before, _, err := l.client.Checkpoint(ctx)
	if err != nil {
		return err
	}
	l.report.SizeBefore = before.Size
	for l.maker.made < l.count {
		if err := l.turn(ctx, min(l.count-l.maker.made, uint64(l.chunk))); err != nil {
			return err
		}
	}
	l.report.add(l.sender)
	l.report.memory(l.serverPID)
	after, _, err := l.client.Checkpoint(ctx) // proves that it extends the first
	if err != nil {
		return err
	}
	return l.judge(after.Size)
}

// prepare loads key and policy and makes ready to send.
func (l *load) prepare() (err error) {
	if l.client, l.config, err = l.folders.newClient(l.server); err != nil {
		return err
	}
	author, err := l.folders.author(l.config.Origin, l.config.Identity)
	if err != nil {
		return err
	}
	if l.prefix == "" {
		var b [4]byte
		if _, err := rand.Read(b[:]); err != nil {
			return err
		}
		l.prefix = "load/" + hex.EncodeToString(b[:]) + "/"
	}
	l.maker = newMaker(author, l.prefix, l.documents, l.clients, l.batch)
	l.sender = newSender(l.client, l.clients, l.batch, l.verify)
	l.report = loadReport{
		Origin: l.config.Origin, Server: l.client.Server, Identity: l.config.Identity, Prefix: l.prefix,
		Count: l.count, Documents: l.documents, Batch: l.batch, Clients: l.clients,
	}
	return nil
}

// turn signs n releases, submits them, and verifies the receipts that it chose.
func (l *load) turn(ctx context.Context, n uint64) error {
	start := time.Now()
	lanes, err := l.maker.make(n)
	if err != nil {
		return err
	}
	signed := time.Now()
	l.report.signing += signed.Sub(start)
	if err := l.sender.send(ctx, lanes); err != nil {
		return err
	}
	submitting := time.Since(signed)
	l.report.submitting += submitting
	fmt.Fprintf(l.stderr, "%d of %d: signed %.0f/s, submitted %.0f/s\n",
		l.maker.made, l.count, rate(n, signed.Sub(start)), rate(n, submitting))
	verified, err := l.sender.verifySamples(l.client.Verifier, l.prefix, l.documents)
	l.report.Verified += verified
	return err
}

// judge says whether the log is as the answers promised.
func (l *load) judge(size uint64) error {
	r := &l.report
	r.SizeAfter = size
	if r.SizeAfter < r.SizeBefore+r.Admitted {
		return fmt.Errorf("%w: it grew from size %d to %d and admitted %d entries", errLoad, r.SizeBefore, r.SizeAfter, r.Admitted)
	}
	if len(r.Refused) > 0 {
		return fmt.Errorf("%w: %w", errLoad, r.refusal())
	}
	return nil
}

func (l *load) print(w io.Writer) error {
	if l.json {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(&l.report)
	}
	_, err := io.WriteString(w, strings.TrimSuffix(l.report.String(), "\n")+"\n")
	return err
}
