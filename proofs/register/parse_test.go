package register

import (
	"bytes"
	"errors"
	"testing"
)

// A format is one binary form: parse, then marshal again.
type format struct {
	name string
	good []byte
	back func([]byte) ([]byte, error)
	bad  map[string]func(b []byte) // edits that must be refused
}

type marshaler interface{ Marshal() []byte }

func back[T marshaler](parse func([]byte) (T, error)) func([]byte) ([]byte, error) {
	return func(b []byte) ([]byte, error) {
		x, err := parse(b)
		if err != nil {
			return nil, err
		}
		return x.Marshal(), nil
	}
}

func at(i int, x byte) func([]byte) { return func(b []byte) { b[i] = x } }

func zero(i, j int) func([]byte) { return func(b []byte) { clear(b[i:j]) } }

func formats(t testing.TB) []format {
	rec, hist, rows := activity(t, 5)
	d := SHA256Digest(h("d"))
	id := IdentityState{IdentityRevoked, ClassHuman, h("o"), SPKIKey([]byte("k")), None, 7, h("t")}
	active := IdentityState{IdentityActive, ClassHuman, h("o"), SPKIKey([]byte("k")), None, None, h("t")}
	idBad := map[string]func([]byte){
		"status 0": at(0, 0), "status 5": at(0, 5), "class 0": at(1, 0), "class 5": at(1, 5), "key type 2": at(34, 2),
		"compromised, active": at(0, 1),
	}
	digestState := DigestState{3, KeyTypeSPKI, IdentityKey("i")}
	tree, src := rootOf(t, exampleTree(t))
	path, err := tree.Prove(src, DocumentKey("contract-8"))
	if err != nil {
		t.Fatal(err)
	}
	return []format{
		{"value", rec.Value().Marshal(), back(ParseValue), map[string]func([]byte){
			"label": at(3, 'x'), "newline": at(24, ' '), "type 0": at(25, 0), "type 7": at(25, 7), "size 0": zero(26, 34),
		}},
		{"event", hist.events[3].Marshal(), back(ParseEvent), map[string]func([]byte){
			"label": at(3, 'x'), "newline": at(15, ' '), "type 0": at(16, 0), "type 7": at(16, 7), "kind 0": at(17, 0),
			"kind of no statement": at(17, 0x83), "imported": func(b []byte) { b[16], b[17] = 1, 3 },
			"digest kind 3": func(b []byte) { b[16], b[17] = 2, 3 }, "identity kind 7": func(b []byte) { b[16], b[17] = 4, 7 },
			"grant kind 4": func(b []byte) { b[16], b[17] = 5, 4 },
		}},
		{"record", rec.Marshal(), back(ParseRecord), map[string]func([]byte){
			"type 0": at(0, 0), "type of another state": at(0, 1), "type run": at(0, 3), "type grant": at(0, 5), "size without range": at(8, 4), "size 0": zero(1, 9),
			"size of another shape": at(8, 7), "root": at(9, 1), "state": zero(83, 91), "state length": at(82, 7), "range": at(100, 1),
		}},
		{"event row", rows[3].Marshal(), back(ParseEventRow), map[string]func([]byte){"body length": at(82, 63)}},
		{"path", path.Marshal(), back(ParsePath), map[string]func([]byte){"result 0": at(0, 0), "result 1": at(0, 1), "depth 0": at(2, 0)}},
		{"document body", DocumentBody{2, d, h("s"), RunKey("r")}.Marshal(), back(ParseDocumentBody), map[string]func([]byte){
			"version 0": at(3, 0), "algorithm 0": at(4, 0), "algorithm 3": at(4, 3),
		}},
		{"document state", DocumentState{DocumentCurrent, 2, d, h("s")}.Marshal(), back(ParseDocumentState), map[string]func([]byte){
			"status 0": at(0, 0), "status 3": at(0, 3), "version 0": at(4, 0), "algorithm 3": at(5, 3),
		}},
		{"released body", ReleasedBody{DocumentKey("d"), 1}.Marshal(), back(ParseReleasedBody), map[string]func([]byte){"version 0": at(35, 0)}},
		{"key body", KeyBody{KeyTypeSPKI, IdentityKey("i")}.Marshal(), back(ParseKeyBody), map[string]func([]byte){
			"key type 0": at(0, 0), "key type 2": at(0, 2), "no identity": zero(1, 33),
		}},
		{"digest state", digestState.Marshal(), back(ParseDigestState), map[string]func([]byte){
			"key type 2": at(4, 2), "identity without key": at(4, 0), "key without identity": zero(5, 37),
			"nothing": zero(0, 37),
		}},
		{"identity state, active", active.Marshal(), back(ParseIdentityState), map[string]func([]byte){
			"status 0": at(0, 0), "status 5": at(0, 5), "compromised": zero(75, 83),
		}},
		{"identity state", id.Marshal(), back(ParseIdentityState), idBad},
		{"identity body", IdentityBody{id, h("s")}.Marshal(), back(ParseIdentityBody), idBad},
		{"activity body", ActivityBody{h("s"), RunKey("r")}.Marshal(), back(ParseActivityBody), nil},
		{"activity state", ActivityState{7}.Marshal(), back(ParseActivityState), map[string]func([]byte){"count 0": at(7, 0)}},
		{"run body", RunBody{RunPartial, 2, 7, ResultOK, IdentityKey("i"), h("s"), GrantRef(GrantKey(h("g"))), "fetch"}.Marshal(), back(ParseRunBody),
			map[string]func([]byte){
				"status 0": at(0, 0), "status 8": at(0, 8), "result 6": at(9, 6), "algorithm 3": at(74, 3), "step of 33 bytes": at(108, 33),
			}},
		{"run state", exampleRun().Marshal(), back(ParseRunState), map[string]func([]byte){
			"status 0": at(0, 0), "status 8": at(0, 8), "claim 1": at(1, 1), "claim 6": at(1, 6), "no claim": at(1, 0), "no outcome": zero(79, 111),
			"algorithm 3": at(2, 3), "a step more": at(112, 3), "a step less": at(112, 1), "a name before the first": at(131, 'a'),
			"result 0": at(120, 0), "result 4": at(120, 4), "a signer less": at(147, 1), "next 1": at(183, 1), "signers swapped": at(148, 0xff),
		}},
		{"run state, bare", RunState{Status: RunOpen, Workflow: d, Request: h("r"), Opened: 5}.Marshal(), back(ParseRunState),
			map[string]func([]byte){"claim": at(1, 2), "outcome": at(90, 1)}},
		{"granted body", exampleGrant().Marshal(), back(ParseGrantedBody), map[string]func([]byte){
			"algorithm 3": at(32, 3), "to nobody": zero(65, 97), "by nobody": zero(97, 129), "empty": at(193, 0xff), "no uses": zero(209, 213),
		}},
		{"spent body", SpentBody{1, IdentityKey("i"), h("s")}.Marshal(), back(ParseSpentBody), nil},
		{"revoked body", RevokedBody{IdentityKey("i"), h("s")}.Marshal(), back(ParseRevokedBody), nil},
		{"grant state", GrantState{GrantOpen, None, exampleGrant()}.Marshal(), back(ParseGrantState), map[string]func([]byte){
			"status 0": at(0, 0), "status 4": at(0, 4), "used up with uses": at(0, 2), "open without uses": zero(218, 222), "algorithm 3": at(41, 3),
		}},
		{"grant state, used up", GrantState{GrantUsedUp, 7, usedUp()}.Marshal(), back(ParseGrantState), map[string]func([]byte){
			"open": at(0, 1), "uses": at(221, 1), "by nobody": func(b []byte) { copy(b[1:9], []byte{255, 255, 255, 255, 255, 255, 255, 255}) },
		}},
		{"history tile", HistoryTile{h("a"), h("b")}.Marshal(), back(ParseHistoryTile), nil},
		{"bucket root", BucketRoot{5, NodeParent, h("a")}.Marshal(), back(func(b []byte) (BucketRoot, error) { return ParseBucketRoot(5, b) }),
			map[string]func([]byte){"kind 0": at(0, 0), "kind 3": at(0, 3)}},
	}
}

func TestParsers(t *testing.T) {
	for _, f := range formats(t) {
		got, err := f.back(f.good)
		if err != nil || !bytes.Equal(got, f.good) {
			t.Errorf("%s: %x, %v; want %x", f.name, got, err, f.good)
		}
		for n := range len(f.good) {
			if f.name == "history tile" && n == 32 {
				continue // one hash less is a tile, too
			}
			if _, err := f.back(f.good[:n]); !errors.Is(err, ErrFormat) {
				t.Errorf("%s cut to %d bytes: %v, want ErrFormat", f.name, n, err)
			}
		}
		if _, err := f.back(append(bytes.Clone(f.good), 0)); !errors.Is(err, ErrFormat) {
			t.Errorf("%s and a byte more: %v, want ErrFormat", f.name, err)
		}
		for name, edit := range f.bad {
			b := bytes.Clone(f.good)
			edit(b)
			if bytes.Equal(b, f.good) {
				t.Errorf("%s, %s: the edit changes nothing", f.name, name)
			}
			if _, err := f.back(b); !errors.Is(err, ErrFormat) {
				t.Errorf("%s, %s: %v, want ErrFormat", f.name, name, err)
			}
		}
	}
}

// TestRecordWithoutEvents: also where all lengths fit, a register without events does not exist.
func TestRecordWithoutEvents(t *testing.T) {
	empty := Record{Type: TypeActivity, State: ActivityState{1}.Marshal()}
	if _, err := ParseRecord(empty.Marshal()); !errors.Is(err, ErrFormat) {
		t.Errorf("%v, want ErrFormat", err)
	}
}

// TestParsersKeepNothing: rows come from a store that reuses its buffers.
func TestParsersKeepNothing(t *testing.T) {
	rec, _, rows := activity(t, 5)
	for name, try := range map[string]func() (any, marshaler, []byte, error){
		"record": func() (any, marshaler, []byte, error) {
			b := rec.Marshal()
			r, err := ParseRecord(b)
			return r, r, b, err
		},
		"event row": func() (any, marshaler, []byte, error) {
			b := rows[1].Marshal()
			r, err := ParseEventRow(b)
			return r, r, b, err
		},
	} {
		_, x, row, err := try()
		if err != nil {
			t.Fatal(err)
		}
		want := bytes.Clone(row)
		clear(row)
		if !bytes.Equal(x.Marshal(), want) {
			t.Errorf("%s keeps the bytes it was parsed from", name)
		}
	}
}

// fuzz checks parse -> marshal -> equal for one format.
func fuzz(f *testing.F, name string) {
	for _, form := range formats(f) {
		if form.name != name {
			continue
		}
		f.Add(form.good)
		f.Add([]byte{})
		for _, edit := range form.bad {
			b := bytes.Clone(form.good)
			edit(b)
			f.Add(b)
		}
		f.Fuzz(func(t *testing.T, b []byte) {
			got, err := form.back(b)
			if err != nil {
				if !errors.Is(err, ErrFormat) {
					t.Fatalf("untyped error %v", err)
				}
				return
			}
			if !bytes.Equal(got, b) {
				t.Fatalf("parsed %x, marshaled %x", b, got)
			}
		})
		return
	}
	f.Fatalf("no format %q", name)
}

func FuzzValue(f *testing.F)         { fuzz(f, "value") }
func FuzzEvent(f *testing.F)         { fuzz(f, "event") }
func FuzzRecord(f *testing.F)        { fuzz(f, "record") }
func FuzzEventRow(f *testing.F)      { fuzz(f, "event row") }
func FuzzPath(f *testing.F)          { fuzz(f, "path") }
func FuzzDocumentBody(f *testing.F)  { fuzz(f, "document body") }
func FuzzDocumentState(f *testing.F) { fuzz(f, "document state") }
func FuzzReleasedBody(f *testing.F)  { fuzz(f, "released body") }
func FuzzKeyBody(f *testing.F)       { fuzz(f, "key body") }
func FuzzDigestState(f *testing.F)   { fuzz(f, "digest state") }
func FuzzIdentityBody(f *testing.F)  { fuzz(f, "identity body") }
func FuzzIdentityState(f *testing.F) { fuzz(f, "identity state") }
func FuzzActivityBody(f *testing.F)  { fuzz(f, "activity body") }
func FuzzActivityState(f *testing.F) { fuzz(f, "activity state") }
func FuzzRunBody(f *testing.F)       { fuzz(f, "run body") }
func FuzzRunState(f *testing.F)      { fuzz(f, "run state") }
func FuzzGrantedBody(f *testing.F)   { fuzz(f, "granted body") }
func FuzzSpentBody(f *testing.F)     { fuzz(f, "spent body") }
func FuzzRevokedBody(f *testing.F)   { fuzz(f, "revoked body") }
func FuzzGrantState(f *testing.F)    { fuzz(f, "grant state") }
func FuzzHistoryTile(f *testing.F)   { fuzz(f, "history tile") }
func FuzzBucketRoot(f *testing.F)    { fuzz(f, "bucket root") }

// FuzzNextState: a next state is canonical, whatever went in, and the same each time.
func FuzzNextState(f *testing.F) {
	for _, tc := range transitions() {
		f.Add(uint8(tc.typ), tc.state != nil, tc.state, tc.kind, tc.body, tc.by.Index, tc.by.Time)
	}
	f.Fuzz(func(t *testing.T, typ uint8, has bool, state []byte, kind uint8, body []byte, index, time uint64) {
		if !has {
			state = nil
		} else if state == nil {
			state = []byte{}
		}
		next, err := NextState(Type(typ), state, kind, body, Entry{index, time})
		if err != nil {
			if next != nil {
				t.Fatal("a state beside an error")
			}
			return
		}
		if err := checkState(Type(typ), next); err != nil {
			t.Fatal(err)
		}
		if again, err := NextState(Type(typ), state, kind, body, Entry{index, time}); err != nil || !bytes.Equal(again, next) {
			t.Fatal("not a function")
		}
	})
}
