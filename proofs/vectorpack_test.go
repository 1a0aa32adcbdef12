package proofs_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/pack"
	"github.com/docketlog/docket/proofs/register"
)

func init() { proofs.VectorFiles["pack.jsonl"] = packVectors }

// A packVector is a pack, what its verifier brings, and the verdict. The pack is Zip; or
// Files; or the files of the line with the comment Of, without some and with others.
type packVector struct {
	Comment string     `json:"comment"`
	Policy  string     `json:"policy"`
	Genesis string     `json:"genesis"` // pinned leaf hash of entry 0, hex
	Zip     []byte     `json:"zip,omitempty"`
	Files   []packFile `json:"files,omitempty"`
	Of      string     `json:"of,omitempty"`
	Without []string   `json:"without,omitempty"`
	With    []packFile `json:"with,omitempty"`   // in the place of those with the same name
	SHA256  string     `json:"sha256,omitempty"` // of the zip file, hex

	Document   string   `json:"document,omitempty"`
	Namespaces []string `json:"namespaces,omitempty"`
	Dev        bool     `json:"dev,omitempty"`
	Now        int64    `json:"now,omitempty"`    // Unix milliseconds; 0: no clock
	MaxAge     int64    `json:"maxAge,omitempty"` // milliseconds; 0: none
	Seen       []string `json:"seen,omitempty"`   // signed notes that the verifier saw before

	Verdict    string `json:"verdict"`
	Exit       int    `json:"exit"`
	Check      string `json:"check,omitempty"` // that failed and decides
	Size       uint64 `json:"size,omitempty"`
	Level      string `json:"level,omitempty"`
	Statements int    `json:"statements,omitempty"`
	Registers  int    `json:"registers,omitempty"`
	Status     string `json:"status,omitempty"` // of the run
}

// A packFile is one file of a pack.
type packFile struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// A source proves what a log has: a log of the tests of package proofs.
type source interface {
	ReceiptAt(index uint64) *proofs.Receipt
	HistoryOf(typ register.Type, id string) (*proofs.Receipt, []proofs.OpenedEvent)
	Pins() (policy, genesis string)
}

// gathered is the pack about a subject, with the policy of its verifier inside.
func gathered(t testing.TB, l source, subject pack.Name) *pack.Pack {
	t.Helper()
	policy, _ := l.Pins()
	p, err := pack.New(subject, policy)
	if err != nil {
		t.Fatal(err)
	}
	for missing, _ := p.Needs(); !missing.None(); missing, _ = p.Needs() {
		for _, n := range missing.Registers {
			staple, events := l.HistoryOf(n.Type, n.ID)
			if err := p.AddHistory(&pack.History{Name: n, Staple: staple, Events: events}); err != nil {
				t.Fatal(err)
			}
		}
		for _, i := range missing.Entries {
			if err := p.AddReceipt(l.ReceiptAt(i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return p
}

func filesOf(t testing.TB, p *pack.Pack) []packFile {
	t.Helper()
	b, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var list []packFile
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, packFile{f.Name, string(text)})
	}
	if !bytes.Equal(zipOf(list), b) {
		t.Fatal("the writer of the tests gives other bytes than the package")
	}
	return list
}

// bytes is the zip file of a vector; all are those of its file.
func (v packVector) bytes(t testing.TB, all []packVector) []byte {
	t.Helper()
	if v.Zip != nil {
		return v.Zip
	}
	list := slices.Clone(v.Files)
	if v.Of != "" {
		at := slices.IndexFunc(all, func(x packVector) bool { return x.Comment == v.Of })
		if at < 0 {
			t.Fatalf("%s: no line %q", v.Comment, v.Of)
		}
		list = edited(all[at].Files, v.Without, v.With)
	}
	return zipOf(list)
}

// edited leaves files out, and puts files in.
func edited(files []packFile, without []string, with []packFile) []packFile {
	var list []packFile
	for _, f := range files {
		replaced := slices.ContainsFunc(with, func(w packFile) bool { return w.Name == f.Name })
		if !replaced && !slices.Contains(without, f.Name) {
			list = append(list, f)
		}
	}
	list = append(list, with...)
	slices.SortFunc(list, func(a, b packFile) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// judge is the verdict of package pack.
func (v packVector) judge(t testing.TB, all []packVector) packVector {
	t.Helper()
	policy, err := proofs.ParsePolicy([]byte(v.Policy))
	if err != nil {
		t.Fatal(err)
	}
	genesis, err := hex.DecodeString(v.Genesis)
	if err != nil {
		t.Fatal(err)
	}
	b := v.bytes(t, all)
	expect := pack.Expect{Document: v.Document, Namespaces: v.Namespaces, Dev: v.Dev, Now: v.Now, MaxAge: v.MaxAge}
	for _, note := range v.Seen {
		expect.Seen = append(expect.Seen, []byte(note))
	}
	got := pack.Verify(proofs.Verifier{Policy: policy, Genesis: proofs.Hash(genesis)}, b, expect)
	v.Verdict, v.Exit, v.Check = string(got.Kind), got.Exit, checkOf(got)
	v.Size, v.Level, v.Statements, v.Registers, v.Status = 0, "", 0, 0, ""
	if v.Verdict != "INVALID" {
		v.Size, v.Level, v.Statements, v.Registers = got.Size, string(got.Level), got.Statements, got.Registers
		if got.Run != nil {
			v.Status = got.Run.Status
		}
	}
	if sum := sha256.Sum256(b); v.Zip == nil {
		v.SHA256 = hex.EncodeToString(sum[:])
	}
	return v
}

// checkOf is the check that failed and decides the exit code; empty where none did.
func checkOf(v pack.Verdict) string {
	switch v.Exit {
	case proofs.ExitAuthoritative, proofs.ExitEnded, proofs.ExitUnknown:
		return ""
	}
	failed, _ := v.Failed()
	return string(failed.Name)
}

func TestVectorsPack(t *testing.T) {
	all := proofs.ReadVectors[packVector](t, "pack.jsonl")
	checks := make(map[string]bool)
	for _, v := range all {
		if got := v.judge(t, all); string(proofs.Lines([]packVector{got})[0]) != string(proofs.Lines([]packVector{v})[0]) {
			t.Errorf("%s: %s %d by %q, want %s %d by %q", v.Comment, got.Verdict, got.Exit, got.Check, v.Verdict, v.Exit, v.Check)
		}
		checks[v.Check] = true
	}
	for _, name := range []proofs.CheckName{
		pack.CheckContainer, pack.CheckManifest, pack.CheckParts, pack.CheckCheckpoint, pack.CheckLog, pack.CheckReceipts, pack.CheckHistories, pack.CheckStatements,
		pack.CheckComplete, pack.CheckReport, pack.CheckView, proofs.CheckCompromise, proofs.CheckCosigners, proofs.CheckExpected, proofs.CheckAge,
	} {
		if !checks[string(name)] {
			t.Errorf("no vector fails by %q", name)
		}
	}
}
