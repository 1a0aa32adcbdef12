package client

import (
	"context"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// identityAt returns the state of an identity that judged the entry at index, from
// its whole history: at genesis, what genesis itself made.
func (r *reader) identityAt(ctx context.Context, id string, index uint64) (*register.IdentityState, error) {
	h, ok := r.signers[id]
	if !ok {
		var err error
		if h, err = r.History(ctx, register.TypeIdentity, id); err != nil {
			return nil, err
		}
		r.signers[id] = h
	}
	n := Moment{Size: max(index, 1)}.before(h)
	if n == 0 {
		return nil, nil
	}
	body, err := register.ParseIdentityBody(h.Bodies[n-1])
	if err != nil {
		return nil, h.wrong("event %d: %v", n-1, err)
	}
	return &body.State, nil
}

// signer returns the identity of an entry's issuer as of the entry, and demands that
// it was active and that the key in the leaf was its own.
func (r *reader) signer(ctx context.Context, e *Entry) (*register.IdentityState, error) {
	state, err := r.identityAt(ctx, e.Statement.Issuer, e.Index)
	switch {
	case err != nil:
		return nil, err
	case state == nil:
		return nil, r.unusable("entry %d is signed as %s, who was not enrolled then", e.Index, e.Statement.Issuer)
	case state.Status != register.IdentityActive || statement.Digest(state.Key.Hash()) != e.Key:
		return nil, r.unusable("entry %d is signed as %s, who was not active with that key then", e.Index, e.Statement.Issuer)
	}
	return state, nil
}
