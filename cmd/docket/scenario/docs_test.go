package scenario

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestPageKnowsTheWords holds docs/scenario.md against the words of this package:
// each has its place in a table, each row of the story too, and the lines that the
// page shows are lines of the story.
func TestPageKnowsTheWords(t *testing.T) {
	b, err := os.ReadFile("../../../docs/scenario.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	var tables strings.Builder
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "|") {
			tables.WriteString(line)
		}
	}
	words := []string{"log", "witness", "quorum", "monitor", "day"}
	for _, m := range []map[string]usage{declarations, signed, others} {
		for word := range m {
			words = append(words, word)
		}
	}
	for _, word := range words {
		if !strings.Contains(tables.String(), "`"+word+"`") {
			t.Errorf("no table of the page has the word %s", word)
		}
	}
	shown := regexp.MustCompile("(?s)```\n(.*?)```").FindStringSubmatch(page)
	for line := range strings.Lines(shown[1]) {
		if words, _ := splitWords(line); !strings.Contains(normal(t, Text()), strings.Join(words, " ")) {
			t.Errorf("the story has no line %s", line)
		}
	}
}

// normal is a text with one space between its words.
func normal(t *testing.T, text string) string {
	t.Helper()
	lines, err := logicals(text)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(strings.Join(l.words, " ") + "\n")
	}
	return b.String()
}

// TestEveryWordIsUsed: the story uses every act, so none is untested.
func TestEveryWordIsUsed(t *testing.T) {
	used := make(map[string]bool)
	for _, l := range whole(t).Lines {
		used[l.verb] = true
	}
	for _, m := range []map[string]usage{signed, others} {
		for verb := range m {
			if !used[verb] {
				t.Errorf("no line of the story does %s", verb)
			}
		}
	}
}
