package proofs

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

type policyVector struct {
	Comment string `json:"comment"`
	Policy  string `json:"policy,omitempty"`
	Bytes   []byte `json:"bytes,omitempty"` // in place of policy, where it is no UTF-8
	Result  string `json:"result"`
	Warns   bool   `json:"warns,omitempty"` // accepted, but seldom meant: a reader warns
}

func (v policyVector) text() []byte {
	if v.Bytes != nil {
		return v.Bytes
	}
	return []byte(v.Policy)
}

func policyVectors(t testing.TB) [][]byte {
	var list []policyVector
	add := func(comment, s, result string) {
		v := policyVector{Comment: comment, Policy: policyText(s), Result: result}
		if !utf8.ValidString(s) {
			v.Policy, v.Bytes = "", []byte(v.Policy)
		}
		list = append(list, v)
	}
	for _, accepted := range []map[string]string{acceptedPolicies, warnedPolicies} {
		for _, name := range slices.Sorted(maps.Keys(accepted)) {
			add(name, accepted[name], vectorAccept)
			v := &list[len(list)-1]
			p, err := ParsePolicy(v.text())
			if err != nil {
				t.Fatal(err)
			}
			v.Warns = len(p.Warnings()) > 0
		}
	}
	for _, name := range slices.Sorted(maps.Keys(refusedPolicies)) {
		if s := refusedPolicies[name].s; len(s) < 20_000 {
			add(name, s, vectorRefuse)
		}
	}
	return lines(list)
}

// warnedPolicies are accepted. Those whose name begins with "warned" are seldom meant.
var warnedPolicies = map[string]string{
	"all of two":                                     "witness a $1\nwitness b $2\ngroup g all a b\nquorum g\n",
	"three of four":                                  "witness a $1\nwitness b $2\nwitness c $3\nwitness d $4\ngroup g 3 a b c d\nquorum g\n",
	"two of three, and an auditor":                   "log $L\nwitness a $1\nwitness b $2\nwitness c $3\nwitness d $4\ngroup w 2 a b c\ngroup g all w d\nquorum g\n",
	"one operator's two keys in a group any":         "witness a $1\nwitness b $P\nwitness c $2\ngroup o any a b\ngroup g all o c\nquorum g\n",
	"warned: one operator's two keys count twice":    "witness a $1\nwitness b $P\nwitness c $2\ngroup g all a b c\nquorum g\n",
	"warned: they count twice below two groups":      "witness a $1\nwitness b $P\nwitness c $2\nwitness d $3\ngroup x all a c\ngroup y all b d\ngroup g all x y\nquorum g\n",
	"warned: a witness of the log's name":            "log $P\nwitness a $1\nwitness b $2\ngroup g all a b\nquorum g\n",
	"warned: a witness that is not in the quorum":    "witness a $1\nwitness b $2\nwitness c $3\ngroup g all a b\nquorum g\n",
	"warned: no faulty witness is tolerated":         "witness a $1\nwitness b $2\nwitness c $3\ngroup g 2 a b c\nquorum g\n",
	"warned: a fork needs no faulty witness":         "witness a $1\nwitness b $2\ngroup g any a b\nquorum g\n",
	"warned: no quorum":                              "log $L\nwitness a $1\nquorum none\n",
	"warned: one witness":                            "log $L\nwitness a $1\nquorum a\n",
	"warned: a group that is not part of the quorum": "witness a $1\nwitness b $2\nwitness c $3\nwitness d $4\ngroup x all a b\ngroup g all c d\nquorum g\n",
}

func TestVectorsPolicy(t *testing.T) {
	for _, v := range vectors[policyVector](t, "policy.jsonl") {
		p, err := ParsePolicy(v.text())
		wantResult(t, v.Comment, v.Result, err)
		if err == nil && v.Warns != (len(p.Warnings()) > 0) {
			t.Errorf("%s: warnings %q", v.Comment, p.Warnings())
		}
		if _, ours := warnedPolicies[v.Comment]; ours && v.Warns != strings.HasPrefix(v.Comment, "warned") {
			t.Errorf("%s: warns %v", v.Comment, v.Warns)
		}
	}
}

// A quorumVector is a checkpoint under a policy. Numbers are decimal texts: they go
// up to 2^63-1.
type quorumVector struct {
	Comment    string `json:"comment"`
	Policy     string `json:"policy"`
	Note       string `json:"note"`
	Latest     string `json:"latest"`
	Result     string `json:"result"`
	Satisfied  bool   `json:"satisfied"`
	QuorumTime string `json:"quorumTime,omitempty"`
	Tolerates  int    `json:"tolerates"`
}

func quorumVectors(t testing.TB) [][]byte {
	cp := testCheckpoint(3)
	var list []quorumVector
	for _, name := range slices.Sorted(maps.Keys(quorumCases)) {
		c := quorumCases[name]
		signatures := [][]byte{testLog.line(t, cp, 0)}
		for i, time := range c.times {
			if time >= 0 {
				signatures = append(signatures, newSigner(fmt.Sprintf("w%d.example", i+1), TypeEd25519Cosignature, byte(i+2)).line(t, cp, time))
			}
		}
		tolerates := 0
		if c.policy != nested {
			tolerates = mustPolicy(t, c.policy).Tolerance()
		}
		list = append(list, quorumVector{name, policyText(c.policy), string(signedNote(cp.Marshal(), signatures...)), fmt.Sprint(c.latest),
			vectorAccept, c.ok, fmt.Sprint(c.want), tolerates})
	}
	list = append(list, cosignedVectors(t, cp)...)
	for _, c := range []struct {
		comment, policy string
		tolerates       int
	}{
		{"tolerance of one witness", "witness a $1\nquorum a\n", 0},
		{"tolerance of 1 of 2", "witness a $1\nwitness b $2\ngroup g any a b\nquorum g\n", -1},
		{"tolerance of 2 of 3", "witness a $1\nwitness b $2\nwitness c $3\ngroup g 2 a b c\nquorum g\n", 0},
		{"tolerance of 3 of 3", "witness a $1\nwitness b $2\nwitness c $3\ngroup g all a b c\nquorum g\n", 2},
		{"tolerance of 3 of 4", "witness a $1\nwitness b $2\nwitness c $3\nwitness d $4\ngroup g 3 a b c d\nquorum g\n", 1},
		{"tolerance of nested groups", nested, 0},
		{"tolerance of 2 of 2, one of them with two keys", "witness a $1\nwitness b $P\nwitness c $2\ngroup g any a b\ngroup h all g c\nquorum h\n", 1},
	} {
		list = append(list, quorumVector{c.comment, policyText("log $L\n" + withoutLog(c.policy)), string(signedNote(cp.Marshal(), testLog.line(t, cp, 0))), "100",
			vectorAccept, false, "0", c.tolerates})
	}
	return lines(list)
}

func withoutLog(policy string) string {
	if policy == nested {
		return policy[len("log $L\n"):]
	}
	return policy
}

// cosignedVectors are cosignatures of both types that are right or wrong in one place.
func cosignedVectors(t testing.TB, cp Checkpoint) (list []quorumVector) {
	ed, ml := newSigner("w1.example", TypeEd25519Cosignature, 2), newSigner("w1.example", TypeMLDSA44, 9)
	own := testLog.line(t, cp, 0)
	policies := map[uint8]string{
		TypeEd25519Cosignature: policyText("log $L\nwitness a $1\nquorum a\n"),
		TypeMLDSA44:            policyText("log $L\nwitness a $P\nquorum a\n"),
	}
	add := func(comment string, typ uint8, result string, time int64, notes ...[]byte) {
		kind := "Ed25519: "
		if typ == TypeMLDSA44 {
			kind = "ML-DSA-44: "
		}
		note := signedNote(cp.Marshal(), own)
		for _, n := range notes {
			note = append(note, n[len(cp.Marshal())+1:]...)
		}
		list = append(list, quorumVector{kind + comment, policies[typ], string(note), "1763762500", result, time > 0, fmt.Sprint(time), 0})
	}
	for _, s := range []testSigner{ed, ml} {
		typ := s.key.Type
		line := func(cp Checkpoint, time int64) []byte { return s.line(t, cp, time) }
		note := func(line []byte) []byte { return signedNote(cp.Marshal(), line) }
		good := line(cp, 1763762400)
		add("good", typ, vectorAccept, 1763762400, note(good))
		add("two lines, the smaller time counts", typ, vectorAccept, 1763762390, note(good), note(line(cp, 1763762390)))
		add("two lines, time 0 is passed over", typ, vectorAccept, 1763762400, note(good), note(line(cp, 0)))
		add("time 0 does not count", typ, vectorAccept, 0, note(line(cp, 0)))
		add("later than the latest time", typ, vectorAccept, 0, note(line(cp, 1763762501)))
		add("another time", typ, vectorRefuse, 0, retime(cp, good, 1763762401))
		add("a time above 2^63-1", typ, vectorRefuse, 0, retime(cp, good, 1<<63))
		add("one bit of the signature flipped", typ, vectorRefuse, 0, flipLine(cp, good, 40))
		add("one byte too short", typ, vectorRefuse, 0, cutLineBy(cp, good, 1))
		add("one byte too long", typ, vectorRefuse, 0, cutLineBy(cp, good, -1))
		add("without its time", typ, vectorRefuse, 0, alteredLine(cp, good, func(b []byte) []byte { return b[8:] }))
		add("a good and a bad line", typ, vectorRefuse, 0, note(good), flipLine(cp, good, 40))
		add("of another size", typ, vectorRefuse, 0, note(line(Checkpoint{cp.Origin, TreeHead{4, cp.Root}}, 1763762400)))
		add("of another root", typ, vectorRefuse, 0, note(line(Checkpoint{cp.Origin, TreeHead{3, Hash{1}}}, 1763762400)))
		add("of another origin", typ, vectorRefuse, 0, note(line(Checkpoint{"log2.example", cp.TreeHead}, 1763762400)))
		add("of a key that the policy does not name", typ, vectorAccept, 0, note(newSigner("w2.example", typ, 77).line(t, cp, 1763762400)))
	}
	add("signed in another name", TypeMLDSA44, vectorRefuse, 0, signedSubtree(cp, ml, "w2.example", 1763762400, 0, 3))
	add("of leaves 1 to 3", TypeMLDSA44, vectorRefuse, 0, signedSubtree(cp, ml, "w1.example", 0, 1, 3))
	add("of leaves 0 to 2", TypeMLDSA44, vectorRefuse, 0, signedSubtree(cp, ml, "w1.example", 1763762400, 0, 2))
	add("over the message of type 0x04", TypeMLDSA44, vectorRefuse, 0, signedMessage(cp, ml, 1763762400, append([]byte("cosignature/v1\ntime 1763762400\n"), cp.Marshal()...)))
	add("over the bare body", TypeEd25519Cosignature, vectorRefuse, 0, signedMessage(cp, ed, 1763762400, cp.Marshal()))
	return list
}

func signedSubtree(cp Checkpoint, s testSigner, name string, time int64, start, end uint64) []byte {
	message, err := subtreeMessage(name, time, cp.Origin, start, end, cp.Root)
	if err != nil {
		panic(err)
	}
	return signedMessage(cp, s, time, message)
}

func signedMessage(cp Checkpoint, s testSigner, time int64, message []byte) []byte {
	signature, err := s.sign(message)
	if err != nil {
		panic(err)
	}
	timed := append([]byte{0, 0, 0, 0, byte(time >> 24), byte(time >> 16), byte(time >> 8), byte(time)}, signature...)
	return signedNote(cp.Marshal(), SignatureLine(s.key.Name, s.key.ID, timed))
}

func TestVectorsQuorum(t *testing.T) {
	for _, v := range vectors[quorumVector](t, "quorum.jsonl") {
		p, err := ParsePolicy([]byte(v.Policy))
		if err != nil {
			t.Fatalf("%s: %v", v.Comment, err)
		}
		var latest int64
		if _, err := fmt.Sscan(v.Latest, &latest); err != nil {
			t.Fatal(err)
		}
		_, q, err := p.Open([]byte(v.Note), latest)
		wantResult(t, v.Comment, v.Result, err)
		if err == nil && (q.Satisfied != v.Satisfied || fmt.Sprint(q.QuorumTime) != v.QuorumTime || q.Tolerates != v.Tolerates) {
			t.Errorf("%s: %+v", v.Comment, q)
		}
	}
}

// A cosignatureVector is the exact message that a cosigner signs.
type cosignatureVector struct {
	Comment string `json:"comment"`
	Type    uint8  `json:"type"`
	Name    string `json:"name"`
	Time    int64  `json:"time"`
	Origin  string `json:"origin"`
	Start   uint64 `json:"start"`
	End     uint64 `json:"end"`
	Root    []byte `json:"root"`
	Result  string `json:"result"`
	Message string `json:"message,omitempty"` // hex
}

func (v cosignatureVector) message() ([]byte, error) {
	if v.Type == TypeMLDSA44 {
		return subtreeMessage(v.Name, v.Time, v.Origin, v.Start, v.End, Hash(v.Root))
	}
	return CosignatureMessage(v.Type, v.Name, v.Time, Checkpoint{v.Origin, TreeHead{v.End, Hash(v.Root)}})
}

func cosignatureVectors(t testing.TB) [][]byte {
	root := testCheckpoint(3).Root
	list := []cosignatureVector{
		{"witness, Ed25519", TypeEd25519Cosignature, "witness.example/w1", 1763762400, "log.example", 0, 3, root[:], vectorAccept,
			fmt.Sprintf("%x", "cosignature/v1\ntime 1763762400\nlog.example\n3\n"+encodeBase64(root[:])+"\n")},
		{"time 0, Ed25519", TypeEd25519Cosignature, "witness.example/w1", 0, "log.example", 0, 3, root[:], vectorAccept,
			fmt.Sprintf("%x", "cosignature/v1\ntime 0\nlog.example\n3\n"+encodeBase64(root[:])+"\n")},
		{"witness, ML-DSA-44", TypeMLDSA44, "w.example", 1763762400, "log.example", 0, 3, root[:], vectorAccept,
			fmt.Sprintf("%x%02x%x%016x%02x%x%016x%016x%x", "subtree/v1\n\x00", 9, "w.example", 1763762400, 11, "log.example", 0, 3, root)},
		{"the log itself, ML-DSA-44", TypeMLDSA44, "log.example", 1763762400, "log.example", 0, 3, root[:], vectorAccept,
			fmt.Sprintf("%x%02x%x%016x%02x%x%016x%016x%x", "subtree/v1\n\x00", 11, "log.example", 1763762400, 11, "log.example", 0, 3, root)},
		{"leaves 1 to 3 without a time, ML-DSA-44", TypeMLDSA44, "w.example", 0, "log.example", 1, 3, root[:], vectorAccept,
			fmt.Sprintf("%x%02x%x%016x%02x%x%016x%016x%x", "subtree/v1\n\x00", 9, "w.example", 0, 11, "log.example", 1, 3, root)},
		{"leaves 1 to 3 with a time, ML-DSA-44", TypeMLDSA44, "w.example", 1, "log.example", 1, 3, root[:], vectorRefuse, ""},
		{"start after the end, ML-DSA-44", TypeMLDSA44, "w.example", 0, "log.example", 4, 3, root[:], vectorRefuse, ""},
		{"negative time, ML-DSA-44", TypeMLDSA44, "w.example", -1, "log.example", 0, 3, root[:], vectorRefuse, ""},
		{"negative time, Ed25519", TypeEd25519Cosignature, "w.example", -1, "log.example", 0, 3, root[:], vectorRefuse, ""},
		{"no name, ML-DSA-44", TypeMLDSA44, "", 1763762400, "log.example", 0, 3, root[:], vectorRefuse, ""},
		{"type 0x01 signs no time", TypeEd25519, "w.example", 1763762400, "log.example", 0, 3, root[:], vectorRefuse, ""},
	}
	return lines(list)
}

func TestVectorsCosignature(t *testing.T) {
	for _, v := range vectors[cosignatureVector](t, "cosignature.jsonl") {
		message, err := v.message()
		wantResult(t, v.Comment, v.Result, err)
		if err == nil && fmt.Sprintf("%x", message) != v.Message {
			t.Errorf("%s: %x", v.Comment, message)
		}
	}
}
