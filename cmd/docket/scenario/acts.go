package scenario

import (
	"bytes"
	"context"
	"fmt"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/statement"
)

// act does what a line says.
func (y *Play) act(ctx context.Context, line Line) (actual, error) {
	switch line.verb {
	case "wait":
		return actual{Expectation: Expectation{Outcome: "OK"}}, nil
	case "cosign":
		return actual{Expectation: Expectation{Outcome: "OK"}}, y.cosign(ctx, line.Signer)
	case "verify":
		return y.verify(ctx, line)
	case "state":
		return y.state(ctx, line.words[0], line.words[1])
	case "effect":
		return y.effect(ctx, line.words[0])
	case "policy":
		return y.setPolicy(ctx, line)
	case "again":
		return y.again(ctx, line)
	case "sign-as-erase":
		return y.signAsErase(ctx, line)
	}
	author, err := y.author(line.Signer, line.args["key"])
	if err != nil {
		return actual{}, err
	}
	e, err := y.makers()[line.verb](author, line)
	if err != nil {
		return actual{}, err
	}
	a, err := y.submit(ctx, e, line.args["as"])
	if err == nil && a.Outcome == "OK" && line.verb == "rotate" {
		y.current[line.words[0]] = line.args["newkey"]
	}
	return a, err
}

// A maker makes the signed statement of a line.
type maker func(*client.Author, Line) (statement.Envelope, error)

// makers are the acts that sign.
func (y *Play) makers() map[string]maker {
	return map[string]maker{
		"grant": y.grant, "deny": y.deny, "take-back": y.takeBack,
		"enroll": y.enroll, "rotate": y.rotate, "suspend": y.suspend, "revoke": y.revoke,
		"define": y.define, "open": y.open, "cancel": y.cancel,
		"intent": y.intent, "done": y.done, "outcome": y.outcome,
		"release": y.release, "withdraw": y.withdraw, "attest": y.attest,
	}
}

// setPolicy makes the log.
func (y *Play) setPolicy(ctx context.Context, line Line) (actual, error) {
	if y.host != nil {
		return actual{}, fmt.Errorf("the log is there already")
	}
	e, err := y.genesisOf(line)
	if err != nil {
		return actual{}, err
	}
	if err := y.create(ctx, e); err != nil {
		return actual{}, err
	}
	// The log has it already, so this brings its receipt.
	a, err := y.submit(ctx, e, line.args["as"])
	if a.Outcome == "same" {
		a.Outcome = "OK"
	}
	return a, err
}

// again submits a statement once more, signed anew: by its own key, or by another.
func (y *Play) again(ctx context.Context, line Line) (actual, error) {
	n, err := y.ref(line.words[0])
	if err != nil {
		return actual{}, err
	}
	author, err := y.author(line.Signer, line.args["key"])
	if err != nil {
		return actual{}, err
	}
	before := y.auditor.next
	e, err := signAgain(author, n.envelope.Payload)
	if err != nil {
		return actual{}, err
	}
	a, err := y.submit(ctx, e, "")
	if err != nil || a.Outcome != "same" {
		return a, err
	}
	first := fmt.Sprintf("index=%d", n.receipt.Index)
	if cp, _, err := y.client.Checkpoint(ctx); err != nil || cp.Size != before || a.Details[0] != first {
		return actual{}, fmt.Errorf("not the first entry alone: %v, want %s in a tree of %d leaves, which has %d: %w", a.Details, first, before, cp.Size, err)
	}
	a.Details = append(a.Details, "index=first", "no-leaf")
	return a, nil
}

func signAgain(author *client.Author, payload []byte) (statement.Envelope, error) {
	signature, err := author.Signer.Sign(statement.PAE(payload))
	return statement.Envelope{Payload: payload, Signature: signature, SPKI: author.Signer.SPKI()}, err
}

// signAsErase signs an admitted statement as one of the kind erase, which is
// reserved: no library makes one.
func (y *Play) signAsErase(ctx context.Context, line Line) (actual, error) {
	n, err := y.ref(line.words[0])
	if err != nil {
		return actual{}, err
	}
	author, err := y.author(line.Signer, line.args["key"])
	if err != nil {
		return actual{}, err
	}
	old, erase := []byte(n.statement.Code.PredicateType()), []byte(statement.EraseErase.PredicateType())
	e, err := signAgain(author, bytes.Replace(n.envelope.Payload, old, erase, 1))
	if err != nil {
		return actual{}, err
	}
	return y.submit(ctx, e, "")
}
