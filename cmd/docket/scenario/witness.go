package scenario

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
)

// A witness cosigns checkpoints that extend what it saw before, as any cosigner
// does: it keeps the newest tree that it cosigned.
type witness struct {
	key    proofs.VerifierKey
	secret ed25519.PrivateKey
	last   *client.Tree // nil before the first
}

func newWitness(name string) (*witness, error) {
	public, secret, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	key, err := proofs.NewVerifierKey(name+".witness.example", proofs.TypeEd25519Cosignature, public)
	return &witness{key: key, secret: secret}, err
}

// cosign returns the signature line over a tree whose checkpoint the client
// verified, once it was shown to extend the last one.
func (w *witness) cosign(ctx context.Context, t *client.Tree, seconds int64) ([]byte, error) {
	if w.last != nil {
		if _, err := t.Extends(ctx, w.last); err != nil {
			return nil, err
		}
	}
	sign := func(message []byte) ([]byte, error) { return ed25519.Sign(w.secret, message), nil }
	line, err := proofs.SignCosignatureLine(seconds, sign, w.key, t.Checkpoint)
	if err != nil {
		return nil, err
	}
	w.last = t
	return line, nil
}
