package statement

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"
)

func canonical(t testing.TB, s string) string {
	t.Helper()
	tr, err := readJSON(s)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return string(tr.appendCanonical(nil, 0))
}

// The cases are written by hand from RFC 8785 sections 3.2.2 and 3.2.3.
func TestCanonical(t *testing.T) {
	for in, want := range map[string]string{
		` { } `:                             `{}`,
		`[ ]`:                               `[]`,
		` null `:                            `null`,
		"[\ttrue\r\n,false]":                `[true,false]`,
		`[0, 1 ,9007199254740991]`:          `[0,1,9007199254740991]`,
		`{"b":1,"a":2}`:                     `{"a":2,"b":1}`,
		`{"a":{"d":1,"c":[{"f":1,"e":2}]}}`: `{"a":{"c":[{"e":2,"f":1}],"d":1}}`,
		`{"aa":1,"a":2,"":3}`:               `{"":3,"a":2,"aa":1}`,
		`"\u0000\u0001\u001f"`:              `"\u0000\u0001\u001f"`,
		`"\u0008\u0009\u000a\u000c\u000d"`:  `"\b\t\n\f\r"`,
		`"\b\t\n\f\r"`:                      `"\b\t\n\f\r"`,
		`"\u0022\u005c\u002f\/"`:            `"\"\\//"`,
		`"\u007f\u0080\u2028"`:              "\"\u007f\u0080\u2028\"",
		`"\u20AC\u20ac€"`:                   `"€€€"`,
		`"\uD83D\ude02"`:                    `"😂"`,
		`"\uFB33\uffff"`:                    "\"\ufb33\uffff\"",
		// the names of RFC 8785 section 3.2.3, in its order
		`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",` +
			`"\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`: `{"\r":` +
			`"Carriage Return","1":"One","` + "\u0080" + `":"Control","ö":"Latin Small Letter O With Diaeresis",` +
			`"€":"Euro Sign","😀":"Emoji: Grinning Face","` + "\ufb33" + `":"Hebrew Letter Dalet With Dagesh"}`,
	} {
		if got := canonical(t, in); got != want {
			t.Errorf("canonical(%q) = %q; want %q", in, got, want)
		}
	}
}

func TestReadJSONRefuses(t *testing.T) {
	for in, good := range map[string]string{
		``:                                      `0`,
		` `:                                     ` 0 `,
		`{`:                                     `{}`,
		`{"a"`:                                  `{"a":1}`,
		`{"a":`:                                 `{"a":""}`,
		`{"a":1`:                                `{"a":1}`,
		`{"a":1,`:                               `{"a":1,"b":2}`,
		`{"a":1,}`:                              `{"a":1 }`,
		`{,}`:                                   `{ }`,
		`{a:1}`:                                 `{"a":1}`,
		`{"a" 1}`:                               `{"a" : 1}`,
		`{"a":1 "b":2}`:                         `{"a":1 , "b":2}`,
		`[1,]`:                                  `[1]`,
		`[1 2]`:                                 `[1,2]`,
		`[`:                                     `[[]]`,
		`[1]]`:                                  `[[1]]`,
		`'a'`:                                   `"a"`,
		`"a`:                                    `"a"`,
		`"\`:                                    `"\\"`,
		`"\"`:                                   `"\""`,
		`"\x41"`:                                `"\u0041"`,
		`"\u004"`:                               `"\u0041"`,
		`"\u00g1"`:                              `"\u00A1"`,
		`"\u 041"`:                              `"\u0041"`,
		`"\ud800"`:                              `"\ud800\udc00"`,
		`"\udc00"`:                              `"\ud7ff"`,
		`"\ud800\ud800"`:                        `"\udbff\udfff"`,
		`"\ud800\n"`:                            `"\ue000\n"`,
		`"\ud800\u0041"`:                        `"\ue000\u0041"`,
		"\"\n\"":                                `"\n"`,
		"\"\\n\x00\"":                           `"\n\u0000"`,
		"\"\xc3\"":                              `"ã"`,
		"\"\xc0\x80\"":                          `"\u0000"`,
		"\"\xed\xa0\x80\"":                      `"` + "\ue000" + `"`,
		"\"\\n\xff\"":                           "\"\\n\u00ff\"",
		`01`:                                    `10`,
		`-1`:                                    `1`,
		`+1`:                                    `1`,
		`1.0`:                                   `1`,
		`1e3`:                                   `1000`,
		`1E3`:                                   `1000`,
		`.5`:                                    `5`,
		`0x10`:                                  `16`,
		`1_000`:                                 `1000`,
		`nul`:                                   `null`,
		`nulll`:                                 `null`,
		`True`:                                  `true`,
		`NaN`:                                   `0`,
		`// a`:                                  `"// a"`,
		"\ufeff1":                               "\"\ufeff1\"",
		"1\x00":                                 "1\n",
		"1\v":                                   "1\t",
		"\u00a01":                               " 1",
		`9007199254740992`:                      `9007199254740991`,
		`18446744073709551617`:                  `1`,
		strings.Repeat("9", 1<<16):              strings.Repeat("9", 15),
		strings.Repeat("[", 1<<16):              strings.Repeat("[", 17) + strings.Repeat("]", 17),
		strings.Repeat(`{"a":`, 1<<14):          strings.Repeat(`{"a":`, 16) + "1" + strings.Repeat("}", 16),
		"[" + strings.Repeat("1,", 4095) + "1]": "[" + strings.Repeat("1,", 4094) + "1]",
	} {
		if _, err := readJSON(good); err != nil {
			t.Errorf("%.40q refused: %v", good, err)
		}
		if _, err := readJSON(in); err == nil {
			t.Errorf("%.40q accepted", in)
		}
	}
}

// Messages must not carry control characters or long foreign text.
func TestPathIsHarmless(t *testing.T) {
	_, err := readJSON(`{"` + strings.Repeat("€", 1000) + `":{"\u001b[31m\n":-1}}`)
	if err == nil || len(err.Error()) > 1000 {
		t.Fatalf("error is %v", err)
	}
	for _, c := range err.Error() {
		if c < ' ' || c > '~' {
			t.Fatalf("message holds %U: %q", c, err)
		}
	}
}

func TestCompareUTF16(t *testing.T) {
	names := []string{"", "a", "aa", "b", "\u007f", "\u0080", "\u07ff", "\u0800", "\ud7ff", "\U00010000", "\U00010000a",
		"\U00010001", "\U0010ffff", "\ue000", "\uf8ff", "\ufb33", "\uffff", "a\U00010000", "a\ue000", "€\U0010ffff", "€\uffff"}
	units := func(s string) []uint16 { return utf16.Encode([]rune(s)) }
	less := func(a, b []uint16) bool {
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] {
				return a[i] < b[i]
			}
		}
		return len(a) < len(b)
	}
	for _, a := range names {
		for _, b := range names {
			if got, want := compareUTF16(a, b) < 0, less(units(a), units(b)); got != want {
				t.Errorf("%+q < %+q is %t; want %t", a, b, got, want)
			}
		}
	}
}

// checkAgainstStd compares reader and writer with encoding/json: what is read here is valid there, and the canonical form
// means the same.
func checkAgainstStd(t *testing.T, src string) {
	tr, err := readJSON(src)
	if err != nil {
		return
	}
	out := string(tr.appendCanonical(nil, 0))
	if again := canonical(t, out); again != out {
		t.Fatalf("%q is not its own canonical form: %q", out, again)
	}
	var before, after any
	if err := json.Unmarshal([]byte(src), &before); err != nil {
		t.Fatalf("%q: %v", src, err)
	}
	if err := json.Unmarshal([]byte(out), &after); err != nil {
		t.Fatalf("%q: %v", out, err)
	}
	if !reflect.DeepEqual(before, after) {
		t.Fatalf("canonical form of %q means another thing: %q", src, out)
	}
}
