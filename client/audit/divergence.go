package audit

import (
	"errors"
	"fmt"
	"time"

	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/evidence"
	"github.com/docketlog/docket/proofs/statement"
)

// Classes of a Divergence.
const (
	ClassEntry   = evidence.ClassEntry // an entry that the rules do not admit
	ClassSeal    = evidence.ClassSeal  // a seal that does not follow, or whose register root is wrong; a tree without one
	ClassContent = "withheld"          // a content that is not there, or is another
	ClassClock   = "clock"             // a seal's time that the auditor's clock does not bear out
	ClassHistory = "history"           // a second history, or an older state
)

// A Divergence is a leaf that should not be in the log, under the log's signature.
// It is the first wrong one in log order. That of an entry or a seal is evidence; in
// a report it has any class.
type Divergence = evidence.Divergence

// Withheld says that the content of an entry is not shown, or that another one is.
// It is no proof: a server may show the content to others, or tomorrow.
type Withheld struct {
	Index uint64
	Other bool // a content is shown, which is not the one that the leaf commits to
}

func (w *Withheld) Error() string {
	return fmt.Sprintf("entry %d: content withheld: %s", w.Index, w.reason())
}

func (w *Withheld) reason() string {
	if w.Other {
		return "the server shows another statement than the one that the leaf commits to"
	}
	return "nothing that follows can be judged without it"
}

// A ClockError says that the time of a seal and the auditor's clock do not go
// together. It is no proof: the auditor's clock is nobody else's.
type ClockError struct {
	Index uint64 // of the seal
	Time  int64  // of the seal, unix milliseconds
	Bound int64  // that it passes, unix milliseconds
	Skew  time.Duration
}

func (e *ClockError) Error() string { return fmt.Sprintf("entry %d: %s", e.Index, e.reason()) }

func (e *ClockError) reason() string {
	side := "ahead of this machine's clock"
	if e.Time < e.Bound {
		side = "behind the time at which this auditor still saw the log without it"
	}
	return fmt.Sprintf("the seal says %s, more than the policy's skew of %s %s, %s", statement.FormatTime(e.Time), e.Skew, side, statement.FormatTime(e.Bound))
}

// refused says what an error of the fold about the entry at index means. What is no
// refusal is the auditor's own trouble: its state cannot be read, or is damaged.
func refused(index uint64, err error) error {
	var refusal *admission.Refusal
	if errors.As(err, &refusal) {
		return &Divergence{Index: index, Class: ClassEntry, Rule: refusal.Code, Field: refusal.Field, Reason: refusal.Reason, Indices: refusal.Indices}
	}
	return &localError{fmt.Errorf("audit: entry %d: %w", index, err)}
}

// unchecked says what an error of Check means, which read nothing but the leaf and
// what the server showed as its content.
func unchecked(index uint64, err error) error {
	switch {
	case errors.Is(err, admission.ErrWithheld):
		return &Withheld{Index: index}
	case errors.Is(err, admission.ErrContent):
		return &Withheld{Index: index, Other: true}
	}
	return refused(index, err)
}

// listed is how a report lists what ended a run; nil if it says nothing of the log.
func listed(err error) *Divergence {
	var (
		d *Divergence
		w *Withheld
		c *ClockError
	)
	switch {
	case errors.As(err, &d):
		return d
	case errors.As(err, &w):
		return &Divergence{Index: w.Index, Class: ClassContent, Rule: "content", Reason: w.reason()}
	case errors.As(err, &c):
		return &Divergence{Index: c.Index, Class: ClassClock, Rule: "time", Reason: c.reason()}
	}
	return history(err)
}
