package register

import (
	"bytes"
	"errors"
	"math"
	"testing"
)

type transition struct {
	name  string
	typ   Type
	state []byte
	kind  uint8
	body  []byte
	legal bool
	next  []byte // legal only
	by    Entry
}

// at0 is the entry of events whose state does not depend on their place.
var at0 Entry

// transitions lists what each register may and may not do. The legal ones name their result.
func transitions() []transition {
	all := documentTransitions()
	all = append(all, digestTransitions()...)
	all = append(all, identityTransitions()...)
	all = append(all, activityTransitions()...)
	all = append(all, grantTransitions()...)
	return append(all, runTransitions()...)
}

func documentTransitions() []transition {
	a, b := SHA256Digest(h("a")), SHA256Digest(h("b"))
	s1, s2 := h("statement 1"), h("statement 2")
	body := func(version uint32, d TypedDigest, s Hash) []byte {
		return DocumentBody{Version: version, Digest: d, Statement: s}.Marshal()
	}
	state := func(status uint8, version uint32, d TypedDigest, s Hash) []byte {
		return DocumentState{status, version, d, s}.Marshal()
	}
	v1, v1gone := state(DocumentCurrent, 1, a, s1), state(DocumentWithdrawn, 1, a, s1)
	last := state(DocumentCurrent, math.MaxUint32, a, s1)
	const typ = TypeDocument
	return []transition{
		{"first release", typ, nil, DocumentRelease, body(1, a, s1), true, v1, at0},
		{"next release", typ, v1, DocumentRelease, body(2, b, s2), true, state(DocumentCurrent, 2, b, s2), at0},
		{"release of the same bytes", typ, v1, DocumentRelease, body(2, a, s2), true, state(DocumentCurrent, 2, a, s2), at0},
		{"withdrawal", typ, v1, DocumentWithdraw, body(1, a, s2), true, v1gone, at0},
		{"release after withdrawal", typ, v1gone, DocumentRelease, body(2, a, s2), true, state(DocumentCurrent, 2, a, s2), at0},
		{"first release is not version 1", typ, nil, DocumentRelease, body(2, a, s1), false, nil, at0},
		{"version again", typ, v1, DocumentRelease, body(1, b, s2), false, nil, at0},
		{"version left out", typ, v1, DocumentRelease, body(3, b, s2), false, nil, at0},
		{"version again after withdrawal", typ, v1gone, DocumentRelease, body(1, b, s2), false, nil, at0},
		{"versions used up", typ, last, DocumentRelease, body(1, b, s2), false, nil, at0},
		{"version 0", typ, last, DocumentRelease, body(0, b, s2), false, nil, at0},
		{"withdrawal of nothing", typ, nil, DocumentWithdraw, body(1, a, s2), false, nil, at0},
		{"withdrawal twice", typ, v1gone, DocumentWithdraw, body(1, a, s2), false, nil, at0},
		{"withdrawal of another version", typ, v1, DocumentWithdraw, body(2, a, s2), false, nil, at0},
		{"withdrawal of another digest", typ, v1, DocumentWithdraw, body(1, b, s2), false, nil, at0},
		{"imported", typ, nil, 3, body(1, a, s1), false, nil, at0},
		{"kind 0", typ, nil, 0, body(1, a, s1), false, nil, at0},
		{"no body", typ, nil, DocumentRelease, nil, false, nil, at0},
		{"state of another type", typ, ActivityState{1}.Marshal(), DocumentRelease, body(1, a, s1), false, nil, at0},
	}
}

func digestTransitions() []transition {
	doc, id := DocumentKey("d"), IdentityKey("i")
	released, keyed := ReleasedBody{doc, 1}.Marshal(), KeyBody{KeyTypeSPKI, id}.Marshal()
	state := func(n uint32, keyType uint8, id Key) []byte { return DigestState{n, keyType, id}.Marshal() }
	const typ = TypeDigest
	return []transition{
		{"released", typ, nil, DigestReleased, released, true, state(1, 0, Key{}), at0},
		{"released again", typ, state(1, 0, Key{}), DigestReleased, released, true, state(2, 0, Key{}), at0},
		{"key", typ, nil, DigestKeyed, keyed, true, state(0, KeyTypeSPKI, id), at0},
		{"key of released bytes", typ, state(2, 0, Key{}), DigestKeyed, keyed, true, state(2, KeyTypeSPKI, id), at0},
		{"released bytes of a key", typ, state(0, KeyTypeSPKI, id), DigestReleased, released, true, state(1, KeyTypeSPKI, id), at0},
		{"key twice", typ, state(0, KeyTypeSPKI, id), DigestKeyed, keyed, false, nil, at0},
		{"key of another identity", typ, state(0, KeyTypeSPKI, id), DigestKeyed, KeyBody{KeyTypeSPKI, IdentityKey("j")}.Marshal(), false, nil, at0},
		{"releases used up", typ, state(math.MaxUint32, 0, Key{}), DigestReleased, released, false, nil, at0},
		{"released with a key's body", typ, nil, DigestReleased, keyed, false, nil, at0},
		{"key with a release's body", typ, nil, DigestKeyed, released, false, nil, at0},
		{"kind 3", typ, nil, 3, released, false, nil, at0},
	}
}

func identityTransitions() []transition {
	s1, s2 := h("statement 1"), h("statement 2")
	base := IdentityState{IdentityActive, ClassAgent, h("owner"), SPKIKey([]byte("k1")), None, None, s1}
	with := func(f func(*IdentityState)) IdentityState { s := base; f(&s); return s }
	status := func(x uint8) IdentityState { return with(func(s *IdentityState) { s.Status = x }) }
	revoked := func(since uint64) IdentityState {
		return with(func(s *IdentityState) { s.Status, s.CompromisedSince = IdentityRevoked, since })
	}
	rotated := with(func(s *IdentityState) { s.Key, s.NotAfter, s.Terms = SPKIKey([]byte("k2")), 99, s2 })
	suspended, retired := status(IdentitySuspended), status(IdentityRetired)
	rotatedSuspended := rotated
	rotatedSuspended.Status = IdentitySuspended

	step := func(name string, from *IdentityState, kind uint8, to IdentityState, statement Hash, legal bool) transition {
		t := transition{name: name, typ: TypeIdentity, kind: kind, body: IdentityBody{to, statement}.Marshal(), legal: legal}
		if from != nil {
			t.state = from.Marshal()
		}
		if legal {
			t.next = to.Marshal()
		}
		return t
	}
	out := []transition{
		step("enroll", nil, IdentityEnroll, base, s1, true),
		step("enroll twice", &base, IdentityEnroll, base, s1, false),
		step("enroll a revoked one", ptr(revoked(None)), IdentityEnroll, base, s1, false),
		step("enroll as suspended", nil, IdentityEnroll, suspended, s1, false),
		step("enroll under another statement's terms", nil, IdentityEnroll, base, s2, false),
		step("rotate", &base, IdentityRotate, rotated, s2, true),
		step("rotate while suspended", &suspended, IdentityRotate, rotatedSuspended, s2, true),
		step("rotate cannot resume", &suspended, IdentityRotate, rotated, s2, false),
		step("rotate to the same key", &base, IdentityRotate, with(func(s *IdentityState) { s.Terms = s2 }), s2, false),
		step("rotate keeps the old terms", &base, IdentityRotate, with(func(s *IdentityState) { s.Key = rotated.Key }), s2, false),
		step("rotate changes the class", &base, IdentityRotate, with(func(s *IdentityState) { s.Key, s.Terms, s.Class = rotated.Key, s2, ClassHuman }), s2, false),
		step("rotate changes the owner", &base, IdentityRotate, with(func(s *IdentityState) { s.Key, s.Terms, s.Owner = rotated.Key, s2, h("x") }), s2, false),
		step("suspend", &base, IdentitySuspend, suspended, s2, true),
		step("suspend twice", &suspended, IdentitySuspend, suspended, s2, false),
		step("suspend changes the key", &base, IdentitySuspend, rotatedSuspended, s2, false),
		step("suspend without effect", &base, IdentitySuspend, base, s2, false),
		step("resume", &suspended, IdentityResume, base, s2, true),
		step("resume an active one", &base, IdentityResume, base, s2, false),
		step("resume a revoked one", ptr(revoked(None)), IdentityResume, base, s2, false),
		step("resume a retired one", &retired, IdentityResume, base, s2, false),
		step("revoke", &base, IdentityRevoke, revoked(None), s2, true),
		step("revoke, compromised", &base, IdentityRevoke, revoked(50), s2, true),
		step("revoke a suspended one", &suspended, IdentityRevoke, revoked(50), s2, true),
		step("revoke a retired one", &retired, IdentityRevoke, revoked(50), s2, true),
		step("revoke again, theft found later", ptr(revoked(None)), IdentityRevoke, revoked(50), s2, true),
		step("revoke again, stolen earlier", ptr(revoked(50)), IdentityRevoke, revoked(40), s2, true),
		step("revoke again, the same", ptr(revoked(50)), IdentityRevoke, revoked(50), s2, false),
		step("revoke again, stolen later", ptr(revoked(50)), IdentityRevoke, revoked(60), s2, false),
		step("revoke again takes the theft back", ptr(revoked(50)), IdentityRevoke, revoked(None), s2, false),
		step("revoke again, both without theft", ptr(revoked(None)), IdentityRevoke, revoked(None), s2, false),
		step("revoke changes notAfter", &base, IdentityRevoke, with(func(s *IdentityState) { s.Status, s.NotAfter = IdentityRevoked, 5 }), s2, false),
		step("retire", &base, IdentityRetire, retired, s2, true),
		step("retire a suspended one", &suspended, IdentityRetire, retired, s2, true),
		step("retire a revoked one", ptr(revoked(None)), IdentityRetire, retired, s2, false),
		step("retire twice", &retired, IdentityRetire, retired, s2, false),
		step("suspend a retired one", &retired, IdentitySuspend, suspended, s2, false),
		step("suspend a revoked one", ptr(revoked(None)), IdentitySuspend, suspended, s2, false),
		step("rotate a retired one", &retired, IdentityRotate, with(func(s *IdentityState) {
			*s = rotated
			s.Status = IdentityRetired
		}), s2, false),
		step("rotate a revoked one", ptr(revoked(None)), IdentityRotate, with(func(s *IdentityState) {
			*s = rotated
			s.Status = IdentityRevoked
		}), s2, false),
		step("kind 7", &base, 7, base, s2, false),
	}
	for kind := IdentityRotate; kind <= IdentityRetire; kind++ {
		out = append(out, step("before enrolment", nil, kind, base, s1, false))
	}
	return out
}

func ptr[T any](x T) *T { return &x }

func activityTransitions() []transition {
	body := ActivityBody{Statement: h("s"), Run: RunKey("r")}.Marshal()
	var out []transition
	for code := range 256 {
		legal := validCode(uint8(code))
		t := transition{"code", TypeActivity, nil, uint8(code), body, legal, nil, at0}
		if legal {
			t.next = ActivityState{1}.Marshal()
		} else if code%16 > 7 {
			continue // enough of these
		}
		out = append(out, t)
	}
	return append(out,
		transition{"next", TypeActivity, ActivityState{41}.Marshal(), 0x81, body, true, ActivityState{42}.Marshal(), at0},
		transition{"count used up", TypeActivity, ActivityState{None}.Marshal(), 0x81, body, false, nil, at0},
		transition{"short body", TypeActivity, nil, 0x81, body[1:], false, nil, at0},
	)
}

func TestNextState(t *testing.T) {
	for _, tc := range transitions() {
		state, body := bytes.Clone(tc.state), bytes.Clone(tc.body)
		got, err := NextState(tc.typ, tc.state, tc.kind, tc.body, tc.by)
		if !bytes.Equal(state, tc.state) || !bytes.Equal(body, tc.body) {
			t.Errorf("%v %s: inputs were changed", tc.typ, tc.name)
		}
		if !tc.legal {
			if got != nil || !errors.Is(err, ErrTransition) && !errors.Is(err, ErrFormat) {
				t.Errorf("%v %s (kind %d): %x, %v; want ErrTransition or ErrFormat", tc.typ, tc.name, tc.kind, got, err)
			}
			if tc.typ == TypeIdentity && !errors.Is(err, ErrTransition) { // all bodies of that table are canonical
				t.Errorf("%v %s: %v, want ErrTransition", tc.typ, tc.name, err)
			}
			continue
		}
		if err != nil || !bytes.Equal(got, tc.next) {
			t.Errorf("%v %s (kind %d): %x, %v; want %x", tc.typ, tc.name, tc.kind, got, err, tc.next)
		}
		if err := checkState(tc.typ, got); err != nil {
			t.Errorf("%v %s: next state is not canonical: %v", tc.typ, tc.name, err)
		}
	}
}

// TestEmptyState: no state is nil; an empty one is malformed.
func TestEmptyState(t *testing.T) {
	for _, tc := range transitions() {
		if tc.typ == TypeRun || tc.typ == TypeGrant {
			continue // what opens them refuses any state
		}
		if tc.legal && tc.state == nil {
			if _, err := NextState(tc.typ, []byte{}, tc.kind, tc.body, tc.by); tc.kind != IdentityEnroll && !errors.Is(err, ErrFormat) {
				t.Errorf("%v %s: %v, want ErrFormat", tc.typ, tc.name, err)
			}
		}
	}
}

func TestUnknownTypes(t *testing.T) {
	for _, typ := range []Type{0, 7, 255} {
		if _, err := NextState(typ, nil, 1, nil, Entry{}); !errors.Is(err, ErrTransition) {
			t.Errorf("%v: %v, want ErrTransition", typ, err)
		}
	}
}

func TestStatementCodes(t *testing.T) {
	var got []byte
	for c := range 256 {
		if validCode(uint8(c)) {
			got = append(got, uint8(c))
		}
	}
	want := []byte{
		0x11, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x31, 0x32, 0x41, 0x42, 0x51, 0x52, 0x53, 0x61, 0x62, 0x71, 0x81, 0x82, 0x91,
		0xA1, 0xA2, 0xA3, 0xA4, 0xB1, 0xB2, 0xB3,
	}
	if !bytes.Equal(got, want) {
		t.Errorf("codes %x, want %x", got, want)
	}
}

func TestTypes(t *testing.T) {
	for typ := TypeDocument; typ <= TypeActivity; typ++ {
		if got, err := ParseType(typ.String()); err != nil || got != typ {
			t.Errorf("ParseType(%q) = %v, %v", typ, got, err)
		}
	}
	for _, name := range []string{"", "Document", "type 0", "document "} {
		if _, err := ParseType(name); !errors.Is(err, ErrFormat) {
			t.Errorf("ParseType(%q): %v", name, err)
		}
	}
	if Type(0).String() != "type 0" || Type(7).String() != "type 7" {
		t.Error("unknown types must print their number")
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("an object too long for its length prefix must panic")
			}
		}()
		ObjectHash("document.release", make([]byte, maxLP+1))
	}()
	long := string(make([]byte, maxLP+1))
	if DocumentKey(long) == DocumentKey(long[1:]) || DocumentKey(long) == (Key{}) {
		t.Error("an id that is too long must have a key of its own")
	}
}
