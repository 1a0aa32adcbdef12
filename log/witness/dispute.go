package witness

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/evidence"
)

// A Reply is what a witness answered, byte for byte; of Body at most 64 KiB and a byte,
// of ContentType at most 256 bytes.
type Reply struct {
	Status      int
	ContentType string
	Body        []byte
}

// A Charge is what an answer says against the log that asked.
type Charge int

// The charges.
const (
	Ahead      Charge = iota + 1 // the witness holds a larger tree than the log has signed: sign no more
	Forked                       // it holds a tree that this one does not continue (422, or 409 without a size)
	KeyRefused                   // it knows the log under another key (403)
)

// A Dispute is an answer of a witness that speaks against the log. The witness may be
// wrong: what it shows of the log tells.
type Dispute struct {
	Charge  Charge
	URL     string
	Head    Head   // that was asked for
	Request []byte // the body that was sent last
	Reply   Reply

	// Shown is what the witness then showed at its monitoring endpoint, below the same
	// URL: a note of whatever signatures; nil: nothing usable.
	Shown []byte
	// Evidence is what Shown proves beside the log's own note: of the kind Fork when a
	// key of the log signed two histories, Unproven when it signed a larger tree than the
	// log knows; nil: no key of the log signed it, or it is of one history with this one.
	Evidence *evidence.Evidence
	// Ends says that Gather or Confirm ends with it: the log must sign no more.
	Ends bool
}

// disputed is the charge in an answer, if there is one.
func (r *Remote) disputed(head Head, err error) (Dispute, bool) {
	d := Dispute{URL: r.URL, Head: head}
	var rejection *Rejection
	var conflict *Conflict
	switch {
	case errors.Is(err, ErrAhead) && errors.As(err, &conflict):
		d.Charge, d.Request, d.Reply = Ahead, conflict.Request, conflict.Reply
	case !errors.As(err, &rejection):
		return d, false
	case rejection.Inconsistent() || rejection.Status == http.StatusConflict:
		d.Charge, d.Request, d.Reply = Forked, rejection.Request, rejection.Reply
	case rejection.Status == http.StatusForbidden:
		d.Charge, d.Request, d.Reply = KeyRefused, rejection.Request, rejection.Reply
	default:
		return d, false
	}
	return d, true
}

// weigh says what comes of a dispute. A second history that the log's own key signed
// ends it, whatever the witness answered. At a start the word of a witness is enough too,
// but for one that knows another key. While the log runs only a note of its own key is: a
// number is soon said, and one witness of many must not end a log with it.
func (g *gatherer) weigh(d *Dispute, err error) error {
	proven := d.Evidence != nil && d.Evidence.Kind == evidence.Fork
	switch {
	case proven:
		d.Ends = true
		return fmt.Errorf("%w, which the log's own key signed: %w", ErrForked, err)
	case !g.running:
		d.Ends = d.Charge != KeyRefused
	case d.Charge == Ahead && (len(g.Logs) == 0 || d.Evidence != nil):
		d.Ends = true
	case d.Charge == Ahead:
		return fmt.Errorf("it is not believed that %v, since it shows no such note", err)
	}
	return err
}

// ends says whether the log must sign no more.
func ends(err error) bool { return errors.Is(err, ErrAhead) || errors.Is(err, ErrForked) }

// shows fetches what the witness shows of a log at its monitoring endpoint. nil:
// nothing usable.
func (r *Remote) shows(ctx context.Context, origin string, timeout time.Duration) []byte {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	hash := originHash(origin)
	url := strings.TrimSuffix(r.URL, "/") + "/" + hex.EncodeToString(hash[:]) + "/checkpoint"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil
	}
	answer, err := r.HTTP.Do(request)
	if err != nil {
		return nil
	}
	defer answer.Body.Close()
	note, err := io.ReadAll(io.LimitReader(answer.Body, proofs.MaxNote+1))
	if err != nil || answer.StatusCode != http.StatusOK || len(note) > proofs.MaxNote {
		return nil
	}
	return note
}

// contradiction is what Dispute.Evidence says. known is the largest size that the log
// published, which may be more by now than the one that was asked for.
func (d Dispute) contradiction(keys []proofs.VerifierKey, known uint64) *evidence.Evidence {
	cp, _, err := proofs.OpenCheckpoint(d.Shown, keys)
	if err != nil || cp.Origin != d.Head.Origin || cp.TreeHead == d.Head.TreeHead {
		return nil
	}
	const reason = "a witness holds a checkpoint that this log's newest does not continue"
	switch {
	case cp.Size == d.Head.Size:
		return evidence.OfSignatures(evidence.Fork, reason, d.Shown, d.Head.Note, proofs.Hash{}, nil)
	case cp.Size > known:
		return evidence.OfSignatures(evidence.Unproven, "a witness holds a larger tree than this log has signed", d.Shown, d.Head.Note, proofs.Hash{}, nil)
	}
	root, proof, ok := d.Head.begins(cp.TreeHead)
	if !ok {
		return nil
	}
	return evidence.OfSignatures(evidence.Fork, reason, d.Shown, d.Head.Note, root, proof)
}

// begins is the root, with the proof from there, that the tree has at the size of an
// older one, if it is another root. The proof tells it; the one from a power of two does
// not, but the proof from the next size has it among its hashes.
func (h Head) begins(older proofs.TreeHead) (root proofs.Hash, proof []proofs.Hash, ok bool) {
	if older.Size >= h.Size {
		return root, nil, false
	}
	proof, err := h.Prove(older.Size)
	if err != nil || proofs.VerifyConsistency(older, h.TreeHead, proof) == nil {
		return root, nil, false
	}
	if root, ok = begins(older, h.TreeHead, proof); ok {
		return root, proof, true
	}
	next, err := h.Prove(older.Size + 1)
	if err != nil {
		return root, nil, false
	}
	for _, root := range next {
		if proofs.VerifyConsistency(proofs.TreeHead{Size: older.Size, Root: root}, h.TreeHead, proof) == nil {
			return root, proof, true
		}
	}
	return root, nil, false
}
