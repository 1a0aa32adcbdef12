package scenario

import (
	"bytes"
	"context"
	"fmt"

	"github.com/docketlog/docket/proofs/register"
)

// Status bytes of registers in the words of a story.
var (
	documentStatus = map[uint8]string{register.DocumentCurrent: "current", register.DocumentWithdrawn: "withdrawn"}
	identityStatus = map[uint8]string{
		register.IdentityActive: "active", register.IdentitySuspended: "suspended", register.IdentityRevoked: "revoked", register.IdentityRetired: "retired",
	}
	grantStatus = map[uint8]string{register.GrantOpen: "open", register.GrantUsedUp: "spent", register.GrantTaken: "revoked"}
	runStatus   = map[uint8]string{
		register.RunOpen: "open", register.RunSuccess: "success", register.RunPartial: "partial", register.RunFailed: "failed",
		register.RunAborted: "aborted", register.RunCancelled: "cancelled", register.RunDenied: "denied",
	}
)

// state gives a register as the auditor's replay of the log has it, which must be
// what the server proves of it.
func (y *Play) state(ctx context.Context, kind, name string) (actual, error) {
	key, err := y.registerKey(kind, name)
	if err != nil {
		return actual{}, err
	}
	served, err := y.served(ctx, kind, name)
	if err != nil {
		return actual{}, err
	}
	var replayed []byte
	if r := y.auditor.record(key); r != nil {
		replayed = r.State
	}
	if !bytes.Equal(served, replayed) {
		return actual{}, fmt.Errorf("the server proves the state %x, the replay has %x", served, replayed)
	}
	if replayed == nil {
		return actual{Expectation: Expectation{Outcome: "none"}}, nil
	}
	e, err := describe(kind, replayed)
	return actual{Expectation: e}, err
}

// served is the state of a register that the client verified; nil: it was proven
// that there is none.
func (y *Play) served(ctx context.Context, kind, name string) ([]byte, error) {
	var state interface{ Marshal() []byte }
	switch kind {
	case "document":
		d, err := y.client.Document(ctx, name)
		if err != nil || d.State == nil {
			return nil, err
		}
		state = d.State
	case "identity":
		i, err := y.client.Identity(ctx, name)
		if err != nil || i.State == nil {
			return nil, err
		}
		state = i.State
	case "grant":
		g, err := y.client.Grant(ctx, y.named[name].digest)
		if err != nil || g.State == nil {
			return nil, err
		}
		state = g.State
	default:
		r, err := y.client.Run(ctx, name)
		if err != nil || r.State == nil {
			return nil, err
		}
		state = r.State
	}
	return state.Marshal(), nil
}

func (y *Play) registerKey(kind, name string) (register.Key, error) {
	switch kind {
	case "document":
		return register.DocumentKey(name), nil
	case "identity":
		return register.IdentityKey(name), nil
	case "run":
		return register.RunKey(name), nil
	case "grant":
		n, err := y.ref(name)
		if err != nil {
			return register.Key{}, err
		}
		return register.GrantKey(register.Hash(n.digest)), nil
	}
	return register.Key{}, fmt.Errorf("state of what? document, identity, run or grant, not %s", kind)
}

// describe gives the state of a register in words.
func describe(kind string, state []byte) (e Expectation, err error) {
	switch kind {
	case "document":
		d, err := register.ParseDocumentState(state)
		return Expectation{Outcome: documentStatus[d.Status], Details: []string{fmt.Sprintf("version=%d", d.Version)}}, err
	case "identity":
		i, err := register.ParseIdentityState(state)
		e := Expectation{Outcome: identityStatus[i.Status]}
		if err == nil && i.CompromisedSince != register.None {
			e.Details = []string{"since=" + clockOf(int64(i.CompromisedSince))}
		}
		return e, err
	case "grant":
		g, err := register.ParseGrantState(state)
		return Expectation{Outcome: grantStatus[g.Status], Details: []string{fmt.Sprintf("left=%d", g.Granted.Uses)}}, err
	}
	r, err := register.ParseRunState(state)
	e = Expectation{Outcome: runStatus[r.Status], Details: []string{fmt.Sprintf("attempt=%d", r.Attempt)}}
	if r.Claimed != 0 {
		e.Details = append(e.Details, "claimed="+runStatus[r.Claimed])
	}
	return e, err
}
