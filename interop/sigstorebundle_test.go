package interop

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/docketlog/docket/client/sigstore"
	"github.com/docketlog/docket/interop/site"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// signed is an exported bundle with the key of its signer, which no bundle has.
type signed struct {
	*sigstore.Bundle
	spki []byte
}

func (b signed) entry() *sigstore.Entry { return &b.Material.Entries[0] }

// flipRoot changes a bit of the root hash in the signed checkpoint.
func (b signed) flipRoot() {
	note := []byte(b.entry().Inclusion.Checkpoint.Envelope)
	note[bytes.IndexByte(note, '\n')+6] ^= 1
	b.entry().Inclusion.Checkpoint.Envelope = string(note)
}

// export makes the bundle of a receipt, as docket receipt export does.
func export(t *testing.T, s *site.Site, r *proofs.Receipt) signed {
	t.Helper()
	b, err := sigstore.BundleOf(r, []proofs.VerifierKey{s.Log.Key()})
	if err != nil {
		t.Fatal(err)
	}
	return signed{b, r.Envelope.SPKI}
}

// receipt reads the receipt of a statement from the API of a served log.
func receipt(t *testing.T, s *site.Site, digest statement.Digest) *proofs.Receipt {
	t.Helper()
	r, err := proofs.ParseReceipt(get(t, fmt.Sprintf("%s/api/v1/receipts/%x", s.URL, digest[:])))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// entry is receipt for the statement at an index.
func entry(t *testing.T, s *site.Site, index uint64) *proofs.Receipt {
	t.Helper()
	c, err := statement.ParseCommitment(served(t, s)[index])
	if err != nil {
		t.Fatal(err)
	}
	return receipt(t, s, c.Digest)
}

func genesisDigest(t *testing.T, s *site.Site) statement.Digest {
	t.Helper()
	c, err := statement.ParseCommitment(served(t, s)[0])
	if err != nil {
		t.Fatal(err)
	}
	return c.Digest
}
