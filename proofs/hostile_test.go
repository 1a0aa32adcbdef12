package proofs_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/evidence"
	"github.com/docketlog/docket/proofs/pack"
	"github.com/docketlog/docket/proofs/statement"
)

// untrusted are the parsers of what a stranger hands over.
var untrusted = map[string]func(b []byte) error{
	"receipt":        func(b []byte) error { _, err := proofs.ParseReceipt(b); return err },
	"policy":         func(b []byte) error { _, err := proofs.ParsePolicy(b); return err },
	"tlog-proof":     func(b []byte) error { _, err := proofs.ParseTLogProof(b); return err },
	"key list":       func(b []byte) error { _, err := proofs.ParseKeyList(b); return err },
	"note":           func(b []byte) error { _, err := proofs.ParseNote(b); return err },
	"checkpoint":     func(b []byte) error { _, err := proofs.ParseCheckpoint(b); return err },
	"add-checkpoint": func(b []byte) error { _, err := proofs.ParseAddCheckpoint(b); return err },
	"bundle":         func(b []byte) error { _, err := proofs.ParseEntryBundle(b, 256, 8192); return err },
	"evidence":       func(b []byte) error { _, err := evidence.Parse(b); return err },
	"statement":      func(b []byte) error { _, err := statement.Parse(b); return err },
	"envelope":       func(b []byte) error { _, err := statement.ParseEnvelope(b); return err },
	"log policy":     func(b []byte) error { _, err := statement.ParsePolicy(b); return err },
	"workflow":       func(b []byte) error { _, err := statement.ParseWorkflow(b); return err },
	"seal":           func(b []byte) error { _, err := statement.ParseSeal(b); return err },
	"leaf":           func(b []byte) error { _, err := statement.ParseCommitment(b); return err },
	"pack": func(b []byte) error {
		if v := pack.Verify(proofs.Verifier{}, b, pack.Expect{}); v.Kind != proofs.Invalid {
			return nil
		}
		return fmt.Errorf("invalid")
	},
}

// hostile are inputs that are large, deep, or full of numbers.
func hostile() map[string][]byte {
	const n = 1 << 20
	text := func(s string) []byte { return []byte(s) }
	many := func(before, each, after string, n int) []byte { return text(before + strings.Repeat(each, n) + after) }
	register := `{"events":[],"id":"contracts/1","path":"AgAA","type":"document"}`
	return map[string][]byte{
		"deep lists":          many("", "[", "", n),
		"deep objects":        many("", `{"a":`, "", n/5),
		"deep in a member":    many(`{"checkpoint":`, "[", strings.Repeat("]", n/2)+"}", n/2),
		"a number of many 9s": many(`{"index":`, "9", "}", n),
		"a huge exponent":     text(`{"index":1e999999999,"checkpoint":""}`),
		"many exponents":      many(`{"index":[`, "1e999999,", "1]}", n/9),
		"thousands of registers": many(`{"checkpoint":"","genesisInclusion":[],"mediaType":"application/vnd.docket.receipt.v1+json","registers":[`,
			register+",", register+`],"seal":"","sealInclusion":[]}`, n/len(register)),
		"thousands of members":  many("{", `"a":1,`, `"a":1}`, n/6),
		"one long string":       many(`"`, "a", `"`, n),
		"many escapes":          many(`"`, `\u0000`, `"`, n/6),
		"many lines":            many("", "witness a b\n", "", n/12),
		"many groups":           many("log x\n", "group g any a\n", "quorum g\n", n/14),
		"a group of many":       many("group g 1", " a", "\nquorum g\n", n/2),
		"many signature lines":  many("log.example\n1\nAAAA\n\n", "— a AAAAAAA=\n", "", n/16),
		"many hashes":           many("c2sp.org/tlog-proof@v1\nindex 1\n", strings.Repeat("A", 43)+"=\n", "\n", n/45),
		"old 2^64":              text("old 18446744073709551616\n\n"),
		"zeros":                 make([]byte, n),
		"all ones":              bytes.Repeat([]byte{0xff}, n),
		"invalid UTF-8":         bytes.Repeat([]byte{0xc3, 0x28}, n/2),
		"a zip of many entries": many("", "PK\x03\x04\x14\x00\x00\x00\x00\x00", "PK\x05\x06\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00", n/10),
		"base64 of base64":      text(`{"payload":"` + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("A"), n)) + `"}`),
	}
}

// TestHostileSizes: none of them is taken, by whichever parser, and each is refused in a
// time that nobody notices. The limit is wide for machines with much else to do.
func TestHostileSizes(t *testing.T) {
	const limit = 5 * time.Second
	for name, b := range hostile() {
		for format, parse := range untrusted {
			begun := time.Now()
			err := parse(b)
			if took := time.Since(begun); took > limit {
				t.Errorf("%s as %s took %v", name, format, took)
			}
			if err == nil {
				t.Errorf("%s is a %s", name, format)
			}
		}
	}
}
