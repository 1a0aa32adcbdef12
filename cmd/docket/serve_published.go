package main

import (
	"context"
	"time"

	"github.com/docketlog/docket/client/monitor"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/quarantine"
	"github.com/docketlog/docket/proofs/statement"
)

// published is the log as its readers see it, for the monitor.
type published struct {
	log        *log.Log
	quarantine *quarantine.Store // nil: none
}

func (p published) Snapshot(context.Context) (monitor.Snapshot, error) {
	v := p.log.View()
	if v == nil {
		return nil, log.ErrClosed
	}
	return publishedView{v, p.quarantine}, nil
}

// publishedView is a published size of the log. The monitor gives it back before
// it looks again.
type publishedView struct {
	view       *log.View
	quarantine *quarantine.Store
}

func (v publishedView) Size() uint64 { return v.view.Size() }

func (v publishedView) Leaf(_ context.Context, index uint64) ([]byte, error) {
	return v.view.Leaf(index)
}

func (v publishedView) Statement(_ context.Context, index uint64) (*statement.Statement, statement.Digest, []byte, error) {
	e, s, err := v.view.Statement(index)
	if err != nil {
		return nil, statement.Digest{}, nil, err
	}
	return s, statement.DigestOf(e.Payload), e.SPKI, nil
}

// freshRefusal is how long the quarantine may take to write what was just refused:
// it begins when the finding is published.
const freshRefusal = 500 * time.Millisecond

func (v publishedView) Refused(ctx context.Context, digest statement.Digest) (*statement.Statement, error) {
	if v.quarantine == nil {
		return nil, nil
	}
	for {
		e, _, err := v.quarantine.Get(digest)
		if err == nil {
			return monitor.ParseRefused(e, digest), nil
		}
		if time.Since(v.view.Time()) > freshRefusal {
			return nil, nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (v publishedView) Close() { v.view.Release() }
