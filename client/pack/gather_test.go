package pack_test

import (
	"os"
	"strings"
	"testing"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/pack"
	"github.com/docketlog/docket/proofs/register"
)

func TestPackOfARun(t *testing.T) {
	x := newWorld(t)
	b := x.pack(register.TypeRun, "R1")
	v := pack.Verify(x.verifier(), b, expect)
	if v.Kind != proofs.Authoritative || v.Exit != 0 || v.Run.Status != "success" || len(v.Documents) != 1 || v.Documents[0].Document != "claims/1" {
		t.Fatalf("%s", v)
	}
	if dir := os.Getenv("PACK_OUT"); dir != "" {
		os.WriteFile(dir, b, 0o600)
	}
	if !strings.Contains(v.Sentence(), "version 1 of claims/1") {
		t.Error(v.Sentence())
	}
}
