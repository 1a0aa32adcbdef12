package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/server"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// anchorLogTime is how long one question to a second log, or one statement there,
// may take.
const anchorLogTime = 30 * time.Second

// anchorLogOptions are the flags of a second log as an anchor.
type anchorLogOptions struct {
	dir   string
	id    string
	every time.Duration
}

// An anchorLog is a second docket that remembers what this log signed: its newest
// checkpoint stands there as a signed statement (docs/spec/checkpoint.md, section 10).
type anchorLog struct {
	origin  string // of the log that is anchored
	client  *client.Client
	author  *client.Author
	every   time.Duration
	logger  *slog.Logger
	metrics *server.Metrics

	confirmed atomic.Bool   // what is there was read, and the log continues it
	size      atomic.Uint64 // the newest size there, as far as is known
}

// open reads the folder of the second log's client; nil without one.
func (o *anchorLogOptions) open(origin string, s *site) (*anchorLog, error) {
	if o.dir == "" {
		return nil, nil
	}
	if o.every <= 0 {
		return nil, usage("--anchor-log-every %v: a duration such as 10s", o.every)
	}
	f := folders{dir: o.dir}
	c, config, err := f.newClient("")
	if err != nil {
		return nil, fmt.Errorf("--anchor-log: %w", err)
	}
	if config.Origin == origin {
		return nil, usage("--anchor-log %s is a client of %s itself: a log is no anchor of its own", o.dir, origin)
	}
	id := o.id
	if id == "" {
		id = config.Identity
	}
	author, err := f.author(config.Origin, id)
	if err != nil {
		return nil, fmt.Errorf("--anchor-log: %w", err)
	}
	return &anchorLog{origin: origin, client: c, author: author, every: o.every, logger: s.logger, metrics: s.metrics}, nil
}

// confirm reads the newest checkpoint on record before the log signs anything, and goes
// on trying until the second log answers. outer is the server's own context.
func (a *anchorLog) confirm(outer context.Context) log.Confirm {
	if a == nil {
		return nil
	}
	return func(ctx context.Context, newest proofs.Checkpoint, _ []byte, prove func(uint64) ([]proofs.Hash, error)) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(outer, cancel)()
		for said := false; ; said = true {
			known, err := a.read(ctx)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err == nil {
				return a.judge(newest, known, prove)
			}
			if !said {
				a.logger.Warn("waiting for the second log: nothing is admitted until it shows what is on record there", "log", a.author.Log, "error", err)
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(confirmPause):
			}
		}
	}
}

// judge compares what is on record with what the log knows of itself.
func (a *anchorLog) judge(newest proofs.Checkpoint, known *proofs.TreeHead, prove func(uint64) ([]proofs.Hash, error)) error {
	if known == nil {
		a.logger.Info("the second log has no checkpoint of this log yet", "log", a.author.Log)
		a.confirmed.Store(true)
		return nil
	}
	if err := log.Continues(newest, *known, prove); err != nil {
		return fmt.Errorf("the second log %s: %w", a.author.Log, err)
	}
	a.size.Store(known.Size)
	a.confirmed.Store(true)
	a.logger.Info("the second log has confirmed: this log continues what is on record there", "log", a.author.Log, "size", known.Size)
	return nil
}

// read returns the newest checkpoint on record, with proof that the identity signed
// nothing after it; nil if it never signed anything.
func (a *anchorLog) read(ctx context.Context) (*proofs.TreeHead, error) {
	ctx, cancel := context.WithTimeout(ctx, anchorLogTime)
	defer cancel()
	s, _, err := a.client.LastSigned(ctx, a.author.ID)
	if err != nil || s == nil {
		return nil, err
	}
	head, err := proofs.ObservedCheckpoint(a.origin, s)
	if err != nil {
		return nil, fmt.Errorf("the newest statement of %s there: %w; the identity must do nothing else", a.author.ID, err)
	}
	return &head, nil
}

// publish puts the newest checkpoint on record, if it is newer than what is there.
func (a *anchorLog) publish(ctx context.Context, l *log.Log) error {
	v := l.View()
	if v == nil || !a.confirmed.Load() {
		return nil
	}
	head, note := v.TreeHead(), v.Checkpoint()
	v.Release()
	if head.Size <= a.size.Load() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, anchorLogTime)
	defer cancel()
	digest := statement.Digest(sha256.Sum256(note))
	e, err := a.author.Attest(client.Attestation{Subject: digest, Observed: proofs.ObserveCheckpoint(proofs.Checkpoint{Origin: a.origin, TreeHead: head}, digest)})
	if err == nil {
		_, _, err = a.client.Submit(ctx, e)
	}
	if err != nil {
		a.metrics.AnchorLog(a.size.Load(), err)
		return err
	}
	a.size.Store(head.Size)
	a.metrics.AnchorLog(head.Size, nil)
	return nil
}

// start publishes from time to time until end is called, which does so once more.
// Submissions never wait for it.
func (a *anchorLog) start(ctx context.Context, l *log.Log) (end func()) {
	if a == nil {
		return func() {}
	}
	loop, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(a.every)
		defer ticker.Stop()
		for failing := false; ; {
			select {
			case <-loop.Done():
				return
			case <-ticker.C:
				err := a.publish(loop, l)
				if err != nil && !failing && !errors.Is(err, context.Canceled) {
					a.logger.Warn("the newest checkpoint did not come into the second log; it is tried again", "log", a.author.Log, "error", err)
				}
				failing = err != nil
			}
		}
	}()
	return func() {
		stop()
		<-done
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if err := a.publish(last, l); err != nil {
			a.logger.Warn("the last checkpoint did not come into the second log: a start cannot find it there", "log", a.author.Log, "error", err)
		}
	}
}
