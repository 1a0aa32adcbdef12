package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonLine is a value as JSON on one line. What commands print is made of strings,
// numbers, bytes and lists of them, and so can always be encoded. Characters that could
// steer a terminal stand in it as escapes: some strings are others' words.
func jsonLine(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return escapeControls(b.Bytes())
}

// escapeControls writes the control and format characters beyond ASCII that
// encoding/json leaves in strings, such as a change of direction, as \u escapes.
func escapeControls(text []byte) []byte {
	var out []byte
	for i := 0; i < len(text); {
		c, n := utf8.DecodeRune(text[i:])
		switch {
		case c < 0x7f || !unicode.In(c, unicode.Cc, unicode.Cf):
			out = append(out, text[i:i+n]...)
		case c > 0xffff:
			high, low := utf16.EncodeRune(c)
			out = fmt.Appendf(out, "\\u%04x\\u%04x", high, low)
		default:
			out = fmt.Appendf(out, "\\u%04x", c)
		}
		i += n
	}
	return out
}
