package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/docketlog/docket/client/monitor"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/quarantine"
	"github.com/docketlog/docket/log/server"
)

// remoteQuota is the quota of a server that is reached from other machines,
// unless another one is given.
const remoteQuota = 200

// site is what the flags of serve and raw-log say, read and checked before
// anything is opened.
type site struct {
	listen      string
	tokens      *server.Tokens // nil: none are demanded
	quota       *int           // nil: the default, which depends on the address
	certificate *certificate   // nil: no TLS
	witnesses   *witnesses     // nil: none are asked
	sinks       []monitor.Sink // where alerts go
	anchorLog   *anchorLog     // nil: no second log remembers this one
	logger      *slog.Logger
	metrics     *server.Metrics
	quarantine  *quarantine.Store                  // nil: none
	backup      func(l *log.Log) server.BackupFunc // nil: none are made
	stderr      io.Writer
}

func (o *serveOptions) newSite(stderr io.Writer) (*site, error) {
	s := &site{listen: o.listen, stderr: stderr, metrics: server.NewMetrics(version())}
	var err error
	if s.logger, err = newLogger(stderr, o.logFormat, o.logLevel); err != nil {
		return nil, err
	}
	if o.quota < 0 {
		return nil, usage("--quota is a number of statements per second, or 0 for no bound")
	}
	if o.given != nil && o.given("quota") {
		s.quota = &o.quota
	}
	if o.tokens != "" {
		if s.tokens, err = readTokens(o.tokens); err != nil {
			return nil, err
		}
	}
	if (o.tlsCert == "") != (o.tlsKey == "") {
		return nil, usage("--tls-cert and --tls-key go together")
	}
	if o.tlsCert != "" {
		if s.certificate, err = openCertificate(o.tlsCert, o.tlsKey, s.logger); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// readTokens reads a list of tokens, which nobody else may read.
func readTokens(path string) (*server.Tokens, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s has the mode %v: it holds tokens, so nobody but its owner may read it (chmod 600)", path, info.Mode()&(fs.ModeType|fs.ModePerm))
	}
	b, err := io.ReadAll(io.LimitReader(file, server.MaxTokens+1))
	if err != nil {
		return nil, err
	}
	tokens, err := server.ParseTokens(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return tokens, nil
}

// isLoopback says whether only this machine reaches an address.
func isLoopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// options decides who may use the server, and says what may surprise.
func (s *site) options(local bool) server.Options {
	o := server.Options{
		Tokens: s.tokens, Logger: s.logger, Metrics: s.metrics, Quarantine: s.quarantine, Access: server.OpenLocally, Witnessed: s.witnesses != nil,
	}
	switch {
	case s.quota != nil:
		o.Quota = *s.quota
	case !local:
		o.Quota = remoteQuota
	}
	if local {
		return o
	}
	o.Access = server.Off
	if s.tokens == nil {
		fmt.Fprintln(s.stderr, "without --tokens, what other machines may not see is off: submissions, receipts, registers, search, metrics")
	}
	if s.certificate == nil {
		fmt.Fprintln(s.stderr, "warning: without --tls-cert, tokens and statements cross the network in clear, unless a proxy in front of this server encrypts them")
	}
	return o
}

// drainFinal is how long a server that was told to stop goes on to wait for a quorum of
// witnesses: as long as one takes that answers.
const drainFinal = 5 * time.Second

func (s *site) httpServer(l *log.Log, at net.Addr) *http.Server {
	options := s.options(isLoopback(at))
	if s.backup != nil {
		options.Backup = s.backup(l)
	}
	handler := server.NewWith(l, options)
	h := server.HTTPServer(handler)
	h.RegisterOnShutdown(func() { time.AfterFunc(drainFinal, handler.EndWaits) })
	h.ErrorLog = slog.NewLogLogger(s.logger.Handler(), slog.LevelDebug) // what clients do wrong
	if s.certificate != nil {
		h.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: s.certificate.get}
	}
	return h
}

func (s *site) answer(h *http.Server, listener net.Listener) error {
	if s.certificate != nil {
		return h.ServeTLS(listener, "", "")
	}
	return h.Serve(listener)
}

func (s *site) url(at net.Addr) string {
	if s.certificate != nil {
		return "https://" + at.String()
	}
	return "http://" + at.String()
}
