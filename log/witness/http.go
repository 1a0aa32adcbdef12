package witness

import (
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/docketlog/docket/proofs"
)

// Handler answers the requests of logs and of those who watch the witness. It
// writes one line to the logger for each request, at level debug, and each
// refusal that a log should look into at level warn. nil: no logger.
func (w *Witness) Handler(logger *slog.Logger) http.Handler {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	h := &handler{witness: w, logger: logger, bodies: make(chan struct{}, maxBodies)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /add-checkpoint", h.add)
	mux.HandleFunc("GET /{origin}/checkpoint", h.checkpoint)
	mux.HandleFunc("GET /healthz", h.health)
	return mux
}

type handler struct {
	witness *Witness
	logger  *slog.Logger
	bodies  chan struct{} // a place for each body in memory
}

// maxBodies bounds the bodies in memory, those of slow senders too: some 130 MiB. It
// is more than the witness judges at once.
const maxBodies = 2 * defaultMaxQueue

// status is the status of each reason.
var status = map[Reason]int{
	Malformed: http.StatusBadRequest, UnknownLog: http.StatusNotFound, Unsigned: http.StatusForbidden,
	WrongOld: http.StatusConflict, Inconsistent: http.StatusUnprocessableEntity,
}

func (h *handler) add(w http.ResponseWriter, r *http.Request) {
	select {
	case h.bodies <- struct{}{}:
		defer func() { <-h.bodies }()
	default:
		h.busy(w)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(proofs.MaxAddCheckpoint)))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		h.text(w, http.StatusRequestEntityTooLarge, "the body is above "+strconv.Itoa(proofs.MaxAddCheckpoint)+" bytes")
		return
	}
	if err != nil {
		h.text(w, http.StatusBadRequest, "the body could not be read to its end")
		return
	}
	lines, err := h.witness.Add(r.Context(), body)
	var refused *Refused
	switch {
	case err == nil:
		h.logger.Debug("cosigned", "bytes", len(body))
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write(lines) // the log left: it asks again
	case errors.As(err, &refused):
		h.refuse(w, r, refused)
	case errors.Is(err, ErrBusy):
		h.busy(w)
	case r.Context().Err() != nil:
		// the log left while it waited for its turn: nobody reads an answer
	default:
		h.logger.Error("not cosigned", "error", err)
		h.text(w, http.StatusInternalServerError, "the witness has stopped")
	}
}

func (h *handler) busy(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "1")
	h.text(w, http.StatusServiceUnavailable, ErrBusy.Error())
}

func (h *handler) refuse(w http.ResponseWriter, r *http.Request, refused *Refused) {
	level := slog.LevelDebug
	if refused.Reason == Unsigned || refused.Reason == Inconsistent {
		level = slog.LevelWarn
	}
	h.logger.Log(r.Context(), level, "refused", "status", status[refused.Reason], "reason", refused.Error())
	if refused.Reason == WrongOld {
		w.Header().Set("Content-Type", "text/x.tlog.size")
		w.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(w, strconv.FormatUint(refused.Size, 10)+"\n")
		return
	}
	h.text(w, status[refused.Reason], refused.Error())
}

// checkpoint is the monitoring side: what this witness cosigned last.
func (h *handler) checkpoint(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("origin")
	hash, err := hex.DecodeString(name)
	if err != nil || len(hash) != len(proofs.Hash{}) || hex.EncodeToString(hash) != name {
		h.text(w, http.StatusNotFound, "want the SHA-256 of an origin in lower-case hex")
		return
	}
	note := h.witness.Checkpoint(proofs.Hash(hash))
	if note == nil {
		h.text(w, http.StatusNotFound, "this witness has cosigned no checkpoint of that log")
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(note)
}

func (h *handler) health(w http.ResponseWriter, _ *http.Request) {
	if err := h.witness.Err(); err != nil {
		h.text(w, http.StatusServiceUnavailable, "the witness has stopped")
		return
	}
	h.text(w, http.StatusOK, "ok")
}

func (h *handler) text(w http.ResponseWriter, status int, line string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, line+"\n")
}
