package client

import (
	"slices"
	"testing"

	"github.com/docketlog/docket/proofs/statement"
)

// TestChooseAside: an override is spent where it is needed, and only there.
func TestChooseAside(t *testing.T) {
	byte1 := func(n byte) [32]byte { return [32]byte{n} }
	give := func(n byte, sets string, bridged bool) voice {
		return voice{digest: statement.Digest{n}, owner: byte1(n), hand: byte1(n), role: "legal", sets: sets, bridged: bridged}
	}
	one, two, bridged := give(1, "", false), give(2, "", false), give(3, "", true)
	approval, level, time := give(4, "approval", false), give(5, "level", false), give(6, "maxDuration", false)
	many := []voice{one, two}
	for n := range byte(40) {
		many = append(many, give(10+n, "maxDuration", false))
	}
	for _, c := range []struct {
		name   string
		usable []voice
		want   []byte
	}{
		{"enough", []voice{one, two}, []byte{1, 2}},
		{"enough, and an override of approval", []voice{approval, one, two}, []byte{1, 2}},
		{"enough, and one of the level", []voice{level, one, two}, []byte{1, 2}},
		{"enough, and the time is set aside", []voice{time, one, two}, []byte{1, 2, 6}},
		{"too few", []voice{one, time}, nil},
		{"too few, approval is set aside", []voice{one, approval, time}, []byte{4, 6}},
		{"a bridged one", []voice{one, bridged}, nil},
		{"a bridged one, the level is set aside", []voice{one, bridged, level}, []byte{1, 3, 5}},
		{"the level set aside is not enough", []voice{bridged, level, approval}, []byte{4}},
	} {
		d := Demand{Workflow: &statement.Workflow{Approval: statement.Approval{N: 2, Roles: []string{"legal"}, Level: "direct"}}, N: 2, Roles: []string{"legal"}}
		chosen, _ := d.choose(c.usable)
		var got []byte
		for _, digest := range chosen {
			got = append(got, digest[0])
		}
		if slices.Sort(got); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		if chosen, _ := d.choose(many); len(chosen) != statement.MaxSpends {
			t.Errorf("%d grants are spent, a statement has at most %d", len(chosen), statement.MaxSpends)
		}
	}
}
