package pack_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/pack"
	"github.com/docketlog/docket/proofs/register"
)

// A member is one file of a zip file.
type member struct {
	name string
	data []byte
}

func membersOf(t testing.TB, b []byte) (list []member) {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, member{f.Name, data})
	}
	return list
}

// zipped writes members in the form of a pack, by other code than the pack's.
func zipped(t testing.TB, list []member, change ...func(*zip.FileHeader)) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, m := range list {
		h := &zip.FileHeader{
			//lint:ignore SA1019 CreateRaw writes this field as it is, and Modified would add an extra one
			Name: m.name, CreatorVersion: 20, ReaderVersion: 20, ModifiedDate: 0x21, CRC32: crc32.ChecksumIEEE(m.data),
			CompressedSize64: uint64(len(m.data)), UncompressedSize64: uint64(len(m.data)),
		}
		for _, c := range change {
			c(h)
		}
		out, err := w.CreateRaw(h)
		if err == nil {
			_, err = out.Write(m.data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// relisted makes the manifest anew for changed members, as whoever tampers would.
func relisted(t testing.TB, list []member) []member {
	t.Helper()
	slices.SortFunc(list, func(a, b member) int { return strings.Compare(a.name, b.name) })
	var m map[string]any
	at := slices.IndexFunc(list, func(m member) bool { return m.name == "manifest.json" })
	if err := json.Unmarshal(list[at].data, &m); err != nil {
		t.Fatal(err)
	}
	files := []any{}
	for _, x := range list {
		if x.name != "manifest.json" {
			sum := sha256.Sum256(x.data)
			files = append(files, map[string]any{"bytes": len(x.data), "name": x.name, "sha256": hex.EncodeToString(sum[:])})
		}
	}
	m["files"] = files
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(m); err != nil {
		t.Fatal(err)
	}
	list[at].data = bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	return list
}

// refused demands INVALID by one of the checks.
func refused(t testing.TB, v pack.Verdict, what string, checks ...proofs.CheckName) {
	t.Helper()
	failed, _ := v.Failed()
	if v.Kind != proofs.Invalid || v.Exit != proofs.ExitInvalid || !slices.Contains(checks, failed.Name) {
		t.Errorf("%s: %s %d by %q: %s", what, v.Kind, v.Exit, failed.Name, v.Reason)
	}
}

func TestZipOfOtherCodeIsTheSame(t *testing.T) {
	x := newWorld(t)
	b := x.pack(register.TypeRun, "R1")
	list := membersOf(t, b)
	if !bytes.Equal(zipped(t, list), b) || !bytes.Equal(zipped(t, relisted(t, list)), b) {
		t.Error("another writer of the same form gives other bytes")
	}
}

// Each member is changed, once as it is and once with a manifest that lists the
// change; is left out; and stands there twice.
func TestTamperedMembers(t *testing.T) {
	x := newWorld(t)
	b := x.pack(register.TypeRun, "R1")
	v := x.verifier()
	for i, m := range membersOf(t, b) {
		changed := membersOf(t, b)
		changed[i].data = bytes.Clone(changed[i].data)
		changed[i].data[len(changed[i].data)/2] ^= 1
		refused(t, pack.Verify(v, zipped(t, changed), expect), m.name, pack.CheckManifest, pack.CheckReport)
		if m.name != "manifest.json" {
			got := pack.Verify(v, zipped(t, relisted(t, changed)), expect)
			if m.name == "untrusted/policy" { // whom the maker trusted nobody can check, and it changes nothing
				if got.Exit != 0 {
					t.Errorf("%s: %s", m.name, got)
				}
			} else {
				refused(t, got, m.name+", listed", pack.CheckParts, pack.CheckCheckpoint, pack.CheckLog, pack.CheckReceipts, pack.CheckHistories, pack.CheckStatements, pack.CheckReport)
			}
		}
		refused(t, pack.Verify(v, zipped(t, slices.Delete(membersOf(t, b), i, i+1)), expect), "without "+m.name, pack.CheckManifest)
		refused(t, pack.Verify(v, zipped(t, slices.Insert(membersOf(t, b), i, m)), expect), "twice "+m.name, pack.CheckContainer)
	}
}

// What is left out with a manifest that says so is missed all the same; what is put in
// does not belong.
func TestLeftOutAndPutIn(t *testing.T) {
	x := newWorld(t)
	b, other := x.pack(register.TypeRun, "R1"), x.pack(register.TypeRun, "R0")
	v := x.verifier()
	has := make(map[string]bool)
	for _, m := range membersOf(t, b) {
		has[m.name] = true
		index, isReceipt := strings.CutPrefix(m.name, "receipts/")
		if !isReceipt && !strings.HasPrefix(m.name, "histories/") {
			continue
		}
		left := slices.DeleteFunc(membersOf(t, b), func(x member) bool {
			return x.name == m.name || isReceipt && x.name == "statements/"+strings.TrimSuffix(index, "docket")+"json"
		})
		refused(t, pack.Verify(v, zipped(t, relisted(t, left)), expect), "without "+m.name, pack.CheckComplete, pack.CheckCheckpoint)
	}
	put := 0
	for _, m := range membersOf(t, other) {
		if has[m.name] {
			continue
		}
		list := append(membersOf(t, b), m)
		if index, ok := strings.CutPrefix(m.name, "receipts/"); ok {
			at := slices.IndexFunc(membersOf(t, other), func(x member) bool { return x.name == "statements/"+strings.TrimSuffix(index, "docket")+"json" })
			list = append(list, membersOf(t, other)[at])
		} else if strings.HasPrefix(m.name, "statements/") {
			continue
		}
		put++
		refused(t, pack.Verify(v, zipped(t, relisted(t, list)), expect), "with "+m.name, pack.CheckComplete)
	}
	if put < 2 {
		t.Errorf("%d members of another pack", put)
	}
	refused(t, pack.Verify(v, zipped(t, relisted(t, append(membersOf(t, b), member{"notes.txt", []byte("x")}))), expect), "notes.txt", pack.CheckParts)
}

// Two receipts of different checkpoints, each good by itself, are no pack.
func TestTwoCheckpoints(t *testing.T) {
	x := newWorld(t)
	older := x.pack(register.TypeRun, "R1")
	x.say(x.Open("R5", "", more))
	newer := membersOf(t, x.pack(register.TypeRun, "R1"))
	for i, m := range newer {
		if !strings.HasPrefix(m.name, "receipts/") && !strings.HasPrefix(m.name, "histories/") {
			continue
		}
		mixed := membersOf(t, older)
		mixed[i] = newer[i]
		refused(t, pack.Verify(x.verifier(), zipped(t, relisted(t, mixed)), expect), m.name, pack.CheckCheckpoint)
	}
}
