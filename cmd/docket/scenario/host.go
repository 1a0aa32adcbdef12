package scenario

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/server"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/anchor"
	"github.com/docketlog/docket/storage/pebblestore"
)

// A Disk is where the log of a story is kept.
type Disk interface {
	// Open opens store and anchor; create makes them.
	Open(create bool) (storage.Store, storage.Anchor, error)
}

// folders is a disk in two folders: a Pebble store, and an anchor.
type folders struct{ store, anchor string }

// InFolders returns the disk of a log that is kept in two folders, neither in the
// other.
func InFolders(store, anchor string) Disk { return folders{store, anchor} }

func (f folders) Open(create bool) (storage.Store, storage.Anchor, error) {
	store, keep := pebblestore.Open, anchor.Open
	if create {
		store, keep = pebblestore.Create, anchor.Create
	}
	s, err := store(f.store, pebblestore.Options{})
	if err != nil {
		return nil, nil, err
	}
	a, err := keep(f.anchor)
	if err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	return s, a, nil
}

// A host is the log while it runs: store, anchor, writer and HTTP server.
type host struct {
	store  storage.Store
	anchor storage.Anchor
	log    *log.Log
	http   *http.Server
	served chan error
	url    string
}

// newHost opens the log on a disk, or creates it with this genesis, and serves it
// on a free port of the loopback.
func newHost(ctx context.Context, config log.Config, disk Disk, genesis *admission.Checked, logger *slog.Logger) (_ *host, err error) {
	h := &host{served: make(chan error, 1)}
	if h.store, h.anchor, err = disk.Open(genesis != nil); err != nil {
		return nil, err
	}
	config.Store, config.Anchor = h.store, h.anchor
	metrics := server.NewMetrics("scenario")
	config.Events = metrics.Events(config.Events)
	if genesis != nil {
		err = log.Create(ctx, config, genesis)
	}
	if err == nil {
		h.log, err = log.Open(config)
	}
	if err != nil {
		return nil, errors.Join(err, h.store.Close(), h.anchor.Close())
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, h.log.Close(), h.store.Close(), h.anchor.Close())
	}
	h.url = "http://" + listener.Addr().String()
	h.http = server.HTTPServer(server.NewWith(h.log, server.Options{Access: server.OpenLocally, Logger: logger, Metrics: metrics}))
	h.http.ErrorLog = slog.NewLogLogger(logger.Handler(), slog.LevelDebug)
	go func() { h.served <- h.http.Serve(listener) }()
	return h, nil
}

// close stops serving, then the writer, then closes what they wrote to.
func (h *host) close() error {
	err := h.http.Shutdown(context.Background())
	if served := <-h.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return errors.Join(err, h.log.Close(), h.store.Close(), h.anchor.Close())
}
