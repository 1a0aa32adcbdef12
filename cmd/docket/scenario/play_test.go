package scenario

import (
	"context"
	"testing"
)

// TestStory plays the story of the package: it is the acceptance test.
func TestStory(t *testing.T) {
	s, err := Parse(Text())
	if err != nil {
		t.Fatal(err)
	}
	p := &Player{Disk: newDisk(t), Quarantine: t.TempDir(), Signer: newSigner(t, s), Say: func(p Played) {
		if !p.OK {
			t.Errorf("line %d, row %s, %s %s: expected %s, got %s (%s)", p.Number, p.Row, p.Signer, p.Act, p.Expect, p.Actual, p.Detail)
		}
	}}
	r, err := p.Play(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d lines, %d expectations, %d entries, %d refusals, %d alerts", r.Lines, r.Checks, r.Entries, r.Refusals, r.Alerts)
}
