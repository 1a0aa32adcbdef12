package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/docketlog/docket/log"
)

// drainTime is how long a server that was told to stop waits for answers that
// it owes.
const drainTime = 30 * time.Second

// listenAndServe answers requests until the end, then closes the log.
func (s *site) listenAndServe(ctx context.Context, l *log.Log, f folders, ready func(url string, size uint64, sealed time.Time)) error {
	listener, err := listen(s.listen, s.logger)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	url := s.url(listener.Addr())
	v := l.View()
	size, sealed := v.Size(), v.Time()
	v.Release()
	if err := noteServer(f, url); err != nil {
		return errors.Join(err, listener.Close(), l.Close())
	}
	h := s.httpServer(l, listener.Addr())
	served := make(chan error, 1)
	go func() { served <- s.answer(h, listener) }()
	ahead, endWitnesses := s.witnesses.start(ctx, l)
	endAnchorLog := s.anchorLog.start(ctx, l)
	ready(url, size, sealed)
	select {
	case <-ctx.Done():
	case err = <-ahead:
	case <-l.Done():
	case err = <-served:
	}
	err = errors.Join(err, s.drain(h))
	endWitnesses()
	endAnchorLog()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	if stopped := l.Close(); stopped != nil {
		return doubtError{stopped}
	}
	return err
}

// drain answers what the server admitted, before the log closes. A second signal
// cuts it short.
func (s *site) drain(h *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	if h.Shutdown(ctx) == nil {
		return nil
	}
	return errors.Join(errors.New("some answers were not sent: their statements may or may not be in the log"), h.Close())
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
