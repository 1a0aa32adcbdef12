package witness

import (
	"errors"
	"fmt"
)

// ErrBusy says that too many requests are in progress; try again in a second.
var ErrBusy = errors.New("too many requests are in progress")

// ErrStopped says that the witness stopped: it was closed, or its store failed.
var ErrStopped = errors.New("the witness has stopped")

// A Reason says why a checkpoint is not cosigned.
type Reason int

// The reasons. Package documentation has the status that HTTP gives for each.
const (
	Malformed    Reason = iota + 1 // 400
	UnknownLog                     // 404
	Unsigned                       // 403
	WrongOld                       // 409, Size is what the witness holds
	Inconsistent                   // 422
)

// A Refused says that a checkpoint is not cosigned, and why.
type Refused struct {
	Reason Reason
	Size   uint64 // that the witness holds, if Reason is WrongOld
	Err    error
}

func (r *Refused) Error() string { return r.Err.Error() }

func (r *Refused) Unwrap() error { return r.Err }

func refuse(reason Reason, format string, args ...any) error {
	return &Refused{Reason: reason, Err: fmt.Errorf(format, args...)}
}
