package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/log/server"
	"github.com/docketlog/docket/log/witness"
	"github.com/docketlog/docket/storage/pebblestore"
)

// witnessStore are the options of a witness's store: one row for each log.
var witnessStore = pebblestore.Options{CacheSize: 8 << 20, MemTableSize: 4 << 20}

// witnessReadTimeout is for how long one request is read: it has a few kilobytes.
const witnessReadTimeout = 10 * time.Second

type witnessOptions struct {
	listen, tlsCert, tlsKey, logFormat, logLevel string
}

func newWitnessServe() *cobra.Command {
	var o witnessOptions
	c := &cobra.Command{
		Use:         "serve",
		Annotations: draining(),
		Short:       "answer the logs that ask for cosignatures",
		Long: `serve answers POST /add-checkpoint from the logs in DIR/witness/logs, and shows
at /<SHA-256 of the origin>/checkpoint what it cosigned last. Each cosigned
checkpoint is on the disk before its answer leaves. A signed checkpoint that
contradicts what the witness holds is never cosigned: both are kept in a file of
DIR/witness/evidence, which docket verify-evidence checks.

To watch another log, add a line to DIR/witness/logs and start it again.`,
		Example: `  docket witness serve --dir /srv/witness --listen 127.0.0.1:8071
  docket witness serve --dir /srv/witness --listen :443 --tls-cert w.pem --tls-key w.key`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	flags := c.Flags()
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8071", "address to listen on; port 0 picks a free one")
	flags.StringVar(&o.tlsCert, "tls-cert", "", "PEM file with the server's certificate and those above it; read again when it changes")
	flags.StringVar(&o.tlsKey, "tls-key", "", "PEM file with the certificate's private key")
	flags.StringVar(&o.logFormat, "log-format", "text", "form of the lines on stderr: text or json")
	flags.StringVar(&o.logLevel, "log-level", "info", "least level of the lines on stderr: debug, info, warn or error")
	return c
}

func (o *witnessOptions) run(cmd *cobra.Command) (err error) {
	logger, err := newLogger(cmd.ErrOrStderr(), o.logFormat, o.logLevel)
	if err != nil {
		return err
	}
	h := witnessServer(nil, logger)
	if (o.tlsCert == "") != (o.tlsKey == "") {
		return usage("--tls-cert and --tls-key go together")
	}
	if o.tlsCert != "" {
		certificate, err := openCertificate(o.tlsCert, o.tlsKey, logger)
		if err != nil {
			return err
		}
		h.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: certificate.get}
	}
	folder := dirOf(cmd).witness()
	store, err := pebblestore.Open(folder.file("store"), witnessStore)
	if err != nil {
		return fmt.Errorf("%w; docket witness init makes a witness", err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	w, err := folder.open(store, logger)
	if err != nil {
		return err
	}
	h.Handler = w.Handler(logger)
	listener, err := listen(o.listen, logger)
	if err != nil {
		return errors.Join(err, w.Close())
	}
	scheme := "http"
	if h.TLSConfig != nil {
		scheme = "https"
	}
	fmt.Fprintf(cmd.OutOrStdout(), "witness %s\nserving on %s://%s\n", folder, scheme, listener.Addr())
	return serveWitness(cmd.Context(), w, h, listener)
}

// witnessServer is the server of a cosigner. Few requests are read at once, so none is
// read for long.
func witnessServer(handler http.Handler, logger *slog.Logger) *http.Server {
	h := server.HTTPServer(handler)
	h.ReadTimeout = witnessReadTimeout
	h.ErrorLog = slog.NewLogLogger(logger.Handler(), slog.LevelDebug)
	return h
}

// open opens the witness in the folder.
func (w witnessFolder) open(store *pebblestore.Store, logger *slog.Logger) (*witness.Witness, error) {
	cosigners, err := w.cosigners()
	if err != nil {
		return nil, err
	}
	logs, err := w.logs()
	if err != nil {
		return nil, err
	}
	shelf := evidenceShelf{w.file("evidence"), logger}
	return witness.Open(witness.Config{Store: store, Logs: logs, Cosigners: cosigners, Evidence: shelf.contradicted})
}

// serveWitness answers until the end, then closes the witness.
func serveWitness(ctx context.Context, w *witness.Witness, h *http.Server, listener net.Listener) error {
	served := make(chan error, 1)
	go func() {
		if h.TLSConfig != nil {
			served <- h.ServeTLS(listener, "", "")
			return
		}
		served <- h.Serve(listener)
	}()
	var err error
	select {
	case <-ctx.Done():
	case <-w.Stopped():
	case err = <-served:
	}
	drained, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	if h.Shutdown(drained) != nil {
		err = errors.Join(err, h.Close())
	}
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	if stopped := w.Close(); stopped != nil {
		return doubtError{stopped}
	}
	return err
}
