package witness

import (
	"errors"
	"fmt"
	"time"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage"
)

// A Cosigner is a key of the witness. Its verifier key is of type 0x04 (Ed25519)
// or 0x06 (ML-DSA-44); Sign returns the bare signature of a message.
type Cosigner interface {
	Key() proofs.VerifierKey
	Sign(message []byte) ([]byte, error)
}

// A Config is what a witness is made of. Store, Logs and Cosigners are mandatory.
type Config struct {
	Store     storage.Store        // closed by the caller, after Close
	Logs      []proofs.VerifierKey // keys of the logs, named by origin; several may be of one log
	Cosigners []Cosigner           // all of them cosign every checkpoint
	Now       func() time.Time     // default time.Now
	Evidence  func(e Evidence)     // called before the refusal is answered; default: nobody is told
	MaxQueue  int                  // requests in progress; more are ErrBusy; default 1024
}

const defaultMaxQueue = 1024

func (c Config) withDefaults() (Config, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Evidence == nil {
		c.Evidence = func(Evidence) {}
	}
	if c.MaxQueue == 0 {
		c.MaxQueue = defaultMaxQueue
	}
	switch {
	case c.Store == nil:
		return c, errors.New("a witness needs a store")
	case len(c.Logs) == 0:
		return c, errors.New("a witness needs at least one log to watch")
	case len(c.Cosigners) == 0:
		return c, errors.New("a witness needs at least one key")
	case c.MaxQueue < 1:
		return c, errors.New("the queue holds at least one request")
	}
	return c, c.checkKeys()
}

// checkKeys refuses keys that cannot do what they are for, and names that two
// parties would share: a verifier could not tell a log from its witness.
func (c Config) checkKeys() error {
	own := make(map[string]bool)
	public := make(map[string]bool)
	lines := make(map[string]bool)
	for _, s := range c.Cosigners {
		key := s.Key()
		if key.Type == proofs.TypeEd25519 {
			return fmt.Errorf("key %s is of type 0x01, which signs logs: a witness has keys of type 0x04 or 0x06", key.Name)
		}
		if public[string(key.Public)] {
			return fmt.Errorf("key %s is there twice", key.Name)
		}
		line := fmt.Sprintf("%s+%08x", key.Name, key.ID)
		if lines[line] {
			return fmt.Errorf("two keys are %s: their lines could not be told apart", line)
		}
		lines[line] = true
		own[key.Name], public[string(key.Public)] = true, true
	}
	for _, key := range c.Logs {
		switch {
		case key.Type != proofs.TypeEd25519 && key.Type != proofs.TypeMLDSA44:
			return fmt.Errorf("the key of log %s is of type 0x%02x: a log signs with 0x01 or 0x06", key.Name, key.Type)
		case own[key.Name]:
			return fmt.Errorf("log %s has the witness's own name: name the witness otherwise", key.Name)
		case public[string(key.Public)]:
			return fmt.Errorf("log %s has a key of the witness, or one that is there twice", key.Name)
		}
		public[string(key.Public)] = true
	}
	return nil
}
