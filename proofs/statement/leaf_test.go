package statement

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func leafErr(b []byte) error {
	_, err := ParseCommitment(b)
	return err
}

func TestLeafRefusals(t *testing.T) {
	_, c := signedRelease(t)
	leaf := string(c.Leaf())
	content, key := "spec.hashedRekordV002.signature.content", "spec.hashedRekordV002.signature.verifier.publicKey.rawBytes"
	for _, r := range []refusal{
		{"newline", "}}}}}}", "}}}}}}\n", "}}}}}}", "E101", ""},
		{"white space", `,"kind"`, `, "kind"`, `,"kind"`, "E101", ""},
		{"other version", `0.0.2`, `0.0.1`, `0.0.2`, "E101", ""},
		{"dsse", `hashedrekord`, `dsse`, `hashedrekord`, "E101", ""},
		{"digest of 31 bytes", leaf[len(leafHead) : len(leafHead)+44], strings.Repeat("A", 42) + "==", strings.Repeat("A", 43) + "=",
			"E101", ""},
		{"digest with trailing bits", leaf[len(leafHead) : len(leafHead)+44], strings.Repeat("A", 42) + "B=",
			strings.Repeat("A", 43) + "=", "E101", ""},
		{"signature escaped", `"content":"M`, `"content":"\u004d`, `"content":"M`, "E101", ""},
		{"line break in the signature", `"content":"M`, "\"content\":\"\nM", `"content":"M`, "E101", ""},
		{"signature not DER", `"content":"ME`, `"content":"MF`, `"content":"ME`, "E104", content},
		{"key not P-256", `"rawBytes":"MFkw`, `"rawBytes":"MFkx`, `"rawBytes":"MFkw`, "E104", key},
		{"empty", leaf, ``, leaf, "E101", ""},
		{"seal", leaf, SealPrefix + "\n", leaf, "E101", ""},
		{"too large", leaf, leaf + strings.Repeat(" ", MaxLeaf), leaf, "E101", ""},
	} {
		t.Run(r.name, func(t *testing.T) { r.check(t, leaf, leafErr) })
	}
	if got := canonical(t, leaf); got != leaf {
		t.Errorf("leaf is not its own canonical form: %s", got)
	}
	for i := range leaf { // nothing but digest, signature and key is free
		bad := []byte(leaf)
		bad[i] ^= 0x20
		if got, err := ParseCommitment(bad); err == nil && !slices.Equal(got.Leaf(), bad) {
			t.Errorf("byte %d changed: accepted as another leaf", i)
		}
		if _, err := ParseCommitment([]byte(leaf[:i])); err == nil {
			t.Errorf("cut to %d bytes: accepted", i)
		}
	}
}

func TestParseSealRefuses(t *testing.T) {
	good := string(Seal{Index: 1023, Prev: 961, Time: 1763762400123, Rules: Rules, Count: 48211, Root: digestOf("root")}.Marshal())
	for _, test := range []struct{ name, old, bad, good string }{
		{"newline missing", "=\n", "=", "=\n"},
		{"newline twice", "=\n", "=\n\n", "=\n"},
		{"carriage return", "1023\n", "1023\r\n", "1024\n"},
		{"leading zero", "index 1023", "index 01023", "index 0"},
		{"plus", "index 1023", "index +1023", "index 1"},
		{"space twice", "index 1023", "index  1023", "index 2"},
		{"index negative", "index 1023", "index -1", "index 9223372036854775807"},
		{"index of 64 bits", "index 1023", "index 9223372036854775808", "index 9223372036854775807"},
		{"index empty", "index 1023", "index ", "index 0"},
		{"prev -2", "prev 961", "prev -2", "prev -1"},
		{"prev -0", "prev 961", "prev -0", "prev 0"},
		{"time negative", "time 1763762400123", "time -1", "time 0"},
		{"time with fraction", "time 1763762400123", "time 1.5", "time 15"},
		{"rules empty", "docket/1", "", "docket/1"},
		{"rules of another log", "docket/1", "other/1", "docket/x"},
		{"rules in upper case", "docket/1", "docket/A", "docket/a"},
		{"rules of 33 bytes", "docket/1", "docket/" + strings.Repeat("a", 33), "docket/" + strings.Repeat("a", 32)},
		{"count of 64 bits", " 48211 ", " 9223372036854775808 ", " 0 "},
		{"root missing", " 48211 ", " 48211", " 48211 "},
		{"root of 31 bytes", good[len(good)-45:], strings.Repeat("A", 42) + "==\n", strings.Repeat("A", 43) + "=\n"},
		{"root with trailing bits", good[len(good)-45:], strings.Repeat("A", 42) + "B=\n", strings.Repeat("A", 43) + "=\n"},
		{"other version", "docket/v1", "docket/v2", "docket/v1"},
		{"line missing", "prev 961\n", "", "prev 961\n"},
		{"lines changed about", "index 1023\nprev 961\n", "prev 961\nindex 1023\n", "index 1023\nprev 961\n"},
		{"other label", "registers", "register", "registers"},
		{"empty", good, "", good},
		{"too long", good, good + strings.Repeat("a", 256), good},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := ParseSeal([]byte(strings.Replace(good, test.old, test.good, 1))); err != nil {
				t.Errorf("neighbour refused: %v", err)
			}
			if s, err := ParseSeal([]byte(strings.Replace(good, test.old, test.bad, 1))); !errors.Is(err, ErrSeal) {
				t.Errorf("ParseSeal = %+v, %v; want ErrSeal", s, err)
			}
		})
	}
}

// The sizes that the specification names.
func TestSealSizes(t *testing.T) {
	for _, test := range []struct {
		seal Seal
		want int
	}{
		{Seal{Index: 1000, Prev: 999, Time: 1763762400123, Rules: "docket/1", Count: 1000}, 129},
		{Seal{Index: 1e12, Prev: 1e12 - 2, Time: 1763762400123, Rules: "docket/1", Count: 1e12}, 156},
	} {
		if got := len(test.seal.Marshal()); got != test.want {
			t.Errorf("%+v has %d bytes; want %d", test.seal, got, test.want)
		}
	}
}
