package admission

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// goodLog is a log of three batches: 0 genesis, 1 seal; 2, 3 enrollments, 4 a
// release, 5 seal; 6 a withdrawal, 7 seal.
func goodLog(t testing.TB) *testLog {
	l := newTestLog(t)
	w := world()
	l.admit(w[0])
	l.seal()
	l.time += 1000
	l.admit(w[1], w[2], releaseStatement("wl/p", "wl/p", "open/1", 1, nil))
	l.seal()
	l.time += 1000
	l.admit(withdrawStatement("wl/p", "wl/p", "open/1", 1))
	l.seal()
	return l
}

func TestReplayGoodLog(t *testing.T) {
	l := goodLog(t)
	r, err := l.replay()
	if err != nil {
		t.Fatal(err)
	}
	if r.Sealed() != 8 || r.Tree().Root() != naiveRoot(l.state.records) {
		t.Errorf("%d leaves sealed, root %x", r.Sealed(), r.Tree().Root())
	}
	if checked, err := l.replayChecked(); err != nil || checked.Sealed() != 8 || checked.Tree().Root() != r.Tree().Root() {
		t.Errorf("checked before: %v, %d leaves sealed, root %x", err, checked.Sealed(), checked.Tree().Root())
	}
	n := 0
	err = r.Leaves().Leaves(register.Key{}, 0, func(leaf register.Leaf) bool {
		n++
		if r.Record(leaf.Key).Value().Hash() != leaf.ValueHash {
			t.Errorf("leaf %v is not its record's", leaf.Key)
		}
		return true
	})
	if err != nil || uint64(n) != r.Tree().Count() {
		t.Errorf("%d leaves of %d, %v", n, r.Tree().Count(), err)
	}
	if r.Record(register.DocumentKey("open/2")) != nil {
		t.Error("a record that nobody wrote")
	}
}

// A badLog is what a dishonest operator makes after a good log of 8 leaves, and
// what the replay says to it.
type badLog struct {
	name  string
	write func(l *testLog)
	index uint64
	says  string // in the error's text
}

func badSeal(change func(s *statement.Seal)) func(l *testLog) {
	return func(l *testLog) {
		l.admit(releaseStatement("wl/p", "wl/p", "open/2", 1, nil))
		s := l.nextSeal()
		change(&s)
		l.sealWith(s)
	}
}

var badSeals = []badLog{
	{"seal says another index", badSeal(func(s *statement.Seal) { s.Index++ }), 9, "says index 10"},
	{"seal says another prev", badSeal(func(s *statement.Seal) { s.Prev = 5 }), 9, "says prev 5; the seal before it is 7"},
	{"seal says no prev", badSeal(func(s *statement.Seal) { s.Prev = -1 }), 9, "says prev -1"},
	{"time goes back", badSeal(func(s *statement.Seal) { s.Time = noon + 1999 }), 9, "before that of the seal before"},
	{"unknown rules", badSeal(func(s *statement.Seal) { s.Rules = "docket/2" }), 9, `unknown rules "docket/2"`},
	{"one register more", badSeal(func(s *statement.Seal) { s.Count++ }), 9, "registers under root"},
	{"another root", badSeal(func(s *statement.Seal) { s.Root[31] ^= 1 }), 9, "registers under root"},
	{"false time within bounds", badSeal(func(s *statement.Seal) { s.Time++ }), 9, "registers under root"},
	{"a seal after a seal", func(l *testLog) { l.seal() }, 8, "no traffic, no seal"},
	{"a seal in another form", func(l *testLog) {
		l.append(append(l.nextSeal().Marshal(), '\n'), nil)
	}, 8, "not a seal"},
	{"an old seal again", func(l *testLog) { l.append(l.leaves[5], nil) }, 8, "says index 5"},
	{"a leaf that begins like a seal", func(l *testLog) {
		l.append([]byte(statement.SealPrefix+"s are nice"), []byte("{}"))
	}, 8, "not a seal"},
}

// breaking writes entries, with the effects they would have if the last of them
// were allowed.
func breaking(index uint64, code string, entries ...*Checked) badLog {
	return badLog{index: index, says: code, write: func(l *testLog) {
		l.admit(entries[:len(entries)-1]...)
		bad := entries[len(entries)-1]
		effects := []Effect{activityEffect(bad)}
		if release, ok := bad.Statement.Body.(*statement.ReleaseDocument); ok {
			d := document{key: register.DocumentKey(release.Document)}
			effects = append(d.release(bad, release.Version), effects...)
		}
		l.write(bad, effects)
		l.seal()
	}}
}

var badEntries = map[string]badLog{
	"a statement admitted twice": {write: func(l *testLog) {
		l.append(l.leaves[4], l.contents[4])
		l.seal()
	}, index: 8, says: CodeDuplicate},
	"signed with another's key": breaking(8, CodeKey, releaseStatement("wl/p", "wl/q", "open/9", 1, nil)),
	"by a stranger":             breaking(8, CodeIssuer, releaseStatement("wl/q", "wl/q", "open/9", 1, nil)),
	"after its revocation": breaking(9, CodeIssuer, revokeStatement("svc/reg", "wl/p", "wl/p"),
		releaseStatement("wl/p", "wl/p", "open/9", 1, nil)),
	"a later entry of the batch is fine": breaking(8, CodeScope, releaseStatement("svc/reg", "svc/reg", "open/9", 1, nil)),
	"outside the direct prefixes":        breaking(8, CodeRun, releaseStatement("wl/p", "wl/p", "other/1", 1, nil)),
	"an old version revived": {write: func(l *testLog) {
		// The operator writes the statement and no effects.
		c := withdrawStatement("wl/p", "wl/p", "open/1", 1)
		c = sealed(withNonce(c.Statement, "once more"), "wl/p")
		l.write(c, []Effect{activityEffect(c)})
		l.seal()
	}, index: 8, says: CodeVersion},
	"content withheld": {write: func(l *testLog) {
		c := releaseStatement("wl/p", "wl/p", "open/2", 1, nil)
		l.admit(c)
		l.contents[8] = nil
		l.seal()
	}, index: 8, says: "content withheld"},
	"content of another": {write: func(l *testLog) {
		l.admit(releaseStatement("wl/p", "wl/p", "open/2", 1, nil))
		l.contents[8] = l.contents[4]
		l.seal()
	}, index: 8, says: "does not match"},
	"empty content": {write: func(l *testLog) {
		l.admit(releaseStatement("wl/p", "wl/p", "open/2", 1, nil))
		l.contents[8] = []byte{}
		l.seal()
	}, index: 8, says: "does not match"},
	"a COSE leaf":     {write: func(l *testLog) { l.append([]byte{0xd2, 0x84}, []byte("{}")) }, index: 8, says: CodeForm},
	"an unknown leaf": {write: func(l *testLog) { l.append([]byte("[]"), nil) }, index: 8, says: CodeForm},
	"an empty leaf":   {write: func(l *testLog) { l.append(nil, nil) }, index: 8, says: CodeForm},
	"a leaf with a space": {write: func(l *testLog) {
		c := releaseStatement("wl/p", "wl/p", "open/2", 1, nil)
		l.append(append(bytes.Clone(c.Leaf), ' '), c.Payload)
	}, index: 8, says: CodeForm},
	"another's signature in the leaf": {write: func(l *testLog) {
		c, d := releaseStatement("wl/p", "wl/p", "open/2", 1, nil), releaseStatement("wl/p", "wl/p", "open/3", 1, nil)
		commitment, err := statement.ParseCommitment(c.Leaf)
		must(err)
		other, err := statement.ParseCommitment(d.Leaf)
		must(err)
		commitment.Signature = other.Signature
		l.append(commitment.Leaf(), c.Payload)
	}, index: 8, says: CodeSignature},
	"an event that nobody made": {write: func(l *testLog) {
		c := releaseStatement("wl/p", "wl/p", "open/2", 1, nil)
		effects, err := l.fold.Apply(l.overlay, l.index(), l.time, c)
		must(err)
		d := document{key: register.DocumentKey("open/phantom")}
		l.write(c, append([]Effect{d.effect(register.DocumentRelease, c, 1)}, effects...))
		l.seal()
	}, index: 9, says: "registers under root"},
	"an effect left out": {write: func(l *testLog) {
		c := releaseStatement("wl/p", "wl/p", "open/2", 1, nil)
		effects, err := l.fold.Apply(l.overlay, l.index(), l.time, c)
		must(err)
		l.write(c, effects[1:])
		l.seal()
	}, index: 9, says: "registers under root"},
}

func withNonce(s *statement.Statement, text string) *statement.Statement {
	c := *s
	c.Nonce = nonce(text)
	return &c
}

func TestReplayBadLogs(t *testing.T) {
	cases := badSeals
	for name, c := range badEntries {
		c.name = name
		cases = append(cases, c)
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			l := goodLog(t)
			c.write(l)
			_, err := l.replay()
			wantNamed(t, err, c.index, c.says)
			_, err = l.replayChecked()
			wantNamed(t, err, c.index, c.says)
		})
	}
}

func wantNamed(t *testing.T, err error, index uint64, says string) {
	t.Helper()
	var named *ReplayError
	if !errors.As(err, &named) {
		t.Fatalf("%v, want a ReplayError", err)
	}
	if named.Index != index || !strings.Contains(named.Error(), fmt.Sprintf("entry %d: ", index)) || !strings.Contains(named.Error(), says) {
		t.Errorf("%v, want entry %d: %s", err, index, says)
	}
}

// TestReplayBadBeginning: what cannot stand at index 0.
func TestReplayBadBeginning(t *testing.T) {
	l := newTestLog(t)
	l.seal()
	_, err := l.replay()
	wantNamed(t, err, 0, "no traffic, no seal")

	l = newTestLog(t)
	c := releaseStatement("wl/p", "wl/p", "open/1", 1, nil)
	l.write(c, []Effect{activityEffect(c)})
	l.seal()
	_, err = l.replay()
	wantNamed(t, err, 0, CodeGenesis)
}

// TestReplayEnds: after an error a replay says the same for ever, and holds what
// the last good seal covered.
func TestReplayEnds(t *testing.T) {
	l := goodLog(t)
	l.append([]byte{0xd2}, nil)
	r, err := l.replay()
	if err == nil {
		t.Fatal("accepted")
	}
	c := releaseStatement("wl/p", "wl/p", "open/2", 1, nil)
	if again := r.Add(c.Leaf, c.Payload); again != err {
		t.Errorf("%v, want %v again", again, err)
	}
	if again := r.AddChecked(c); again != err {
		t.Errorf("checked before: %v, want %v again", again, err)
	}
	if r.Sealed() != 8 || r.Tree().Root() != naiveRoot(l.state.records) {
		t.Error("the failed replay moved on")
	}
}

// TestReplayTail: entries after the last seal are checked by form, not judged.
func TestReplayTail(t *testing.T) {
	l := goodLog(t)
	c := releaseStatement("svc/reg", "svc/reg", "open/2", 1, nil) // E206
	l.append(c.Leaf, c.Payload)
	r, err := l.replay()
	if err != nil || r.Sealed() != 8 {
		t.Fatalf("%v, sealed %d", err, r.Sealed())
	}
}

// TestReplayOtherLog: a log's statements do not stand in another log.
func TestReplayOtherLog(t *testing.T) {
	l := goodLog(t)
	r := NewReplay("other.docket.example")
	wantNamed(t, r.Add(l.leaves[0], l.contents[0]), 0, CodeOrigin)
}

// TestReplayDeepens: a replay's tree grows with the log, and its root is that of
// a naive tree at each depth.
func TestReplayDeepens(t *testing.T) {
	r := NewReplay(origin)
	overlay := NewOverlay(r.state)
	for i := range 12_000 {
		record := &register.Record{Type: register.TypeActivity, Size: 1, State: register.ActivityState{Count: 1}.Marshal()}
		overlay.records[register.ActivityKey(fmt.Sprint("id", i))] = record
	}
	tree, _, err := r.tree.Update(r.state.leaves, overlay.Changes())
	must(err)
	r.tree = tree
	r.state.take(overlay)
	if err := r.deepen(); err != nil {
		t.Fatal(err)
	}
	if r.tree.Depth() == tree.Depth() || r.tree.Root() != naiveRoot(r.state.records) || r.tree.Count() != 12_000 {
		t.Errorf("depth %d, root %x", r.tree.Depth(), r.tree.Root())
	}
	if _, _, err := r.tree.Update(r.state.leaves, overlay.Changes()[:1]); err != nil {
		t.Error(err)
	}
}
