package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/server"
	"github.com/docketlog/docket/storage/anchor"
	"github.com/docketlog/docket/storage/pebblestore"
)

// drainTime is how long a server that was told to stop waits for answers that
// it owes.
const drainTime = 30 * time.Second

// serveOptions are the flags of serve and raw-log.
type serveOptions struct {
	listen       string
	passwordFile string
	minFree      uint64 // MiB
	anchorDir    string
}

func (o *serveOptions) flags(c *cobra.Command, listen string) {
	flags := c.Flags()
	flags.StringVar(&o.listen, "listen", listen, "address to listen on; port 0 picks a free one")
	flags.StringVar(&o.passwordFile, "password-file", "", "file with the password of the log key (default DIR/log/key-password)")
	flags.Uint64Var(&o.minFree, "min-free", log.DefaultMinFree>>20, "MiB that must be free on the store's disk to admit submissions")
	flags.StringVar(&o.anchorDir, "anchor", "", "folder of the anchor, neither the store's nor below it (default DIR/anchor)")
}

func newServe() *cobra.Command {
	var o serveOptions
	var dev bool
	c := &cobra.Command{
		Use:   "serve",
		Short: "run the log server",
		Long: `serve runs the log in DIR/log: it admits statements, appends them, seals and
signs each batch, and answers with receipts. It stops cleanly on SIGINT or
SIGTERM, after it has answered what it admitted.

With --dev, and no log in DIR yet, it first makes one for trying docket out: keys,
identities, and a policy that allows direct releases everywhere.

It refuses to start, and signs nothing, when the store is damaged, is older than
what the log has signed (a restored backup), or when its anchor is missing.`,
		Example: `  docket serve --dev
  docket serve --dir /srv/docket --listen 127.0.0.1:8070 --anchor /mnt/other-disk/anchor`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
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
	logger := slog.New(slog.NewTextHandler(stderr, nil))
	if err := anchor.Apart(f.anchor(), f.store()); err != nil {
		return err
	}
	signer, err := loadLogSigner(f.log(), o.passwordFile, config.Origin)
	if err != nil {
		return err
	}
	store, err := pebblestore.Open(f.store(), pebblestore.Options{Event: storeEvents(logger)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	a, err := anchor.Open(f.anchor())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	l, err := log.Open(log.Config{
		Origin: config.Origin, Mode: log.Mode(config.Mode), Store: store, Anchor: a, Signer: signer,
		MinFree: o.minFree << 20, Events: logEvents(logger),
	})
	if err != nil {
		return err
	}
	return o.listenAndServe(ctx, l, f, ready)
}

// listenAndServe answers requests until the end, then closes the log.
func (o *serveOptions) listenAndServe(ctx context.Context, l *log.Log, f folders, ready func(url string, size uint64, sealed time.Time)) error {
	listener, err := net.Listen("tcp", o.listen)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	url := "http://" + listener.Addr().String()
	v := l.View()
	size, sealed := v.Size(), v.Time()
	v.Release()
	if err := noteServer(f, url); err != nil {
		return errors.Join(err, listener.Close(), l.Close())
	}
	h := server.HTTPServer(server.New(l))
	served := make(chan error, 1)
	go func() { served <- h.Serve(listener) }()
	ready(url, size, sealed)
	select {
	case <-ctx.Done():
	case <-l.Done():
	case err = <-served:
	}
	// The server answers what it admitted before the log closes.
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	if shutdown := h.Shutdown(drain); shutdown != nil {
		err = errors.Join(err, shutdown, h.Close())
	}
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	if stopped := l.Close(); stopped != nil {
		return doubtError{stopped}
	}
	return err
}

// noteServer tells a development client on this machine where its server is.
func noteServer(f folders, url string) error {
	config, err := f.clientConfig()
	if err != nil || !config.Dev || config.Server == url {
		return nil // the client is elsewhere, or knows
	}
	config.Server = url
	return writeConfig(filepath.Join(f.client(), "config.json"), config)
}

// logEvents turns what the log tells into lines.
func logEvents(logger *slog.Logger) log.Events {
	return log.Events{
		Recovered: func(size uint64) {
			logger.Info("signed the durable tree head that the last run did not come to sign", "size", size)
		},
		Published: func(b log.Batch) {
			logger.Debug("published", "size", b.Size, "leaves", b.Leaves, "registers", b.Registers, "bytes", b.Bytes)
		},
		Stopped: func(err error) { logger.Error("stopped: nothing more is signed", "error", err) },
	}
}

func storeEvents(logger *slog.Logger) func(pebblestore.Event) {
	return func(e pebblestore.Event) { logger.Warn("store", "event", e) }
}
