package audit

import (
	"testing"
	"time"
)

// When an auditor saw the log follows the wall clock, but not its leaps ahead.
func TestSince(t *testing.T) {
	first := time.Date(2026, 11, 10, 9, 0, 0, 0, time.UTC)
	c := clock{seen: first.UnixMilli()}
	for _, test := range []struct {
		name          string
		began, before time.Time // before is what passed, by a clock that nobody sets
		want          time.Time
	}{
		{"as time passes", first.Add(5 * time.Second), first, first.Add(5 * time.Second)},
		{"set ahead", first.Add(24 * time.Hour), first.Add(24*time.Hour - 5*time.Second), first.Add(5 * time.Second)},
		{"set back a little", first.Add(time.Second), first.Add(-4 * time.Second), first.Add(time.Second)},
		{"another process", first.Add(24 * time.Hour), time.Time{}, first.Add(24 * time.Hour)},
	} {
		if got := c.since(test.began, test.before); got != test.want.UnixMilli() {
			t.Errorf("%s: %v, want %v", test.name, time.UnixMilli(got).UTC(), test.want)
		}
	}
	if got := (&clock{}).since(first, first.Add(-time.Second)); got != first.UnixMilli() {
		t.Errorf("the first look: %d", got)
	}
}
