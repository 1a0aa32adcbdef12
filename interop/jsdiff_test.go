package interop

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docketlog/docket/docs/vectors"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// agreeSeed and agreeRounds fix what the two verifiers are compared on.
const (
	agreeSeed   = 1
	agreeRounds = 1500
)

// A vector is a line of docs/vectors, of whatever file.
type vector map[string]any

func readVectors(t *testing.T, name string) (list []vector) {
	t.Helper()
	b, err := vectors.Files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(b) {
		var v vector
		d := json.NewDecoder(bytes.NewReader(line))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
		list = append(list, v)
	}
	return list
}

func (v vector) text(name string) string { s, _ := v[name].(string); return s }

func (v vector) number(name string) int64 {
	n, _ := v[name].(json.Number)
	i, _ := n.Int64()
	return i
}

// compactJSON prints without the escapes that are meant for HTML.
func compactJSON(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// agree runs the verifier in JavaScript over vectors whose results are those of
// package proofs.
func agree(t *testing.T, name string, list []vector) {
	t.Helper()
	folder := t.TempDir()
	var b bytes.Buffer
	for _, v := range list {
		b.Write(append(compactJSON(t, v), '\n'))
	}
	if err := os.WriteFile(filepath.Join(folder, name+".jsonl"), b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	out, exit := run(t, 5*time.Minute, nodeProgram(t), filepath.Join("js", "vectors.mjs"), folder, name)
	if exit != 0 || !strings.Contains(out, fmt.Sprintf("%d vectors, 0 failed, ", len(list))) {
		t.Errorf("exit %d: the verifiers differ\n%.8000s", exit, out)
	}
}

// A mutator alters values, again and again in the same way.
type mutator struct {
	*rand.Rand
	others []any // values to put in the place of others
}

// alter changes one value somewhere below v, and returns v.
func (m *mutator) alter(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name := range sortedNames(v) {
			if m.IntN(len(v)) == 0 {
				v[name] = m.alter(v[name])
				return v
			}
		}
		return v
	case []any:
		return m.alterList(v)
	case string:
		return m.alterText(v)
	case json.Number:
		return json.Number(fmt.Sprint(m.IntN(14)))
	}
	return v
}

func sortedNames(v map[string]any) func(func(string) bool) {
	return func(yield func(string) bool) {
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, name)
		}
		for range 2 { // two rounds, so that something is nearly always altered
			for _, name := range slices.Sorted(slices.Values(names)) {
				if !yield(name) {
					return
				}
			}
		}
	}
}

func (m *mutator) alterList(v []any) any {
	if len(v) == 0 {
		return append(v, m.others[m.IntN(len(m.others))])
	}
	i, k := m.IntN(len(v)), m.IntN(len(v))
	switch m.IntN(8) {
	case 0:
		return append(v[:i:i], v[i+1:]...)
	case 1:
		return append(v, v[i])
	case 2:
		v[i], v[k] = v[k], v[i]
		return v
	default:
		v[i] = m.alter(v[i])
		return v
	}
}

// alterText alters what base64 holds, if it is base64: so the deeper checks are reached.
func (m *mutator) alterText(s string) any {
	if m.IntN(12) == 0 {
		return m.others[m.IntN(len(m.others))]
	}
	b, err := base64.StdEncoding.DecodeString(s)
	if plain := err != nil || len(b) < 16; plain {
		return string(m.alterBytes([]byte(s)))
	}
	if inner := (map[string]any)(nil); b[0] == '{' {
		d := json.NewDecoder(bytes.NewReader(b))
		d.UseNumber()
		if d.Decode(&inner) == nil {
			var out bytes.Buffer
			e := json.NewEncoder(&out)
			e.SetEscapeHTML(false)
			if e.Encode(m.alter(inner)) == nil {
				b = bytes.TrimSuffix(out.Bytes(), []byte("\n"))
			}
			return base64.StdEncoding.EncodeToString(b)
		}
	}
	return base64.StdEncoding.EncodeToString(m.alterBytes(b))
}

func (m *mutator) alterBytes(b []byte) []byte {
	b = bytes.Clone(b)
	if len(b) == 0 {
		return []byte{'a'}
	}
	i := m.IntN(len(b))
	switch m.IntN(8) {
	case 0:
		return b[:i]
	case 1:
		return append(b[:i:i], b[i+1:]...)
	case 2:
		return append(b, byte('0'+m.IntN(10)))
	case 3:
		b[i] = byte(m.IntN(128))
		return b
	default:
		b[i] ^= 1 << m.IntN(7)
		return b
	}
}

// TestJSAgreesOnReceipts: both verifiers come to the same verdict, by the same check,
// on receipts that were altered at random.
func TestJSAgreesOnReceipts(t *testing.T) {
	nodeProgram(t)
	all := append(readVectors(t, "receipt.jsonl"), readVectors(t, "invalid.jsonl")...)
	m := &mutator{Rand: rand.New(rand.NewPCG(agreeSeed, 2))}
	collect(&m.others, all)
	var list []vector
	for range agreeRounds {
		v := all[m.IntN(len(all))]
		altered := vector{"comment": v.text("comment")}
		for name, value := range v {
			if name != "version" && name != "size" && name != "from" && name != "until" && name != "level" {
				altered[name] = value
			}
		}
		part := "receipt"
		if v.text("staple") != "" && m.IntN(2) == 0 {
			part = "staple"
		}
		altered[part] = m.alterDocument(t, v.text(part))
		list = append(list, judged(t, altered))
	}
	checks := make(map[any]int) // what decided, so that all of it is not the form
	for _, v := range list {
		checks[v["check"]]++
	}
	if t.Log(checks); len(checks) < 30 {
		t.Errorf("only %d different checks decide", len(checks))
	}
	agree(t, "receipt", list)
}

// alterDocument alters JSON and prints it in its canonical form, or a byte of it.
func (m *mutator) alterDocument(t *testing.T, s string) string {
	var v any
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	if err := d.Decode(&v); err != nil || m.IntN(10) == 0 {
		return strings.ToValidUTF8(string(m.alterBytes([]byte(s))), "?")
	}
	return string(compactJSON(t, m.alter(v)))
}

// collect gathers values of the receipts, to be put in wrong places.
func collect(others *[]any, all []vector) { collectFrom(others, all, "receipt") }

func collectFrom(others *[]any, all []vector, part string) {
	*others = append(*others, nil, true, json.Number("7"), "", []any{}, map[string]any{})
	for _, v := range all[:20] {
		var r map[string]any
		if json.Unmarshal([]byte(v.text(part)), &r) == nil {
			for name := range sortedNames(r) {
				if name != "index" {
					*others = append(*others, r[name])
				}
			}
		}
	}
}

// judged adds what package proofs says.
func judged(t *testing.T, v vector) vector {
	t.Helper()
	policy, err := proofs.ParsePolicy([]byte(v.text("policy")))
	if err != nil {
		t.Fatal(err)
	}
	genesis, _ := hex.DecodeString(v.text("genesis"))
	file, _ := hex.DecodeString(v.text("file"))
	e := proofs.Expect{File: statement.Digest(file), Document: v.text("document"), Dev: v["dev"] == true, Now: v.number("now"), MaxAge: v.number("maxAge")}
	namespaces, _ := v["namespaces"].([]any)
	for _, n := range namespaces {
		e.Namespaces = append(e.Namespaces, n.(string))
	}
	receipt, err := proofs.ParseReceipt([]byte(v.text("receipt")))
	var staple *proofs.Receipt
	if s := v.text("staple"); s != "" && err == nil {
		staple, err = proofs.ParseReceipt([]byte(s))
	}
	delete(v, "check")
	if err != nil {
		v["verdict"], v["exit"], v["check"] = "INVALID", 40, "form"
		return v
	}
	got := proofs.Verifier{Policy: policy, Genesis: proofs.Hash(genesis)}.VerifyStapled(receipt, staple, e)
	v["verdict"], v["exit"] = string(got.Kind), got.Exit
	for _, c := range got.Checks {
		if !c.OK && strings.Contains(got.Reason, c.Detail) {
			v["check"] = string(c.Name)
			break
		}
	}
	return v
}

// TestJSAgreesOnStatements: the same refusal codes on altered statements.
func TestJSAgreesOnStatements(t *testing.T) {
	nodeProgram(t)
	all := slices.DeleteFunc(readVectors(t, "statement.jsonl"), func(v vector) bool { return v.text("result") != "accept" })
	m := &mutator{Rand: rand.New(rand.NewPCG(agreeSeed, 3)), others: []any{nil, true, json.Number("7"), "", "a", []any{}, map[string]any{}, "sha256:" + strings.Repeat("0", 64)}}
	var list []vector
	for range 2 * agreeRounds {
		v := all[m.IntN(len(all))]
		s := m.alterDocument(t, v.text("statement"))
		altered := vector{"comment": s, "statement": s, "result": "accept"}
		parsed, err := statement.Parse([]byte(s))
		var refused *statement.Error
		if errors.As(err, &refused) {
			altered["result"], altered["code"] = "refuse", refused.Code
		} else if err == nil {
			altered["kind"], altered["digest"] = parsed.Code.String(), statement.DigestOf([]byte(s)).String()
		} else {
			t.Fatal(err)
		}
		list = append(list, altered)
	}
	agree(t, "statement", list)
}

// TestJSAgreesOnNotes: the same checkpoints and policies are taken.
func TestJSAgreesOnNotes(t *testing.T) {
	nodeProgram(t)
	m := &mutator{Rand: rand.New(rand.NewPCG(agreeSeed, 4))}
	var notes, policies []vector
	all := readVectors(t, "quorum.jsonl")
	for range agreeRounds {
		v := all[m.IntN(len(all))]
		if strings.Contains(v.text("comment"), "ML-DSA") {
			continue
		}
		text := strings.ToValidUTF8(string(m.alterBytes([]byte(v.text("policy")))), "?")
		taken, err := proofs.ParsePolicy([]byte(text))
		warns := err == nil && len(taken.Warnings()) > 0
		policies = append(policies, vector{"comment": text, "policy": text, "result": resultOf(err), "warns": warns})
		policy, err := proofs.ParsePolicy([]byte(v.text("policy")))
		if err != nil {
			t.Fatal(err)
		}
		altered := vector{"comment": v.text("comment"), "policy": v.text("policy"), "latest": "9223372036854775807"}
		altered["note"] = strings.ToValidUTF8(string(m.alterBytes([]byte(v.text("note")))), "?")
		_, q, err := policy.Open([]byte(altered.text("note")), 1<<63-1)
		altered["result"], altered["satisfied"], altered["quorumTime"], altered["tolerates"] = resultOf(err), q.Satisfied, fmt.Sprint(q.QuorumTime), q.Tolerates
		notes = append(notes, altered)
	}
	agree(t, "policy", policies)
	agree(t, "quorum", notes)
}

func resultOf(err error) string {
	if err != nil {
		return "refuse"
	}
	return "accept"
}
