package proofs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/docketlog/docket/proofs/statement"
)

// A leafVector is a leaf of a log: a commitment to a statement, or a seal.
type leafVector struct {
	Comment string `json:"comment"`
	Kind    string `json:"kind"` // statement or seal
	Leaf    string `json:"leaf"`
	Result  string `json:"result"`
	Hash    string `json:"hash,omitempty"` // leaf hash, hex

	Digest    string `json:"digest,omitempty"` // statement digest, hex
	Signature []byte `json:"signature,omitempty"`
	SPKI      []byte `json:"spki,omitempty"`

	Index string `json:"index,omitempty"`
	Prev  string `json:"prev,omitempty"`
	Time  string `json:"time,omitempty"`
	Rules string `json:"rules,omitempty"`
	Count string `json:"count,omitempty"` // leaves of the register tree
	Root  []byte `json:"root,omitempty"`  // of the register tree
}

func leafVectors(t testing.TB) [][]byte {
	key := keyOf("wl/publisher")
	digest := statement.DigestOf([]byte("{}"))
	signature := key.sign(digest)
	leaf := string(statement.Commitment{Digest: digest, Signature: signature, SPKI: key.spki}.Leaf())
	hash := LeafHash([]byte(leaf))
	list := []leafVector{{Comment: "statement", Kind: "statement", Leaf: leaf, Result: vectorAccept, Hash: hex.EncodeToString(hash[:]),
		Digest: hex.EncodeToString(digest[:]), Signature: signature, SPKI: key.spki}}
	altered := func(kind, leaf, comment, old, new string) {
		if !strings.Contains(leaf, old) {
			t.Fatalf("%q is not in the leaf", old)
		}
		list = append(list, leafVector{Comment: comment, Kind: kind, Leaf: strings.Replace(leaf, old, new, 1), Result: vectorRefuse})
	}
	for _, c := range []struct{ comment, old, new string }{
		{"another version", `"0.0.2"`, `"0.0.1"`}, {"another kind", "hashedrekord\"", "dsse\""}, {"white space", `,"kind"`, `, "kind"`},
		{"newline at the end", `}}}}}}`, "}}}}}}\n"}, {"members in another order", `"apiVersion":"0.0.2","kind":"hashedrekord"`, `"kind":"hashedrekord","apiVersion":"0.0.2"`},
		{"another digest algorithm", "SHA2_256", "SHA2_512"}, {"another key type", "PKIX_ECDSA_P256_SHA_256", "PKIX_ED25519"},
		{"no digest", encodeBase64(digest[:]), ""}, {"signature not DER", encodeBase64(signature), encodeBase64(signature[1:])},
		{"key cut", encodeBase64(key.spki), encodeBase64(key.spki[:90])}, {"base64 without padding", `="},"signature"`, `"},"signature"`},
		{"a member too many", `"kind"`, `"extra":1,"kind"`}, {"empty", leaf, ""}, {"a brace alone", leaf, "{"},
	} {
		altered("statement", leaf, c.comment, c.old, c.new)
	}
	root := testCheckpoint(3).Root
	for _, s := range []statement.Seal{
		{Index: 1023, Prev: 961, Time: 1763762400123, Rules: "docket/1", Count: 48211, Root: root},
		{Index: 1, Prev: -1, Time: 0, Rules: "docket/1", Count: 1, Root: Hash{}},
		{Index: MaxSize, Prev: MaxSize - 2, Time: MaxSize, Rules: "docket/" + strings.Repeat("z", 32), Count: MaxSize, Root: root},
	} {
		b := s.Marshal()
		hash := LeafHash(b)
		list = append(list, leafVector{Comment: "seal", Kind: "seal", Leaf: string(b), Result: vectorAccept, Hash: hex.EncodeToString(hash[:]),
			Index: fmt.Sprint(s.Index), Prev: fmt.Sprint(s.Prev), Time: fmt.Sprint(s.Time), Rules: s.Rules, Count: fmt.Sprint(s.Count), Root: s.Root[:]})
	}
	seal := list[len(list)-3].Leaf
	for _, c := range []struct{ comment, old, new string }{
		{"leading zero", "1023", "01023"}, {"plus", "1023", "+1023"}, {"two spaces", "index 1023", "index  1023"}, {"index -1", "index 1023", "index -1"},
		{"index 2^63", "1023", "9223372036854775808"}, {"empty index", "index 1023", "index "}, {"prev -2", "prev 961", "prev -2"}, {"prev -0", "prev 961", "prev -0"},
		{"time -1", "time 1763762400123", "time -1"}, {"time with a fraction", "123\nrules", "123.0\nrules"},
		{"rules in upper case", "docket/1", "docket/V"}, {"rules of others", "docket/1", "other/1"}, {"no rules", "docket/1", "docket/"},
		{"rules of 33 bytes", "docket/1", "docket/" + strings.Repeat("z", 33)}, {"no root", " " + encodeBase64(root[:]), ""}, {"root of 31 bytes", encodeBase64(root[:]), encodeBase64(root[:31])},
		{"root without padding", "=\n", "\n"}, {"no newline at the end", "=\n", "="}, {"a line too many", "=\n", "=\n\n"}, {"CR", "\nindex", "\r\nindex"},
		{"another first line", "v1/seal", "v2/seal"}, {"lines in another order", "index 1023\nprev 961\n", "prev 961\nindex 1023\n"}, {"empty", seal, ""},
	} {
		altered("seal", seal, c.comment, c.old, c.new)
	}
	return lines(list)
}

func TestVectorsLeaf(t *testing.T) {
	for _, v := range vectors[leafVector](t, "leaf.jsonl") {
		var got leafVector
		var err error
		if v.Kind == "statement" {
			var c statement.Commitment
			c, err = statement.ParseCommitment([]byte(v.Leaf))
			got = leafVector{Digest: hex.EncodeToString(c.Digest[:]), Signature: c.Signature, SPKI: c.SPKI}
		} else {
			var s statement.Seal
			s, err = statement.ParseSeal([]byte(v.Leaf))
			got = leafVector{Index: fmt.Sprint(s.Index), Prev: fmt.Sprint(s.Prev), Time: fmt.Sprint(s.Time), Rules: s.Rules, Count: fmt.Sprint(s.Count), Root: s.Root[:]}
		}
		wantResult(t, v.Kind+" "+v.Comment, v.Result, err)
		hash := LeafHash([]byte(v.Leaf))
		got.Comment, got.Kind, got.Leaf, got.Result, got.Hash = v.Comment, v.Kind, v.Leaf, v.Result, hex.EncodeToString(hash[:])
		if err == nil && !bytes.Equal(marshalJSON(got, ""), marshalJSON(v, "")) {
			t.Errorf("%s: %s", v.Comment, marshalJSON(got, ""))
		}
	}
}

// A statementVector is a payload, and the code of its refusal, "" if it is none.
type statementVector struct {
	Comment   string `json:"comment"`
	Statement string `json:"statement,omitempty"`
	Bytes     []byte `json:"bytes,omitempty"` // in place of statement, where it is no UTF-8
	Result    string `json:"result"`
	Code      string `json:"code,omitempty"`
	Kind      string `json:"kind,omitempty"`   // kind and op
	Digest    string `json:"digest,omitempty"` // of the statement
}

// statementExamples are the examples of docs/spec/kinds, in their one form.
func statementExamples(t testing.TB) map[string]string {
	t.Helper()
	pages, err := filepath.Glob("../docs/spec/kinds/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatal("no pages of kinds")
	}
	block := regexp.MustCompile("(?s)\n```json ([a-z]+\\.[a-z]+)(-direct)?\\.json\n(.*?)\n```")
	examples := make(map[string]string)
	for _, page := range pages {
		b, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range block.FindAllSubmatch(b, -1) {
			var compact bytes.Buffer
			if err := json.Compact(&compact, m[3]); err != nil {
				t.Fatal(err)
			}
			examples[string(m[1])+string(m[2])] = compact.String()
		}
	}
	return examples
}

func statementVectors(t testing.TB) [][]byte {
	var list []statementVector
	refuse := func(comment, code, s string) {
		list = append(list, statementVector{Comment: comment, Statement: s, Result: vectorRefuse, Code: code})
	}
	examples := statementExamples(t)
	nonce, issuer := regexp.MustCompile(`"nonce":"[^"]*",`), regexp.MustCompile(`"issuer":"[^"]*"`)
	for name, s := range sorted(examples) {
		kind, _, _ := strings.Cut(name, "-")
		list = append(list, statementVector{Comment: "good: " + name, Statement: s, Result: vectorAccept, Kind: kind, Digest: statement.DigestOf([]byte(s)).String()})
		refuse(name+": an unknown name", "E101", strings.Replace(s, `},"predicateType"`, `,"zz":1},"predicateType"`, 1))
		refuse(name+": no nonce", "E102", nonce.ReplaceAllLiteralString(s, ""))
		refuse(name+": the issuer is a number", "E102", issuer.ReplaceAllLiteralString(s, `"issuer":1`))
		refuse(name+": a personal name in clear", "E601", strings.Replace(s, `},"predicateType"`, `,"zz":{"mail":""}},"predicateType"`, 1))
	}
	good := examples["document.release"]
	for _, c := range alterations {
		if !strings.Contains(good, c.old) {
			t.Fatalf("%q is not in the example", c.old)
		}
		refuse(c.comment, c.code, strings.Replace(good, c.old, c.new, 1))
	}
	const to = `"to":["wl/portal-gw"]`
	for comment, c := range sorted(map[string][2]string{
		"a value 16 levels deep": {"E102", strings.Repeat("[", 15) + strings.Repeat("]", 15)}, "a value 17 levels deep": {"E101", strings.Repeat("[", 16) + strings.Repeat("]", 16)},
		"4,000 values in a list": {"E102", "[" + strings.Repeat("1,", 3999) + "1]"}, "4,096 values in a list": {"E101", "[" + strings.Repeat("1,", 4095) + "1]"},
	}) {
		refuse(comment, c[0], strings.Replace(good, to, `"to":`+c[1], 1))
	}
	refuse("empty", "E101", "")
	refuse("above 65,536 bytes", "E101", strings.Replace(good, `"text/`, `"text/`+strings.Repeat("a", 65_536), 1)+strings.Repeat(" ", 65_536))
	list = append(list, statementVector{Comment: "not UTF-8", Bytes: []byte(strings.Replace(good, "servicenow", "servicenow\xff", 1)), Result: vectorRefuse, Code: "E101"})
	return lines(list)
}

// alterations are changes of the example of document.release, and the code of each.
var alterations = []struct{ comment, code, old, new string }{
	{"white space", "E101", `,"predicate":`, `, "predicate":`},
	{"newline at the end", "E101", `"}}]}`, "\"}}]}\n"},
	{"names not sorted", "E101", `"version":2}`, `"version":2,"media":"application/pdf"}`},
	{"a name twice", "E101", `"size":88213`, `"size":88213,"size":88213`},
	{"number with a fraction", "E101", `"size":88213`, `"size":88213.0`},
	{"number with an exponent", "E101", `"size":88213`, `"size":88213e0`},
	{"number with a sign", "E101", `"size":88213`, `"size":-88213`},
	{"number with a leading zero", "E101", `"size":88213`, `"size":088213`},
	{"number above 2^53-1", "E101", `"size":88213`, `"size":9007199254740992`},
	{"needless escape", "E101", `application/pdf`, `application\/pdf`},
	{"escaped letter", "E101", `servicenow`, `service\u006eow`},
	{"lone surrogate", "E101", `servicenow`, `\ud800`},
	{"unknown name at the top", "E101", `,"subject":`, `,"sub":1,"subject":`},
	{"unknown name in a list", "E101", `"kind":"change"`, `"kind":"change","kinds":1`},
	{"unknown name in the subject", "E101", `{"digest":{"sha256":"c9`, `{"digests":1,"digest":{"sha256":"c9`},
	{"another digest in the subject", "E101", `"sha256":"c9`, `"sha512":"c9`},
	{"another _type", "E101", `Statement/v1`, `Statement/v0.1`},
	{"unknown kind", "E101", `document.release/v1`, `document.publish/v1`},
	{"unknown version", "E101", `document.release/v1`, `document.release/v2`},
	{"reserved kind", "E101", `document.release/v1`, `erase.erase/v1`},
	{"late, where it is unknown", "E101", `"log":`, `"late":"outage","log":`},
	{"no predicate", "E102", good2predicate, `"predicate":{},`},
	{"no document", "E102", `"document":"claims/denial-notice/CLM-20441",`, ``},
	{"document with an empty segment", "E102", `claims/denial`, `claims//denial`},
	{"document of the log", "E102", `claims/denial-notice/CLM-20441`, `docket:policy`},
	{"document with .. as a segment", "E102", `claims/denial`, `claims/../denial`},
	{"version 0", "E102", `"version":2`, `"version":0`},
	{"version 2^32", "E102", `"version":2`, `"version":4294967296`},
	{"version as text", "E102", `"version":2`, `"version":"2"`},
	{"size null", "E102", `"size":88213`, `"size":null`},
	{"prev without its algorithm", "E102", `"prev":"sha256:`, `"prev":"`},
	{"prev in upper case", "E102", `"prev":"sha256:f3ce`, `"prev":"sha256:F3CE`},
	{"media with parameters", "E102", `application/pdf`, `application/pdf;a=b`},
	{"empty list of grants", "E102", spentGrants, `"spends":[]`},
	{"a grant twice", "E102", `"sha256:3e9becdad00d01044cf6ee5b7de21deaefa0eeb2fc704cd15934281005e340eb"`, `"sha256:1d7ef86dbebba9b13478d2da791179660b1b60df8f8fe5bca64328ba537b98ea"`},
	{"time without milliseconds", "E102", `14:02:11.004Z`, `14:02:11Z`},
	{"time of another zone", "E102", `14:02:11.004Z`, `14:02:11.004+00:00`},
	{"February 30", "E102", `2026-11-10`, `2026-02-30`},
	{"hour 24", "E102", `T14:02`, `T24:02`},
	{"leap second", "E102", `14:02:11.004Z`, `14:02:60.004Z`},
	{"nonce of 15 bytes", "E102", `-X2PCGjLnyWqNYD1wNi8HA`, `-X2PCGjLnyWqNYD1wNi8`},
	{"nonce with padding", "E102", `-X2PCGjLnyWqNYD1wNi8HA`, `-X2PCGjLnyWqNYD1wNi8HA==`},
	{"nonce with trailing bits", "E102", `-X2PCGjLnyWqNYD1wNi8HA`, `-X2PCGjLnyWqNYD1wNi8HB`},
	{"log that is no host", "E102", `"log":"docket.`, `"log":"docket..`},
	{"issuer with a space", "E102", `wl/doc-publisher`, `wl/doc publisher`},
	{"traceparent of all zeros", "E102", `0af7651916cd43dd8448eb211c80319c`, `00000000000000000000000000000000`},
	{"traceparent in upper case", "E102", `0af7651916cd`, `0AF7651916CD`},
	{"empty list of externals", "E102", `"external":[{"digest":"sha256:14069429150abcbf244c4c2fb2c4c46a49c93ca9457263ecd9ebb176de3a58bb","id":"CHG0031207","kind":"change","system":"servicenow"}]`, `"external":[]`},
	{"external without its digest", "E102", `"digest":"sha256:14069429150abcbf244c4c2fb2c4c46a49c93ca9457263ecd9ebb176de3a58bb",`, ``},
	{"to is no list", "E102", `"to":["wl/portal-gw"]`, `"to":"wl/portal-gw"`},
	{"subject twice", "E102", `}}]}`, `}},{"digest":{"sha256":"c929b5b81ef2f570525bf76c95e6784721fc328195b920dce2819da07265bbd4"}}]}`},
	{"subject of 63 digits", "E102", `bbd4"}}]`, `bbd"}}]`},
	{"run with a solidus at the end", "E102", `"run":"R1"`, `"run":"R1/"`},
}

const (
	good2predicate = `"predicate":{"at":"2026-11-10T14:02:11.004Z","document":"claims/denial-notice/CLM-20441","external":[{"digest":"sha256:14069429150abcbf244c4c2fb2c4c46a49c93ca9457263ecd9ebb176de3a58bb","id":"CHG0031207","kind":"change","system":"servicenow"}],"issuer":"wl/doc-publisher","log":"docket.harbor-mutual.example","media":"application/pdf","nonce":"-X2PCGjLnyWqNYD1wNi8HA","prev":"sha256:f3ce48beb3cb871f90437203478d6a0e09a549e34b9be5593efcc98208f9f452","run":"R1","size":88213,"spends":["sha256:1d7ef86dbebba9b13478d2da791179660b1b60df8f8fe5bca64328ba537b98ea","sha256:3e9becdad00d01044cf6ee5b7de21deaefa0eeb2fc704cd15934281005e340eb"],"to":["wl/portal-gw"],"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","version":2},`
	spentGrants    = `"spends":["sha256:1d7ef86dbebba9b13478d2da791179660b1b60df8f8fe5bca64328ba537b98ea","sha256:3e9becdad00d01044cf6ee5b7de21deaefa0eeb2fc704cd15934281005e340eb"]`
)

func TestVectorsStatement(t *testing.T) {
	for _, v := range vectors[statementVector](t, "statement.jsonl") {
		payload := []byte(v.Statement)
		if v.Bytes != nil {
			payload = v.Bytes
		}
		s, err := statement.Parse(payload)
		wantResult(t, v.Comment, v.Result, err)
		var refused *statement.Error
		if errors.As(err, &refused) && refused.Code != v.Code {
			t.Errorf("%s: %v, want %s", v.Comment, err, v.Code)
		}
		if err == nil && (s.Code.String() != v.Kind || statement.DigestOf(payload).String() != v.Digest) {
			t.Errorf("%s: %s %s", v.Comment, s.Code, statement.DigestOf(payload))
		}
	}
}

// A signatureVector is a DSSE signature over a statement.
type signatureVector struct {
	Comment   string `json:"comment"`
	Statement string `json:"statement"`
	PAE       []byte `json:"pae"`
	Digest    string `json:"digest"` // of the statement
	SPKI      []byte `json:"spki"`
	Signature []byte `json:"signature"`
	Result    string `json:"result"`
}

func signatureVectors(testing.TB) [][]byte {
	key := keyOf("wl/publisher")
	text := `{"é":"three bytes in two characters"}`
	pae := []byte("DSSEv1 28 application/vnd.in-toto+json " + fmt.Sprint(len(text)) + " " + text)
	digest := statement.Digest(sha256.Sum256(pae))
	good := key.sign(digest)
	r, s := splitSignature(good)
	n := key.private.Params().N
	point := bytes.Clone(key.spki)
	point[90] ^= 1
	compressed := bytes.Clone(key.spki[:59])
	compressed[1], compressed[24], compressed[26] = 57, 34, 2+key.spki[90]&1
	long := append([]byte{0x30, 0x81, good[1]}, good[2:]...)
	padded := append([]byte{0x30, good[1] + 1, 0x02, good[3] + 1, 0x00}, good[4:]...)
	var list []signatureVector
	for _, c := range []struct {
		comment   string
		spki      []byte
		signature []byte
		result    string
	}{
		{"good", key.spki, good, vectorAccept},
		{"(r, n-s) verifies too", key.spki, malleate(good), vectorAccept},
		{"another key", keyOf("h/admin").spki, good, vectorRefuse},
		{"of another digest", key.spki, key.sign(statement.DigestOf([]byte("{}"))), vectorRefuse},
		{"over the bare statement", key.spki, key.sign(sha256.Sum256([]byte(text))), vectorRefuse},
		{"empty", key.spki, nil, vectorRefuse},
		{"a byte too many", key.spki, append(bytes.Clone(good), 0), vectorRefuse},
		{"a byte too few", key.spki, good[:len(good)-1], vectorRefuse},
		{"long form of the length", key.spki, long, vectorRefuse},
		{"a needless zero before r", key.spki, padded, vectorRefuse},
		{"raw r and s", key.spki, append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...), vectorRefuse},
		{"s + n", key.spki, joinSignature(r, s.Add(s, n)), vectorRefuse},
		{"r zero", key.spki, []byte{0x30, 6, 2, 1, 0, 2, 1, 1}, vectorRefuse},
		{"s zero", key.spki, []byte{0x30, 6, 2, 1, 1, 2, 1, 0}, vectorRefuse},
		{"r negative", key.spki, []byte{0x30, 6, 2, 1, 0x80, 2, 1, 1}, vectorRefuse},
		{"no key", nil, good, vectorRefuse},
		{"key with a byte too many", append(bytes.Clone(key.spki), 0), good, vectorRefuse},
		{"compressed point", compressed, good, vectorRefuse},
		{"no point of the curve", point, good, vectorRefuse},
	} {
		list = append(list, signatureVector{c.comment, text, pae, hex.EncodeToString(digest[:]), c.spki, c.signature, c.result})
	}
	return lines(list)
}

func TestVectorsSignature(t *testing.T) {
	for _, v := range vectors[signatureVector](t, "signature.jsonl") {
		digest := statement.DigestOf([]byte(v.Statement))
		if !bytes.Equal(statement.PAE([]byte(v.Statement)), v.PAE) || hex.EncodeToString(digest[:]) != v.Digest {
			t.Errorf("%s: the pre-authentication encoding differs", v.Comment)
		}
		wantResult(t, v.Comment, v.Result, checkSignature(&statement.Envelope{Signature: v.Signature, SPKI: v.SPKI}, digest))
	}
}
