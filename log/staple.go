package log

import (
	"fmt"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// Digest returns a staple for a digest: its register with the newest event, or
// the proof that the log released no document with these bytes and knows no
// identity with this key.
func (v *View) Digest(digest statement.Digest) (*proofs.Receipt, error) {
	return v.newest(register.TypeDigest, digest.String())
}

// Activity returns a staple for what an identity signed: its activity register
// with the newest event, or the proof that it signed nothing.
func (v *View) Activity(id string) (*proofs.Receipt, error) {
	return v.newest(register.TypeActivity, id)
}

// Run returns a staple for a run: its register with the newest event, or the proof
// that no request opened it.
func (v *View) Run(id string) (*proofs.Receipt, error) {
	return v.newest(register.TypeRun, id)
}

// Grant returns a staple for a grant, named by its statement digest: its register
// with the newest event, or the proof that there is no such grant.
func (v *View) Grant(digest statement.Digest) (*proofs.Receipt, error) {
	return v.newest(register.TypeGrant, digest.String())
}

// newest returns a staple that shows the newest event of one register, opened.
func (v *View) newest(t register.Type, id string) (*proofs.Receipt, error) {
	r, err := v.sealed()
	if err != nil {
		return nil, err
	}
	key, err := registerKey(t, id)
	if err != nil {
		return nil, err
	}
	p, h, err := v.registerProof(t, id, key)
	if err != nil {
		return nil, err
	}
	if p.Value != nil {
		if err := v.addEvents(&p, h, p.Value.Size-1, p.Value.Size-1); err != nil {
			return nil, err
		}
	}
	r.Registers = []proofs.RegisterProof{p}
	return r, nil
}

// registerKey derives the key of a register from its name, as it stands in a
// staple: of a digest, and of a grant's statement, with the algorithm before it.
func registerKey(t register.Type, id string) (register.Key, error) {
	switch t {
	case register.TypeDocument:
		return register.DocumentKey(id), nil
	case register.TypeIdentity:
		return register.IdentityKey(id), nil
	case register.TypeActivity:
		return register.ActivityKey(id), nil
	case register.TypeDigest:
		digest, err := statement.ParseDigest(id)
		return register.DigestKey(register.SHA256Digest(digest)), err
	case register.TypeRun:
		return register.RunKey(id), nil
	case register.TypeGrant:
		digest, err := statement.ParseDigest(id)
		return register.GrantKey(register.Hash(digest)), err
	}
	return register.Key{}, fmt.Errorf("%w: registers of the type %v have no staple", ErrNotFound, t)
}
