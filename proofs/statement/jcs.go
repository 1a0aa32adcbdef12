package statement

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// checkCanonical refuses (E101) a text that is not its own canonical form.
func (t *tree) checkCanonical(payload string) error {
	b := t.appendCanonical(make([]byte, 0, len(payload)), 0)
	if string(b) == payload {
		return nil
	}
	n := 0
	for n < len(b) && n < len(payload) && b[n] == payload[n] {
		n++
	}
	return formError("", fmt.Sprintf("byte %d: not its own canonical form; want the text as RFC 8785 writes it: "+
		"names sorted, no white space, escapes only where needed", n))
}

// Canonical gives the canonical form (RFC 8785) of a JSON text that a person wrote, such as a workflow document with line
// breaks. Names that stand twice are kept, for [ParseWorkflow] and its like to refuse. Errors are of type [*Error].
func Canonical(text []byte) ([]byte, error) {
	if len(text) > 4*MaxPayload {
		return nil, formError("", "want at most 262144 bytes")
	}
	t, err := readJSON(string(text))
	if err != nil {
		return nil, err
	}
	return t.appendCanonical(make([]byte, 0, len(text)), 0), nil
}

// appendCanonical writes a value by the JSON canonicalization scheme, RFC 8785. Names that stand twice keep their order.
func (t *tree) appendCanonical(b []byte, at ref) []byte {
	v := &t.values[at]
	switch v.kind {
	case text:
		return appendString(b, v.text)
	case integer:
		return strconv.AppendUint(b, v.num, 10)
	case null, boolean:
		return append(b, v.text...)
	case array:
		b = append(b, '[')
		for i := v.first; i != 0; i = t.values[i].next {
			b = append(t.appendCanonical(b, i), ',')
		}
		return closeList(b, ']')
	}
	b = append(b, '{')
	if t.sorted(v.first) {
		for i := v.first; i != 0; i = t.values[i].next {
			b = t.appendMember(b, i)
		}
		return closeList(b, '}')
	}
	var members []ref
	for i := v.first; i != 0; i = t.values[i].next {
		members = append(members, i)
	}
	slices.SortStableFunc(members, func(i, j ref) int { return compareUTF16(t.values[i].key, t.values[j].key) })
	for _, i := range members {
		b = t.appendMember(b, i)
	}
	return closeList(b, '}')
}

func (t *tree) appendMember(b []byte, at ref) []byte {
	b = append(appendString(b, t.values[at].key), ':')
	return append(t.appendCanonical(b, at), ',')
}

func (t *tree) sorted(first ref) bool {
	for i := first; i != 0; {
		next := t.values[i].next
		if next != 0 && compareUTF16(t.values[i].key, t.values[next].key) > 0 {
			return false
		}
		i = next
	}
	return true
}

// compareUTF16 orders names as RFC 8785 section 3.2.3 does: by UTF-16 code units. That differs from the order of the
// UTF-8 bytes only where a character above U+FFFF, a surrogate pair from 0xD800, meets one of U+E000 to U+FFFF.
func compareUTF16(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	if n == len(a) || n == len(b) || a[n] < 0xee || b[n] < 0xee {
		return strings.Compare(a[n:], b[n:])
	}
	if (a[n] >= 0xf0) != (b[n] >= 0xf0) { // lead bytes: 0xee, 0xef start U+E000 to U+FFFF, 0xf0 and more a pair
		return int(b[n]) - int(a[n])
	}
	return int(a[n]) - int(b[n])
}

// closeList replaces the comma after the last element, if there is one, by the end.
func closeList(b []byte, end byte) []byte {
	if n := len(b) - 1; b[n] == ',' {
		b[n] = end
		return b
	}
	return append(b, end)
}

// appendString writes a string with the escapes that RFC 8785 section 3.2.2.2 demands and no others.
func appendString(b []byte, s string) []byte {
	const hexDigits = "0123456789abcdef"
	b = append(b, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[start:i]...)
		start = i + 1
		if n := strings.IndexByte("\"\\\b\f\n\r\t", c); n >= 0 {
			b = append(b, '\\', `"\bfnrt`[n])
		} else {
			b = append(b, `\u00`...)
			b = append(b, hexDigits[c>>4], hexDigits[c&15])
		}
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}
