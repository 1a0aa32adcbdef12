package proofs

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// nested is two of three witnesses and one of two auditors.
const nested = "log $L\nwitness a $1\nwitness b $2\nwitness c $3\nwitness x $4\nwitness y $5\n" +
	"group w 2 a b c\ngroup audit any x y\ngroup both all w audit\nquorum both\n"

// quorumCases are cosignatures and what a quorum makes of them, by name.
var quorumCases = map[string]struct {
	policy  string
	times   []int64 // of cosigners 1, 2, ...; -1 does not sign
	latest  int64
	want    int64
	ok      bool
	members []string
}{
	"nobody":                     {nested, nil, 100, 0, false, nil},
	"witnesses only":             {nested, []int64{10, 20, 30}, 100, 0, false, []string{"a", "b", "c"}},
	"auditors only":              {nested, []int64{-1, -1, -1, 10, 20}, 100, 0, false, []string{"x", "y"}},
	"one witness, one auditor":   {nested, []int64{10, -1, -1, 40}, 100, 0, false, []string{"a", "x"}},
	"the auditor is last":        {nested, []int64{10, 30, -1, 40}, 100, 40, true, []string{"a", "b", "x"}},
	"the second witness is last": {nested, []int64{50, 70, 60, 80, 20}, 100, 60, true, []string{"a", "b", "c", "x", "y"}},
	"in the future":              {nested, []int64{10, 101, -1, 40}, 100, 0, false, []string{"a", "x"}},
	"in the future, not needed":  {nested, []int64{10, 101, 30, 40}, 100, 40, true, []string{"a", "c", "x"}},
	"no bound":                   {nested, []int64{10, math.MaxInt64, -1, 40}, math.MaxInt64, math.MaxInt64, true, []string{"a", "b", "x"}},
	"bound before all":           {nested, []int64{10, 20, 30, 40}, 0, 0, false, nil},
	"negative bound":             {nested, []int64{10, 20, 30, 40}, math.MinInt64, 0, false, nil},
	"a time of 0 does not count": {nested, []int64{0, 10, -1, 40}, 100, 0, false, []string{"b", "x"}},
	"none":                       {"log $L\nwitness a $1\nquorum none\n", []int64{10}, 100, 0, true, nil},
	"one witness":                {"log $L\nwitness a $1\nwitness b $2\nquorum b\n", []int64{10, 20}, 100, 20, true, []string{"b"}},
	"the other witness":          {"log $L\nwitness a $1\nwitness b $2\nquorum b\n", []int64{10}, 100, 0, false, nil},
}

func TestQuorumTime(t *testing.T) {
	cp := testCheckpoint(3)
	cosigner := func(i int) testSigner {
		return newSigner(fmt.Sprintf("w%d.example", i), TypeEd25519Cosignature, byte(i+1))
	}
	for name, test := range quorumCases {
		t.Run(name, func(t *testing.T) {
			p := mustPolicy(t, test.policy)
			lines := [][]byte{testLog.line(t, cp, 0)}
			for i, time := range test.times {
				if time >= 0 {
					lines = append(lines, cosigner(i+1).line(t, cp, time))
				}
			}
			slices.Reverse(lines)
			got, r, err := p.Open(signedNote(cp.Marshal(), lines...), test.latest)
			if err != nil || got != cp || r.QuorumTime != test.want || r.Satisfied != test.ok || !slices.Equal(r.Members, test.members) {
				t.Errorf("%+v, %v", r, err)
			}
			if len(r.Times) != len(p.Witnesses) || r.Tolerates != p.Tolerance() {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestEvaluateReportsEachWitness(t *testing.T) {
	cp := testCheckpoint(3)
	p := mustPolicy(t, "witness a $1\nwitness b $2\nwitness c $3\ngroup g any b c\nquorum g\n")
	lines := [][]byte{
		newSigner("w1.example", TypeEd25519Cosignature, 2).line(t, cp, 10),
		newSigner("w3.example", TypeEd25519Cosignature, 4).line(t, cp, 30),
	}
	r, err := p.Evaluate(mustNote(t, signedNote(cp.Marshal(), lines...)), 20)
	want := QuorumResult{
		Times:     []WitnessTime{{Name: "a", Time: 10, Counted: true}, {Name: "b"}, {Name: "c", Time: 30}},
		Tolerates: -1,
	}
	if err != nil || !cmp.Equal(r, want) {
		t.Errorf("%v\n%s", err, cmp.Diff(want, r))
	}
}

// Garbage in the name of a witness spoils the note, needed or not.
func TestBadCosignatureOfAKnownWitnessSpoilsTheNote(t *testing.T) {
	cp, other := testCheckpoint(3), testCheckpoint(2)
	for name, policy := range map[string]string{
		"needed":     "log $L\nwitness a $1\nwitness b $2\ngroup g all a b\nquorum g\n",
		"not needed": "log $L\nwitness a $1\nwitness b $2\ngroup g any a b\nquorum g\n",
		"outside":    "log $L\nwitness a $1\nwitness b $2\nquorum a\n",
		"no quorum":  "log $L\nwitness a $1\nwitness b $2\nquorum none\n",
	} {
		a, b := newSigner("w1.example", TypeEd25519Cosignature, 2), newSigner("w2.example", TypeEd25519Cosignature, 3)
		_, r, err := mustPolicy(t, policy).Open(signedNote(cp.Marshal(), testLog.line(t, cp, 0), a.line(t, cp, 5), b.line(t, other, 5)), 100)
		var bad *SignatureError
		if !errors.As(err, &bad) || bad.Name != "w2.example" || r.Satisfied {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

func TestOpenDemandsALogOfThePolicy(t *testing.T) {
	cp := testCheckpoint(3)
	b := signedNote(cp.Marshal(), testLog.line(t, cp, 0))
	for _, s := range []string{"quorum none\n", "log $M\nquorum none\n"} {
		if _, r, err := mustPolicy(t, s).Open(b, 100); !errors.Is(err, ErrUnsigned) || r.Satisfied {
			t.Errorf("%q: %v", s, err)
		}
	}
	if _, _, err := mustPolicy(t, "log $M\nlog $L\nquorum none\n").Open(b, 100); err != nil {
		t.Error(err)
	}
	if _, err := mustPolicy(t, "quorum none\n").Evaluate(Note{Body: []byte("no checkpoint\n")}, 100); err == nil {
		t.Error("no checkpoint is evaluated")
	}
}

func TestQuorumOverSeveralCheckpoints(t *testing.T) {
	p := mustPolicy(t, nested)
	for name, test := range map[string]struct {
		times            []int64
		earliest, latest int64
		ok               bool
	}{
		"all":           {[]int64{10, 20, 30, 15, 25}, 20, 20, true},
		"auditor early": {[]int64{10, 20, 30, 5, 0}, 20, 5, true},
		"auditor late":  {[]int64{10, 20, 30, 50, 0}, 50, 20, true},
		"too few":       {[]int64{10, 0, 0, 50, 50}, 0, 0, false},
		"extremes":      {[]int64{1, math.MaxInt64, 0, 1, 0}, math.MaxInt64, 1, true},
		"negative":      {[]int64{-1, 10, 10, 10, math.MinInt64}, 10, 10, true},
		"wrong number":  {[]int64{1, 1, 1}, 0, 0, false},
	} {
		if got, ok := p.EarliestQuorum(test.times); got != test.earliest || ok != test.ok {
			t.Errorf("%s: earliest %d, %v", name, got, ok)
		}
		if got, ok := p.LatestQuorum(test.times); got != test.latest || ok != test.ok {
			t.Errorf("%s: latest %d, %v", name, got, ok)
		}
	}
	none := mustPolicy(t, "quorum none\n")
	if got, ok := none.LatestQuorum(nil); got != 0 || !ok {
		t.Error("none has no time")
	}
}

func TestTolerance(t *testing.T) {
	members := "witness a $1\nwitness b $2\nwitness c $3\nwitness d $4\nwitness e $5\n"
	for s, want := range map[string]int{
		"quorum none\n":                                                                                        -1,
		members + "quorum a\n":                                                                                 0,
		members + "group g 1 a b\nquorum g\n":                                                                  -1,
		members + "group g 2 a b\nquorum g\n":                                                                  1,
		members + "group g 2 a b c\nquorum g\n":                                                                0,
		members + "group g 3 a b c\nquorum g\n":                                                                2,
		members + "group g 3 a b c d\nquorum g\n":                                                              1,
		members + "group g 4 a b c d e\nquorum g\n":                                                            2,
		members + "group g 2 a b c\ngroup h all g d\nquorum h\n":                                               1,
		members + "group g any a b\ngroup h all g d e\nquorum h\n":                                             1,
		members + "group g all a b\ngroup h any g d\nquorum h\n":                                               -1,
		members + "group g all a b c\ngroup h 2 g d e\nquorum h\n":                                             0,
		"witness a $1\nwitness b $P\ngroup g any a b\nquorum g\n":                                              0,
		"witness a $1\nwitness b $P\nwitness c $2\ngroup g any a b\ngroup h all g c\nquorum h\n":               1,
		"witness a $1\nwitness b $P\nwitness c $2\ngroup g any a b\ngroup h any g c\nquorum h\n":               -1,
		"witness a $1\nwitness b $P\nwitness c $2\ngroup g any a c\ngroup h all g b\nquorum h\n":               0,
		"witness a $1\nwitness b $P\nwitness c $2\nwitness d $3\ngroup g any a b\ngroup h 2 g c d\nquorum h\n": 0,
	} {
		if got := mustPolicy(t, s).Tolerance(); got != want {
			t.Errorf("%s tolerates %d, want %d", s[len(s)-40:], got, want)
		}
	}
}

// Small random policies against the definitions, by trying all sets.
func TestQuorumsAgainstBruteForce(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 300 {
		p, satisfied := randomPolicy(t, r)
		n := len(p.Witnesses)
		times := make([]int64, n)
		for i := range times {
			times[i] = int64(r.IntN(8))
		}
		by := func(limit int64) (set uint) {
			for i, time := range times {
				if time > 0 && time <= limit {
					set |= 1 << i
				}
			}
			return set
		}
		earliest, ok := int64(0), false
		for limit := int64(7); limit >= 1; limit-- {
			if satisfied(by(limit)) {
				earliest, ok = limit, true
			}
		}
		if got, gotOK := p.EarliestQuorum(times); got != earliest || gotOK != ok {
			t.Fatalf("%s%v: earliest %d, %v; want %d, %v", p, times, got, gotOK, earliest, ok)
		}
		latest := int64(0)
		for limit := int64(1); limit <= 7 && satisfied(by(7)&^by(limit-1)); limit++ {
			latest = limit
		}
		if got, _ := p.LatestQuorum(times); got != latest {
			t.Fatalf("%s%v: latest %d, want %d", p, times, got, latest)
		}
		shared := n
		for a := range uint(1) << n {
			for b := range uint(1) << n {
				if satisfied(a) && satisfied(b) {
					shared = min(shared, bits.OnesCount(a&b))
				}
			}
		}
		if got := p.Tolerance(); got != shared-1 {
			t.Fatalf("%s tolerates %d, want %d", p, got, shared-1)
		}
		marked := uint(r.IntN(1 << n))
		flags := make([]bool, n)
		for i := range flags {
			flags[i] = marked>>i&1 == 1
		}
		if got, want := p.Blocks(flags), !satisfied((1<<n-1)&^marked); got != want {
			t.Fatalf("%s%v: blocks %v, want %v", p, flags, got, want)
		}
	}
	if mustPolicy(t, nested).Blocks(make([]bool, 3)) || mustPolicy(t, "quorum none\n").Blocks(nil) {
		t.Error("blocked")
	}
}

// randomPolicy joins up to 6 witnesses to one group by random steps, and returns
// the quorum as a function of the set of cosigners.
func randomPolicy(t *testing.T, r *rand.Rand) (*Policy, func(set uint) bool) {
	t.Helper()
	type member struct {
		name      string
		satisfied func(set uint) bool
	}
	p := &Policy{}
	var open []member
	for i := range 1 + r.IntN(6) {
		name := fmt.Sprintf("w%d", i)
		p.Witnesses = append(p.Witnesses, Witness{Name: name, Key: newSigner(name, TypeEd25519Cosignature, byte(i)).key})
		open = append(open, member{name, func(set uint) bool { return set>>i&1 == 1 }})
	}
	for g := 0; len(open) > 1; g++ {
		r.Shuffle(len(open), func(i, j int) { open[i], open[j] = open[j], open[i] })
		n := 1 + r.IntN(len(open))
		inside, threshold := slices.Clone(open[:n]), 1+r.IntN(n)
		group := Group{Name: fmt.Sprintf("g%d", g), Threshold: threshold}
		for _, m := range inside {
			group.Members = append(group.Members, m.name)
		}
		p.Groups = append(p.Groups, group)
		open = append(open[n:], member{group.Name, func(set uint) bool {
			count := 0
			for _, m := range inside {
				if m.satisfied(set) {
					count++
				}
			}
			return count >= threshold
		}})
		if g == 200 {
			break
		}
	}
	p.Quorum = open[0].name
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	return p, open[0].satisfied
}
