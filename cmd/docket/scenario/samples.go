package scenario

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/docketlog/docket/proofs/statement"
)

// Sample returns the bytes of a sample file: a small valid PDF of one page that
// shows its name, always the same. A name that ends in ~ gives the file with one
// byte changed.
func Sample(name string) []byte {
	base, changed := strings.CutSuffix(name, "~")
	b := SamplePDF("Sample " + base)
	if changed {
		b[len(b)/2] ^= 1
	}
	return b
}

func sampleDigest(name string) statement.Digest { return sha256.Sum256(Sample(name)) }

// SamplePDF returns a small valid PDF of one page with a line of text, which
// must not contain parentheses or backslashes.
func SamplePDF(text string) []byte {
	content := fmt.Sprintf("BT /F1 24 Tf 72 720 Td (%s) Tj ET", text)
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(content), content),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	offsets := make([]int, len(objects))
	for i, o := range objects {
		offsets[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, offset := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, xref)
	return b.Bytes()
}

// seal returns the digests of disclosures of these values, sorted, as a statement
// carries them. What is disclosed stays here.
func seal(values args) ([]string, error) {
	var sealed []string
	for name, value := range values {
		var salt [32]byte
		if _, err := rand.Read(salt[:]); err != nil {
			return nil, err
		}
		b, err := json.Marshal([]string{base64.RawURLEncoding.EncodeToString(salt[:]), name, value})
		if err != nil {
			return nil, err
		}
		digest := sha256.Sum256([]byte(base64.RawURLEncoding.EncodeToString(b)))
		sealed = append(sealed, base64.RawURLEncoding.EncodeToString(digest[:]))
	}
	slices.Sort(sealed)
	return sealed, nil
}

// personal are the named words of a story whose values are sealed, and the names
// that they have in disclosures.
var personal = map[string]string{"name": "personName", "mail": "mail", "subjectRef": "subjectRef", "prompt": "prompt", "purpose": "purpose", "reasonText": "reasonText"}

// sealedOf seals what is personal among the words of a line.
func sealedOf(a args) ([]string, error) {
	values := make(args)
	for word, name := range personal {
		if a.has(word) {
			values[name] = a[word]
		}
	}
	return seal(values)
}

// Personal returns the values that a story seals: none of them may be found in
// what the log keeps or shows.
func (s *Story) Personal() []string {
	var out []string
	add := func(a args) {
		for word := range personal {
			if a.has(word) {
				out = append(out, a[word])
			}
		}
	}
	for _, d := range s.cast {
		add(d.args)
	}
	for _, l := range s.Lines {
		add(l.args)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
