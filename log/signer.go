package log

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"

	"filippo.io/mldsa"
	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/sigstore/sigstore/pkg/signature/options"

	"github.com/docketlog/docket/proofs"
)

// MaxKeysOfType is how many keys of one type sign a checkpoint at once: two while a
// key is exchanged. The request to a witness is the reason: with a proof of 63
// hashes and two lines of each type it stays below the 10 KiB that some take.
const MaxKeysOfType = 2

// A Signer makes the signature lines of a log's checkpoints: of an Ed25519 key,
// behind sigstore's signer interface (a key file, or a key management service), and
// of further keys that Join adds.
type Signer struct {
	keys []proofs.VerifierKey
	sign []func(message []byte) ([]byte, error) // for each key
}

// NewSigner pairs a signer with the verifier key that is pinned for it. The pin
// decides: a signature that does not verify under it never leaves the log, even
// if the service rotated its key meanwhile.
func NewSigner(s signature.Signer, pinned proofs.VerifierKey) (*Signer, error) {
	if pinned.Type != proofs.TypeEd25519 {
		return nil, fmt.Errorf("a log key is of type Ed25519 (0x01), not 0x%02x", pinned.Type)
	}
	// crypto.Hash(0) asks for pure Ed25519: some services take any other value
	// as Ed25519ph.
	return newSigner(pinned, func(message []byte) ([]byte, error) {
		return s.SignMessage(bytes.NewReader(message), options.WithCryptoSignerOpts(crypto.Hash(0)))
	}), nil
}

// NewSignerFor is NewSigner with the signer's present public key as the pin:
// for a key file, whose key cannot change behind the log's back.
func NewSignerFor(origin string, s signature.Signer) (*Signer, error) {
	public, err := s.PublicKey()
	if err != nil {
		return nil, err
	}
	key, ok := public.(ed25519.PublicKey)
	if !ok {
		return nil, fmt.Errorf("a log key is an Ed25519 key, not %T", public)
	}
	pinned, err := proofs.NewVerifierKey(origin, proofs.TypeEd25519, key)
	if err != nil {
		return nil, err
	}
	return NewSigner(s, pinned)
}

// NewMLDSASigner returns the Signer of the ML-DSA-44 key with this seed of 32 bytes.
// A log signs with it beside an Ed25519 key, never alone: see Join.
func NewMLDSASigner(origin string, seed []byte) (*Signer, error) {
	private, err := mldsa.NewPrivateKey(mldsa.MLDSA44(), seed)
	if err != nil {
		return nil, err
	}
	key, err := proofs.NewVerifierKey(origin, proofs.TypeMLDSA44, private.PublicKey().Bytes())
	if err != nil {
		return nil, err
	}
	return newSigner(key, func(message []byte) ([]byte, error) { return private.Sign(nil, message, nil) }), nil
}

func newSigner(key proofs.VerifierKey, sign func([]byte) ([]byte, error)) *Signer {
	return &Signer{[]proofs.VerifierKey{key}, []func([]byte) ([]byte, error){sign}}
}

// Join returns a Signer that makes the lines of all these, in their order.
func Join(signers ...*Signer) *Signer {
	all := &Signer{}
	for _, s := range signers {
		all.keys, all.sign = append(all.keys, s.keys...), append(all.sign, s.sign...)
	}
	return all
}

// ordered returns the Signer with its lines in the order of these keys, which it has.
func (s *Signer) ordered(keys []proofs.VerifierKey) *Signer {
	all := &Signer{}
	for _, key := range keys {
		at := slices.IndexFunc(s.keys, func(k proofs.VerifierKey) bool { return k.String() == key.String() })
		all.keys, all.sign = append(all.keys, s.keys[at]), append(all.sign, s.sign[at])
	}
	return all
}

// Key returns the first of the pinned verifier keys.
func (s *Signer) Key() proofs.VerifierKey { return s.keys[0] }

// Keys returns all pinned verifier keys, in the order of their lines.
func (s *Signer) Keys() []proofs.VerifierKey { return s.keys }

// Sign returns the signed note of a checkpoint, each signature verified under its
// pinned key. Lines of type 0x06 get the time 0: "consistent", at no time.
func (s *Signer) Sign(c proofs.Checkpoint) ([]byte, error) { return s.SignAt(c, 0) }

// SignAt is Sign with the time of lines of type 0x06, in POSIX seconds. ML-DSA-44 is
// randomised: two notes of one checkpoint differ.
func (s *Signer) SignAt(c proofs.Checkpoint, time int64) ([]byte, error) {
	body := c.Marshal()
	note := append(bytes.Clone(body), '\n')
	for i, key := range s.keys {
		var line []byte
		var err error
		if key.Type == proofs.TypeEd25519 {
			line, err = proofs.SignLogLine(key.Name, s.sign[i], key, body)
		} else {
			line, err = proofs.SignCosignatureLine(time, s.sign[i], key, c)
		}
		if err != nil {
			return nil, fmt.Errorf("signing size %d: %w", c.Size, err)
		}
		note = append(note, line...)
	}
	// Each line was verified under its key; what is left is that they make a note.
	if n, err := proofs.ParseNote(note); err != nil || len(n.Signatures) != len(s.keys) || !bytes.Equal(n.Body, body) {
		return nil, fmt.Errorf("the own note of size %d: %w", c.Size, errors.Join(errors.New("not the lines that were signed"), err))
	}
	return note, nil
}

// checkSet refuses keys with which no log signs: tlog-tiles demands a line of
// Ed25519 of every log.
func checkSet(origin string, keys []proofs.VerifierKey) error {
	count := make(map[uint8]int)
	public := make(map[string]bool)
	for _, key := range keys {
		switch {
		case key.Name != origin:
			return fmt.Errorf("the log key is named %q; the origin is %q", key.Name, origin)
		case key.Type != proofs.TypeEd25519 && key.Type != proofs.TypeMLDSA44:
			return fmt.Errorf("a log key is of type 0x01 or 0x06, not 0x%02x", key.Type)
		case public[string(key.Public)]:
			return fmt.Errorf("the log key %s is there twice", key)
		}
		public[string(key.Public)] = true
		if count[key.Type]++; count[key.Type] > MaxKeysOfType {
			return fmt.Errorf("more than %d log keys of type 0x%02x: retire one", MaxKeysOfType, key.Type)
		}
	}
	if count[proofs.TypeEd25519] == 0 {
		return errors.New("a log needs an Ed25519 key (0x01): it never signs with ML-DSA-44 alone")
	}
	return nil
}
