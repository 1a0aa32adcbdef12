package proofs

import (
	"testing"

	"github.com/docketlog/docket/proofs/statement"
)

// EvidenceParts are what a file of evidence is made of: package proofs/evidence, which
// tests of this package cannot import, puts it together.
type EvidenceParts struct {
	Comment, Kind, Policy string
	Genesis               Hash
	Notes                 [][]byte
	Root                  Hash
	Proof                 []Hash
	Receipts              []*Receipt
	Class, Rule           string // of the leaf at Index
	Index                 uint64
	Indices               []uint64
	Entries               []EvidenceEntry
	Code                  string // that is to come of it
}

// An EvidenceEntry is a leaf under the note.
type EvidenceEntry struct {
	Index         uint64
	Leaf, Content []byte
	Inclusion     []Hash
}

// VectorFiles, Lines and ReadVectors are those of the vectors that other packages make.
var VectorFiles = vectorFiles

// Lines prints vectors, one object a line.
func Lines[V any](list []V) [][]byte { return lines(list) }

// ReadVectors reads the lines of a file of vectors.
func ReadVectors[V any](t *testing.T, name string) []V { return vectors[V](t, name) }

func (l *writtenLog) parts(comment, kind string) EvidenceParts {
	return EvidenceParts{Comment: comment, Kind: kind, Policy: testPolicyText(), Genesis: LeafHash(l.leaves.leaves[0])}
}

// entry shows a leaf under the newest tree, with its content if it has one.
func (l *writtenLog) entry(index uint64) EvidenceEntry {
	e := EvidenceEntry{Index: index, Leaf: l.leaves.leaves[index], Inclusion: l.inclusion(index)}
	if entry, ok := l.entries[index]; ok {
		e.Content = entry.envelope.Payload
	}
	return e
}

// NoteEvidence are pairs of signed notes.
func NoteEvidence(t testing.TB) (list []EvidenceParts) {
	grown := func(second string) *writtenLog {
		l := newWrittenLog(t)
		l.first()
		l.next(second)
		return l
	}
	one, other := grown("two"), grown("forged")
	shorter := newWrittenLog(t)
	shorter.next("forged")
	noteAt := func(l *writtenLog, size uint64) []byte {
		before := l.size
		defer func() { l.size = before }()
		l.size = size
		return l.note()
	}
	add := func(comment, code string, seen, shown []byte, root Hash, proof []Hash) {
		p := one.parts(comment, "fork")
		p.Notes, p.Root, p.Proof, p.Code = [][]byte{seen, shown}, root, proof, code
		list = append(list, p)
	}
	proof := func(l *writtenLog, older uint64) []Hash {
		hashes, err := ProveConsistency(older, l.size, l.leaves.node)
		if err != nil {
			t.Fatal(err)
		}
		return hashes
	}
	root := func(l *writtenLog, size uint64) Hash { return l.leaves.head(size).Root }
	add("one size, two roots", "two roots", one.note(), other.note(), Hash{}, nil)
	add("a larger tree that begins otherwise", "other prefix", shorter.note(), one.note(), root(one, shorter.size), proof(one, shorter.size))
	add("the same, the larger tree first", "other prefix", one.note(), shorter.note(), root(one, shorter.size), proof(one, shorter.size))
	add("of one history", "one history", noteAt(one, 6), one.note(), root(one, 6), proof(one, 6))
	add("of one history, without a proof", "no proof", one.note(), noteAt(one, 6), Hash{}, nil)
	add("two histories, without a proof", "no proof", shorter.note(), one.note(), Hash{}, nil)
	add("the same note twice", "one tree", one.note(), one.note(), Hash{}, nil)
	add("a root that the proof does not lead from", "consistency", shorter.note(), one.note(), root(shorter, shorter.size), proof(one, shorter.size))
	add("a proof from another size", "consistency", shorter.note(), one.note(), root(one, shorter.size), proof(one, shorter.size-1))
	stranger := grown("forged")
	stranger.signer = newSigner("log.example", TypeEd25519, 96)
	add("a note by a key that the policy does not have", "checkpoint", one.note(), stranger.note(), Hash{}, nil)
	two := emptyLog(t)
	two.origin, two.signer = "other.example", newSigner("other.example", TypeEd25519, 95)
	two.genesis()
	two.publish()
	add("notes of two logs", "two logs", one.note(), two.note(), Hash{}, nil)
	list[len(list)-1].Policy = "log " + two.signer.key.String() + "\n" + testPolicyText()
	for _, kind := range []string{"rollback", "unproven"} {
		for _, p := range list[:5] {
			p.Comment, p.Kind = p.Comment+", called "+kind, kind
			list = append(list, p)
		}
	}
	return list
}

// ReceiptEvidence are pairs of receipts, those of contradictions in both orders.
func ReceiptEvidence(t testing.TB) (list []EvidenceParts) {
	pair := func(comment string, a, b *Receipt) {
		p := newWrittenLog(t).parts(comment, "rewrite")
		p.Receipts = []*Receipt{a, b}
		v := newWrittenLog(t).verifier(testPolicyText())
		switch c, err := v.Contradiction(a, b); {
		case err != nil:
			p.Code = "checkpoint"
		case c == nil:
			p.Code = "agree"
		default:
			p.Kind, p.Code = c.Class, c.Class
			if c.Class == ClassFork {
				p.Kind = ClassPhantom // the receipts are judged, whatever they are called
			}
		}
		list = append(list, p)
	}
	for _, c := range contradictionCases {
		a, b := c.honest(newWrittenLog(t)), c.other(newWrittenLog(t))
		pair(c.name, a, b)
		pair(c.name+", the other way about", b, a)
	}
	l := newWrittenLog(t)
	first := l.first()
	l.next("two")
	pair("an older and a newer receipt of one log", first, l.receipt(entryFirst))
	pair("the same receipt twice", first, first)
	uncosigned := newWrittenLog(t)
	uncosigned.cosigners = nil
	other := contradictionCases[1].other(uncosigned)
	pair("two leaves at one index, without cosigners", first, other)
	altered := *first
	altered.Seal = []byte("docket/v1/seal\n")
	pair("a receipt whose seal is none", &altered, l.receipt(entryFirst))
	forged := newWrittenLog(t)
	forged.signer = newSigner("log.example", TypeEd25519, 96)
	pair("a receipt by a key that the policy does not have", first, forged.second())
	return list
}

// SealEvidence are seals beside what a quorum had cosigned.
func SealEvidence(t testing.TB) (list []EvidenceParts) {
	add := func(comment, code string, ahead int64, change func(l *writtenLog, p *EvidenceParts)) {
		l := newWrittenLog(t)
		l.first()
		l.time = l.cosignAt*1000 + 999 + ahead // the quorum time is that of the third cosigner
		l.cosignAt -= 2 + batchMillis/1000
		l.release("notes/8", "eight")
		l.publish()
		p := l.parts(comment, "time")
		p.Entries = []EvidenceEntry{l.entry(l.size - 1)}
		p.Notes, p.Code = [][]byte{l.note()}, code
		if change != nil {
			change(l, &p)
		}
		list = append(list, p)
	}
	const skew = 300_000
	add("a seal of 1 ms more than the skew after the quorum's second", "ahead", skew+1, nil)
	add("a seal of the skew after the quorum's second", "in time", skew, nil)
	add("a seal of a year later", "ahead", 365*86400_000, nil)
	add("a seal of before the witnesses", "in time", -90_000, nil)
	add("an older seal, of its time", "in time", skew+1, func(l *writtenLog, p *EvidenceParts) { p.Entries = []EvidenceEntry{l.entry(5)} })
	add("an entry, which has no time", "no time", skew+1, func(l *writtenLog, p *EvidenceParts) {
		p.Entries = []EvidenceEntry{l.entry(6)}
		p.Entries[0].Content = nil
	})
	add("too few cosigners", "no quorum", skew+1, func(l *writtenLog, p *EvidenceParts) {
		l.cosigners = l.cosigners[:2]
		p.Notes = [][]byte{l.note()}
	})
	add("a policy that demands no quorum", "no quorum", skew+1, func(l *writtenLog, p *EvidenceParts) {
		p.Policy = "log " + testLog.key.String() + "\nquorum none\n"
	})
	add("a cosignature with a bad signature", "checkpoint", skew+1, func(l *writtenLog, p *EvidenceParts) {
		n := l.note()
		other := *l
		other.leaves = newTestTree(int(l.size))
		cosigned := l.cosigners[0].line(t, other.checkpoint(), l.cosignAt)
		p.Notes = [][]byte{append(n, cosigned...)}
	})
	add("another leaf", "inclusion", skew+1, func(l *writtenLog, p *EvidenceParts) { p.Entries[0].Leaf = append([]byte{}, "docket"...) })
	add("another index", "inclusion", skew+1, func(l *writtenLog, p *EvidenceParts) { p.Entries[0].Index-- })
	add("a proof of too many hashes", "inclusion", skew+1, func(l *writtenLog, p *EvidenceParts) {
		p.Entries[0].Inclusion = append(p.Entries[0].Inclusion, Hash{})
	})
	return list
}

// LeafEvidence are leaves that the rules forbid, and some that only a replay judges.
func LeafEvidence(t testing.TB) (list []EvidenceParts) {
	add := func(comment, code, class, rule string, make func(l *writtenLog) (index uint64, more []uint64), change ...func(p *EvidenceParts)) {
		l := newWrittenLog(t)
		index, more := make(l)
		p := l.parts(comment, "leaf")
		p.Notes, p.Code, p.Class, p.Rule, p.Index = [][]byte{l.note()}, code, class, rule, index
		shown := append(more, index)
		for i := range l.size {
			for _, want := range shown {
				if i == want {
					p.Entries = append(p.Entries, l.entry(i))
					break
				}
			}
		}
		for _, c := range change {
			c(&p)
		}
		list = append(list, p)
	}
	addEntryEvidence(add)
	addSealEvidence(add)
	return list
}

type addLeaf func(comment, code, class, rule string, make func(l *writtenLog) (uint64, []uint64), change ...func(p *EvidenceParts))

func addEntryEvidence(add addLeaf) {
	entry := func(hook func(l *writtenLog)) func(l *writtenLog) (uint64, []uint64) {
		return func(l *writtenLog) (uint64, []uint64) {
			hook(l)
			i := l.release("contracts/1", "one")
			l.publish()
			return i, []uint64{2, i + 1}
		}
	}
	plain := entry(func(*writtenLog) {})
	signature := entry(func(l *writtenLog) {
		l.onEnvelope = func(e *statement.Envelope) { e.Signature = keyOf("wl/publisher").sign(fileDigest("else")) }
	})
	origin := entry(func(l *writtenLog) { l.onStatement = func(s *statement.Statement) { s.Log = "other.example" } })
	add("a signature of something else", "entry", "entry", "E104", signature)
	add("a statement for another log", "entry", "entry", "E103", origin)
	add("a statement with an unknown name", "entry", "entry", "E101", entry(func(l *writtenLog) {
		l.onPayload = func(b []byte) []byte { return append(append([]byte{}, `{"_x":1,`...), b[1:]...) }
	}))
	add("a leaf that is no commitment", "entry", "entry", "E101", func(l *writtenLog) (uint64, []uint64) {
		i := uint64(len(l.leaves.leaves))
		l.leaves.add([]byte(`{"apiVersion":"0.0.1"}`))
		l.publish()
		return i, []uint64{i + 1}
	})
	twice := func(l *writtenLog) (uint64, []uint64) {
		i := l.release("contracts/1", "one")
		l.leaves.add(l.leaves.leaves[i])
		l.entries[i+1] = l.entries[i]
		l.publish()
		return i + 1, []uint64{i, i + 2}
	}
	add("a statement twice", "entry", "entry", "E306", twice)
	add("a statement twice, the first of which is not shown", "replay", "entry", "E306", func(l *writtenLog) (uint64, []uint64) {
		i, _ := twice(l)
		return i, []uint64{i + 1}
	})
	add("a statement that stands once", "replay", "entry", "E306", plain)
	add("a bad signature under another rule", "replay", "entry", "E103", signature)
	add("a good entry under a rule that it keeps", "replay", "entry", "E104", plain)
	add("a good entry under a rule that only a replay judges", "replay", "entry", "E405", plain)
	add("a statement for another log, without its content", "replay", "entry", "E103", origin, func(p *EvidenceParts) {
		for i := range p.Entries {
			p.Entries[i].Content = nil
		}
	})
	add("a statement for another log, with the content of another entry", "replay", "entry", "E103", origin, func(p *EvidenceParts) {
		p.Entries[1].Content = []byte("{}")
	})
	add("a seal called an entry, which no later seal covers", "no rules", "entry", "E101", func(l *writtenLog) (uint64, []uint64) { return 2, nil })
	add("a seal called an entry, which a later seal passes over", "replay", "entry", "E101", func(l *writtenLog) (uint64, []uint64) {
		l.onSeal = func(s *statement.Seal) { s.Prev = -1 }
		l.first()
		return 2, []uint64{5}
	})
	add("a bad signature, and no seal over it", "no rules", "entry", "E104", signature, func(p *EvidenceParts) { p.Entries = p.Entries[:2] })
	add("a bad signature under a seal of other rules", "no rules", "entry", "E104", entry(func(l *writtenLog) {
		l.onEnvelope = func(e *statement.Envelope) { e.Signature = keyOf("wl/publisher").sign(fileDigest("else")) }
		l.onSeal = func(s *statement.Seal) { s.Rules = "docket/9" }
	}))
	add("a bad signature under two seals, the first of other rules", "no rules", "entry", "E104", func(l *writtenLog) (uint64, []uint64) {
		l.onEnvelope = func(e *statement.Envelope) { e.Signature = keyOf("wl/publisher").sign(fileDigest("else")) }
		i := l.release("contracts/1", "one")
		l.onSeal = func(s *statement.Seal) { s.Rules = "docket/9" }
		l.publish()
		l.onSeal = func(s *statement.Seal) { s.Prev = 2 }
		l.release("notes/8", "eight")
		l.publish()
		return i, []uint64{i + 1, i + 3}
	})
	add("an entry that the file does not have", "inclusion", "entry", "E104", signature, func(p *EvidenceParts) { p.Index = 1 })
	add("rules that nobody knows", "rules", "entry", "E104", signature, func(p *EvidenceParts) { p.Kind += " docket/9" })
	add("a leaf under another proof", "inclusion", "entry", "E104", signature, func(p *EvidenceParts) { p.Entries[0].Inclusion[0][0] ^= 1 })
}

func addSealEvidence(add addLeaf) {
	grown := func(hook func(l *writtenLog)) func(l *writtenLog) (uint64, []uint64) {
		return func(l *writtenLog) (uint64, []uint64) {
			l.first()
			hook(l)
			l.release("notes/8", "eight")
			l.publish()
			return l.size - 1, []uint64{5}
		}
	}
	plain := grown(func(*writtenLog) {})
	seal := func(change func(s *statement.Seal)) func(l *writtenLog) (uint64, []uint64) {
		return grown(func(l *writtenLog) { l.onSeal = change })
	}
	add("a seal as it should be", "replay", "seal", "registers", plain)
	add("a tree that no seal ends", "seal", "seal", "seal", func(l *writtenLog) (uint64, []uint64) {
		l.first()
		i := l.release("notes/8", "eight")
		l.size = i + 1
		return i, []uint64{5}
	})
	add("an entry within the tree called a seal", "replay", "seal", "seal", func(l *writtenLog) (uint64, []uint64) {
		i, more := plain(l)
		return i - 1, more
	})
	add("a seal of another index", "seal", "seal", "seal", seal(func(s *statement.Seal) { s.Index++ }))
	add("a seal that passes over one", "seal", "seal", "seal", seal(func(s *statement.Seal) { s.Prev = 2 }))
	add("a seal that passes over one that is not shown", "replay", "seal", "seal", seal(func(s *statement.Seal) { s.Prev = 2 }), func(p *EvidenceParts) {
		p.Entries = p.Entries[1:]
	})
	add("a seal earlier than the one before it", "seal", "seal", "seal", seal(func(s *statement.Seal) { s.Time = startTime }))
	add("a seal of the time of the one before it", "replay", "seal", "seal", seal(func(s *statement.Seal) { s.Time = startTime + batchMillis }))
	add("a seal with a prev that is no seal", "replay", "seal", "seal", seal(func(s *statement.Seal) { s.Prev = 6 }))
	add("a seal that cannot be read", "seal", "seal", "seal", grown(func(l *writtenLog) {
		l.onSealLeaf = func(b []byte) []byte { return append(b, "more\n"...) }
	}))
	add("a seal with a wrong root", "replay", "seal", "registers", seal(func(s *statement.Seal) { s.Root[0] ^= 1 }))
	add("a seal that covers nothing", "seal", "seal", "seal", func(l *writtenLog) (uint64, []uint64) {
		l.first()
		l.publish()
		return l.size - 1, []uint64{5}
	})
}
