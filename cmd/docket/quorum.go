package main

import (
	"fmt"
	"io"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
)

// What the cosignatures of a checkpoint amount to under the verifier policy.
const (
	quorumNone   = "none"    // the policy demands no cosigner
	quorumMet    = "met"     // as many signed as it demands
	quorumNotMet = "not met" // fewer signed: the log's word alone
)

// fewer is what is said of an answer whose tree has fewer cosigners than demanded.
const fewer = "fewer cosigners signed than the policy demands"

// A cosigning is what the cosignatures of the tree are that an answer speaks for.
type cosigning struct {
	Quorum string `json:"quorum,omitempty"` // none, met or not met
	late   error  // a *sealedOnly: the quorum was waited for, and did not come
}

// cosigningOf looks at the cosignatures of a verified note, as of now.
func cosigningOf(c *client.Client, note []byte) (cosigning, error) {
	_, result, err := c.Verifier.Policy.Open(note, (time.Now().UnixMilli()+proofs.ClockSkew)/1000)
	switch {
	case err != nil:
		return cosigning{}, fmt.Errorf("the cosignatures of the checkpoint: %w", err)
	case c.Verifier.Policy.Quorum == proofs.NoQuorum:
		return cosigning{Quorum: quorumNone}, nil
	case result.Satisfied:
		return cosigning{Quorum: quorumMet}, nil
	}
	return cosigning{Quorum: quorumNotMet}, nil
}

// exit is the exit code of an answer as an error: nil unless cosigners are missing.
func (q cosigning) exit() error {
	if q.Quorum == quorumNotMet {
		return &verdictError{proofs.ExitCosigners}
	}
	return nil
}

// say says in text that cosigners are missing.
func (q cosigning) say(out io.Writer) error {
	if q.Quorum == quorumNotMet {
		fmt.Fprintf(out, "but %s\n", fewer)
	}
	return nil
}

// tell says in text that cosigners are missing, and returns the exit code as exit.
func (q cosigning) tell(out io.Writer) error {
	if q.Quorum == quorumNotMet {
		fmt.Fprintf(out, "but %s\n", fewer)
	}
	return q.exit()
}
