package client

import (
	"errors"
	"fmt"

	"github.com/docketlog/docket/proofs"
)

var (
	// ErrUnreachable: no answer came, or it broke off. A statement that was
	// being submitted may or may not be in the log: submit the same bytes again.
	ErrUnreachable = errors.New("cannot reach the log at")
	// ErrAnswer: the server's answer is malformed, or is not about the request.
	ErrAnswer = errors.New("the server's answer cannot be used")
)

// Refused is a problem document of the server: the request was understood and
// not done. Code is stable, such as E408.
type Refused struct {
	Status  int      `json:"status"`
	Code    string   `json:"code"`
	Field   string   `json:"field"`
	Detail  string   `json:"detail"`
	Indices []uint64 `json:"indices"`
}

func (r *Refused) Error() string {
	text := "refused: " + r.Code
	if r.Field != "" {
		text += ": " + r.Field
	}
	if r.Detail != "" {
		text += ": " + r.Detail
	}
	return text
}

// An InvalidError says which proof of an answer does not hold.
type InvalidError struct{ Verdict proofs.Verdict }

func (e *InvalidError) Error() string {
	failed, _ := e.Verdict.Failed()
	return fmt.Sprintf("the server's answer does not verify: %s: %s", failed.Name, failed.Detail)
}

// A ForkError is evidence against a log: two notes that its key signed and that
// exclude each other. Both are kept byte for byte.
type ForkError struct{ Seen, Shown []byte }

func (e *ForkError) Error() string {
	return "the log shows a history that excludes the one it showed before; both signed checkpoints are evidence: keep them"
}

// A RollbackError says that the server shows an older state than it did before:
// it was restored from an old copy, or a cache answers for it.
type RollbackError struct {
	Seen, Shown uint64 // sizes
}

func (e *RollbackError) Error() string {
	return fmt.Sprintf("the server shows size %d, but size %d was seen before: it serves an old state", e.Shown, e.Seen)
}
