package interop

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/evidence"
	"github.com/docketlog/docket/proofs/pack"
)

// packRounds is smaller than agreeRounds: a pack is as large as all its receipts.
const packRounds = 250

// TestJSAgreesOnEvidence: both verifiers come to the same verdict and code on evidence
// that was altered at random.
func TestJSAgreesOnEvidence(t *testing.T) {
	nodeProgram(t)
	all := slices.DeleteFunc(readVectors(t, "evidence.jsonl"), func(v vector) bool { return v["code"] == "form" })
	m := &mutator{Rand: rand.New(rand.NewPCG(agreeSeed, 5)), others: []any{nil, true, json.Number("7"), "", "a", []any{}, map[string]any{}, strings.Repeat("A", 43) + "="}}
	var list []vector
	codes := make(map[any]int)
	for range agreeRounds {
		v := all[m.IntN(len(all))]
		altered := vector{"comment": v.text("comment"), "policy": v.text("policy"), "genesis": v.text("genesis")}
		altered["evidence"] = m.alterEvidence(t, v.text("evidence"))
		list = append(list, judgedEvidence(t, altered))
		codes[altered["code"]]++
	}
	if t.Log(codes); len(codes) < 14 {
		t.Errorf("only %d different codes", len(codes))
	}
	agree(t, "evidence", list)
}

// alterEvidence alters a value of a file, in the receipts and notes in it too, and prints
// it as evidence is printed.
func (m *mutator) alterEvidence(t *testing.T, text string) string {
	if m.IntN(10) == 0 {
		return strings.ToValidUTF8(string(m.alterBytes([]byte(text))), "?")
	}
	e, err := evidence.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	switch part := m.IntN(4); {
	case part > 0 && len(e.Receipts) > 0:
		i := m.IntN(len(e.Receipts))
		if altered := []byte(m.alterDocument(t, string(e.Receipts[i]))); json.Valid(altered) {
			e.Receipts[i] = altered
		}
	case part > 1 && len(e.Entries) > 0:
		m.alterEntry(&e.Entries[m.IntN(len(e.Entries))])
	case part > 0 && e.Divergence != nil:
		e.Divergence.Class = []string{"entry", "seal", "tree"}[m.IntN(3)]
		e.Divergence.Rule = []string{"E101", "E103", "E104", "E306", "seal"}[m.IntN(5)]
		e.Divergence.Index = uint64(m.IntN(12))
	case part > 0:
		i := m.IntN(len(e.Checkpoints))
		e.Checkpoints[i] = strings.ToValidUTF8(string(m.alterBytes([]byte(e.Checkpoints[i]))), "?")
	default:
		var v map[string]any
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
		return reprinted(m.alter(v), text)
	}
	return string(e.Marshal())
}

func (m *mutator) alterEntry(e *evidence.Entry) {
	switch m.IntN(4) {
	case 0:
		e.Leaf = m.alterBytes(e.Leaf)
	case 1:
		e.Content = m.alterBytes(e.Content)
	case 2:
		e.Index = uint64(m.IntN(12))
	default:
		if len(e.Inclusion) > 0 {
			e.Inclusion = slices.Delete(e.Inclusion, 0, 1)
		}
	}
}

// reprinted prints members in the order of the file that they come from.
func reprinted(v any, text string) string {
	members, ok := v.(map[string]any)
	if !ok {
		return "null\n"
	}
	order := []string{"mediaType", "kind", "reason", "genesis", "rules", "checkpoints", "root", "consistency", "receipts", "divergence", "entries"}
	var b bytes.Buffer
	for _, name := range order {
		value, ok := members[name]
		if !ok {
			continue
		}
		var line bytes.Buffer
		e := json.NewEncoder(&line)
		e.SetEscapeHTML(false)
		if e.Encode(value) != nil {
			return text
		}
		fmt.Fprintf(&b, ",%q:%s", name, bytes.TrimSuffix(line.Bytes(), []byte("\n")))
	}
	return "{" + strings.TrimPrefix(b.String(), ",") + "}\n"
}

// judgedEvidence adds what package evidence says.
func judgedEvidence(t *testing.T, v vector) vector {
	t.Helper()
	e, err := evidence.Parse([]byte(v.text("evidence")))
	var j evidence.Judgement
	if err == nil {
		j, err = e.Judge(pinned(t, v), evidence.Skew)
	}
	var none *evidence.Invalid
	switch {
	case errors.As(err, &none):
		v["verdict"], v["exit"], v["code"] = "INVALID", 40, none.Code
	case err != nil:
		t.Fatal(err)
	case j.Convicts:
		v["verdict"], v["exit"], v["code"] = "CONTRADICTED", 30, j.Code
	default:
		v["verdict"], v["exit"], v["code"] = "UNPROVEN", 20, j.Code
	}
	return v
}

func pinned(t *testing.T, v vector) proofs.Verifier {
	t.Helper()
	policy, err := proofs.ParsePolicy([]byte(v.text("policy")))
	if err != nil {
		t.Fatal(err)
	}
	genesis, err := hex.DecodeString(v.text("genesis"))
	if err != nil {
		t.Fatal(err)
	}
	return proofs.Verifier{Policy: policy, Genesis: proofs.Hash(genesis)}
}

// A packFile is one file of a pack.
type packFile struct {
	name string
	data []byte
}

// TestJSAgreesOnPacks: both verifiers come to the same verdict and exit code on packs with
// an altered file, once as it is and once with a manifest that lists it, and on altered
// zip files.
func TestJSAgreesOnPacks(t *testing.T) {
	nodeProgram(t)
	all := slices.DeleteFunc(readVectors(t, "pack.jsonl"), func(v vector) bool { return v["files"] == nil || v["verdict"] == "INVALID" })
	m := &mutator{Rand: rand.New(rand.NewPCG(agreeSeed, 6)), others: []any{nil, true, json.Number("7"), "", "a", []any{}, map[string]any{}}}
	var list []vector
	checks := make(map[proofs.CheckName]int)
	for range packRounds {
		v := all[m.IntN(len(all))]
		altered := vector{"comment": v.text("comment"), "policy": v.text("policy"), "genesis": v.text("genesis"), "document": "contracts/9"}
		altered["zip"] = base64.StdEncoding.EncodeToString(m.alterPack(t, filesIn(v)))
		checks[judgedPack(t, altered)]++
		list = append(list, altered)
	}
	if t.Log(checks); len(checks) < 8 {
		t.Errorf("only %d different checks decide", len(checks))
	}
	agree(t, "pack", list)
}

func filesIn(v vector) (list []packFile) {
	for _, f := range v["files"].([]any) {
		file := vector(f.(map[string]any))
		list = append(list, packFile{file.text("name"), []byte(file.text("text"))})
	}
	return list
}

func (m *mutator) alterPack(t *testing.T, files []packFile) []byte {
	switch m.IntN(8) {
	case 0:
		return m.alterBytes(zipped(files))
	case 1:
		return zipped(files)
	case 2:
		i := m.IntN(len(files))
		return zipped(m.maybeListed(slices.Delete(files, i, i+1)))
	}
	i := m.IntN(len(files))
	name := files[i].name
	switch {
	case strings.HasPrefix(name, "receipts/"), strings.HasPrefix(name, "statements/"), name == "manifest.json":
		files[i].data = []byte(m.alterDocument(t, string(files[i].data)))
	case strings.HasPrefix(name, "histories/"):
		files[i].data = m.alterHistory(t, files[i].data)
	default:
		files[i].data = []byte(strings.ToValidUTF8(string(m.alterBytes(files[i].data)), "?"))
	}
	return zipped(m.maybeListed(files))
}

// alterHistory alters its staple or the list of its events.
func (m *mutator) alterHistory(t *testing.T, data []byte) []byte {
	var h map[string]any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&h); err != nil {
		t.Fatal(err)
	}
	part := []string{"events", "staple"}[m.IntN(2)]
	h[part] = m.alter(h[part])
	return compactJSON(t, h)
}

// maybeListed makes the manifest anew, most of the time.
func (m *mutator) maybeListed(files []packFile) []packFile {
	at := slices.IndexFunc(files, func(f packFile) bool { return f.name == "manifest.json" })
	var manifest map[string]any
	if at < 0 || m.IntN(6) == 0 || json.Unmarshal(files[at].data, &manifest) != nil {
		return files
	}
	list := []any{}
	for _, f := range files {
		if f.name != "manifest.json" {
			sum := sha256.Sum256(f.data)
			list = append(list, map[string]any{"bytes": len(f.data), "name": f.name, "sha256": hex.EncodeToString(sum[:])})
		}
	}
	manifest["files"] = list
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(manifest) == nil {
		files[at].data = bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	}
	return files
}

// zipped is the container of docs/spec/pack.md, by archive/zip.
func zipped(files []packFile) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		n := uint64(len(f.data))
		//lint:ignore SA1019 CreateRaw writes this field as it is, and Modified would add an extra one
		out, err := w.CreateRaw(&zip.FileHeader{Name: f.name, CreatorVersion: 20, ReaderVersion: 20, ModifiedDate: 0x21, CRC32: crc32.ChecksumIEEE(f.data), CompressedSize64: n, UncompressedSize64: n})
		if err == nil {
			_, err = out.Write(f.data)
		}
		if err != nil {
			panic(err) // to memory
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// judgedPack adds what package pack says, and returns the check that decides.
func judgedPack(t *testing.T, v vector) proofs.CheckName {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(v.text("zip"))
	if err != nil {
		t.Fatal(err)
	}
	got := pack.Verify(pinned(t, v), b, pack.Expect{Document: v.text("document")})
	v["verdict"], v["exit"] = string(got.Kind), got.Exit
	failed, _ := got.Failed()
	switch got.Exit {
	case proofs.ExitAuthoritative, proofs.ExitEnded, proofs.ExitUnknown:
		failed.Name = ""
	}
	if got.Kind != proofs.Invalid {
		v["size"], v["level"], v["statements"], v["registers"] = got.Size, string(got.Level), got.Statements, got.Registers
		if got.Run != nil {
			v["status"] = got.Run.Status
		}
	}
	v["check"] = string(failed.Name)
	return failed.Name
}

// TestJSTakesNoBomb: a zip file whose directory leads a thousand times to the same bytes is
// refused at once, and so is one that says more than it holds.
func TestJSTakesNoBomb(t *testing.T) {
	v := slices.DeleteFunc(readVectors(t, "pack.jsonl"), func(v vector) bool { return v["files"] == nil })[0]
	b := zipped([]packFile{{"a", make([]byte, 1<<20)}})
	at, end := bytes.Index(b, []byte("PK\x01\x02")), bytes.Index(b, []byte("PK\x05\x06"))
	bomb := bytes.Clone(b[:at])
	for range 1000 {
		bomb = append(bomb, b[at:end]...)
	}
	tail := bytes.Clone(b[end:])
	binary.LittleEndian.PutUint16(tail[8:], 1000)
	binary.LittleEndian.PutUint16(tail[10:], 1000)
	binary.LittleEndian.PutUint32(tail[12:], uint32(1000*(end-at)))
	var list []vector
	for _, hostile := range [][]byte{append(bomb, tail...), b[:at], zipped(slices.Repeat([]packFile{{"x", nil}}, 20_000))} {
		line := vector{"comment": "bomb", "policy": v.text("policy"), "genesis": v.text("genesis"), "document": "a", "zip": base64.StdEncoding.EncodeToString(hostile)}
		if check := judgedPack(t, line); check != pack.CheckContainer {
			t.Errorf("by %q", check)
		}
		list = append(list, line)
	}
	began := time.Now()
	agree(t, "pack", list)
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("it took %s", took)
	}
}
