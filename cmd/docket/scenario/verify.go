package scenario

import (
	"bytes"
	"context"
	"errors"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// cosign has a witness cosign the newest checkpoint, and keeps its line.
func (y *Play) cosign(ctx context.Context, name string) error {
	t, err := y.client.NewestTree(ctx)
	if err != nil {
		return err
	}
	line, err := y.witnesses[name].cosign(ctx, t, y.clock.Now().Unix())
	body := string(t.Checkpoint.Marshal())
	y.cosigned[body] = append(y.cosigned[body], line...)
	return err
}

// withCosignatures adds the lines of witnesses to the note of a receipt, once each.
func (y *Play) withCosignatures(r *proofs.Receipt) (*proofs.Receipt, error) {
	n, err := proofs.ParseNote(r.Checkpoint)
	if err != nil {
		return nil, err
	}
	full := *r
	full.Checkpoint = bytes.Clone(r.Checkpoint)
	for line := range bytes.Lines(y.cosigned[string(n.Body)]) {
		if !bytes.Contains(full.Checkpoint, line) {
			full.Checkpoint = append(full.Checkpoint, line...)
		}
	}
	return &full, nil
}

// verify judges a sample file by a kept receipt, and by a newer one that the log
// gives, as docket verify does. With at=receipt the receipt speaks alone.
func (y *Play) verify(ctx context.Context, line Line) (actual, error) {
	n, err := y.ref(line.args["receipt"])
	if err != nil {
		return actual{}, err
	}
	release, ok := n.statement.Body.(*statement.ReleaseDocument)
	if !ok {
		return actual{}, errors.New("the receipt is of no release")
	}
	newest, err := y.client.Receipt(ctx, n.digest)
	if err != nil {
		return actual{}, err
	}
	if newest, err = y.withCosignatures(newest); err != nil {
		return actual{}, err
	}
	expect := proofs.Expect{File: sampleDigest(line.words[0]), Document: line.args.or("doc", release.Document), Now: y.clock.Now().UnixMilli()}
	if line.args["at"] == "receipt" {
		return verdictOf(y.client.Verifier.Verify(n.receipt, expect)), nil
	}
	v := y.client.Verifier.VerifyStapled(n.receipt, newest, expect)
	if v.Level != proofs.LevelLog { // final: it needs nothing newer to be believed
		n.receipt = newest
	}
	return verdictOf(v), nil
}
