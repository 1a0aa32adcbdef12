package statement

import (
	"fmt"
	"strings"
	"testing"
)

// hostile are texts of the largest size that make a careless reader slow or deep.
func hostile() map[string]string {
	fill := func(head, part, tail string) string {
		return head + strings.Repeat(part, (MaxPayload-len(head)-len(tail))/len(part)) + tail
	}
	var unsorted, numbered strings.Builder
	for i := range 4000 {
		fmt.Fprintf(&unsorted, `"%07d":1,`, 9999999-i)
		fmt.Fprintf(&numbered, `"%07d":1,`, i)
	}
	release := `{"_type":"https://in-toto.io/Statement/v1","predicate":{"to":[`
	tail := `]},"predicateType":"https://github.com/docketlog/docket/spec/document.release/v1"}`
	return map[string]string{
		"many names, sorted":    "{" + numbered.String() + `"a":1}`,
		"many names, unsorted":  "{" + unsorted.String() + `"a":1}`,
		"one name, many times":  fill("{", `"a":1,`, `"a":1}`),
		"long names, one head":  `{"` + strings.Repeat("a", 30000) + `b":1,"` + strings.Repeat("a", 30000) + `a":1}`,
		"deep arrays":           fill("", "[", ""),
		"deep objects":          fill("", `{"a":`, ""),
		"many values":           fill("[", "0,", "0]"),
		"long number":           fill("", "9", ""),
		"escapes":               fill(`"`, `\"`, `"`),
		"unicode escapes":       fill(`"`, `\ud83d\ude00`, `"`),
		"lone surrogates":       fill(`"`, `\ud800`, `"`),
		"open string":           fill(`"`, "a", ""),
		"white space":           fill("", " ", "1"),
		"long list, same":       fill(release, `"a",`, `"a"`+tail),
		"long list of nothings": fill(release, `"",`, `""`+tail),
	}
}

// TestHostile: all are refused. BenchmarkHostile says how fast: none should take much longer than its bytes do to hash.
func TestHostile(t *testing.T) {
	for name, text := range hostile() {
		if err := parseErr([]byte(text)); err == nil {
			t.Errorf("%s: Parse accepts it", name)
		} else if len(err.Error()) > 2000 {
			t.Errorf("%s: message of %d bytes", name, len(err.Error()))
		}
		if policyErr([]byte(text)) == nil || envelopeErr([]byte(text)) == nil || leafErr([]byte(text)) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func BenchmarkHostile(b *testing.B) {
	for name, text := range hostile() {
		payload := []byte(text)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if parseErr(payload) == nil {
					b.Fatal("accepted")
				}
			}
		})
	}
}
