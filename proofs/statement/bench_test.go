package statement

import "testing"

func BenchmarkParse(b *testing.B) {
	for _, s := range fixtures() {
		payload := mustMarshal(b, s)
		b.Run(s.Code.String(), func(b *testing.B) {
			b.SetBytes(int64(len(payload)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(payload); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkMarshal(b *testing.B) {
	s := testRelease()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Marshal(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseEnvelope(b *testing.B) {
	e, _ := signedRelease(b)
	text := e.Marshal()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseEnvelope(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDigestOf(b *testing.B) {
	payload := mustMarshal(b, testRelease())
	b.SetBytes(int64(len(payload)))
	b.ReportAllocs()
	for b.Loop() {
		DigestOf(payload)
	}
}

func BenchmarkVerify(b *testing.B) {
	e, _ := signedRelease(b)
	digest := DigestOf(e.Payload)
	b.ReportAllocs()
	for b.Loop() {
		pub, err := ParsePublicKey(e.SPKI)
		if err != nil {
			b.Fatal(err)
		}
		if err := Verify(pub, digest, e.Signature); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLeaf(b *testing.B) {
	_, c := signedRelease(b)
	b.Run("Leaf", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.Leaf()
		}
	})
	leaf := c.Leaf()
	b.Run("ParseCommitment", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ParseCommitment(leaf); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkParseSeal(b *testing.B) {
	text := Seal{Index: 1023, Prev: 961, Time: 1763762400123, Rules: Rules, Count: 48211, Root: digestOf("root")}.Marshal()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseSeal(text); err != nil {
			b.Fatal(err)
		}
	}
}
