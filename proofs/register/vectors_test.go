package register

import (
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"math/bits"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var rewrite = flag.Bool("rewrite", false, "rewrite testdata/vectors.json")

const vectorFile = "testdata/vectors.json"

// vectors is the vector file: what it takes to check another implementation. All byte strings are hexadecimal.
type vectors struct {
	About       string             `json:"about"`
	Statement   vectorStatement    `json:"statement"`
	Keys        []vectorKey        `json:"keys"`
	Object      vectorObject       `json:"object"`
	Terms       vectorTerms        `json:"terms"`
	Registers   []vectorRegister   `json:"registers"`
	Roots       []vectorRoot       `json:"roots"`
	Paths       []vectorPath       `json:"paths"`
	BadPaths    []vectorBad        `json:"refusedPaths"`
	History     vectorHistory      `json:"history"`
	Transitions []vectorTransition `json:"transitions"`
}

type vectorStatement struct {
	PayloadType string `json:"payloadType"`
	Payload     string `json:"payload"`
	Digest      string `json:"digest"`
	Leaf        string `json:"leaf"`
	LeafHash    string `json:"leafHash"`
	Index       uint64 `json:"index"`
	Time        uint64 `json:"time"`
}

type vectorKey struct {
	Type  string `json:"type"`
	Field string `json:"field"`
	Key   string `json:"key"`
}

type vectorObject struct {
	For    string `json:"for"`
	Object string `json:"object"`
	Hash   string `json:"hash"`
}

type vectorTerms struct {
	Terms string `json:"terms"`
	Hash  string `json:"hash"`
}

type vectorRegister struct {
	Name      string `json:"name"`
	Key       string `json:"key"`
	Kind      uint8  `json:"kind"`
	Blind     string `json:"blind"`
	Body      string `json:"body"`
	BodyHash  string `json:"bodyHash"`
	Event     string `json:"event"`
	EventHash string `json:"eventHash"`
	State     string `json:"state"`
	StateHash string `json:"stateHash"`
	Value     string `json:"value"`
	ValueHash string `json:"valueHash"`
	EventRow  string `json:"eventRow"`
	Record    string `json:"record"`
}

type vectorLeaf struct {
	Key       string `json:"key"`
	ValueHash string `json:"valueHash"`
}

type vectorRoot struct {
	Leaves []vectorLeaf `json:"leaves"`
	Root   string       `json:"root"`
}

type vectorPath struct {
	Name      string `json:"name"`
	Key       string `json:"key"`
	ValueHash string `json:"valueHash,omitempty"` // none: absence
	Root      string `json:"root"`
	Path      string `json:"path"`
}

type vectorBad struct {
	Name string `json:"name"`
	Path string `json:"path"`
}

type vectorHistory struct {
	Type      string        `json:"type"`
	Events    []string      `json:"events"`
	Roots     []string      `json:"roots"` // of the first 1, 2, ... events
	Inclusion []vectorProof `json:"inclusion"`
	Ranges    []vectorProof `json:"ranges"`
}

type vectorProof struct {
	From  uint64   `json:"from"`
	To    uint64   `json:"to"`
	Size  uint64   `json:"size"`
	Proof []string `json:"proof"`
}

type vectorTransition struct {
	Type  string `json:"type"`
	State string `json:"state"` // empty: new register
	Kind  uint8  `json:"kind"`
	Body  string `json:"body"`
	Index uint64 `json:"index,omitempty"` // of the entry; none: 0
	Time  uint64 `json:"time,omitempty"`
	Next  string `json:"next,omitempty"` // none: refused
}

const (
	payloadType = "application/vnd.in-toto+json"
	payload     = `{"nonce":"000102030405060708090a0b0c0d0e0f"}`
	entryIndex  = 17
	entryTime   = 1763762400123
)

func statementDigest() Hash {
	return h(fmt.Sprintf("DSSEv1 %d %s %d %s", len(payloadType), payloadType, len(payload), payload))
}

func entryLeafHash() Hash { return h("\x00{}") }

// exampleEvents are the events of the three example registers.
func exampleEvents() []struct {
	name string
	key  Key
	typ  Type
	in   NewEvent
} {
	digest := SHA256Digest(h("hello\n"))
	in := func(kind uint8, body []byte) NewEvent {
		return NewEvent{Kind: kind, Index: entryIndex, Time: entryTime, LeafHash: entryLeafHash(), Payload: []byte(payload), Body: body}
	}
	document := DocumentBody{Version: 1, Digest: digest, Statement: statementDigest(), Run: RunKey("run-1")}
	identity := IdentityBody{Statement: statementDigest(), State: IdentityState{
		Status: IdentityActive, Class: ClassWorkload, Owner: h("team/release"), Key: SPKIKey([]byte("spki\n")),
		NotAfter: None, CompromisedSince: None, Terms: statementDigest(),
	}}
	act := ActivityBody{Statement: statementDigest(), Run: RunKey("run-1")}
	type event = struct {
		name string
		key  Key
		typ  Type
		in   NewEvent
	}
	return []event{
		{"document contract-7", DocumentKey("contract-7"), TypeDocument, in(DocumentRelease, document.Marshal())},
		{"identity wl/publisher", IdentityKey("wl/publisher"), TypeIdentity, in(IdentityEnroll, identity.Marshal())},
		{"activity wl/publisher", ActivityKey("wl/publisher"), TypeActivity, in(0x81, act.Marshal())},
	}
}

// exampleTree returns the leaves of the example trees in the order in which they are added: D, digest, run, I, A.
func exampleTree(t testing.TB) []Leaf {
	t.Helper()
	var out []Leaf
	for _, e := range exampleEvents() {
		var r Record
		if _, err := r.Append(e.key, e.typ, e.in); err != nil {
			t.Fatal(err)
		}
		out = append(out, Leaf{e.key, r.Value().Hash()})
	}
	return []Leaf{
		out[0], {DigestKey(SHA256Digest(h("hello\n"))), h("v2")}, {RunKey("run-1"), h("v3")}, out[1], out[2],
	}
}

func rootOf(t testing.TB, ls []Leaf) (*Tree, leaves) {
	t.Helper()
	m := map[Key]Hash{}
	for _, l := range ls {
		m[l.Key] = l.ValueHash
	}
	tree, _, after := mustUpdate(t, New(8), nil, sorted(m))
	return tree, after
}

// TestKnownHashes compares with hashes on which an independent implementation agrees.
func TestKnownHashes(t *testing.T) {
	statement := statementDigest()
	var recs []Record
	var rows []EventRow
	for _, e := range exampleEvents() {
		var r Record
		row, err := r.Append(e.key, e.typ, e.in)
		if err != nil {
			t.Fatal(err)
		}
		recs, rows = append(recs, r), append(rows, row)
	}
	tree := exampleTree(t)
	root := func(n int) Hash { r, _ := rootOf(t, tree[:n]); return r.Root() }
	stateHash := func(r *Record) Hash { blind, state := r.StateOpening(); return StateHash(blind, state) }

	for _, tc := range []struct {
		name string
		got  Hash
		want string
	}{
		{"statement digest", statement, "d5f86b40a6dc9f03d2960ddf421ad683288be64bfd5c7c8776db6723b94da84c"},
		{"document key", DocumentKey("contract-7"), "6b518feb7aa0321c4de3f80f3e7ed1767233c1b4e6aec6f2c2059b5e26f66a3e"},
		{"digest key", DigestKey(SHA256Digest(h("hello\n"))), "a4c193ae04308b418f68340f240a57b5e3610d72f992bd2a153a54e1f354d81e"},
		{"run key", RunKey("run-1"), "e63350af704c85303c98e31bf1f684585ff64bce4fffd169e1e34a18a8d54d42"},
		{"identity key", IdentityKey("wl/publisher"), "f0fbbd4147e604766b5afc67946bf023f4d1699add356f444c13e163691e571b"},
		{"grant key", GrantKey(statement), "9ff8d1c311284491c4e89ca873bc48eabe809dc57a21c46895d2563e129102e6"},
		{"activity key", ActivityKey("wl/publisher"), "1d08be9adfe8dbdf9432c95d1e2e5aa9b32c887a7a01453e2efaa5cadb0ba2c2"},
		{"object", ObjectHash("document.release", []byte(`{"document":"contract-7","version":1}`)), "c299d7f25dfefe934f76aba6c76a00b1cd24589f8516c867d4153a56628854da"},
		{"document blind", rows[0].Blind, "73e14124ad0140f3e154ac80d67d010522180c5ef43980017c1e7fa816de869b"},
		{"document body", BodyHash(rows[0].Blind, rows[0].Body), "18db84b89d2adf891036d619ed747b7118ba3cc407e97369d8901c14da0498f1"},
		{"document state", stateHash(&recs[0]), "00058c2130e1e7894cce99464120568a33a4f942a144612adb89730110862f3b"},
		{"document value", recs[0].Value().Hash(), "8182f96b8a4b13db0cb16aca02ec28a1ca3b25c356ae411af6f61f16dcce2f3d"},
		{"identity body", BodyHash(rows[1].Blind, rows[1].Body), "22a309fc01ec5c6766fed8dd07e679c5b9370949dcaf68744debe962d3386f82"},
		{"identity state", stateHash(&recs[1]), "403c8b883c4f61916cf577bddb020f6d06c2306b270767829524d9860f575b56"},
		{"identity value", recs[1].Value().Hash(), "8f830910945155b2bd1d3ad349b97017d0f60c353d771933c0cdb7122aab1616"},
		{"activity value", recs[2].Value().Hash(), "a5172831ff420ec88aef8a6d15f1126fd8407b0b23a7ef85e0d1c46434125603"},
		{"root 0", New(8).Root(), "dc48a742ae32cfd66352372d6120ed14d6629fc166246b05ff8b03e23804701f"},
		{"root 1", root(1), "d16f63e3958bda855586b14b0fb823908c4a4544d586cb425ffb2f8a9823f19c"},
		{"root 2", root(2), "99f785740e04da878c467fa3ad88d74f6ea8e10501d48bae568038a04e89810e"},
		{"root 5", root(5), "708e953490826353cc0bad962eb2357c73b981750d8c8246cf64331ddc3b64fb"},
	} {
		if got := hex.EncodeToString(tc.got[:]); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

func TestKnownPaths(t *testing.T) {
	tree, src := rootOf(t, exampleTree(t))
	for _, tc := range []struct {
		id     string
		result Result
		depth  int
		path   string
	}{
		{"contract-7", ResultInclusion, 2, "01000203438235fbac64a80ea4d8a52d72a2003f0e232f4df2fd1a99a0f6d41f7fc3902bb189fcf8f7bb09336dd06e3c4efb7dd4ba0d698bb8c7a6b527f983adfc103808"},
		{"contract-8", ResultOther, 2, ""},
		{"contract-14", ResultAbsent, 3, ""},
	} {
		p, err := tree.Prove(src, DocumentKey(tc.id))
		if err != nil {
			t.Fatal(err)
		}
		if p.Result != tc.result || p.Depth() != tc.depth {
			t.Errorf("%s: result %d at depth %d, want %d at %d", tc.id, p.Result, p.Depth(), tc.result, tc.depth)
		}
		if got := hex.EncodeToString(p.Marshal()); tc.path != "" && got != tc.path {
			t.Errorf("%s: path %s", tc.id, got)
		}
		if tc.result == ResultOther && p.Other.Key != ActivityKey("wl/publisher") {
			t.Errorf("%s: neighbour %v, want the activity register", tc.id, p.Other.Key)
		}
	}
}

// TestVectorFile makes all vectors again and compares them with the file, then checks the file by verifying alone.
func TestVectorFile(t *testing.T) {
	got, err := json.MarshalIndent(makeVectors(t), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *rewrite {
		if err := os.WriteFile(vectorFile, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Fatalf("vectors differ from %s (run with -rewrite only if the format changed):\n%s", vectorFile, diff)
	}
	var v vectors
	if err := json.Unmarshal(want, &v); err != nil {
		t.Fatal(err)
	}
	checkVectors(t, v)
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func unhash(t testing.TB, s string) Hash { return Hash(unhex(t, s)) }

func unhashes(t testing.TB, in []string) []Hash {
	out := make([]Hash, len(in))
	for i := range in {
		out[i] = unhash(t, in[i])
	}
	return out
}

func checkVectors(t *testing.T, v vectors) {
	for _, p := range v.Paths {
		path, err := ParsePath(unhex(t, p.Path))
		if err != nil {
			t.Fatalf("%s: %v", p.Name, err)
		}
		if p.ValueHash != "" {
			err = path.VerifyInclusion(Key(unhash(t, p.Key)), unhash(t, p.ValueHash), unhash(t, p.Root))
		} else {
			err = path.VerifyAbsence(Key(unhash(t, p.Key)), unhash(t, p.Root))
		}
		if err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
	for _, p := range v.BadPaths {
		if _, err := ParsePath(unhex(t, p.Path)); err == nil {
			t.Errorf("path %q was accepted", p.Name)
		}
	}
	for _, r := range v.Roots {
		m := map[Key]Hash{}
		for _, l := range r.Leaves {
			m[Key(unhash(t, l.Key))] = unhash(t, l.ValueHash)
		}
		if naiveRoot(m) != unhash(t, r.Root) {
			t.Errorf("root of %d leaves differs", len(r.Leaves))
		}
	}
	var events []Event
	for _, s := range v.History.Events {
		e, err := ParseEvent(unhex(t, s))
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	for _, p := range v.History.Inclusion {
		if err := VerifyEvent(events[p.From], unhashes(t, p.Proof), p.Size, unhash(t, v.History.Roots[p.Size-1])); err != nil {
			t.Errorf("event %d of %d: %v", p.From, p.Size, err)
		}
	}
	for _, p := range v.History.Ranges {
		if err := VerifyRange(events[p.From:p.To], unhashes(t, p.Proof), p.Size, unhash(t, v.History.Roots[p.Size-1])); err != nil {
			t.Errorf("events [%d, %d) of %d: %v", p.From, p.To, p.Size, err)
		}
	}
}

func makeVectors(t testing.TB) vectors {
	x := func(b []byte) string { return hex.EncodeToString(b) }
	hx := func(b Hash) string { return x(b[:]) }
	statement := statementDigest()
	digest := SHA256Digest(h("hello\n"))
	object := `{"document":"contract-7","version":1}`
	terms := `{"class":"workload","namespaces":["contracts/"],"owner":"team/release","roles":[],"verbs":["document.release"]}`
	v := vectors{
		About: "docket register vectors, see docs/spec/registers.md; byte strings are hexadecimal",
		Statement: vectorStatement{
			payloadType, payload, hx(statement), x([]byte("{}")), hx(entryLeafHash()), entryIndex, entryTime,
		},
		Keys: []vectorKey{
			{"document", x([]byte("contract-7")), DocumentKey("contract-7").String()},
			{"digest", x(digest[:]), DigestKey(digest).String()},
			{"run", x([]byte("run-1")), RunKey("run-1").String()},
			{"identity", x([]byte("wl/publisher")), IdentityKey("wl/publisher").String()},
			{"grant", hx(statement), GrantKey(statement).String()},
			{"activity", x([]byte("wl/publisher")), ActivityKey("wl/publisher").String()},
		},
		Object: vectorObject{"document.release", object, hx(ObjectHash("document.release", []byte(object)))},
		Terms:  vectorTerms{terms, hx(TermsHash([]byte(terms)))},
	}
	for _, e := range exampleEvents() {
		var r Record
		row, err := r.Append(e.key, e.typ, e.in)
		if err != nil {
			t.Fatal(err)
		}
		ev := row.Event(e.typ, 0)
		v.Registers = append(v.Registers, vectorRegister{
			Name: e.name, Key: e.key.String(), Kind: e.in.Kind, Blind: hx(row.Blind), Body: x(row.Body), BodyHash: hx(ev.BodyHash),
			Event: x(ev.Marshal()), EventHash: hx(ev.Hash()), State: x(r.State), StateHash: hx(r.Value().StateHash),
			Value: x(r.Value().Marshal()), ValueHash: hx(r.Value().Hash()), EventRow: x(row.Marshal()), Record: x(r.Marshal()),
		})
	}
	ls := exampleTree(t)
	for n := range len(ls) + 1 {
		tree, _ := rootOf(t, ls[:n])
		root := vectorRoot{Leaves: []vectorLeaf{}, Root: hx(tree.Root())}
		for _, l := range ls[:n] {
			root.Leaves = append(root.Leaves, vectorLeaf{l.Key.String(), hx(l.ValueHash)})
		}
		v.Roots = append(v.Roots, root)
	}
	v.Paths, v.BadPaths = makePaths(t, ls)
	v.History = makeHistory(t)
	for _, tc := range transitions() {
		next, err := NextState(tc.typ, tc.state, tc.kind, tc.body, tc.by)
		if (err == nil) != tc.legal {
			t.Fatalf("%s: %v", tc.name, err)
		}
		v.Transitions = append(v.Transitions, vectorTransition{tc.typ.String(), x(tc.state), tc.kind, x(tc.body), tc.by.Index, tc.by.Time, x(next)})
	}
	return v
}

func makePaths(t testing.TB, ls []Leaf) (good []vectorPath, bad []vectorBad) {
	values := map[Key]Hash{}
	for _, l := range ls {
		values[l.Key] = l.ValueHash
	}
	for n := range len(ls) + 1 {
		tree, src := rootOf(t, ls[:n])
		root := tree.Root()
		for _, id := range []string{"contract-7", "contract-8", "contract-14"} {
			key := DocumentKey(id)
			p, err := tree.Prove(src, key)
			if err != nil {
				t.Fatal(err)
			}
			out := vectorPath{Name: fmt.Sprintf("document %s among %d", id, n), Key: key.String(), Root: hex.EncodeToString(root[:]), Path: hex.EncodeToString(p.Marshal())}
			if p.Result == ResultInclusion {
				value := values[key]
				out.ValueHash = hex.EncodeToString(value[:])
			}
			good = append(good, out)
		}
	}
	for _, m := range badPaths(t) {
		bad = append(bad, vectorBad{m.name, hex.EncodeToString(m.path)})
	}
	return good, bad
}

func makeHistory(t testing.TB) vectorHistory {
	const n = 11
	rec, hist, _ := activity(t, n)
	out := vectorHistory{Type: TypeActivity.String()}
	var compactRange []Hash
	for i, e := range hist.events {
		out.Events = append(out.Events, hex.EncodeToString(e.Marshal()))
		compactRange = appendRange(compactRange, uint64(i), e.Hash())
		root := rangeRoot(compactRange)
		out.Roots = append(out.Roots, hex.EncodeToString(root[:]))
	}
	if root := hex.EncodeToString(rec.Root[:]); root != out.Roots[n-1] {
		t.Fatal("roots differ")
	}
	text := func(hashes []Hash) []string {
		s := []string{}
		for _, x := range hashes {
			s = append(s, hex.EncodeToString(x[:]))
		}
		return s
	}
	for size := uint64(1); size <= n; size++ {
		for seq := range size {
			if bits.OnesCount64(seq^size)%2 == 0 && size != n {
				continue // half of the small ones are enough
			}
			p, err := ProveEvent(hist, seq, size)
			if err != nil {
				t.Fatal(err)
			}
			out.Inclusion = append(out.Inclusion, vectorProof{seq, seq + 1, size, text(p)})
		}
	}
	for _, r := range [][3]uint64{{0, 1, 1}, {0, 11, 11}, {1, 2, 11}, {3, 5, 8}, {3, 8, 11}, {4, 8, 11}, {7, 9, 11}, {9, 10, 10}, {10, 11, 11}} {
		p, err := ProveRange(hist, r[0], r[1], r[2])
		if err != nil {
			t.Fatal(err)
		}
		out.Ranges = append(out.Ranges, vectorProof{r[0], r[1], r[2], text(p)})
	}
	return out
}
