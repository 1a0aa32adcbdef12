package pack_test

import (
	"bytes"
	"testing"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/pack"
	"github.com/docketlog/docket/proofs/register"
)

// TestPackByteFlips: no byte of a pack can be changed, of which it tries many: not as it is, and not with a
// manifest that lists the change, but in what the maker's policy says, which is nothing.
func TestPackByteFlips(t *testing.T) {
	x := newWorld(t)
	b := x.pack(register.TypeRun, "R0")
	v := x.verifier()
	if got := pack.Verify(v, b, expect); got.Exit != 0 {
		t.Fatalf("%s", got)
	}
	for i := 0; i < len(b); i += 7 {
		b[i] ^= 1
		got := pack.Verify(v, b, expect)
		b[i] ^= 1
		if got.Kind != proofs.Invalid {
			t.Fatalf("byte %d of %d:\n%s", i, len(b), got)
		}
	}
	list := membersOf(t, b)
	for k, m := range list {
		if m.name == "manifest.json" || m.name == "untrusted/policy" {
			continue
		}
		for i := k % 211; i < len(m.data); i += 211 {
			changed := membersOf(t, b)
			changed[k].data = bytes.Clone(m.data)
			changed[k].data[i] ^= 1
			if got := pack.Verify(v, zipped(t, relisted(t, changed)), expect); got.Kind != proofs.Invalid {
				t.Fatalf("%s, byte %d, listed:\n%s", m.name, i, got)
			}
		}
	}
}
