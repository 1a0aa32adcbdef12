package register

import (
	"errors"
	"fmt"
)

// Outcomes that a caller may handle. Every error of this package wraps one of them.
var (
	// ErrFormat: bytes are not the canonical form of what they were parsed as.
	ErrFormat = errors.New("register: malformed bytes")
	// ErrTransition: the event is not legal after the register's state.
	ErrTransition = errors.New("register: illegal transition")
	// ErrProof: a proof does not show what it was handed in for.
	ErrProof = errors.New("register: proof does not verify")
	// ErrDamaged: stored rows contradict each other or the tree. Stop; rebuild from the events or the log.
	ErrDamaged = errors.New("register: stored rows are damaged")
	// ErrArgument: the call breaks a stated requirement (order, range, depth). Nothing was changed.
	ErrArgument = errors.New("register: bad argument")
)

// A RootMismatchError is a proof that leads to another root than the expected one. It wraps ErrProof.
type RootMismatchError struct {
	Want Hash // the root that the caller trusts
	Got  Hash // the root that the proof leads to
}

func (e *RootMismatchError) Error() string {
	return fmt.Sprintf("register: proof leads to root %x, expected %x", e.Got, e.Want)
}

func (e *RootMismatchError) Unwrap() error { return ErrProof }

func matchRoot(got, want Hash) error {
	if got != want {
		return &RootMismatchError{Want: want, Got: got}
	}
	return nil
}

func formatError(what, format string, args ...any) error {
	return fmt.Errorf("%w: %s: %s", ErrFormat, what, fmt.Sprintf(format, args...))
}

func transitionError(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrTransition, fmt.Sprintf(format, args...))
}

func proofError(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrProof, fmt.Sprintf(format, args...))
}

func damagedError(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
}

func argumentError(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrArgument, fmt.Sprintf(format, args...))
}
