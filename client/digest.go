package client

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A Digest is the verified state of a digest's register as of Size: how often
// these bytes were released, or whose key they are.
type Digest struct {
	Digest statement.Digest
	Size   uint64                // leaves of the tree that the answer speaks for
	State  *register.DigestState // nil: proven never to have been released
	Staple *proofs.Receipt       // the proof
}

// Digest fetches the register of a digest, or the proof that it has none: that
// the log released no document with these bytes.
func (c *Client) Digest(ctx context.Context, digest statement.Digest) (*Digest, error) {
	r, size, err := c.register(ctx, register.TypeDigest, digest.String())
	if err != nil {
		return nil, err
	}
	d := &Digest{Digest: digest, Size: size, Staple: r}
	if r.Registers[0].Value == nil {
		return d, nil
	}
	state, err := register.ParseDigestState(r.Registers[0].State.State)
	if err != nil {
		return nil, c.unusable("%v", err)
	}
	d.State = &state
	return d, nil
}

// resourceOf returns the path of a register below its folder, as in
// documents/contracts/1.
func resourceOf(t register.Type, id string) (string, error) {
	switch t {
	case register.TypeDocument:
		if statement.ValidDocumentID(id) || statement.ReservedDocument(id) {
			return "documents/" + id, nil
		}
	case register.TypeIdentity, register.TypeActivity:
		if statement.ValidID(id) && t == register.TypeIdentity {
			return "identities/" + id, nil
		}
		if statement.ValidID(id) {
			return "activities/" + id, nil
		}
	case register.TypeDigest:
		if d, err := statement.ParseDigest(id); err == nil {
			return "digests/" + hex.EncodeToString(d[:]), nil
		}
	case register.TypeRun:
		if statement.ValidID(id) {
			return "runs/" + id, nil
		}
	case register.TypeGrant:
		if d, err := statement.ParseDigest(id); err == nil {
			return "grants/" + hex.EncodeToString(d[:]), nil
		}
	}
	return "", fmt.Errorf("%q does not name a register of the type %v", id, t)
}
