package proofs

import (
	"encoding/hex"
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestDocsOfClaims: docs/spec/claims.md has every word that programs read.
func TestDocsOfClaims(t *testing.T) {
	b, err := os.ReadFile("../docs/spec/claims.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	words := []string{string(ClaimNoDocument), string(ClaimNeverReleased), string(Proven), string(Refuted), string(LogClock), string(None), string(Yes), string(No), string(NotKnown)}
	for _, word := range words {
		if !strings.Contains(page, "`"+word+"`") {
			t.Errorf("no `%s` on the page", word)
		}
	}
	for _, v := range []any{
		inForceJSON{}, claimJSON{}, asOfJSON{}, recordJSON{}, historyJSON{}, historyEventJSON{}, activityJSON{}, signedJSON{},
		identityJSON{}, changeJSON{}, grantJSON{}, runRecordJSON{},
	} {
		for _, name := range members(reflect.TypeOf(v)) {
			if !strings.Contains(page, "`"+name+"`") {
				t.Errorf("no member `%s` of %T on the page", name, v)
			}
		}
	}
	verifier, functions := reflect.TypeOf(Verifier{}), 0
	for _, line := range strings.Split(page, "\n") {
		if cells := strings.Split(line, "|"); len(cells) == 6 && strings.Contains(cells[4], "docket ") {
			functions++
			if _, ok := verifier.MethodByName(strings.Trim(cells[3], " `")); !ok {
				t.Errorf("there is no function %s", cells[3])
			}
		}
	}
	if functions != 9 {
		t.Errorf("%d claims are listed", functions)
	}
}

// TestDocsOfMoment: the page's example of a moment that cosigners prove.
func TestDocsOfMoment(t *testing.T) {
	x := newTimeline(t)
	for name, r := range map[string]*Receipt{"receipt": x.receipt, "staple-still": x.mid, "staple-ended": x.late} {
		agree(t, "claims.md", name, string(r.Marshal())+"\n")
	}
	page := blocks(t, "claims.md")
	genesis := x.log.verifier(page["policy"]).Genesis
	agree(t, "claims.md", "genesis", hex.EncodeToString(genesis[:])+"\n")
	if fileDigest(strings.TrimSuffix(page["file"], "\n")) != expectationOf(x.receipt).File {
		t.Error("the page's file is another one")
	}
	agree(t, "claims.md", "answer", x.judge(page["policy"], Moment{Time: x.seen.Begun}, x.mid, x.late).Brief())
}

// members returns the JSON names of a struct, those of embedded ones left out.
func members(t reflect.Type) (names []string) {
	for i := range t.NumField() {
		if f := t.Field(i); !f.Anonymous {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			names = append(names, name)
		}
	}
	return names
}
