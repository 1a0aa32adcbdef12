package auditor

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
)

// maxWaiting bounds the requests that are read or wait for the replay: anybody can send
// again what the log signed, and each waits for seconds.
const maxWaiting = 256

// Handler answers as the handler of the witness does, but cosigns only what was
// replayed.
func (c *Cosigner) Handler(logger *slog.Logger) http.Handler {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	inner := c.Witness.Handler(logger)
	waiting := make(chan struct{}, maxWaiting)
	mux := http.NewServeMux()
	mux.Handle("/", inner)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		if c.finding() != nil {
			text(w, http.StatusServiceUnavailable, "the audit has ended")
			return
		}
		inner.ServeHTTP(w, r)
	})
	mux.HandleFunc("POST /add-checkpoint", func(w http.ResponseWriter, r *http.Request) {
		select {
		case waiting <- struct{}{}:
			defer func() { <-waiting }()
		default:
			w.Header().Set("Retry-After", "1")
			text(w, http.StatusServiceUnavailable, "too many requests are in progress")
			return
		}
		body, err := io.ReadAll(io.LimitReader(r.Body, int64(proofs.MaxAddCheckpoint)+1))
		if err != nil {
			text(w, http.StatusBadRequest, "the body could not be read to its end")
			return
		}
		if c.judge(w, r, body, logger) {
			again := r.Clone(r.Context())
			again.Body = io.NopCloser(bytes.NewReader(body))
			inner.ServeHTTP(w, again)
		}
	})
	return mux
}

// judge says whether the witness may answer; else it answered itself. What the
// witness refuses by itself, without a look at the tree, is left to it.
func (c *Cosigner) judge(w http.ResponseWriter, r *http.Request, body []byte, logger *slog.Logger) bool {
	request, err := proofs.ParseAddCheckpoint(body)
	if err != nil {
		return true
	}
	cp, n, err := proofs.OpenCheckpoint(request.Note, c.Logs)
	if err != nil || cp.Size == 0 {
		return true
	}
	err = c.vouch(r.Context(), cp, n.OneBy(c.Logs).Marshal())
	var fork *client.ForkError
	switch {
	case err == nil:
		return true
	case errors.Is(err, errLater):
		logger.Debug("not replayed yet", "size", cp.Size, "error", err)
		w.Header().Set("Retry-After", "1")
		text(w, http.StatusServiceUnavailable, errLater.Error())
	case errors.As(err, &fork):
		logger.Error("the log signed two histories", "size", cp.Size)
		text(w, http.StatusUnprocessableEntity, "the checkpoint is of another history than the one that was replayed")
	default:
		logger.Error("not cosigned: the audit has ended", "size", cp.Size, "error", err)
		text(w, http.StatusServiceUnavailable, "the audit has ended")
	}
	return false
}

func text(w http.ResponseWriter, status int, line string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, line+"\n")
}
