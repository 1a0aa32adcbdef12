package scenario

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// TestDeviationsAreFound: a story that says anything else than what comes of it
// deviates, at the line that says so, and at no other.
func TestDeviationsAreFound(t *testing.T) {
	for _, c := range []struct{ row, old, new string }{
		{"9", "E203 predicate.spki", "E204 predicate.spki"},
		{"9", "E203 predicate.spki", "E203 predicate.owner"},
		{"9", "; AL-01 high", ""},
		{"9", "AL-01 high", "AL-01 high; AL-01 high"},
		{"9", "AL-01 high", "AL-01 med"},
		{"8", "enroll ag/drafter  -> OK", "enroll ag/drafter  -> OK; AL-12 med"},
		{"8", "enroll ag/drafter  -> OK", "enroll ag/drafter  -> E203"},
		{"1", "-> OK index=0", "-> OK index=1"},
		{"20", "AUTHORITATIVE exit=11", "AUTHORITATIVE exit=0"},
		{"20", "from=2026-11-10T14:02:11", "from=2026-11-10T14:02:12"},
		{"21", "same index=first", "OK index=first"},
		{"19", "-> spent left=0", "-> open left=1"},
		{"48", "UNKNOWN exit=20", "AUTHORITATIVE exit=0"},
		{"54", "-> OK; AL-11 high", "-> OK"},
	} {
		begin := strings.Index(Text(), "\n"+c.row+" ")
		at := begin + strings.Index(Text()[begin:], c.old)
		if begin < 0 || at < begin {
			t.Fatalf("the story does not say %q in row %s", c.old, c.row)
		}
		text := Text()[:at] + c.new + Text()[at+len(c.old):]
		if rows := deviations(t, text); len(rows) != 1 || rows[0] != c.row {
			t.Errorf("%q for %q: rows %v deviate, want %s", c.new, c.old, rows, c.row)
		}
	}
}

// deviations plays a story to some lines after the first that deviates, and returns
// the rows that do.
func deviations(t *testing.T, text string) (rows []string) {
	t.Helper()
	s, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	after := 0 // lines after the first that deviates
	p := &Player{Disk: memory(), Quarantine: t.TempDir(), Signer: newSigner(t, s), Say: func(p Played) {
		if len(rows) > 0 {
			after++
		}
		if !p.OK {
			rows = append(rows, p.Row)
		}
	}, Before: func(*Play, Line) error {
		if after > 5 {
			return errEnough
		}
		return nil
	}}
	r, err := p.Play(context.Background(), s)
	if err != nil && !errors.Is(err, errEnough) || r.Deviations != len(rows) {
		t.Errorf("%d deviations, %v", r.Deviations, err)
	}
	return rows
}

// TestWhatIsNotPlayed: a story that cannot be played is an error.
func TestWhatIsNotPlayed(t *testing.T) {
	text := strings.Replace(Text(), "1   09:00:00  h/adm-1  policy v1  -> OK index=0\n", "", 1)
	s, err := Parse(text)
	if err != nil || text == Text() {
		t.Fatal(err)
	}
	p := &Player{Disk: memory(), Quarantine: t.TempDir(), Signer: newSigner(t, s)}
	if _, err := p.Play(context.Background(), s); err == nil || !strings.Contains(err.Error(), "begins with the policy") {
		t.Error(err)
	}
}
