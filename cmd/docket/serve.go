package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/fsck"
	"github.com/docketlog/docket/storage/anchor"
	"github.com/docketlog/docket/storage/pebblestore"
)

// serveOptions are the flags of serve and raw-log.
type serveOptions struct {
	identities   serverIdentities
	alerts       alertOptions
	listen       string
	passwordFile string
	minFree      uint64 // MiB
	anchorDir    string
	scrub        int64  // MiB per second
	quarantine   int64  // MiB
	tokens       string // file
	backups      string // folder
	readOnly     bool
	anchorLog    anchorLogOptions
	quota        int
	witnesses    string // file
	attest       time.Duration
	tlsCert      string
	tlsKey       string
	logFormat    string
	logLevel     string

	given func(flag string) bool // whether it stands on the command line; nil: none does
}

func (o *serveOptions) flags(c *cobra.Command, listen string) {
	flags := c.Flags()
	flags.StringVar(&o.listen, "listen", listen, "address to listen on; port 0 picks a free one")
	flags.StringVar(&o.passwordFile, "password-file", "", "file with the password of the log key (default DIR/log/key-password)")
	flags.Uint64Var(&o.minFree, "min-free", log.DefaultMinFree>>20, "MiB that must be free on the store's disk to admit submissions; 0: no mark, and a full disk stops the log")
	flags.StringVar(&o.anchorDir, "anchor", "", "folder of the anchor, neither the store's nor below it (default DIR/anchor)")
	flags.Int64Var(&o.scrub, "scrub", fsck.DefaultRate>>20, "MiB per second at which the stored rows are read again, for ever, to find damage; 0: never")
	flags.StringVar(&o.tokens, "tokens", "", "file with the tokens of clients; docket token new makes a line of it")
	flags.StringVar(&o.backups, "backups", "", "folder below which the server makes a backup when docket backup asks for one; neither the store's nor the anchor's")
	flags.BoolVar(&o.readOnly, "read-only", false, "show what is there, sign and admit nothing: for a log that has ended")
	flags.StringVar(&o.anchorLog.dir, "anchor-log", "", "folder of a client of another docket log, where this log's checkpoints go on record, and are read before it signs after a start")
	flags.StringVar(&o.anchorLog.id, "anchor-log-as", "", "identity that signs there, and signs nothing else (default: the one that the client's configuration names)")
	flags.DurationVar(&o.anchorLog.every, "anchor-log-every", 10*time.Second, "how often the newest checkpoint goes on record there, if it is new; at the end of the server too")
	o.given = flags.Changed
	flags.IntVar(&o.quota, "quota", 0, "statements per second that one client may submit, with bursts of twice as many; 0: any number\n(default 0 on the loopback, 200 elsewhere)")
	flags.StringVar(&o.witnesses, "witnesses", "", "policy (C2SP tlog-policy) whose witnesses, by their URLs, are asked to cosign; its quorum makes receipts final")
	flags.DurationVar(&o.attest, "attest-cosigned", attestEvery, "how often the log attests its newest cosigned checkpoint, if there is a new one; 0: never")
	flags.StringVar(&o.tlsCert, "tls-cert", "", "PEM file with the server's certificate and those above it; read again when it changes")
	flags.StringVar(&o.tlsKey, "tls-key", "", "PEM file with the certificate's private key")
	flags.StringVar(&o.logFormat, "log-format", "text", "form of the lines on stderr: text or json")
	flags.StringVar(&o.logLevel, "log-level", "info", "least level of the lines on stderr: debug, info, warn or error; debug has a line per request")
}

// check refuses what no disk has. MiB become bytes: a number that wraps around
// would be another one.
func (o *serveOptions) check() error {
	switch {
	case o.minFree > maxMiB:
		return usage("--min-free %d: 0 to %d MiB", o.minFree, maxMiB)
	case o.attest < 0:
		return usage("--attest-cosigned %v: a duration such as 1h, or 0", o.attest)
	case o.scrub < 0 || o.scrub > maxMiB:
		return usage("--scrub %d: 0 to %d MiB per second", o.scrub, maxMiB)
	case o.quarantine < 0 || o.quarantine > maxMiB:
		return usage("--quarantine %d: 0 to %d MiB", o.quarantine, maxMiB)
	}
	return nil
}

// maxMiB is 1 PiB.
const maxMiB = 1 << 30

// freeMark is the free space in bytes below which nothing is admitted. For the log
// 0 is its default, so no mark is the least one there is.
func (o *serveOptions) freeMark() uint64 { return max(o.minFree<<20, 1) }

func newServe() *cobra.Command {
	var o serveOptions
	var dev bool
	c := &cobra.Command{
		Use:         "serve",
		Annotations: draining(),
		Short:       "run the log server",
		Long: `serve runs the log in DIR/log: it admits statements, appends them, seals and
signs each batch, and answers with receipts. It stops cleanly on SIGINT or
SIGTERM, after it has answered what it admitted; a second one cuts that short.

With --tokens, whoever submits or reads what statements say needs a token. Without
it, a server on the loopback is open to whoever is on this machine, and one that
is reached from elsewhere serves only what is public: checkpoints, tiles, and
proofs about the tree.

With --dev, and no log in DIR yet, it first makes one for trying docket out: keys,
identities, and a policy that allows direct releases everywhere.

It refuses to start, and signs nothing, when the store is damaged, is older than
what the log has signed (a restored backup), or when its anchor is missing.`,
		Example: `  docket serve --dev
  docket serve --dir /srv/docket --listen 127.0.0.1:8070 --anchor /mnt/other-disk/anchor
  docket serve --dir /srv/docket --listen :443 --tokens /etc/docket/tokens --tls-cert log.pem --tls-key log.key`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := errors.Join(o.check(), o.identities.check(), o.alerts.check(o.witnesses != "")); err != nil {
				return err
			}
			f := dirOf(cmd)
			f.anchorDir = o.anchorDir
			out := cmd.OutOrStdout()
			if dev {
				if err := ensureDev(cmd.Context(), f, o.listen, out); err != nil {
					return err
				}
			}
			config, err := f.serverConfig()
			if err != nil {
				return err
			}
			if config.Mode != string(log.Sealed) {
				return fmt.Errorf("%s holds a %s log: docket raw-log serves it", f.log(), config.Mode)
			}
			ready := func(url string, size uint64, sealed time.Time) {
				fmt.Fprintf(out, "log %s, size %d, last seal %s: if more than that was released, this is an old copy\n",
					config.Origin, size, sealed.UTC().Format(time.RFC3339))
				announce(out, f, url, config.Dev)
			}
			return o.serve(cmd.Context(), f, config, cmd.ErrOrStderr(), ready)
		},
	}
	o.flags(c, "127.0.0.1:8070")
	o.identities.flags(c)
	o.alerts.flags(c)
	c.Flags().Int64Var(&o.quarantine, "quarantine", quarantineSize, "MiB of refused statements to keep in DIR/log/quarantine, the newest ones; 0: none")
	c.Flags().BoolVar(&dev, "dev", false, "make a log for development if there is none in DIR")
	return c
}

// ensureDev makes a development log unless one is there.
func ensureDev(ctx context.Context, f folders, listen string, out io.Writer) error {
	config, err := f.serverConfig()
	if err == nil {
		if !config.Dev {
			return usage("%s holds a log that was not made by --dev: start it without --dev", f.log())
		}
		return nil
	}
	if _, statErr := os.Stat(filepath.Join(f.log(), "config.json")); !errors.Is(statErr, fs.ErrNotExist) {
		return err
	}
	return devSetup("http://"+listen).create(ctx, f, out)
}

// announce says where the server is, and in a development log what to paste next.
func announce(out io.Writer, f folders, url string, dev bool) {
	fmt.Fprintf(out, "serving on %s\n", url)
	if !dev {
		return
	}
	dir := ""
	if f.dir != defaultDir {
		dir = " --dir " + f.dir
	}
	fmt.Fprintf(out, "now, in another terminal in this folder:\n  ./docket release%s report.pdf --doc reports/1\n  ./docket verify%s report.pdf\n", dir, dir)
}

// serve opens the log and serves it until ctx ends or the log stops on a doubt.
func (o *serveOptions) serve(ctx context.Context, f folders, config serverConfig, stderr io.Writer, ready func(url string, size uint64, sealed time.Time)) (err error) {
	site, err := o.newSite(stderr)
	if err != nil {
		return err
	}
	if err := errors.Join(anchor.Apart(f.anchor(), f.store()), o.mayServe(config)); err != nil {
		return err
	}
	if o.readOnly {
		return o.serveReadOnly(ctx, site, f, config, ready)
	}
	signer, err := loadLogSigner(f.log(), o.passwordFile, config.Origin, config.signing()...)
	if err != nil {
		return err
	}
	if site.sinks, err = o.alerts.sinks(f.deadLetters(), config.Origin, site.logger); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeSinks(site.sinks)) }()
	if err := o.memories(site, f, config, signer); err != nil {
		return err
	}
	store, err := pebblestore.Open(f.store(), pebblestore.Options{Event: storeEvents(site.logger)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	a, err := anchor.Open(f.anchor())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	c := log.Config{
		Origin: config.Origin, Mode: log.Mode(config.Mode), Store: store, Anchor: a, Signer: signer,
		MinFree: o.freeMark(), Events: site.witnesses.events(site.metrics.Events(logEvents(site.logger))), Confirm: log.ConfirmAll(site.witnesses.confirm(ctx), site.anchorLog.confirm(ctx)),
	}
	if err := o.makesBackups(site, f, config, store); err != nil {
		return err
	}
	closeRefusals, err := o.refusals(site, f, &c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeRefusals()) }()
	l, err := log.Open(c)
	if err != nil {
		return err
	}
	site.sayMute(l)
	return o.serveLog(ctx, site, f, config, c, l, ready)
}

// memories opens what remembers the log elsewhere, and is asked before it signs: its
// witnesses, and the second log.
func (o *serveOptions) memories(site *site, f folders, config serverConfig, signer *log.Signer) (err error) {
	if site.witnesses, err = readWitnesses(o.witnesses, signer.Keys(), site.logger); err != nil {
		return err
	}
	site.witnesses.alarm(&disputes{
		sinks: site.sinks, shelf: evidenceShelf{f.logEvidence(), site.logger}, logger: site.logger, told: make(map[string]bool),
	})
	site.anchorLog, err = o.anchorLog.open(config.Origin, site)
	return err
}

// serveLog runs what works beside the log, and answers requests until the end. All of
// it has ended when it returns: the store may be closed then.
func (o *serveOptions) serveLog(ctx context.Context, site *site, f folders, config serverConfig, c log.Config, l *log.Log, ready func(url string, size uint64, sealed time.Time)) error {
	defer site.startScrub(ctx, l, c.Store, o.scrub)()
	endAttest, err := site.startAttest(ctx, o.attest, c.Identity, f, l)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer endAttest()
	endMonitor, err := site.startMonitor(ctx, o, f, config, l)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer endMonitor()
	return site.listenAndServe(ctx, l, f, ready)
}
