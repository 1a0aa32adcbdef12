package proofs_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/evidence"
	"github.com/docketlog/docket/proofs/statement"
)

func init() { proofs.VectorFiles["evidence.jsonl"] = evidenceVectors }

// An evidenceVector is a file of evidence, what its verifier brings, and what follows.
type evidenceVector struct {
	Comment  string `json:"comment"`
	Policy   string `json:"policy"`
	Genesis  string `json:"genesis"`        // pinned leaf hash of entry 0, hex
	Skew     int64  `json:"skew,omitempty"` // milliseconds; 0: 300,000
	Evidence string `json:"evidence"`
	Verdict  string `json:"verdict"`
	Exit     int    `json:"exit"`
	Code     string `json:"code"`
}

// judge is the verdict of package evidence.
func (v evidenceVector) judge(t testing.TB) (verdict string, exit int, code string) {
	t.Helper()
	policy, err := proofs.ParsePolicy([]byte(v.Policy))
	if err != nil {
		t.Fatal(err)
	}
	genesis, err := hex.DecodeString(v.Genesis)
	if err != nil {
		t.Fatal(err)
	}
	skew := evidence.Skew
	if v.Skew != 0 {
		skew = time.Duration(v.Skew) * time.Millisecond
	}
	e, err := evidence.Parse([]byte(v.Evidence))
	var j evidence.Judgement
	if err == nil {
		j, err = e.Judge(proofs.Verifier{Policy: policy, Genesis: proofs.Hash(genesis)}, skew)
	}
	var none *evidence.Invalid
	switch {
	case errors.As(err, &none):
		return "INVALID", proofs.ExitInvalid, none.Code
	case err != nil:
		t.Fatalf("%s: %v has no code", v.Comment, err)
	case j.Convicts:
		return "CONTRADICTED", proofs.ExitContradicted, j.Code
	}
	return "UNPROVEN", proofs.ExitUnknown, j.Code
}

// fileOf puts the parts of evidence together.
func fileOf(p proofs.EvidenceParts) *evidence.Evidence {
	var entries []evidence.Entry
	for _, e := range p.Entries {
		entry := evidence.Entry{Index: e.Index, Leaf: e.Leaf, Content: e.Content}
		for _, h := range e.Inclusion {
			entry.Inclusion = append(entry.Inclusion, h[:])
		}
		entries = append(entries, entry)
	}
	kind, rules, other := strings.Cut(p.Kind, " ")
	if !other {
		rules = statement.Rules
	}
	switch {
	case p.Class != "":
		d := evidence.Divergence{Index: p.Index, Class: p.Class, Rule: p.Rule, Reason: "it should not be there", Indices: p.Indices}
		return evidence.OfLeaf(rules, p.Genesis, p.Notes[0], d, entries)
	case len(p.Receipts) > 0:
		return &evidence.Evidence{
			MediaType: evidence.MediaType, Kind: kind, Reason: "because", Genesis: p.Genesis[:],
			Receipts: []json.RawMessage{p.Receipts[0].Marshal(), p.Receipts[1].Marshal()},
		}
	case len(entries) > 0:
		return &evidence.Evidence{
			MediaType: evidence.MediaType, Kind: kind, Reason: "a seal of a time that is still to come", Genesis: p.Genesis[:],
			Checkpoints: []string{string(p.Notes[0])}, Entries: entries,
		}
	}
	return evidence.OfNotes(kind, "because", p.Genesis, p.Notes[0], p.Notes[1], p.Root, p.Proof)
}

func evidenceVectorOf(p proofs.EvidenceParts, verdict string, exit int) evidenceVector {
	return evidenceVector{
		Comment: p.Comment, Policy: p.Policy, Genesis: hex.EncodeToString(p.Genesis[:]), Evidence: string(fileOf(p).Marshal()),
		Verdict: verdict, Exit: exit, Code: p.Code,
	}
}

func evidenceVectors(t testing.TB) [][]byte {
	var list []evidenceVector
	for _, parts := range [][]proofs.EvidenceParts{proofs.NoteEvidence(t), proofs.ReceiptEvidence(t), proofs.SealEvidence(t), proofs.LeafEvidence(t)} {
		for _, p := range parts {
			verdict, exit := verdictOf(p.Code)
			list = append(list, evidenceVectorOf(p, verdict, exit))
		}
	}
	list = append(list, skewVectors(t)...)
	list = append(list, evidenceForms(t)...)
	return proofs.Lines(list)
}

// verdictOf is the verdict that a code stands for: docs/spec/evidence.md, section 2.
func verdictOf(code string) (string, int) {
	switch code {
	case "two roots", "other prefix", "fork", "phantom", "rewrite", "time", "ahead", "entry", "seal":
		return "CONTRADICTED", proofs.ExitContradicted
	case "form", "genesis", "checkpoint", "consistency", "inclusion", "rules":
		return "INVALID", proofs.ExitInvalid
	}
	return "UNPROVEN", proofs.ExitUnknown
}

// skewVectors: another skew of the verifier, and another pin.
func skewVectors(t testing.TB) []evidenceVector {
	seals, notes := proofs.SealEvidence(t), proofs.NoteEvidence(t)
	short := evidenceVectorOf(seals[1], "CONTRADICTED", proofs.ExitContradicted)
	short.Comment, short.Skew, short.Code = "a seal of the skew, by a verifier that allows 1 ms less", 299_999, "ahead"
	long := evidenceVectorOf(seals[0], "UNPROVEN", proofs.ExitUnknown)
	long.Comment, long.Skew, long.Code = "a seal of more than the skew, by a verifier that allows 1 ms more", 300_001, "in time"
	pinned := evidenceVectorOf(notes[0], "INVALID", proofs.ExitInvalid)
	pinned.Comment, pinned.Genesis, pinned.Code = "a fork of a log with another genesis", strings.Repeat("00", 32), "genesis"
	escaped := evidenceVectorOf(notes[0], "CONTRADICTED", proofs.ExitContradicted)
	escaped.Comment = "a fork, the reason with all that is escaped, and some that is not"
	escaped.Evidence = strings.Replace(escaped.Evidence, `"because"`, `"\"\\\b\f\n\r\t\u0001\u001f\u2028\u2029/<>&`+"\u007f\u00e9\U0001f512\"", 1)
	unnamed := evidenceVectorOf(notes[0], "CONTRADICTED", proofs.ExitContradicted)
	unnamed.Comment, unnamed.Genesis = "a fork found by somebody who knows no genesis", strings.Repeat("00", 32)
	_, rest, _ := strings.Cut(unnamed.Evidence, `"genesis":`)
	_, rest, _ = strings.Cut(rest, ",")
	unnamed.Evidence = strings.Replace(unnamed.Evidence, strings.TrimSuffix(unnamed.Evidence[strings.Index(unnamed.Evidence, `"genesis":`):], rest), "", 1)
	return []evidenceVector{short, long, pinned, escaped, unnamed}
}

// evidenceForms are files that are no evidence in its one form.
func evidenceForms(t testing.TB) (list []evidenceVector) {
	notes, receipts, seals, leaves := proofs.NoteEvidence(t), proofs.ReceiptEvidence(t), proofs.SealEvidence(t), proofs.LeafEvidence(t)
	hash := `"` + strings.Repeat("A", 43) + `="`
	edit := func(of proofs.EvidenceParts, comment, old, new string) {
		v := evidenceVectorOf(of, "INVALID", proofs.ExitInvalid)
		if !strings.Contains(v.Evidence, old) {
			t.Fatalf("%s: %q is not in the file", comment, old)
		}
		v.Comment, v.Code, v.Evidence = comment, "form", strings.Replace(v.Evidence, old, new, 1)
		list = append(list, v)
	}
	for _, c := range []struct{ comment, old, new string }{
		{"no newline at the end", "\n", ""},
		{"two newlines at the end", "}\n", "}\n\n"},
		{"white space", `,"kind"`, `, "kind"`},
		{"an unknown name", `"kind"`, `"x":1,"kind"`},
		{"a name twice", `"kind":"fork"`, `"kind":"fork","kind":"fork"`},
		{"another letter case", `"kind"`, `"Kind"`},
		{"members in another order", `"kind":"fork","reason":"because"`, `"reason":"because","kind":"fork"`},
		{"another media type", "evidence.v1", "evidence.v2"},
		{"a kind that is none", `"kind":"fork"`, `"kind":"theft"`},
		{"a kind with other members", `"kind":"fork"`, `"kind":"rewrite"`},
		{"a reason as a number", `"because"`, `7`},
		{"a reason with an escape that is not needed", `"because"`, `"b\u0065cause"`},
		{"a reason with an escaped solidus", `"because"`, `"be\/cause"`},
		{"a reason with U+2028 as it is", `"because"`, "\"be\u2028cause\""},
		{"a reason with half a surrogate pair", `"because"`, `"be\ud800cause"`},
		{"a reason of 4,097 bytes", `"because"`, `"` + strings.Repeat("x", 4097) + `"`},
		{"a genesis of 31 bytes", `"genesis":"`, `"genesis":"AAAA`},
		{"a genesis that is null", `"genesis":`, `"genesis":null,"x":`},
		{"an empty genesis", `"genesis":`, `"genesis":"","x":`},
		{"one checkpoint", `"checkpoints":[`, `"checkpoints":[],"y":[`},
		{"three checkpoints", `"checkpoints":[`, `"checkpoints":["x",`},
		{"checkpoint null", `"checkpoints":[`, `"checkpoints":[null,`},
		{"a checkpoint of 65,537 bytes", `"checkpoints":["`, `"checkpoints":["` + strings.Repeat("x", 65537)},
		{"rules of a fork", `"checkpoints"`, `"rules":"docket/1","checkpoints"`},
		{"empty rules", `"checkpoints"`, `"rules":"","checkpoints"`},
		{"a root without a proof", "]}\n", `],"root":` + hash + "}\n"},
		{"a proof without a root", "]}\n", `],"consistency":[` + hash + "]}\n"},
		{"an empty proof", "]}\n", `],"root":` + hash + `,"consistency":[]` + "}\n"},
		{"65 hashes", "]}\n", `],"root":` + hash + `,"consistency":[` + strings.TrimSuffix(strings.Repeat(hash+",", 65), ",") + "]}\n"},
		{"a hash of 3 bytes", "]}\n", `],"root":` + hash + `,"consistency":["AAAA"]` + "}\n"},
		{"empty lists", "]}\n", `],"entries":[]` + "}\n"},
	} {
		edit(notes[0], c.comment, c.old, c.new)
	}
	edit(receipts[0], "receipts without a genesis", `"genesis":`, `"x":`)
	edit(receipts[0], "one receipt", `"receipts":[`, `"receipts":[{}],"z":[`)
	edit(receipts[0], "a receipt that is none", `"receipts":[`, `"receipts":[{},`)
	edit(receipts[0], "a receipt with white space", `{"checkpoint":"log`, `{ "checkpoint":"log`)
	edit(receipts[0], "a receipt with another media type", "docket.receipt.v1", "docket.receipt.v2")
	edit(seals[0], "inclusion null", `"inclusion":[`, `"inclusion":null,"x":[`)
	edit(seals[0], "an index as text", `"index":7`, `"index":"7"`)
	edit(seals[0], "an index with a fraction", `"index":7`, `"index":7.0`)
	edit(seals[0], "an index below 0", `"index":7`, `"index":-7`)
	edit(seals[0], "an index above 2^53-1", `"index":7`, `"index":9007199254740992`)
	edit(seals[0], "a leaf that is no base64", `"leaf":"`, `"leaf":"=`)
	edit(seals[0], "an entry twice", `"entries":[{`, `"entries":[{"index":7,"leaf":"","inclusion":[]},{`)
	edit(leaves[0], "a class that is none", `"class":"entry"`, `"class":"tree"`)
	edit(leaves[0], "entries that fall", `"entries":[{"index":2`, `"entries":[{"index":9,"leaf":"","inclusion":[]},{"index":2`)
	edit(leaves[0], "no divergence", `"divergence"`, `"divergent"`)
	edit(leaves[0], "an empty content", `,"inclusion"`, `,"content":"","inclusion"`)
	edit(leaves[0], "an index of the claim above 2^53-1", `"reason":"it should not be there"}`, `"reason":"it should not be there","indices":[9007199254740992]}`)
	return list
}

func TestVectorsEvidence(t *testing.T) {
	seen := make(map[string]bool)
	for _, v := range proofs.ReadVectors[evidenceVector](t, "evidence.jsonl") {
		verdict, exit, code := v.judge(t)
		if seen[code] = true; verdict != v.Verdict || exit != v.Exit || code != v.Code {
			t.Errorf("%s: %s %d %q, want %s %d %q", v.Comment, verdict, exit, code, v.Verdict, v.Exit, v.Code)
		}
	}
	for _, code := range []string{
		"two roots", "other prefix", "phantom", "rewrite", "time", "ahead", "entry", "seal", "two logs", "one tree", "one history", "no proof", "agree", "no time",
		"no quorum", "in time", "no rules", "replay", "form", "genesis", "checkpoint", "consistency", "inclusion", "rules",
	} {
		if !seen[code] {
			t.Errorf("no vector comes to %q", code)
		}
	}
}
