package statement

import (
	"unicode/utf16"
	"unicode/utf8"
)

// escaped reads on a string that began at start, from its first escape at i.
func (r *reader) escaped(start, i int) (string, bool) {
	b := append(make([]byte, 0, 2*(i-start)+64), r.src[start:i]...)
	for i < len(r.src) {
		c := r.src[i]
		r.pos = i
		switch {
		case c == '"':
			r.pos = i + 1
			if !utf8.Valid(b) {
				return "", r.fail("want valid UTF-8")
			}
			return string(b), true
		case c < ' ':
			return "", r.fail("control character in a string; want it escaped")
		case c == '\\':
			var size int
			if b, size = r.escape(b, i); size == 0 {
				return "", r.fail("want an escape of RFC 8259, and no lone surrogate")
			}
			i += size
		default:
			b = append(b, c)
			i++
		}
	}
	r.pos = len(r.src)
	return "", r.fail("the text ends inside a string")
}

// escape reads the escape at i, appends what it stands for and gives its length, or 0 if it is none.
func (r *reader) escape(b []byte, i int) ([]byte, int) {
	if i+1 == len(r.src) {
		return b, 0
	}
	switch c := r.src[i+1]; c {
	case '"', '\\', '/':
		return append(b, c), 2
	case 'b':
		return append(b, '\b'), 2
	case 'f':
		return append(b, '\f'), 2
	case 'n':
		return append(b, '\n'), 2
	case 'r':
		return append(b, '\r'), 2
	case 't':
		return append(b, '\t'), 2
	case 'u':
		return r.unicodeEscape(b, i)
	}
	return b, 0
}

func (r *reader) unicodeEscape(b []byte, i int) ([]byte, int) {
	unit, ok := r.codeUnit(i)
	if !ok {
		return b, 0
	}
	if !utf16.IsSurrogate(unit) {
		return utf8.AppendRune(b, unit), 6
	}
	low, ok := r.codeUnit(i + 6)
	if !ok {
		return b, 0
	}
	pair := utf16.DecodeRune(unit, low)
	if pair == utf8.RuneError {
		return b, 0
	}
	return utf8.AppendRune(b, pair), 12
}

// codeUnit reads \uXXXX at i.
func (r *reader) codeUnit(i int) (rune, bool) {
	if i+6 > len(r.src) || r.src[i] != '\\' || r.src[i+1] != 'u' {
		return 0, false
	}
	var unit rune
	for _, c := range []byte(r.src[i+2 : i+6]) {
		if 'A' <= c && c <= 'F' {
			c += 'a' - 'A'
		}
		digit := nibble(c)
		if digit > 15 {
			return 0, false
		}
		unit = unit<<4 | rune(digit)
	}
	return unit, true
}
