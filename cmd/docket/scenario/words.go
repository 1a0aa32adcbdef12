package scenario

import (
	"fmt"
	"strings"
)

// A logical is one logical line of a text: a line, and those below it that begin
// with white space.
type logical struct {
	number int
	words  []string
}

// logicals splits a text into logical lines. A '#' that begins a word begins a
// comment; a value in double quotes may hold spaces.
func logicals(text string) ([]logical, error) {
	var out []logical
	for i, line := range strings.Split(text, "\n") {
		words, err := splitWords(line)
		switch {
		case err != nil:
			return nil, &TextError{i + 1, err.Error()}
		case len(words) == 0:
		case line[0] != ' ':
			out = append(out, logical{i + 1, words})
		case len(out) == 0:
			return nil, &TextError{i + 1, "continues a line, but there is none before it"}
		default:
			last := &out[len(out)-1]
			last.words = append(last.words, words...)
		}
	}
	return out, nil
}

// splitWords splits a line at its spaces.
func splitWords(line string) (words []string, err error) {
	for rest := strings.TrimLeft(line, " "); rest != "" && rest[0] != '#'; rest = strings.TrimLeft(rest, " ") {
		end := wordEnd(rest)
		word := rest[:end]
		if err := plain(word); err != nil {
			return nil, err
		}
		words, rest = append(words, strings.ReplaceAll(word, `"`, "")), rest[end:]
	}
	return words, nil
}

// wordEnd is where the first word of s ends: at a space that is not quoted.
func wordEnd(s string) int {
	quoted := false
	for i, c := range []byte(s) {
		if c == '"' {
			quoted = !quoted
		} else if c == ' ' && !quoted {
			return i
		}
	}
	return len(s)
}

// plain refuses what a reader would not see as it is.
func plain(word string) error {
	if strings.Count(word, `"`)%2 != 0 {
		return fmt.Errorf("the quote in %s does not end", word)
	}
	for _, c := range []byte(word) {
		if c < ' ' || c > '~' {
			return fmt.Errorf("byte 0x%02x: a story is printable ASCII, without tabs", c)
		}
	}
	return nil
}
