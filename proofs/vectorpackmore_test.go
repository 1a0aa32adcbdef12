package proofs_test

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/pack"
	"github.com/docketlog/docket/proofs/register"
)

// lieVectors are packs of logs that wrote one wrong event, and are consistent everywhere
// else: the statement that they say made it tells.
func lieVectors(p *packLines) {
	lie := func(comment, check string, subject pack.Name, change func(e *proofs.StoryEvent)) {
		p.t.Helper()
		p.whole("a log that lies: "+comment, proofs.NewStory(p.t, change), subject, "INVALID", 40, check)
	}
	event := func(typ register.Type, id string, seq uint64, change func(e *proofs.StoryEvent)) func(e *proofs.StoryEvent) {
		return func(e *proofs.StoryEvent) {
			if e.Type == typ && (e.ID == id || id == "") && e.Seq == seq {
				change(e)
			}
		}
	}
	run := func(change func(b *register.RunBody)) func(e *proofs.StoryEvent) {
		return event(register.TypeRun, "R1", 3, func(e *proofs.StoryEvent) { // of the step
			b, err := register.ParseRunBody(e.Body)
			if err != nil {
				p.t.Fatal(err)
			}
			change(&b)
			e.Body = b.Marshal()
		})
	}
	lie("a step of another name", "statements", runSubject, run(func(b *register.RunBody) { b.Step = "paint" }))
	activity := func(change func(b *register.ActivityBody)) func(e *proofs.StoryEvent) {
		return event(register.TypeActivity, "wl/publisher", 1, func(e *proofs.StoryEvent) {
			b, err := register.ParseActivityBody(e.Body)
			if err != nil {
				p.t.Fatal(err)
			}
			change(&b)
			e.Body = b.Marshal()
		})
	}
	lie("activity in another run", "statements", identitySubject, activity(func(b *register.ActivityBody) { b.Run = register.RunKey("R2") }))
	lie("a grant at another time than in its run", "histories", documentSubject, event(register.TypeGrant, "", 0, func(e *proofs.StoryEvent) { e.Time-- }))
	lie("another version of a workflow's text", "histories", runSubject, func(e *proofs.StoryEvent) {
		if e.Type == register.TypeDocument && strings.HasPrefix(e.ID, "docket:text/") {
			b, err := register.ParseDocumentBody(e.Body)
			if err != nil {
				p.t.Fatal(err)
			}
			b.Version = 2
			e.Body = b.Marshal()
		}
	})
	lie("a run in the register of a workflow", "statements", runSubject, func(e *proofs.StoryEvent) {
		if e.Type == register.TypeDocument && strings.HasPrefix(e.ID, "docket:workflow/") {
			b, err := register.ParseDocumentBody(e.Body)
			if err != nil {
				p.t.Fatal(err)
			}
			b.Run = register.RunKey("R1")
			e.Body = b.Marshal()
		}
	})
	lie("a spending that leaves another number", "receipts", runSubject, func(e *proofs.StoryEvent) {
		if e.Type == register.TypeGrant && e.Seq == 1 {
			e.Body = slices.Clone(e.Body)
			e.Body[3] ^= 1
		}
	})
}

// containerVectors are zip files that are not in the one form, and one that is.
func containerVectors(p *packLines, run packVector) {
	files := []packFile{{"a", "first"}, {"b", "second"}, {"c", ""}}
	add := func(comment, check string, b []byte) {
		p.t.Helper()
		p.add(packVector{Comment: "a zip file: " + comment, Policy: run.Policy, Genesis: run.Genesis, Zip: b}, "INVALID", 40, check)
	}
	local := func(change func(e *zipEntry)) []byte { w := newZip(files); w.local = change; return w.bytes() }
	central := func(change func(e *zipEntry)) []byte { w := newZip(files); w.central = change; return w.bytes() }
	both := func(change func(e *zipEntry)) []byte {
		w := newZip(files)
		w.local, w.central = change, change
		return w.bytes()
	}
	end := func(change func(b []byte) []byte) []byte { w := newZip(files); w.end = change; return w.bytes() }
	ok := zipOf(files)
	add("in the one form, but no pack", "manifest", ok)
	add("in the one form, without files", "manifest", zipOf(nil))
	add("no bytes", "container", []byte(" ")[:1])
	add("cut off", "container", ok[:len(ok)-1])
	add("cut in its directory", "container", ok[:len(ok)-40])
	add("bytes before it", "container", append([]byte("#!/bin/sh\n"), ok...))
	add("bytes after it", "container", append(bytes.Clone(ok), 0))
	add("a comment", "container", end(func(b []byte) []byte { b[20] = 4; return append(b, "text"...) }))
	add("the end says another number of files", "container", end(func(b []byte) []byte { b[8]++; return b }))
	add("the end says another number in all", "container", end(func(b []byte) []byte { b[10]++; return b }))
	add("the end says another length of the directory", "container", end(func(b []byte) []byte { b[12]++; return b }))
	add("the end says another place of the directory", "container", end(func(b []byte) []byte { b[16]++; return b }))
	add("the end is on another disk", "container", end(func(b []byte) []byte { b[4] = 1; return b }))
	add("ZIP64", "container", end(func(b []byte) []byte {
		locator := make([]byte, 20)
		binary.LittleEndian.PutUint32(locator, 0x07064b50)
		return append(locator, b...)
	}))
	w := newZip(files)
	w.between = []byte("more")
	add("bytes before the directory", "container", w.bytes())
	add("other order", "container", zipOf([]packFile{files[1], files[0], files[2]}))
	add("a folder", "container", zipOf([]packFile{{"a/", ""}, files[1]}))
	add("a file with the name of a folder", "container", zipOf([]packFile{{"a/", "x"}, files[1]}))
	add("a file twice", "container", zipOf([]packFile{files[0], files[0]}))
	add("another CRC", "container", both(func(e *zipEntry) { e.crc ^= 1 }))
	add("another CRC in the directory alone", "container", central(func(e *zipEntry) { e.crc ^= 1 }))
	add("another name in the directory", "container", central(func(e *zipEntry) { e.name = "d" + e.name[1:] }))
	add("another length in the directory", "container", central(func(e *zipEntry) { e.size++ }))
	add("a length beyond the end", "container", both(func(e *zipEntry) { e.packed, e.size = 1<<31, 1<<31 }))
	add("a place beyond the end", "container", central(func(e *zipEntry) { e.offset += 1 << 20 }))
	add("two rows for one place", "container", central(func(e *zipEntry) { e.offset = 0 }))
	add("a time", "container", both(func(e *zipEntry) { e.time = 1 }))
	add("another date", "container", both(func(e *zipEntry) { e.date = 0x22 }))
	add("flags of UTF-8 names", "container", both(func(e *zipEntry) { e.flags = 0x800 }))
	add("flags in the local headers alone", "container", local(func(e *zipEntry) { e.flags = 0x800 }))
	add("encrypted", "container", both(func(e *zipEntry) { e.flags = 1 }))
	add("another version needed", "container", both(func(e *zipEntry) { e.need = 10 }))
	add("made on another system", "container", central(func(e *zipEntry) { e.made = 0x0314 }))
	add("attributes", "container", central(func(e *zipEntry) { e.attributes = 0o777 << 16 }))
	add("inner attributes", "container", central(func(e *zipEntry) { e.inner = 1 }))
	add("extra fields", "container", both(func(e *zipEntry) { e.extra = []byte{1, 0, 0, 0} }))
	add("extra fields in the local headers alone", "container", local(func(e *zipEntry) { e.extra = []byte{1, 0, 0, 0} }))
	add("comments of files", "container", central(func(e *zipEntry) { e.comment = []byte("x") }))
	add("a data descriptor", "container", both(func(e *zipEntry) {
		e.flags = 8
		e.data = append(slices.Clone(e.data), "PK\x07\x08............"...)
	}))
	add("deflated files", "container", both(func(e *zipEntry) {
		var b bytes.Buffer
		f, _ := flate.NewWriter(&b, 9) // level 9 is one
		_, _ = f.Write(e.data)         // to memory
		_ = f.Close()
		e.method, e.data, e.packed = 8, b.Bytes(), uint32(b.Len())
	}))
	add("a row too many is announced", "container", func() []byte { w := newZip(files); w.count = 1; return w.bytes() }())
}
