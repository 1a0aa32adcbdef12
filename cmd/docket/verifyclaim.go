package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// claim answers --never-released and --absent: of one register, with no receipt.
func (v *verify) claim(ctx context.Context, now time.Time) (proofs.Claim, error) {
	t, id := register.TypeDocument, v.absent
	var digest statement.Digest
	if v.never {
		var err error
		if digest, _, err = hashFile(v.file); err != nil {
			return proofs.Claim{}, err
		}
		t, id = register.TypeDigest, digest.String()
	}
	verifier, expect, c, err := v.pins(now)
	if err != nil {
		return proofs.Claim{}, err
	}
	staple, err := v.stapleOf(ctx, c, t, id)
	var malformed *malformedReceipt
	if errors.As(err, &malformed) {
		return v.invalidClaim(id, malformed), nil
	}
	if err != nil {
		return proofs.Claim{}, err
	}
	if v.never {
		return verifier.NeverReleased(staple, digest, expect), nil
	}
	return verifier.DocumentAbsent(staple, id, expect), nil
}

// invalidClaim is the answer about a file that is no staple.
func (v *verify) invalidClaim(id string, err error) proofs.Claim {
	name := proofs.ClaimNoDocument
	if v.never {
		name = proofs.ClaimNeverReleased
	}
	return proofs.Claim{Name: name, ID: id, Exit: proofs.ExitInvalid, Reason: err.Error()}
}

// pins are the verifier's own: those of --policy, or of the client folder, with which
// a server can be asked. The client is nil if none may be.
func (v *verify) pins(now time.Time) (proofs.Verifier, proofs.Expect, *client.Client, error) {
	expect := proofs.Expect{Now: now.UnixMilli(), MaxAge: v.maxAgeMillis()}
	if v.policy != "" {
		verifier, err := readVerifier(v.policy, v.genesis)
		return verifier, expect, nil, err
	}
	c, config, err := v.folders.pinnedClient("")
	if err != nil {
		return proofs.Verifier{}, expect, nil, err
	}
	if v.genesis != "" {
		if c.Verifier, err = readVerifier(v.folders.policy(), v.genesis); err != nil {
			return proofs.Verifier{}, expect, nil, err
		}
	}
	expect.Dev = config.Dev
	if v.offline || len(v.staples) > 0 {
		return c.Verifier, expect, nil, nil
	}
	return c.Verifier, expect, c, v.folders.connect(c, config)
}

// stapleOf is the one that was given, or that a server gives.
func (v *verify) stapleOf(ctx context.Context, c *client.Client, t register.Type, id string) (*proofs.Receipt, error) {
	switch {
	case len(v.staples) > 1:
		return nil, usage("this takes one --staple")
	case len(v.staples) == 1:
		return parseReceiptFile(v.staples[0])
	case c == nil:
		return nil, usage("give --staple, which docket staple makes: no server is asked with --policy or --offline")
	}
	return c.RegisterStaple(ctx, t, id)
}

// printClaim writes the claim and returns its exit code as an error unless it is 0.
func (v *verify) printClaim(out io.Writer, claim proofs.Claim) error {
	switch {
	case v.json:
		b, err := json.MarshalIndent(claim, "", "  ")
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s\n", escapeControls(b))
	case v.checks:
		fmt.Fprint(out, claim.Full())
	default:
		fmt.Fprint(out, claim)
	}
	if claim.Exit != 0 {
		return &verdictError{claim.Exit}
	}
	return nil
}

// moment reads --at and --as-of; nil: neither was given.
func (v *verify) moment(sized bool) (*proofs.Moment, error) {
	at, err := timeFlag("--at", v.at)
	switch {
	case err != nil:
		return nil, err
	case v.at != "" && sized:
		return nil, usage("--at or --as-of, not both")
	case sized && v.size == 0:
		return nil, usage("--as-of is a size from 1")
	case sized:
		return &proofs.Moment{Size: v.size}, nil
	case v.at != "":
		return &proofs.Moment{Time: at.UnixMilli()}, nil
	}
	return nil, nil
}
