package proofs_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// A zipEntry is a file in a zip file, each field as it is to be written.
type zipEntry struct {
	name                            string
	data                            []byte
	made, need, flags, method, time uint16
	date                            uint16
	crc, packed, size               uint32
	extra, comment                  []byte
	attributes, offset              uint32
	inner                           uint16
}

// zipWriter writes zip files by other code than the package's: as docs/spec/pack.md
// says, but for what a test changes.
type zipWriter struct {
	entries []zipEntry
	local   func(e *zipEntry) // before its local header
	central func(e *zipEntry) // before its row in the directory
	end     func(b []byte) []byte
	between []byte // before the directory
	count   int    // that the end says more than there are
}

func newZip(files []packFile) *zipWriter {
	w := &zipWriter{}
	for _, f := range files {
		data := []byte(f.Text)
		n := uint32(len(data))
		w.entries = append(w.entries, zipEntry{name: f.Name, data: data, made: 20, need: 20, date: 0x21, crc: crc32.ChecksumIEEE(data), packed: n, size: n})
	}
	return w
}

// zipOf is the container of section 1.
func zipOf(files []packFile) []byte { return newZip(files).bytes() }

func (w *zipWriter) bytes() []byte {
	var b, directory bytes.Buffer
	put := func(to *bytes.Buffer, values ...any) {
		for _, v := range values {
			_ = binary.Write(to, binary.LittleEndian, v) // to memory, of fixed sizes
		}
	}
	for _, e := range w.entries {
		e.offset = uint32(b.Len())
		head := e
		if w.local != nil {
			w.local(&head)
		}
		put(&b, uint32(0x04034b50), head.need, head.flags, head.method, head.time, head.date, head.crc, head.packed, head.size, uint16(len(head.name)), uint16(len(head.extra)))
		b.WriteString(head.name)
		b.Write(head.extra)
		b.Write(head.data)
		row := e
		if w.central != nil {
			w.central(&row)
		}
		put(&directory, uint32(0x02014b50), row.made, row.need, row.flags, row.method, row.time, row.date, row.crc, row.packed, row.size,
			uint16(len(row.name)), uint16(len(row.extra)), uint16(len(row.comment)), uint16(0), row.inner, row.attributes, row.offset)
		directory.WriteString(row.name)
		directory.Write(row.extra)
		directory.Write(row.comment)
	}
	b.Write(w.between)
	at, n := uint32(b.Len()), uint16(len(w.entries)+w.count)
	b.Write(directory.Bytes())
	var end bytes.Buffer
	put(&end, uint32(0x06054b50), uint16(0), uint16(0), n, n, uint32(directory.Len()), at, uint16(0))
	if w.end != nil {
		return append(b.Bytes(), w.end(end.Bytes())...)
	}
	return append(b.Bytes(), end.Bytes()...)
}
