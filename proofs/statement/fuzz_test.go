package statement

import (
	"bytes"
	"encoding/asn1"
	"encoding/json"
	"math/big"
	"testing"
)

func FuzzJSON(f *testing.F) {
	f.Add(`{"b":[1,"a\u00e9\ud83d\ude00",null],"a":{"":true}}`)
	f.Add(`{"a":1,"a":{"b":2,"b":[]},"\ue000":3,"😀":4}`)
	f.Fuzz(checkAgainstStd)
}

func FuzzParse(f *testing.F) {
	for _, s := range fixtures() {
		f.Add(mustMarshal(f, s))
	}
	for _, s := range variants() {
		f.Add(mustMarshal(f, s))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		s, err := Parse(payload)
		if err != nil {
			return
		}
		if b, err := s.Marshal(); err != nil || !bytes.Equal(b, payload) {
			t.Fatalf("formatted %q, %v; want %q", b, err, payload)
		}
		if !json.Valid(payload) {
			t.Fatalf("accepted %q", payload)
		}
	})
}

func FuzzParsePolicy(f *testing.F) {
	f.Add([]byte(policyText(f, testPolicy())))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := ParsePolicy(text)
		if err != nil {
			return
		}
		if b, err := p.Marshal(); err != nil || !bytes.Equal(b, text) {
			t.Fatalf("formatted %q, %v; want %q", b, err, text)
		}
	})
}

func FuzzParseWorkflow(f *testing.F) {
	f.Add([]byte(workflowText()))
	f.Fuzz(func(t *testing.T, text []byte) {
		w, err := ParseWorkflow(text)
		if err != nil {
			return
		}
		if b, err := w.Marshal(); err != nil || !bytes.Equal(b, text) {
			t.Fatalf("formatted %q, %v; want %q", b, err, text)
		}
	})
}

func FuzzParseEnvelope(f *testing.F) {
	e, _ := signedRelease(f)
	f.Add(e.Marshal())
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := ParseEnvelope(text)
		if err != nil {
			return
		}
		again, err := ParseEnvelope(e.Marshal())
		if err != nil || !bytes.Equal(again.Payload, e.Payload) || !bytes.Equal(again.Signature, e.Signature) ||
			!bytes.Equal(again.SPKI, e.SPKI) {
			t.Fatalf("parsed again %+v, %v; want %+v", again, err, e)
		}
	})
}

func FuzzParseCommitment(f *testing.F) {
	_, c := signedRelease(f)
	f.Add(c.Leaf())
	f.Fuzz(func(t *testing.T, leaf []byte) {
		if c, err := ParseCommitment(leaf); err == nil && !bytes.Equal(c.Leaf(), leaf) {
			t.Fatalf("formatted %q; want %q", c.Leaf(), leaf)
		}
	})
}

func FuzzParseSeal(f *testing.F) {
	f.Add(Seal{Index: 1023, Prev: -1, Time: 1763762400123, Rules: Rules, Count: 48211, Root: digestOf("root")}.Marshal())
	f.Fuzz(func(t *testing.T, text []byte) {
		if s, err := ParseSeal(text); err == nil && !bytes.Equal(s.Marshal(), text) {
			t.Fatalf("formatted %q; want %q", s.Marshal(), text)
		}
	})
}

// FuzzCheckSignature compares with encoding/asn1: a signature is accepted if and only if it is the DER of two integers from
// 1 to n-1.
func FuzzCheckSignature(f *testing.F) {
	e, _ := signedRelease(f)
	f.Add(e.Signature)
	f.Add([]byte{0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01})
	order := new(big.Int).SetBytes(p256Order)
	f.Fuzz(func(t *testing.T, der []byte) {
		if got, want := CheckSignature(der) == nil, isSignature(der, order); got != want {
			t.Fatalf("CheckSignature(%x) accepts: %t; want %t", der, got, want)
		}
	})
}

func isSignature(der []byte, order *big.Int) bool {
	var sig struct{ R, S *big.Int }
	rest, err := asn1.Unmarshal(der, &sig)
	if err != nil || len(rest) != 0 || sig.R.Sign() <= 0 || sig.S.Sign() <= 0 || sig.R.Cmp(order) >= 0 || sig.S.Cmp(order) >= 0 {
		return false
	}
	again, err := asn1.Marshal(sig)
	return err == nil && bytes.Equal(again, der)
}

func FuzzParsePublicKey(f *testing.F) {
	f.Add(keyOf("a").spki)
	f.Fuzz(func(t *testing.T, spki []byte) {
		pub, err := ParsePublicKey(spki)
		want := isPublicKey(spki)
		if (err == nil) != want {
			t.Fatalf("ParsePublicKey(%x) = %v, %v; accepted by crypto/x509: %t", spki, pub, err, want)
		}
	})
}
