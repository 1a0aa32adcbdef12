package main

import (
	"encoding/json"
	"testing"
	"unicode"
)

// What others wrote reaches no terminal as control characters, and a program all the same.
func TestJSONLineSteersNoTerminal(t *testing.T) {
	for _, text := range []string{"plain", "\x1b[31m", "a\u009b31mb", "\u202etxt.exe", "\u200b\ufeff", "é — 漢字 <&>", "\U000e0001", "\x7f", "\u2028"} {
		line := jsonLine(map[string]string{"x": text})
		for _, c := range string(line[:len(line)-1]) {
			if !unicode.IsPrint(c) {
				t.Errorf("%q: %q", text, line)
			}
		}
		var back map[string]string
		if err := json.Unmarshal(line, &back); err != nil || back["x"] != text {
			t.Errorf("%q came back as %q, %v", text, back["x"], err)
		}
	}
}
