package statement

import (
	"strings"
	"testing"
)

func TestReservedDocument(t *testing.T) {
	text := TextDocument(Digest{1})
	for id, want := range map[string]bool{
		"docket:policy": true, WorkflowDocument("flows/a"): true, text: true,
		"contracts/1": false, "docket:": false, "docket:other": false, WorkflowDocument(""): false, WorkflowDocument("a/../b"): false,
		text[:len(text)-1]: false, strings.ToUpper(text): false,
	} {
		if got := ReservedDocument(id); got != want {
			t.Errorf("%q: %v", id, got)
		}
	}
}

// What a person writes and what is signed are one text; what has two meanings stays wrong.
func TestCanonicalOfWhatAPersonWrites(t *testing.T) {
	got, err := Canonical([]byte("{ \"b\": [1, 2],\n\t\"a\": \"\\u0041<\" }\n"))
	if err != nil || string(got) != `{"a":"A<","b":[1,2]}` {
		t.Errorf("%s, %v", got, err)
	}
	if got, err = Canonical([]byte(`{"a":1,"a":2}`)); err != nil || string(got) != `{"a":1,"a":2}` {
		t.Errorf("a name twice: %s, %v", got, err)
	}
	for _, bad := range []string{"", "{", `{"a":1.5}`, `{} {}`, strings.Repeat(" ", 4*MaxPayload+1)} {
		if _, err := Canonical([]byte(bad)); err == nil {
			t.Errorf("%.20q is taken", bad)
		}
	}
}
