package client

import (
	"slices"
	"testing"
	"time"

	"github.com/docketlog/docket/proofs/statement"
)

// What is chosen meets every role with distinct owners, whenever that can be done,
// and is as few as demanded. Every small case is compared with trying all subsets.
func TestChooseFindsWhatCanBeFound(t *testing.T) {
	roles := []string{"legal", "risk"}
	var kinds []voice
	for owner := byte(1); owner <= 3; owner++ {
		for _, role := range roles {
			kinds = append(kinds, voice{digest: statement.Digest{owner, role[0]}, owner: [32]byte{owner}, role: role})
		}
	}
	for mask := range 1 << len(kinds) {
		var usable []voice
		for i, v := range kinds {
			if mask>>i&1 == 1 {
				usable = append(usable, v)
			}
		}
		for n := range 4 {
			for _, asked := range [][]string{nil, roles[:1], roles} {
				if len(asked) > n {
					continue
				}
				got := choose(usable, asked, n)
				if want := possible(usable, asked, n); (got != nil) != want {
					t.Fatalf("%v of %v for %v: %v", n, usable, asked, got)
				}
				if got != nil && !meets(pick(usable, got), asked, n) {
					t.Fatalf("%v of %v for %v: chose %v", n, usable, asked, got)
				}
			}
		}
	}
}

// One hand that signed for two counts once.
func TestChooseApart(t *testing.T) {
	own := voice{digest: statement.Digest{1}, owner: [32]byte{1}, hand: [32]byte{1}, role: "legal"}
	inStead := voice{digest: statement.Digest{2}, owner: [32]byte{2}, hand: [32]byte{1}, role: "risk"}
	third := voice{digest: statement.Digest{3}, owner: [32]byte{3}, hand: [32]byte{3}, role: "risk"}
	roles := []string{"legal", "risk"}
	if got := chooseApart([]voice{own, inStead}, roles, 2); got != nil {
		t.Errorf("one hand made two: %v", got)
	}
	if got := chooseApart([]voice{own, inStead, third}, roles, 2); len(got) != 2 || got[0] != own.digest || got[1] != third.digest {
		t.Errorf("%v", got)
	}
	if got := chooseApart([]voice{inStead, own, third}, nil, 2); len(got) != 2 || !slices.Contains(got, third.digest) {
		t.Errorf("%v", got)
	}
}

func pick(usable []voice, digests []statement.Digest) (out []voice) {
	for _, v := range usable {
		if slices.Contains(digests, v.digest) {
			out = append(out, v)
		}
	}
	return out
}

// meets says whether these are n voices of distinct owners, all roles among them.
func meets(chosen []voice, roles []string, n int) bool {
	owners := make(map[[32]byte]bool)
	for _, v := range chosen {
		owners[v.owner] = true
	}
	for _, role := range roles {
		if !slices.ContainsFunc(chosen, func(v voice) bool { return v.role == role }) {
			return false
		}
	}
	return len(chosen) == n && len(owners) == n
}

func possible(usable []voice, roles []string, n int) bool {
	for mask := range 1 << len(usable) {
		var subset []voice
		for i, v := range usable {
			if mask>>i&1 == 1 {
				subset = append(subset, v)
			}
		}
		if meets(subset, roles, n) {
			return true
		}
	}
	return false
}

// TestChooseApartEnds: one hand that gave very many grants, in its own name and in
// others', neither hides those that are enough nor holds up who looks for them.
func TestChooseApartEnds(t *testing.T) {
	var usable []voice
	add := func(owner, hand byte) statement.Digest {
		v := voice{digest: statement.Digest{1, byte(len(usable)), byte(len(usable) >> 8)}, owner: [32]byte{owner}, hand: [32]byte{hand}, role: "legal"}
		usable = append(usable, v)
		return v.digest
	}
	for i := range 200 {
		add(byte(1+i%20), 1)
	}
	start := time.Now()
	if got := chooseApart(usable, []string{"legal"}, 2); got != nil {
		t.Errorf("one hand counts as two: %v", got)
	}
	other := add(77, 77)
	if got := chooseApart(usable, []string{"legal"}, 2); len(got) != 2 || !slices.Contains(got, other) {
		t.Errorf("%v, want one of them and %v", got, other)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}
