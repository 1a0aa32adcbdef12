package admission

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// All short logs over a small alphabet, held against written invariants. Nobody
// has to think of the one sequence that breaks a rule.
//
// The world is genesis, svc/reg and wl/p; wl/b is enrolled or not.
var alphabet = []struct {
	name string
	make func(n *node) *Checked // nil: nothing to say here
}{
	{"enroll b", func(n *node) *Checked { return n.made("enroll b") }},
	{"enroll c with p's key", func(n *node) *Checked { return n.made("enroll c") }},
	{"enroll b with another key", func(n *node) *Checked { return n.made("enroll b otherwise") }},
	{"revoke p, stolen", func(n *node) *Checked { return n.made("revoke p, stolen") }},
	{"revoke p", func(n *node) *Checked { return n.made("revoke p") }},
	{"suspend p", func(n *node) *Checked { return n.made("suspend p") }},
	{"retire p", func(n *node) *Checked { return n.made("retire p") }},
	{"p releases the next", func(n *node) *Checked { return n.release("wl/p", n.version()+1) }},
	{"b releases the next", func(n *node) *Checked { return n.release("wl/b", n.version()+1) }},
	{"p releases the same version", func(n *node) *Checked { return n.release("wl/p", max(1, n.version())) }},
	{"p withdraws the last", func(n *node) *Checked { return n.withdraw(max(1, n.version())) }},
	{"the newest once more", func(n *node) *Checked { return n.admitted[len(n.admitted)-1] }},
}

// node is a log with a past; its children are that log and one statement more.
type node struct {
	*statements
	state    State
	admitted []*Checked
	last     *Checked // newest release of open/1
}

// statements holds every statement that some sequence needs: signing is slow.
type statements struct{ byName map[string]*Checked }

func newStatements() *statements {
	s := newStatement(statement.IdentityRevoke, "svc/reg", "stolen")
	s.Subject = keyOf("wl/p").digest()
	s.Body = &statement.RevokeIdentity{ID: "wl/p", Reason: "keyCompromise", CompromisedSince: noon - 1000}
	stolen := sealed(s, "svc/reg")
	return &statements{map[string]*Checked{
		"enroll b":           enrollStatement("svc/reg", "wl/b", "wl/b", "team-b", []string{}),
		"enroll c":           enrollStatement("svc/reg", "wl/c", "wl/p", "team-c", []string{}),
		"enroll b otherwise": enrollStatement("svc/reg", "wl/b", "K", "team-b", []string{}),
		"revoke p":           revokeStatement("svc/reg", "wl/p", "wl/p"),
		"revoke p, stolen":   stolen,
		"suspend p":          changeStatement("wl/p", &statement.SuspendIdentity{ID: "wl/p", Reason: "absence"}),
		"retire p":           changeStatement("wl/p", &statement.RetireIdentity{ID: "wl/p", Reason: "cessation"}),
	}}
}

// changeStatement is by the registrar, about an identity whose key follows from its id.
func changeStatement(id string, body statement.Body) *Checked {
	code := statement.IdentityRetire
	if _, ok := body.(*statement.SuspendIdentity); ok {
		code = statement.IdentitySuspend
	}
	s := newStatement(code, "svc/reg", "change "+id)
	s.Subject, s.Body = keyOf(id).digest(), body
	return sealed(s, "svc/reg")
}

func (s *statements) made(name string) *Checked { return s.byName[name] }

func (n *node) version() uint32 {
	if n.last == nil {
		return 0
	}
	return n.last.Statement.Body.(*statement.ReleaseDocument).Version
}

func (n *node) release(by string, version uint32) *Checked {
	var prev *statement.Digest
	if n.last != nil {
		prev = &n.last.Digest
	}
	name := fmt.Sprint("release ", by, version, prev)
	if n.byName[name] == nil {
		n.byName[name] = releaseStatement(by, by, "open/1", version, prev)
	}
	return n.byName[name]
}

func (n *node) withdraw(version uint32) *Checked {
	name := fmt.Sprint("withdraw ", version)
	if n.byName[name] == nil {
		n.byName[name] = withdrawStatement("wl/p", "wl/p", "open/1", version)
	}
	return n.byName[name]
}

// child is the log with one statement more, or n and the refusal.
func (n *node) child(t *testing.T, f *Fold, c *Checked) (*node, error) {
	index := uint64(len(n.admitted))
	effects, err := f.Apply(n.state, index, noon, c)
	var refusal *Refusal
	if errors.As(err, &refusal) {
		return n, err
	}
	if err != nil {
		t.Fatal(err)
	}
	overlay := NewOverlay(n.state)
	if err := overlay.Write(index, noon, c, effects); err != nil {
		t.Fatal(err)
	}
	out := &node{n.statements, overlay, append(n.admitted[:index:index], c), n.last}
	if c.Statement.Code == statement.DocumentRelease {
		out.last = c
	}
	return out, nil
}

func startNode(t *testing.T, f *Fold) *node {
	n := &node{statements: newStatements(), state: newMemory()}
	for _, c := range world() {
		next, err := n.child(t, f, c)
		if err != nil {
			t.Fatal(err)
		}
		n = next
	}
	return n
}

// sequenceLength is the length of the sequences. One more takes several times as
// long.
const sequenceLength = 8

func TestAllSequences(t *testing.T) {
	f := NewFold(origin)
	visited, refused := 0, make(map[string]int)
	var walk func(n *node, left int)
	walk = func(n *node, left int) {
		if left == 0 {
			return
		}
		for _, letter := range alphabet {
			visited++
			next, err := n.child(t, f, letter.make(n))
			if err != nil {
				// Refused: nothing was written, so what can follow is what can
				// follow n, one shorter. That is walked already.
				refused[err.(*Refusal).Code]++
				continue
			}
			checkInvariants(t, next)
			walk(next, left-1)
		}
	}
	walk(startNode(t, f), sequenceLength)
	t.Logf("%d judged, refused %v", visited, refused)
	for _, code := range []string{CodeDuplicate, CodeIssuer, CodeKeyTaken, CodeIdentity, CodeVersion} {
		if refused[code] == 0 {
			t.Errorf("no sequence was refused with %s", code)
		}
	}
}

// checkInvariants holds a log against what its admitted statements say, read by
// eyes that know no rules.
func checkInvariants(t *testing.T, n *node) {
	t.Helper()
	owners := make(map[string]string) // key -> identity, for all time
	status := make(map[string]uint8)  // of the identities that were stopped
	count := make(map[string]uint64)  // statements by issuer
	var versions, withdrawn uint32    // of open/1
	digests := make(map[statement.Digest]bool)
	fail := func(format string, args ...any) {
		t.Helper()
		var log string
		for i, c := range n.admitted {
			log += fmt.Sprintf("\n  %d %s by %s", i, c.Statement.Code, c.Statement.Issuer)
		}
		t.Fatalf("%s%s", fmt.Sprintf(format, args...), log)
	}
	for i, c := range n.admitted {
		if digests[c.Digest] {
			fail("entry %d was admitted before", i)
		}
		if status[c.Statement.Issuer] != 0 {
			fail("entry %d is by an identity that is %s", i, statusName(status[c.Statement.Issuer]))
		}
		digests[c.Digest] = true
		count[c.Statement.Issuer]++
		switch body := c.Statement.Body.(type) {
		case *statement.EnrollIdentity:
			if other, taken := owners[string(body.SPKI)]; taken {
				fail("entry %d gives the key of %s to %s", i, other, body.ID)
			}
			owners[string(body.SPKI)] = body.ID
		case *statement.RevokeIdentity:
			status[body.ID] = register.IdentityRevoked
		case *statement.SuspendIdentity:
			if status[body.ID] != 0 {
				fail("entry %d suspends an identity that is %s", i, statusName(status[body.ID]))
			}
			status[body.ID] = register.IdentitySuspended
		case *statement.RetireIdentity:
			if status[body.ID] > register.IdentitySuspended {
				fail("entry %d retires an identity that is %s", i, statusName(status[body.ID]))
			}
			status[body.ID] = register.IdentityRetired
		case *statement.ReleaseDocument:
			if body.Version != versions+1 {
				fail("entry %d is version %d after %d", i, body.Version, versions)
			}
			versions = body.Version
		case *statement.WithdrawDocument:
			if body.Version != versions || withdrawn == versions {
				fail("entry %d withdraws version %d of %d, of which %d is withdrawn", i, body.Version, versions, withdrawn)
			}
			withdrawn = body.Version
		}
	}
	checkRegisters(n, versions, withdrawn, status, count, fail)
}

// checkRegisters: the registers say the same. At most one version is current: the
// newest, unless it is withdrawn.
func checkRegisters(n *node, versions, withdrawn uint32, status map[string]uint8, count map[string]uint64, fail func(string, ...any)) {
	d, err := readDocument(n.state, "open/1")
	must(err)
	if (d.state == nil) != (versions == 0) {
		fail("document register %v after %d versions", d.state, versions)
	}
	if d.state != nil && (d.state.Version != versions || (d.state.Status == register.DocumentWithdrawn) != (withdrawn == versions)) {
		fail("document register %v after %d versions, %d withdrawn", *d.state, versions, withdrawn)
	}
	for _, id := range []string{"h/admin", "svc/reg", "wl/p", "wl/b", "wl/c"} {
		if r, err := n.state.Record(register.IdentityKey(id)); err != nil {
			fail("%v", err)
		} else if r != nil {
			state, err := register.ParseIdentityState(r.State)
			must(err)
			if want := max(status[id], register.IdentityActive); state.Status != want {
				fail("identity %s is %s, want %s", id, statusName(state.Status), statusName(want))
			}
		}
		r, err := n.state.Record(register.ActivityKey(id))
		must(err)
		if got := activityCount(r); got != count[id] {
			fail("activity of %s is %d, want %d", id, got, count[id])
		}
	}
}

func activityCount(r *register.Record) uint64 {
	if r == nil {
		return 0
	}
	state, err := register.ParseActivityState(r.State)
	must(err)
	if state.Count != r.Size {
		panic("an activity count that is not the number of events")
	}
	return state.Count
}

// batchedLength is the length of the sequences that are cut into batches in every
// way.
const batchedLength = 3

// TestBatching: a log of the same statements is judged the same, and its
// registers have the same states and events, however it is cut into batches:
// fold(a) then fold(b) is fold(ab). Every such log replays.
func TestBatching(t *testing.T) {
	f := NewFold(origin)
	base := startNode(t, f)
	var walk func(n *node, sequence []*Checked)
	walk = func(n *node, sequence []*Checked) {
		if len(sequence) == batchedLength {
			compareBatchings(t, base.admitted, sequence)
			return
		}
		for _, letter := range alphabet {
			c := letter.make(n)
			next, _ := n.child(t, f, c)
			walk(next, append(sequence[:len(sequence):len(sequence)], c))
		}
	}
	walk(base, nil)
}

func compareBatchings(t *testing.T, start, sequence []*Checked) {
	t.Helper()
	want, wantCodes := foldBatches(t, start, sequence, 0)
	for cuts := 1; cuts < 1<<len(sequence); cuts++ {
		got, codes := foldBatches(t, start, sequence, cuts)
		if diff := cmp.Diff(wantCodes, codes); diff != "" {
			t.Fatalf("cuts %b: other verdicts:\n%s", cuts, diff)
		}
		if len(got) != len(want) {
			t.Fatalf("cuts %b: %d registers, want %d", cuts, len(got), len(want))
		}
		for key, r := range want {
			if g := got[key]; g == nil || g.Size != r.Size || g.Type != r.Type || unplaced(g) != unplaced(r) || g.Blind != r.Blind {
				t.Fatalf("cuts %b: register %s is %v, want %v", cuts, key, g, r)
			}
		}
	}
}

// unplaced is the state of a register without what it says of places in the log:
// which entry spent a grant last depends on the seals before it.
func unplaced(r *register.Record) string {
	if r.Type != register.TypeGrant {
		return string(r.State)
	}
	s, err := register.ParseGrantState(r.State)
	must(err)
	if s.Spender != register.None {
		s.Spender = 0
	}
	return string(s.Marshal())
}

// foldBatches seals before statement i if bit i of cuts is set. Index and time of
// an event depend on the seals; all else must not.
func foldBatches(t *testing.T, start, sequence []*Checked, cuts int) (map[register.Key]*register.Record, []string) {
	t.Helper()
	l := newTestLog(t)
	l.admit(start...)
	var codes []string
	for i, c := range sequence {
		if cuts>>i&1 == 1 && len(l.overlay.admitted) > 0 {
			l.seal()
		}
		effects, err := l.fold.Apply(l.overlay, l.index(), l.time, c)
		if err != nil {
			codes = append(codes, err.(*Refusal).Code)
			continue
		}
		codes = append(codes, "ok")
		l.write(c, effects)
	}
	if len(l.overlay.admitted) > 0 {
		l.seal()
	}
	if cuts == 5 { // replaying all of them takes long and shows no more
		if r, err := l.replay(); err != nil || r.Tree().Root() != naiveRoot(l.state.records) {
			t.Fatalf("cuts %b: the log does not replay: %v", cuts, err)
		}
	}
	return l.state.records, codes
}

// TestOverlays: applying one by one on stacked overlays gives the same registers,
// byte for byte, as applying all on one.
func TestOverlays(t *testing.T) {
	f := NewFold(origin)
	var walk func(n *node, left int)
	compared := 0
	walk = func(n *node, left int) {
		if left == 0 {
			compareFlat(t, n)
			compared++
			return
		}
		for _, letter := range alphabet {
			if next, err := n.child(t, f, letter.make(n)); err == nil {
				walk(next, left-1)
			}
		}
	}
	walk(startNode(t, f), 4)
	if compared < 20 {
		t.Errorf("%d compared", compared)
	}
}

func compareFlat(t *testing.T, n *node) {
	t.Helper()
	flat := NewOverlay(newMemory())
	f := NewFold(origin)
	for i, c := range n.admitted {
		effects, err := f.Apply(flat, uint64(i), noon, c)
		if err != nil {
			t.Fatal(err)
		}
		if err := flat.Write(uint64(i), noon, c, effects); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range flat.Keys() {
		want, _ := flat.Record(key)
		got, err := n.state.Record(key)
		if err != nil || got == nil || string(got.Marshal()) != string(want.Marshal()) {
			t.Fatalf("register %s differs, %v", key, err)
		}
	}
	if len(flat.Changes()) != len(flat.Keys()) || len(flat.Events()) < len(flat.Keys()) {
		t.Fatalf("%d changes, %d events, %d keys", len(flat.Changes()), len(flat.Events()), len(flat.Keys()))
	}
}
