package client

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
)

var (
	// ErrUnreachable: no answer came, or it broke off. A statement that was
	// being submitted may or may not be in the log: submit the same bytes again.
	ErrUnreachable = errors.New("cannot reach the log at")
	// ErrAnswer: the server's answer is malformed, or is not about the request,
	// or is not from a docket server. What it means for a statement that was
	// being submitted is as unknown as with ErrUnreachable.
	ErrAnswer = errors.New("the server's answer cannot be used")
)

// Refused is a problem document of the server: the request was understood and
// not done. Code is stable, such as E408. With a Status from 500 on, such as of
// a server that stops, a statement may be in the log all the same: submit the
// same bytes again.
type Refused struct {
	Status  int      `json:"status"`
	Code    string   `json:"code"`
	Field   string   `json:"field"`
	Detail  string   `json:"detail"`
	Indices []uint64 `json:"indices"`
	Finding uint64   `json:"finding"` // the entry that puts the refusal on record; 0: none
}

// Error gives the refusal on one line. The words are the server's: what could
// steer a terminal is left out.
func (r *Refused) Error() string {
	text := "refused: " + r.Code
	if r.Field != "" {
		text += ": " + r.Field
	}
	if r.Detail != "" {
		text += ": " + r.Detail
	}
	if r.Finding != 0 {
		text += fmt.Sprintf(" (on record: entry %d)", r.Finding)
	}
	return strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return unicode.ReplacementChar
	}, text)
}

// RefusedForGood says whether the admission rules of this log refused a statement:
// it is not in the log and will not be. Nothing else is sure: a 404 or 413 can be a
// gateway's, E103 another log's, and an earlier try whose reply was lost may have
// brought the statement in.
func RefusedForGood(err error) bool {
	var refused *Refused
	return errors.As(err, &refused) && refused.Status < 500 &&
		len(refused.Code) == 4 && refused.Code[0] == 'E' && refused.Code != originCode
}

// originCode is the code of a statement that is for another log.
const originCode = "E103"

// An InvalidError says which proof of an answer does not hold.
type InvalidError struct{ Verdict proofs.Verdict }

func (e *InvalidError) Error() string {
	failed, _ := e.Verdict.Failed()
	return fmt.Sprintf("the server's answer does not verify: %s: %s", failed.Name, failed.Detail)
}

// A ForkError is evidence against a log, for anybody who has its key: two notes
// that it signed and that exclude each other. Notes of one size have two roots.
// Of different sizes, Proof is a consistency proof (RFC 6962) that leads to the
// root of the larger tree, and from Root, which is not the root of the smaller
// one: the larger tree does not begin with the smaller one.
type ForkError struct {
	Seen, Shown []byte // signed notes, byte for byte
	Root        proofs.Hash
	Proof       []proofs.Hash
	Genesis     proofs.Hash // of the pinned log
}

func (e *ForkError) Error() string {
	return "the log shows a history that excludes the one it showed before; both signed checkpoints are evidence: keep them"
}

// An UnprovenError says that the server gave no proof that two notes which the
// log's key signed are of one history. It is an ErrAnswer, and no evidence yet;
// but a log that keeps its word can give the proof at any time. Keep the notes
// and ask again, also elsewhere.
type UnprovenError struct {
	Seen, Shown []byte // signed notes, byte for byte
	Reason      string
	Genesis     proofs.Hash // of the pinned log
}

func (e *UnprovenError) Error() string {
	return "the server does not prove that the log continues what it showed before (" + e.Reason + "); keep both signed checkpoints and ask again"
}

// Unwrap returns ErrAnswer.
func (e *UnprovenError) Unwrap() error { return ErrAnswer }

// A GenesisError says that a tree that the pinned key signed begins with another
// entry than the pinned one: it is another log, or the pin is wrong. It is an
// ErrAnswer.
type GenesisError struct{ Pinned, Shown proofs.Hash } // leaf hashes of entry 0

func (e *GenesisError) Error() string {
	return fmt.Sprintf("%v: its tree begins with another entry 0 than the pinned genesis (leaf hash %x, not %x): it is another log under the same key, or the genesis is pinned wrongly",
		ErrAnswer, e.Shown[:], e.Pinned[:])
}

// Unwrap returns ErrAnswer.
func (e *GenesisError) Unwrap() error { return ErrAnswer }

// A TileError says that a tile or entry bundle is missing, has the wrong length, or
// does not belong to the tree of the checkpoint. It is an ErrAnswer: tiles are not
// signed, so whoever stands between may have changed them.
type TileError struct {
	Path   string // of the resource; empty if it is one of several
	Size   uint64 // of the tree
	Reason string
}

func (e *TileError) Error() string {
	what := e.Path
	if what == "" {
		what = "tiles"
	}
	return fmt.Sprintf("%v: %s of the tree of size %d: %s", ErrAnswer, what, e.Size, e.Reason)
}

// Unwrap returns ErrAnswer.
func (e *TileError) Unwrap() error { return ErrAnswer }

// A HistoryError says that the events that a server shows are not those of the
// register, as the log signed it: one is missing, changed, or stands at another
// place. It is an ErrAnswer.
type HistoryError struct {
	Type   register.Type
	ID     string
	Reason string
}

func (e *HistoryError) Error() string {
	return fmt.Sprintf("%v: the history of %v %q is not the whole one that the log signed: %s", ErrAnswer, e.Type, e.ID, e.Reason)
}

// Unwrap returns ErrAnswer.
func (e *HistoryError) Unwrap() error { return ErrAnswer }

// A RollbackError says that the server shows an older state than it did before:
// it was restored from an old copy, or a cache answers for it. The older note
// may be of another history too: whoever has the log in full can tell.
type RollbackError struct {
	Seen, Shown         uint64      // sizes
	SeenNote, ShownNote []byte      // signed notes, byte for byte
	Genesis             proofs.Hash // of the pinned log
}

func (e *RollbackError) Error() string {
	return fmt.Sprintf("the server shows size %d, but size %d was seen before: it serves an old state", e.Shown, e.Seen)
}
