package register

import "testing"

// exampleGrant is a grant of three uses.
func exampleGrant() GrantedBody {
	return GrantedBody{
		Object: h("object"), Subject: SHA256Digest(h("d")), To: IdentityKey("to"), Grantor: IdentityKey("grantor"), Request: h("request"),
		NotBefore: 100, NotAfter: 200, Uses: 3,
	}
}

func usedUp() GrantedBody {
	b := exampleGrant()
	b.Uses = 0
	return b
}

func grantTransitions() []transition {
	const typ = TypeGrant
	left := func(status uint8, spender uint64, uses uint32) []byte {
		b := exampleGrant()
		b.Uses = uses
		return GrantState{status, spender, b}.Marshal()
	}
	spent := func(left uint32, by string) []byte { return SpentBody{left, IdentityKey(by), h("s")}.Marshal() }
	revoked := RevokedBody{IdentityKey("grantor"), h("s")}.Marshal()
	open, at7 := left(GrantOpen, None, 3), Entry{Index: 7, Time: 150}
	granted := func(edit func(*GrantedBody)) []byte {
		b := exampleGrant()
		edit(&b)
		return b.Marshal()
	}
	out := []transition{
		{"granted", typ, nil, GrantGranted, exampleGrant().Marshal(), true, open, at7},
		{"granted twice", typ, open, GrantGranted, exampleGrant().Marshal(), false, nil, at7},
		{"granted without uses", typ, nil, GrantGranted, usedUp().Marshal(), false, nil, at7},
		{"granted for no time", typ, nil, GrantGranted, granted(func(b *GrantedBody) { b.NotAfter = b.NotBefore }), false, nil, at7},
		{"granted to nobody", typ, nil, GrantGranted, granted(func(b *GrantedBody) { b.To = Key{} }), false, nil, at7},
		{"spent", typ, open, GrantSpent, spent(2, "to"), true, left(GrantOpen, 7, 2), at7},
		{"spent again", typ, left(GrantOpen, 5, 2), GrantSpent, spent(1, "to"), true, left(GrantOpen, 7, 1), at7},
		{"spent for the last time", typ, left(GrantOpen, 5, 1), GrantSpent, spent(0, "to"), true, left(GrantUsedUp, 7, 0), at7},
		{"spent once too often", typ, left(GrantUsedUp, 7, 0), GrantSpent, spent(0, "to"), false, nil, at7},
		{"spent twice at once", typ, open, GrantSpent, spent(1, "to"), false, nil, at7},
		{"spent and kept", typ, open, GrantSpent, spent(3, "to"), false, nil, at7},
		{"spent by another", typ, open, GrantSpent, spent(2, "grantor"), false, nil, at7},
		{"spent by no entry", typ, open, GrantSpent, spent(2, "to"), false, nil, Entry{Index: None}},
		{"revoked", typ, open, GrantRevoked, revoked, true, left(GrantTaken, None, 3), at7},
		{"revoked half spent", typ, left(GrantOpen, 5, 1), GrantRevoked, revoked, true, left(GrantTaken, 5, 1), at7},
		{"revoked twice", typ, left(GrantTaken, None, 3), GrantRevoked, revoked, false, nil, at7},
		{"revoked when used up", typ, left(GrantUsedUp, 7, 0), GrantRevoked, revoked, false, nil, at7},
		{"spent when revoked", typ, left(GrantTaken, None, 3), GrantSpent, spent(2, "to"), false, nil, at7},
		{"revoked with the body of a spending", typ, open, GrantRevoked, spent(2, "to"), false, nil, at7},
		{"spent with the body of a revocation", typ, open, GrantSpent, revoked, false, nil, at7},
		{"kind 4", typ, open, 4, revoked, false, nil, at7},
	}
	for kind := GrantSpent; kind <= GrantRevoked; kind++ {
		out = append(out, transition{"before it was granted", typ, nil, kind, revoked, false, nil, at7})
	}
	return out
}

// TestUsesOfAGrant: a grant of n uses is spent n times, never more, and its state always says by which entry last.
func TestUsesOfAGrant(t *testing.T) {
	var r Record
	key := GrantKey(h("g"))
	add := func(kind uint8, body []byte) error {
		_, err := r.Append(key, TypeGrant, NewEvent{Kind: kind, Index: r.Last + 1, Body: body})
		return err
	}
	if err := add(GrantGranted, exampleGrant().Marshal()); err != nil {
		t.Fatal(err)
	}
	for left := 2; left >= 0; left-- {
		if err := add(GrantSpent, SpentBody{uint32(left), IdentityKey("to"), h("s")}.Marshal()); err != nil {
			t.Fatal(err)
		}
		s, err := ParseGrantState(r.State)
		if err != nil || s.Granted.Uses != uint32(left) || s.Spender != r.Last {
			t.Fatalf("%+v, %v with %d left at entry %d", s, err, left, r.Last)
		}
	}
	for left := range uint32(3) {
		if err := add(GrantSpent, SpentBody{left, IdentityKey("to"), h("s")}.Marshal()); err == nil {
			t.Errorf("spent a fourth time, %d left", left)
		}
	}
}
