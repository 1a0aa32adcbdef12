package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
)

// Only a refusal by the admission rules of this log ends a pending statement.
func TestRefusedForGood(t *testing.T) {
	for _, test := range []struct {
		status int
		code   string
		want   bool
	}{
		{409, "E408", true},
		{422, "E701", true},
		{403, "E201", true},
		{400, "E103", false}, // another log
		{404, "not-found", false},
		{405, "method", false},
		{408, "timeout", false},
		{413, "body-size", false},
		{415, "media-type", false},
		{429, "rate", false},
		{499, "canceled", false},
		{503, "busy", false},
		{503, "E408", false},
		{507, "no-space", false},
	} {
		err := fmt.Errorf("submit: %w", &client.Refused{Status: test.status, Code: test.code})
		if got := client.RefusedForGood(err); got != test.want {
			t.Errorf("%d %s: %t, want %t", test.status, test.code, got, test.want)
		}
	}
	if client.RefusedForGood(client.ErrUnreachable) {
		t.Error("no answer is no refusal")
	}
}

// A server that shows an older state than a kept receipt does not make a version
// current again.
func TestBetterNeverGoesBack(t *testing.T) {
	ended := proofs.Verdict{Kind: proofs.WasAuthoritative, Exit: proofs.ExitEnded, Size: 100}
	stale := proofs.Verdict{Kind: proofs.Authoritative, Size: 50}
	got := better(ended, stale, "the answer")
	if got.Kind != proofs.WasAuthoritative || got.Exit != proofs.ExitEnded || len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "size 50") {
		t.Errorf("%+v", got)
	}
	newer := proofs.Verdict{Kind: proofs.Withdrawn, Exit: proofs.ExitEnded, Size: 101}
	if got := better(ended, newer, "the answer"); got.Kind != proofs.Withdrawn {
		t.Errorf("%+v", got)
	}
	contradicted := proofs.Verdict{Kind: proofs.Contradicted, Exit: proofs.ExitContradicted, Size: 50}
	if got := better(ended, contradicted, "the answer"); got.Kind != proofs.Contradicted {
		t.Errorf("%+v", got)
	}
}
