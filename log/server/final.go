package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
)

// Limits of waiting for a quorum of witnesses. Submissions that wait have places of
// their own: while no witness answers, they shut out no others.
const (
	MaxFinalSubmissions = 512              // of one entry; more get 503
	MaxFinalBatches     = 8                // NDJSON; more get 503
	FinalWait           = 30 * time.Second // for how long one waits at most
)

// laneFor is the lane of a submission.
func laneFor(final bool, waiting, sealed lane) lane {
	if final {
		return waiting
	}
	return sealed
}

// finalRoutes show what a quorum of witnesses cosigned.
func (s *Server) finalRoutes() []route {
	return []route{
		{http.MethodGet, "/final/checkpoint", public, s.finalCheckpoint, operation{
			id: "finalCheckpoint", tag: "tiles", summary: "The newest note that a quorum of witnesses cosigned",
			text: "With `/final` as the prefix of a log, a C2SP tlog-tiles client that demands the quorum sees no other checkpoint. " +
				"It may be smaller than `/checkpoint`, which does not wait for witnesses.",
			replies: []reply{{status: http.StatusOK, media: "text/plain; charset=utf-8", text: "A C2SP checkpoint with cosignatures."}},
			codes:   []string{"not-final", "closing"},
		}},
		{http.MethodGet, "/final/tile/", public, s.finalTile, operation{
			id: "finalTile", tag: "tiles", summary: "The same as `/tile/`, below the prefix of `/final/checkpoint`",
			path:    []param{textParam("path", "What follows `/final/tile/`, with its slashes.", "0/000.p/2")},
			replies: []reply{{status: http.StatusOK, media: "application/octet-stream", text: "The tile or the bundle; it never changes."}},
			codes:   []string{"not-found", "closing"},
		}},
		{http.MethodGet, "/api/v1/receipts/final/{digest}", reading, s.finalReceipt, operation{
			id: "finalReceipt", tag: "receipts", summary: "The final receipt of a statement, by its digest",
			text:    "Under the newest checkpoint that a quorum of witnesses cosigned. Keep this one.",
			path:    []param{hexParam("digest", "Statement digest.")},
			replies: []reply{receiptReply(http.StatusOK, "The receipt.")},
			codes:   []string{"digest", "not-found", "not-final", "closing"},
		}},
	}
}

// errNotFinal says what a client can do while there is no quorum.
func (s *Server) errNotFinal(detail string) *Problem {
	p := problem("not-final", "", detail)
	p.retryAfter = 5
	if !s.options.Witnessed {
		p.Detail, p.retryAfter = "no witness quorum is configured here, so nothing ever is final", 0
	}
	return p
}

// errNoFinal says why there is no final view.
func (s *Server) errNoFinal() *Problem {
	if s.log.FinalNote() == nil {
		return s.errNotFinal("no quorum of witnesses has cosigned a checkpoint since the server started")
	}
	return s.errNotFinal("no quorum of witnesses has cosigned the newest checkpoints for a while; the last that it did is at /final/checkpoint")
}

func (s *Server) finalCheckpoint(w http.ResponseWriter, r *http.Request) error {
	note, err := fromView(s, func(*log.View) ([]byte, error) {
		if note := s.log.FinalNote(); note != nil {
			return note, nil
		}
		return nil, s.errNoFinal()
	})
	if err != nil {
		return err
	}
	return write(w, "text/plain; charset=utf-8", "no-store", note)
}

func (s *Server) finalTile(w http.ResponseWriter, r *http.Request) error {
	body, err := fromView(s, func(v *log.View) ([]byte, error) {
		return tileBody(v, strings.TrimPrefix(r.URL.Path, "/final/"))
	})
	if err != nil {
		return err
	}
	return write(w, "application/octet-stream", immutable, body)
}

// finalReceipt tells an entry that is not final yet from one that is not there.
func (s *Server) finalReceipt(w http.ResponseWriter, r *http.Request) error {
	digest, err := pathDigest(r)
	if err != nil {
		return err
	}
	index, err := fromView(s, func(v *log.View) (uint64, error) { return v.Find(digest) })
	if err != nil {
		return err
	}
	v := s.log.Final()
	if v == nil {
		return s.errNoFinal()
	}
	receipt, size, err := readFinal(v, index)
	if errors.Is(err, log.ErrNotFound) {
		return s.errNotFinal(fmt.Sprintf("the statement is entry %d of the log; the quorum has cosigned size %d so far", index, size))
	}
	if err != nil {
		return err
	}
	return write(w, proofs.ReceiptMediaType, "no-store", receipt)
}

func readFinal(v *log.View, index uint64) (receipt []byte, size uint64, err error) {
	defer v.Release()
	r, err := v.Receipt(index)
	if err != nil {
		return nil, v.Size(), err
	}
	return r.Marshal(), v.Size(), nil
}

// awaitFinal gives a view back for one that a quorum cosigned and that has all entries
// of the results. It waits for no more than those: who sends a statement again waits on
// for what he waited for. They are in the log, whatever the error.
func (s *Server) awaitFinal(ctx context.Context, v *log.View, results []log.Result) (*log.View, error) {
	size := uint64(0)
	for _, r := range results {
		if r.Refusal == nil {
			size = max(size, r.Index+1)
		}
	}
	if size == 0 { // all were refused
		return v, nil
	}
	v.Release()
	waiting, cancel := context.WithTimeout(ctx, s.options.FinalWait)
	defer cancel()
	defer context.AfterFunc(s.waits, cancel)()
	final, err := s.log.WaitFinal(waiting, size)
	if waiting.Err() != nil && final == nil && ctx.Err() == nil {
		return nil, s.errNotFinal("it is in the log and sealed, but no quorum of witnesses cosigned it in time; send it again to wait on")
	}
	return final, err
}

// EndWaits answers all who wait for a quorum, and those who come to wait: the server is
// about to end. What they sent is in the log.
func (s *Server) EndWaits() { s.endWaits() }
