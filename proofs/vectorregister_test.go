package proofs

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/docketlog/docket/proofs/register"
)

// registerFixtures are the vectors of package register; docs/vectors has them in
// lines. Byte strings are hexadecimal.
type registerFixtures struct {
	Statement struct{ Payload string }
	Keys      []struct{ Type, Field, Key string }
	Object    struct{ For, Object, Hash string }
	Terms     struct{ Terms, Hash string }
	Registers []struct {
		Name, Key, Blind, Body, BodyHash, Event, EventHash string
		StateBlind, State, StateHash, Value, ValueHash     string
	}
	Roots []struct {
		Leaves []struct{ Key, ValueHash string }
		Root   string
	}
	Paths        []struct{ Name, Key, Root, Path, ValueHash string }
	RefusedPaths []struct{ Name, Path string }
	History      struct {
		Events, Roots     []string
		Inclusion, Ranges []struct {
			From, To, Size uint64
			Proof          []string
		}
	}
	Transitions []struct {
		Type, State, Body string
		Kind              uint8
		Index, Time       uint64
		Next              *string
	}
}

func readFixtures(t testing.TB) (f registerFixtures) {
	t.Helper()
	b, err := os.ReadFile("register/testdata/vectors.json")
	if err == nil {
		err = json.Unmarshal(b, &f)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func mustHex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A registerVector is one hash or one parsed thing of a register.
type registerVector struct {
	Comment string `json:"comment"`
	Kind    string `json:"kind"` // key, object, terms, blind, body, state, value, event
	Type    string `json:"type,omitempty"`
	Key     string `json:"key,omitempty"`
	Seq     uint64 `json:"seq,omitempty"`
	Blind   string `json:"blind,omitempty"`
	For     string `json:"for,omitempty"`
	Input   string `json:"input"`          // hex; of object, terms and blind text
	Hash    string `json:"hash,omitempty"` // of accepted ones
	Result  string `json:"result"`
}

func registerVectors(t testing.TB) [][]byte {
	f := readFixtures(t)
	var list []registerVector
	add := func(v registerVector) { v.Result = vectorAccept; list = append(list, v) }
	for _, k := range f.Keys {
		add(registerVector{Comment: "key of a " + k.Type, Kind: "key", Type: k.Type, Input: k.Field, Hash: k.Key})
	}
	add(registerVector{Comment: "what a grant is for", Kind: "object", For: f.Object.For, Input: f.Object.Object, Hash: f.Object.Hash})
	add(registerVector{Comment: "terms of an identity", Kind: "terms", Input: f.Terms.Terms, Hash: f.Terms.Hash})
	for _, r := range f.Registers {
		add(registerVector{Comment: r.Name, Kind: "blind", Key: r.Key, Input: f.Statement.Payload, Hash: r.Blind})
		add(registerVector{Comment: r.Name, Kind: "body", Blind: r.Blind, Input: r.Body, Hash: r.BodyHash})
		add(registerVector{Comment: r.Name, Kind: "event", Input: r.Event, Hash: r.EventHash})
		add(registerVector{Comment: r.Name, Kind: "state", Blind: r.Blind, Input: r.State, Hash: r.StateHash})
		add(registerVector{Comment: r.Name, Kind: "value", Input: r.Value, Hash: r.ValueHash})
		for _, part := range []struct {
			kind string
			hex  string
		}{{"event", r.Event}, {"value", r.Value}} {
			good := mustHex(t, part.hex)
			typeAt := bytes.IndexByte(good, '\n') + 1
			for name, bad := range sorted(map[string][]byte{
				"a byte too few": good[:len(good)-1], "a byte too many": append(bytes.Clone(good), 0), "empty": nil,
				"another first line": put(good, 8, '2'), "type 0": put(good, typeAt, 0), "type 7": put(good, typeAt, 7),
			}) {
				list = append(list, registerVector{Comment: r.Name + ": " + name, Kind: part.kind, Input: hex.EncodeToString(bad), Result: vectorRefuse})
			}
		}
	}
	list = append(list, registerVector{Comment: "a value of no events", Kind: "value", Input: hex.EncodeToString(put(mustHex(t, f.Registers[0].Value), 33, 0)), Result: vectorRefuse})
	list = append(list, registerVector{Comment: "a document event of an unknown kind", Kind: "event", Input: hex.EncodeToString(put(mustHex(t, f.Registers[0].Event), 17, 9)), Result: vectorRefuse})
	return lines(list)
}

func put(b []byte, at int, c byte) []byte {
	b = bytes.Clone(b)
	b[at] = c
	return b
}

func TestVectorsRegister(t *testing.T) {
	for _, v := range vectors[registerVector](t, "register.jsonl") {
		hash, err := hashOfRegisterVector(t, v)
		wantResult(t, v.Kind+" "+v.Comment, v.Result, err)
		if err == nil && hash.String() != v.Hash {
			t.Errorf("%s %s: %s", v.Kind, v.Comment, hash)
		}
	}
}

func hashOfRegisterVector(t *testing.T, v registerVector) (h register.Key, err error) {
	switch v.Kind {
	case "key":
		field := mustHex(t, v.Input)
		keys := map[string]func() register.Key{
			"document": func() register.Key { return register.DocumentKey(string(field)) }, "run": func() register.Key { return register.RunKey(string(field)) },
			"identity": func() register.Key { return register.IdentityKey(string(field)) }, "activity": func() register.Key { return register.ActivityKey(string(field)) },
			"grant": func() register.Key { return register.GrantKey(Hash(field)) }, "digest": func() register.Key { return register.DigestKey(register.TypedDigest(field)) },
		}
		return keys[v.Type](), nil
	case "object":
		return register.Key(register.ObjectHash(v.For, []byte(v.Input))), nil
	case "terms":
		return register.Key(register.TermsHash([]byte(v.Input))), nil
	case "blind":
		return register.Key(register.EventBlind(register.Key(mustHex(t, v.Key)), v.Seq, []byte(v.Input))), nil
	case "body":
		return register.Key(register.BodyHash(Hash(mustHex(t, v.Blind)), mustHex(t, v.Input))), nil
	case "state":
		return register.Key(register.StateHash(register.StateBlind(Hash(mustHex(t, v.Blind))), mustHex(t, v.Input))), nil
	case "value":
		value, err := register.ParseValue(mustHex(t, v.Input))
		return register.Key(value.Hash()), err
	case "event":
		event, err := register.ParseEvent(mustHex(t, v.Input))
		return register.Key(event.Hash()), err
	}
	return h, fmt.Errorf("unknown kind %q", v.Kind)
}

// A pathVector is a path in a register tree, or the root of a tree of leaves.
type pathVector struct {
	Comment   string   `json:"comment"`
	Kind      string   `json:"kind"` // root, inclusion, absence
	Leaves    []string `json:"leaves,omitempty"`
	Key       string   `json:"key,omitempty"`
	ValueHash string   `json:"valueHash,omitempty"`
	Root      string   `json:"root,omitempty"`
	Path      string   `json:"path,omitempty"`
	Result    string   `json:"result"`
}

func pathVectors(t testing.TB) [][]byte {
	f := readFixtures(t)
	var list []pathVector
	for i, r := range f.Roots {
		v := pathVector{Comment: fmt.Sprintf("root of %d registers", i), Kind: "root", Root: r.Root, Result: vectorAccept}
		for _, leaf := range r.Leaves {
			v.Leaves = append(v.Leaves, leaf.Key+leaf.ValueHash)
		}
		list = append(list, v)
	}
	for _, p := range f.Paths {
		v := pathVector{p.Name, "absence", nil, p.Key, p.ValueHash, p.Root, p.Path, vectorAccept}
		other := "inclusion"
		if p.ValueHash != "" {
			v.Kind, other = "inclusion", "absence"
		}
		list = append(list, v)
		bad := func(comment string, change func(*pathVector)) {
			b := v
			change(&b)
			b.Comment, b.Result = p.Name+": "+comment, vectorRefuse
			list = append(list, b)
		}
		flip := func(s string, at int) string { b := mustHex(t, s); b[at] ^= 1; return hex.EncodeToString(b) }
		bad("said to be an "+other, func(b *pathVector) {
			if b.Kind = other; other == "inclusion" {
				b.ValueHash = p.Key
			}
		})
		bad("under another root", func(b *pathVector) { b.Root = flip(b.Root, 31) })
		if p.Root != f.Roots[0].Root { // in the empty tree every key is absent in the same way
			bad("of a key that goes the other way", func(b *pathVector) { k := mustHex(t, b.Key); k[0] ^= 0x80; b.Key = hex.EncodeToString(k) })
		}
		if v.Kind == "inclusion" {
			bad("of another value", func(b *pathVector) { b.ValueHash = flip(b.ValueHash, 0) })
		}
		if n := len(p.Path)/2 - 1; n >= 30 {
			bad("with its last byte altered", func(b *pathVector) { b.Path = flip(b.Path, n) })
		}
	}
	some := f.Paths[0]
	for _, p := range f.RefusedPaths {
		list = append(list, pathVector{"refused: " + p.Name, "inclusion", nil, some.Key, some.Key, some.Root, p.Path, vectorRefuse})
	}
	return lines(list)
}

func TestVectorsPath(t *testing.T) {
	for _, v := range vectors[pathVector](t, "path.jsonl") {
		root := Hash(mustHex(t, v.Root))
		if v.Kind == "root" {
			var leaves []register.Leaf
			for _, leaf := range v.Leaves {
				b := mustHex(t, leaf)
				leaves = append(leaves, register.Leaf{Key: register.Key(b[:32]), ValueHash: Hash(b[32:])})
			}
			slices.SortFunc(leaves, func(a, b register.Leaf) int { return a.Key.Compare(b.Key) })
			tree, _, err := register.New(8).Update(sortedLeaves(nil), leaves)
			if err != nil || tree.Root() != root {
				t.Errorf("%s: %v", v.Comment, err)
			}
			continue
		}
		path, err := register.ParsePath(mustHex(t, v.Path))
		if err == nil && v.Kind == "inclusion" {
			err = path.VerifyInclusion(register.Key(mustHex(t, v.Key)), Hash(mustHex(t, v.ValueHash)), root)
		} else if err == nil {
			err = path.VerifyAbsence(register.Key(mustHex(t, v.Key)), root)
		}
		wantResult(t, v.Comment, v.Result, err)
	}
}

// A historyVector shows the events [from, from+len(events)) of a history.
type historyVector struct {
	Comment string   `json:"comment"`
	Kind    string   `json:"kind"` // event: an inclusion proof; range: a proof of a range
	Events  []string `json:"events"`
	Size    uint64   `json:"size"`
	Root    string   `json:"root"`
	Proof   []string `json:"proof"`
	Result  string   `json:"result"`
}

func historyVectors(t testing.TB) [][]byte {
	f := readFixtures(t).History
	var list []historyVector
	for _, p := range f.Inclusion {
		list = append(list, historyVector{fmt.Sprintf("event %d of %d", p.From, p.Size), "event", f.Events[p.From:p.To], p.Size, f.Roots[p.Size-1], p.Proof, vectorAccept})
	}
	for _, p := range f.Ranges {
		v := historyVector{fmt.Sprintf("events %d to %d of %d", p.From, p.To, p.Size), "range", f.Events[p.From:p.To], p.Size, f.Roots[p.Size-1], p.Proof, vectorAccept}
		list = append(list, v)
		if p.To-p.From < 2 {
			continue
		}
		v.Result = vectorRefuse
		for comment, events := range sorted(map[string][]string{
			"the first left out": v.Events[1:], "the last left out": v.Events[:len(v.Events)-1], "one twice": append(f.Events[p.From:p.To:p.To], v.Events[0]),
		}) {
			bad := v
			bad.Comment, bad.Events = v.Comment+": "+comment, events
			list = append(list, bad)
		}
	}
	last := list[len(list)-1]
	last.Comment, last.Events, last.Root = "events under the root of a smaller size", f.Events, f.Roots[8]
	last.Size, last.Proof, last.Result = 11, []string{}, vectorRefuse
	return lines(append(list, last))
}

func TestVectorsHistory(t *testing.T) {
	for _, v := range vectors[historyVector](t, "history.jsonl") {
		var events []register.Event
		var proof []Hash
		var err error
		for _, e := range v.Events {
			event, parseErr := register.ParseEvent(mustHex(t, e))
			if events = append(events, event); parseErr != nil {
				err = parseErr
			}
		}
		for _, h := range v.Proof {
			proof = append(proof, Hash(mustHex(t, h)))
		}
		root := Hash(mustHex(t, v.Root))
		switch {
		case err != nil:
		case v.Kind == "event":
			err = register.VerifyEvent(events[0], proof, v.Size, root)
		default:
			err = register.VerifyRange(events, proof, v.Size, root)
		}
		wantResult(t, v.Comment, v.Result, err)
	}
}

// A transitionVector is one event of a register and the state after it.
type transitionVector struct {
	Type   string  `json:"type"`
	State  string  `json:"state"` // empty: a new register
	Kind   uint8   `json:"kind"`
	Body   string  `json:"body"`
	Index  string  `json:"index"` // decimal: up to 2^64-1
	Time   string  `json:"time"`
	Next   *string `json:"next,omitempty"` // absent: the event is illegal
	Result string  `json:"result"`
}

func transitionVectors(t testing.TB) [][]byte {
	var list []transitionVector
	for _, f := range readFixtures(t).Transitions {
		v := transitionVector{f.Type, f.State, f.Kind, f.Body, fmt.Sprint(f.Index), fmt.Sprint(f.Time), f.Next, vectorAccept}
		if v.Next == nil {
			v.Result = vectorRefuse
		}
		list = append(list, v)
	}
	return lines(list)
}

func TestVectorsTransition(t *testing.T) {
	for i, v := range vectors[transitionVector](t, "transition.jsonl") {
		typ, err := register.ParseType(v.Type)
		if err != nil {
			t.Fatal(err)
		}
		var state []byte
		if v.State != "" {
			state = mustHex(t, v.State)
		}
		next, err := register.NextState(typ, state, v.Kind, mustHex(t, v.Body), register.Entry{Index: mustNumber(t, v.Index), Time: mustNumber(t, v.Time)})
		wantResult(t, fmt.Sprintf("line %d", i+1), v.Result, err)
		if err == nil && hex.EncodeToString(next) != *v.Next {
			t.Errorf("line %d: %x", i+1, next)
		}
	}
}
