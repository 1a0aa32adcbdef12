package pack_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"runtime"
	"slices"
	"testing"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/pack"
	"github.com/docketlog/docket/proofs/register"
)

// Zip files that say other things to other readers, or more than they hold.
func TestHostileZips(t *testing.T) {
	x := newWorld(t)
	b := x.pack(register.TypeRun, "R1")
	list := membersOf(t, b)
	deflated := func() []byte {
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		for _, m := range list {
			f, err := w.Create(m.name)
			if err == nil {
				_, err = f.Write(m.data)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	var many []member
	for range 20_000 {
		many = append(many, member{name: "x"})
	}
	swapped := slices.Clone(list)
	swapped[3], swapped[4] = swapped[4], swapped[3]
	for name, hostile := range map[string][]byte{
		"empty":        {},
		"text":         []byte("PK\x03\x04 no zip file"),
		"packed":       deflated(),
		"bomb":         bomb(t),
		"bytes before": append([]byte("#!/bin/sh\n"), b...),
		"bytes after":  append(bytes.Clone(b), "more"...),
		"comment":      commented(b),
		"other order":  zipped(t, swapped),
		"many files":   zipped(t, many),
		//lint:ignore SA1019 a zip file that has the old field set
		"a time":           zipped(t, list, func(h *zip.FileHeader) { h.ModifiedTime = 1 }),
		"attributes":       zipped(t, list, func(h *zip.FileHeader) { h.ExternalAttrs = 0o777 << 16 }),
		"extra":            zipped(t, list, func(h *zip.FileHeader) { h.Extra = []byte{1, 0, 0, 0} }),
		"file comment":     zipped(t, list, func(h *zip.FileHeader) { h.Comment = "x" }),
		"names of folders": zipped(t, append(list, member{"z/", nil})),
		"a way out":        zipped(t, append(list, member{"../../etc/x", []byte("x")})),
		"too large":        make([]byte, pack.MaxSize+1),
		"no files":         zipped(t, nil),
	} {
		refused(t, pack.Verify(x.verifier(), hostile, expect), name, pack.CheckContainer, pack.CheckManifest)
	}
}

// bomb has many entries that all lead to the same bytes.
func bomb(t testing.TB) []byte {
	b := zipped(t, []member{{"a", make([]byte, 1<<20)}})
	at := bytes.Index(b, []byte("PK\x01\x02"))
	end := bytes.Index(b, []byte("PK\x05\x06"))
	out := bytes.Clone(b[:at])
	const n = 5000
	for range n {
		out = append(out, b[at:end]...)
	}
	tail := bytes.Clone(b[end:])
	binary.LittleEndian.PutUint16(tail[8:], n)
	binary.LittleEndian.PutUint16(tail[10:], n)
	binary.LittleEndian.PutUint32(tail[12:], uint32(n*(end-at)))
	return append(out, tail...)
}

func commented(b []byte) []byte {
	out := bytes.Clone(b)
	binary.LittleEndian.PutUint16(out[len(out)-2:], 4)
	return append(out, "text"...)
}

// The bomb says 5 GB: verifying reads none of it.
func TestBombTakesNoMemory(t *testing.T) {
	b := bomb(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	v := pack.Verify(proofs.Verifier{}, b, expect)
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; v.Exit != proofs.ExitInvalid || got > 64<<20 {
		t.Errorf("%d bytes allocated: %s", got, v)
	}
}

// FuzzVerify: no bytes make the verifier panic, and none but the pack's own are good.
func FuzzVerify(f *testing.F) {
	x := newWorld(f)
	b := x.pack(register.TypeRun, "R0")
	v := x.verifier()
	f.Add(b)
	f.Add(bomb(f))
	f.Add(b[:len(b)/2])
	f.Add(zipped(f, membersOf(f, b)[:1]))
	f.Fuzz(func(t *testing.T, in []byte) {
		if got := pack.Verify(v, in, expect); got.Kind != proofs.Invalid && !bytes.Equal(in, b) {
			t.Errorf("%s", got)
		}
	})
}

// FuzzMember changes one member and lists it in the manifest: what is deep in the pack
// is parsed too.
func FuzzMember(f *testing.F) {
	x := newWorld(f)
	b := x.pack(register.TypeRun, "R0")
	v := x.verifier()
	list := membersOf(f, b)
	for i, m := range list {
		f.Add(i, m.data)
	}
	f.Fuzz(func(t *testing.T, i int, data []byte) {
		changed := slices.Clone(list)
		at := int(uint(i) % uint(len(list)))
		name := changed[at].name
		changed[at].data = data
		if name == "manifest.json" || name == "untrusted/policy" || bytes.Equal(data, list[at].data) {
			return
		}
		if got := pack.Verify(v, zipped(t, relisted(t, changed)), expect); got.Kind != proofs.Invalid {
			t.Errorf("%s: %s", name, got)
		}
	})
}
