package log

import (
	"errors"
	"fmt"
	"time"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage"
)

// A Mode says what a log holds. It is fixed at Create.
type Mode string

// The two modes.
const (
	Sealed Mode = "sealed" // statements, admitted by the fold, sealed
	Raw    Mode = "raw"    // any bytes; no admission, no seals
)

// A Config is what a log is made of. Origin, Mode, Store, Anchor and Signer are
// mandatory; the zero value of every other field gives its default.
type Config struct {
	Origin string // the log's name: a bare host name
	Mode   Mode
	Store  storage.Store    // closed by the caller, after Close
	Anchor storage.Anchor   // the same; never in or below the store's folder
	Signer *Signer          // the log's keys, named Origin: one of Ed25519 at least
	Now    func() time.Time // the wall clock; default time.Now

	// Elapsed is the time since some fixed moment, by a clock that nobody sets: by
	// it the log notices that the wall clock leapt. Default: the machine's own, or
	// nothing when Now is not the machine's.
	Elapsed func() time.Duration

	// Identity signs findings: it puts refusals on record. nil: they are counted
	// alone. A raw log has none.
	Identity Identity
	// Quarantine gets the bytes of what is refused and on record; nil: nobody.
	Quarantine Quarantine
	// Confirm is asked before anything is signed; default: nobody is. Until it
	// answers the log shows what it signed before, and admits nothing: ErrUnconfirmed.
	// If it has a tree head that is durable and not signed yet, Open itself waits.
	Confirm Confirm

	Events   Events
	MaxBatch int    // leaves after which a batch takes no further submission; default 1024
	MaxQueue int    // submissions that wait; default 4096; more are ErrBusy
	MinFree  uint64 // bytes that must be free in the store to admit; default 256 MiB
}

// Defaults of Config.
const (
	DefaultMaxBatch = 1024
	DefaultMaxQueue = 4096
	DefaultMinFree  = 256 << 20
)

// MaxSubmission is the largest number of entries that one call of Submit takes.
const MaxSubmission = 1000

// maxBackstep is how far the clock may step back before the log stops. Within
// it the batch gets the time of the last seal, so that no seal's time decreases.
const maxBackstep = time.Second

func (c Config) withDefaults() (Config, error) {
	if c.Now == nil {
		c.Now = time.Now
		if c.Elapsed == nil {
			c.Elapsed = sinceBoot
		}
	}
	if c.MaxBatch == 0 {
		c.MaxBatch = DefaultMaxBatch
	}
	if c.MaxQueue == 0 {
		c.MaxQueue = DefaultMaxQueue
	}
	if c.MinFree == 0 {
		c.MinFree = DefaultMinFree
	}
	c.Events = c.Events.withDefaults()
	switch {
	case !proofs.ValidOrigin(c.Origin):
		return c, fmt.Errorf("origin %q is not a bare host name", c.Origin)
	case c.Mode != Sealed && c.Mode != Raw:
		return c, fmt.Errorf("unknown mode %q", c.Mode)
	case c.Store == nil || c.Anchor == nil || c.Signer == nil || len(c.Signer.keys) == 0:
		return c, errors.New("a log needs a store, an anchor and a signer")
	case c.MaxBatch < 1 || c.MaxQueue < 1:
		return c, errors.New("batch and queue hold at least one submission")
	}
	if err := checkSet(c.Origin, c.Signer.keys); err != nil {
		return c, err
	}
	c.Signer = c.Signer.ordered(NewKeyTerms(c.Signer.keys...).Current())
	return c, nil
}
