package witness

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/docketlog/docket/proofs"
)

// A Head is a checkpoint that a log signed and wants cosigned.
type Head struct {
	proofs.Checkpoint
	Note  []byte                                    // signed by the log
	Prove func(older uint64) ([]proofs.Hash, error) // consistency proof from an older size to this one; safe for concurrent use
}

// ErrAhead says that a witness holds a larger tree than the log has signed: the log
// was set back to an old copy, or somebody else signs with its key. Nothing more may
// be signed until that is explained.
var ErrAhead = errors.New("a witness holds a larger tree than this log has signed")

// ErrForked says that a witness holds another tree than the log's: one of the two is
// wrong. At a start nothing may be signed.
var ErrForked = errors.New("a witness holds another history of this log")

// GatherConfig says whom a log asks for cosignatures, and what becomes of them.
type GatherConfig struct {
	Policy *proofs.Policy // its quorum, and the URLs of its witnesses
	HTTP   *http.Client   // default: one that follows no redirects
	Now    func() time.Time

	// Logs are the keys of the log: notes that they signed are evidence. A witness that
	// says it holds a larger tree must show Gather a note that one of them signed; without
	// keys its word is enough, as it is for Confirm.
	Logs []proofs.VerifierKey

	// Newest returns the newest checkpoint that the log published: the one that is
	// asked for from then on. Size is its size, for concurrent use. Changed has a value
	// when they may have become others.
	Newest  func() Head
	Size    func() uint64
	Changed <-chan struct{}

	// Final is told of a note, the log's with the lines of its witnesses, that meets
	// the quorum: always that of the Head which Newest returned last, and again when
	// there are more or newer lines. It is called by the goroutine that calls Newest.
	Final func(cp proofs.Checkpoint, note []byte)
	// Failed is told why a witness gave no cosignature. It may be called from several
	// goroutines. Default: nobody is told.
	Failed func(url string, err error)
	// Disputed is told of an answer that speaks against the log, before Gather, Ask or
	// Confirm ends with it. Several goroutines call it, and it may take its time: it
	// holds up no other witness. Default: nobody is told.
	Disputed func(ctx context.Context, d Dispute)

	Timeout time.Duration // of one request; default 10 s
	Pace    time.Duration // from one round to the next at least: what rounds cost is no part of what a log appends; default 50 ms
	Round   time.Duration // after it a newer checkpoint is asked for, quorum or not; default 15 s
	Refresh time.Duration // after it an idle log asks again, for newer times; default 10 min
	Retry   time.Duration // pause after the first failure of a witness, doubled up to a minute; default 1 s
}

func (c GatherConfig) withDefaults() GatherConfig {
	if c.HTTP == nil {
		c.HTTP = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Failed == nil {
		c.Failed = func(string, error) {}
	}
	if c.Disputed == nil {
		c.Disputed = func(context.Context, Dispute) {}
	}
	c.Timeout = cmp.Or(c.Timeout, 10*time.Second)
	c.Pace = cmp.Or(c.Pace, 50*time.Millisecond)
	c.Round = cmp.Or(c.Round, 15*time.Second)
	c.Refresh = cmp.Or(c.Refresh, 10*time.Minute)
	c.Retry = cmp.Or(c.Retry, time.Second)
	return c
}

// A gatherer asks all witnesses for the same checkpoint at once, since a quorum is
// one of cosignatures over one tree head. When it is met, or the round is over, the
// newest checkpoint is next; those between are covered by it. A slow witness holds
// nobody up: it is asked again when it has answered.
type gatherer struct {
	GatherConfig
	asked   []*asked
	results chan result
	round   round
	running bool      // Gather, not Confirm
	began   time.Time // the round
	next    time.Time // it is over, or the idle log asks again
}

// asked is a witness with its worker.
type asked struct {
	*Remote
	job  chan Head // of one place: the worker is idle when it is empty and it reported
	idle bool
	size uint64 // that it holds, as far as is known
}

// A round is one checkpoint on its way to a quorum.
type round struct {
	head  Head
	lines map[*asked][]byte
	met   bool
}

type result struct {
	from  *asked
	head  Head
	lines []byte
	err   error
}

// Gather asks the witnesses until ctx ends, which is no error. It returns ErrAhead
// when a witness shows that it knows more than the log, and ErrForked when it shows
// another tree of the log's own key: then the log must sign no more. No call of
// Disputed is in progress when it returns: what is told there is kept, and not lost
// with the process that ends.
func Gather(ctx context.Context, c GatherConfig) error {
	c = c.withDefaults()
	all, err := remotes(c.Policy, c.HTTP, c.Now)
	if err != nil {
		return fmt.Errorf("witnesses: %w", err)
	}
	g := &gatherer{GatherConfig: c, results: make(chan result, len(all)), running: true}
	var workers sync.WaitGroup
	defer workers.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for _, r := range all {
		a := &asked{Remote: r, job: make(chan Head, 1), idle: true}
		g.asked = append(g.asked, a)
		workers.Go(func() { g.work(ctx, a) })
	}
	g.begin()
	for {
		timer := time.NewTimer(time.Until(g.next))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-g.Changed:
			if g.round.met {
				g.beginNewer()
			}
		case <-timer.C:
			g.begin()
		case r := <-g.results:
			if err := g.take(r); err != nil {
				timer.Stop()
				return err
			}
		}
		timer.Stop()
	}
}

// begin starts a round for the newest checkpoint, also when it is the one of the
// last round: then the witnesses give newer times.
func (g *gatherer) begin() {
	g.round = round{head: g.Newest(), lines: make(map[*asked][]byte)}
	g.began = time.Now()
	g.next = g.began.Add(g.Round)
	for _, a := range g.asked {
		g.assign(a)
	}
}

// beginNewer starts a round if there is a larger checkpoint than that of the last, or
// lets it start when its pace is over.
func (g *gatherer) beginNewer() {
	switch pace := g.began.Add(g.Pace); {
	case g.Size() <= g.round.head.Size:
	case time.Now().Before(pace):
		g.next = pace
	default:
		g.begin()
	}
}

// assign gives an idle witness the checkpoint of the round, unless it answered it.
func (g *gatherer) assign(a *asked) {
	if a.idle && g.round.lines[a] == nil {
		a.idle = false
		a.job <- g.round.head
	}
}

// take counts an answer. Answers for an earlier round count for nothing: their
// checkpoint is covered by that of this one.
func (g *gatherer) take(r result) error {
	r.from.idle = true
	if ends(r.err) {
		return r.err
	}
	if r.err == nil && r.head.Size == g.round.head.Size && r.head.Root == g.round.head.Root {
		g.round.lines[r.from] = r.lines
		g.count()
	}
	if g.round.met {
		g.beginNewer()
	}
	g.assign(r.from)
	return nil
}

// count tells of the note once its lines meet the quorum.
func (g *gatherer) count() {
	note := append([]byte{}, g.round.head.Note...)
	for _, a := range g.asked { // in the order of the policy
		note = append(note, g.round.lines[a]...)
	}
	n, err := proofs.ParseNote(note)
	if err != nil {
		return // more lines than a note can have: the policy names too many witnesses
	}
	q, err := g.Policy.Evaluate(n, g.Now().Add(maxAhead).Unix())
	if err != nil || !q.Satisfied {
		return
	}
	if !g.round.met {
		g.round.met = true
		g.next = time.Now().Add(g.Refresh)
	}
	g.Final(g.round.head.Checkpoint, note)
}
