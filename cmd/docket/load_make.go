package main

import (
	"crypto/sha256"
	"encoding/binary"
	"runtime"
	"strconv"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/statement"
)

// A job is a signed release that waits to be submitted.
type job struct {
	number   uint64 // counted from 0 over the whole load
	envelope []byte
	digest   statement.Digest // of the statement
}

// A lane is what one connection sends, in order.
type lane []job

// maker makes releases and signs them.
type maker struct {
	author *client.Author
	prefix string
	lanes  int
	batch  int
	last   []lastRelease // of each document; empty: each release is of a new one
	made   uint64
}

// lastRelease is the newest release of a document.
type lastRelease struct {
	version uint32
	digest  statement.Digest
}

func newMaker(author *client.Author, prefix string, documents uint64, lanes, batch int) *maker {
	return &maker{author: author, prefix: prefix, lanes: lanes, batch: batch, last: make([]lastRelease, documents)}
}

// make signs the next n releases on all processors.
func (m *maker) make(n uint64) ([]lane, error) {
	lanes := m.plan(n)
	m.made += n
	return lanes, each(len(lanes), runtime.GOMAXPROCS(0), func(_, i int) error {
		for k := range lanes[i] {
			if err := m.sign(&lanes[i][k]); err != nil {
				return err
			}
		}
		return nil
	})
}

// plan deals the next n releases out. New documents may come in any order: each
// request is a lane of its own, for whichever connection is free. Versions of a
// document stay in one lane.
func (m *maker) plan(n uint64) []lane {
	var lanes []lane
	if documents := uint64(len(m.last)); documents > 0 {
		lanes = make([]lane, min(uint64(m.lanes), documents))
		for i := range n {
			number := m.made + i
			k := number % documents % uint64(len(lanes))
			lanes[k] = append(lanes[k], job{number: number})
		}
		return lanes
	}
	for i := uint64(0); i < n; i += uint64(m.batch) {
		l := make(lane, min(n-i, uint64(m.batch)))
		for k := range l {
			l[k].number = m.made + i + uint64(k)
		}
		lanes = append(lanes, l)
	}
	return lanes
}

// sign makes the statement of a job. Jobs of one document are never signed at the
// same time.
func (m *maker) sign(j *job) error {
	version, prev := uint32(1), (*statement.Digest)(nil)
	var last *lastRelease
	if len(m.last) > 0 {
		last = &m.last[j.number%uint64(len(m.last))]
		if last.version > 0 {
			digest := last.digest
			version, prev = last.version+1, &digest
		}
	}
	e, err := m.author.Release(loadDocument(m.prefix, uint64(len(m.last)), j.number), version, prev,
		client.File{Digest: loadFile(m.prefix, j.number), Size: 8, Media: "application/octet-stream"})
	if err != nil {
		return err
	}
	j.envelope, j.digest = e.Marshal(), statement.DigestOf(e.Payload)
	if last != nil {
		*last = lastRelease{version, j.digest}
	}
	return nil
}

// loadDocument is the document of a release.
func loadDocument(prefix string, documents, number uint64) string {
	if documents > 0 {
		number %= documents
	}
	return prefix + strconv.FormatUint(number, 10)
}

// loadFile is the digest of the bytes that a release is of: no two releases have
// the same.
func loadFile(prefix string, number uint64) statement.Digest {
	return sha256.Sum256(binary.BigEndian.AppendUint64([]byte(prefix), number))
}
