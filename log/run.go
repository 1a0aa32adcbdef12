package log

import (
	"fmt"
	"slices"
	"time"
)

// maxAhead is how many committed batches may wait for the publisher beside the
// one that the writer hands over. None: while the publisher is busy submissions
// gather into one larger batch, which costs less than several small ones. Tests
// raise it, to see that any number may wait.
var maxAhead = 0

// run is the writer's goroutine: it alone touches w. It ends after Close, when
// all that was taken is committed, or when the log stopped.
func (l *Log) run(w *writer, durable chan<- *batch) {
	defer close(durable)
	for {
		jobs := l.next(w.MaxBatch)
		if jobs == nil {
			return
		}
		if l.Err() != nil { // the publisher stopped the log meanwhile
			l.refuse(jobs)
			return
		}
		b, err := w.process(jobs)
		if err == nil {
			if err = w.deepen(); err != nil && b.view != nil {
				b.view.Release() // durable, but this run does not publish it
			}
		}
		if err != nil {
			l.stop(err)
			l.refuse(jobs)
			return
		}
		durable <- b
	}
}

// next waits for a submission and takes those that wait with it, until the batch
// has max leaves; the last submission may go beyond. There is no timer: an idle
// log answers at once, and while a batch is written the next one gathers. It
// returns nil at the end.
func (l *Log) next(max int) []*job {
	var first *job
	select {
	case first = <-l.jobs:
	default:
		select {
		case first = <-l.jobs:
		case <-l.stopped:
			return nil
		case <-l.closing:
			select { // what was taken before Close is finished
			case first = <-l.jobs:
			default:
				return nil
			}
		}
	}
	jobs, leaves := []*job{first}, first.len()
	for leaves < max {
		select {
		case j := <-l.jobs:
			jobs, leaves = append(jobs, j), leaves+j.len()
		default:
			return jobs
		}
	}
	return jobs
}

// publishAll is the publisher's goroutine: it alone touches p. It takes all
// batches that are committed by now, publishes the newest of them, and answers
// those who wait for any of them.
func (l *Log) publishAll(p *publisher, durable <-chan *batch) {
	defer close(l.done)
	for b := range durable {
		group := gather(b, durable)
		start := time.Now()
		if l.Err() == nil {
			if err := l.publishGroup(p, group); err != nil {
				l.stop(err)
			}
		}
		for _, b := range group {
			l.settle(p, b, time.Since(start))
		}
	}
}

// gather takes what waits behind b.
func gather(b *batch, durable <-chan *batch) []*batch {
	group := []*batch{b}
	for {
		select {
		case next, ok := <-durable:
			if !ok {
				return group
			}
			group = append(group, next)
		default:
			return group
		}
	}
}

// publishGroup publishes the newest view of the group, if it has any.
func (l *Log) publishGroup(p *publisher, group []*batch) error {
	var newest *View
	var held recent
	for _, b := range group {
		if b.view != nil {
			newest = b.view
			held = append(slices.Clone(b.view.recent), held...)
		}
	}
	if newest == nil {
		return nil // only duplicates and refusals
	}
	newest.recent = held
	if err := p.publish(newest); err != nil {
		return err
	}
	l.view.Swap(p.published).Release()
	return nil
}

// settle answers who waits for a batch: with the published view, which covers
// it, or with why the log stopped.
func (l *Log) settle(p *publisher, b *batch, signing time.Duration) {
	if b.view != nil && b.view != p.published {
		b.view.Release() // a newer one was published in its place, or none
	}
	if l.Err() != nil {
		l.refuse(b.jobs)
		return
	}
	for i, j := range b.jobs {
		p.published.acquire()
		j.answer <- answer{results: b.results[i], view: p.published}
	}
	for _, r := range b.refused {
		l.config.Quarantine.Keep(r)
	}
	if b.view != nil {
		b.stats.Sign = signing
		l.config.Events.Published(b.stats)
	}
}

// stop ends the log on a doubt: nothing is signed from here on.
func (l *Log) stop(err error) {
	err = fmt.Errorf("%w: %w", ErrStopped, err)
	if l.failure.CompareAndSwap(nil, &err) {
		close(l.stopped)
		l.config.Events.Stopped(err)
	}
}

// refuse tells submitters that the log stopped: the outcome of what they
// submitted is unknown.
func (l *Log) refuse(jobs []*job) {
	for _, j := range jobs {
		j.answer <- answer{err: l.Err()}
	}
}
