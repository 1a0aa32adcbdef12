package scenario

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/quarantine"
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
	kept   *quarantine.Store // of refused statements
	log    *log.Log
	http   *http.Server
	served chan error
	url    string
}

// newHost opens the log of a player, or creates it with this genesis, and serves it
// on a free port of the loopback.
func newHost(ctx context.Context, config log.Config, p *Player, genesis *admission.Checked, logger *slog.Logger) (_ *host, err error) {
	h := &host{served: make(chan error, 1)}
	if h.store, h.anchor, err = p.Disk.Open(genesis != nil); err != nil {
		return nil, err
	}
	metrics := server.NewMetrics("scenario")
	if err := h.open(ctx, config, p, genesis, metrics, logger); err != nil {
		return nil, errors.Join(err, h.closeDisk())
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, h.log.Close(), h.closeDisk())
	}
	h.url = "http://" + listener.Addr().String()
	h.http = server.HTTPServer(server.NewWith(h.log, server.Options{Access: server.OpenLocally, Logger: logger, Metrics: metrics, Quarantine: h.kept}))
	h.http.ErrorLog = slog.NewLogLogger(logger.Handler(), slog.LevelDebug)
	go func() { h.served <- h.http.Serve(listener) }()
	return h, nil
}

// open opens the log over its disk.
func (h *host) open(ctx context.Context, config log.Config, p *Player, genesis *admission.Checked, metrics *server.Metrics, logger *slog.Logger) (err error) {
	failed := func(err error) { logger.Error("a refused statement was not kept", "error", err) }
	if h.kept, err = quarantine.Open(p.Quarantine, quarantine.Limits{}, failed); err != nil {
		return err
	}
	config.Store, config.Anchor, config.Quarantine = h.store, h.anchor, h.kept
	config.Events = metrics.Events(config.Events)
	if genesis != nil {
		if err := log.Create(ctx, config, genesis); err != nil {
			return err
		}
	}
	h.log, err = log.Open(config)
	return err
}

// close stops serving, then the writer, then closes what they wrote to.
func (h *host) close() error {
	err := h.http.Shutdown(context.Background())
	if served := <-h.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return errors.Join(err, h.log.Close(), h.closeDisk())
}

func (h *host) closeDisk() (err error) {
	if h.kept != nil {
		err = h.kept.Close()
	}
	return errors.Join(err, h.store.Close(), h.anchor.Close())
}
