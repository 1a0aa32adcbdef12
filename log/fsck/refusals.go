package fsck

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// A refusal row leads from a refused statement and a code to the first
// finding.refuse that says so. Each such finding has a row for what it says.

// refuseType stands in the bytes of each finding.refuse, and in few others.
var refuseType = []byte(statement.FindingRefuse.PredicateType())

// refusalSaid returns the key of the row for what a content says, or nil if it is
// no finding.refuse.
func refusalSaid(content []byte) []byte {
	if !bytes.Contains(content, refuseType) {
		return nil
	}
	s, err := statement.Parse(content)
	if err != nil {
		return nil // the replay judges it
	}
	body, ok := s.Body.(*statement.RefuseFinding)
	if !ok {
		return nil
	}
	return storage.Refusal(body.Submission, body.RefusalCode)
}

func refusalName(key []byte) string {
	digest, code, _ := storage.ParseRefusal(key)
	return fmt.Sprintf("refusal of statement %x by %s", digest[:], code)
}

// refusals compares all refusal rows with the findings.
func (f *facts) refusals(s *source, found *findings) error {
	left := maps.Clone(f.said)
	start, end := storage.RefusalSpace.Range()
	err := s.each(start, end, func(key, row []byte) {
		f.refusal(found, key, row)
		delete(left, string(key))
	})
	if err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(left)) {
		found.row([]byte(key), refusalName([]byte(key)), "no row", fmt.Sprintf("index %d", left[key]))
	}
	return nil
}

func (f *facts) refusal(found *findings, key, row []byte) {
	index, ok := f.said[string(key)]
	switch _, _, err := storage.ParseRefusal(key); {
	case err != nil:
		found.malformed(key)
	case !ok && len(row) == 8 && f.damaged(binary.BigEndian.Uint64(row)): // the entry was named already
	case !ok:
		found.surplus(key, "no finding says this refusal")
	case !bytes.Equal(row, binary.BigEndian.AppendUint64(nil, index)):
		found.row(key, refusalName(key), rowText(row), fmt.Sprintf("index %d", index))
	}
}

// damaged says whether an entry may have said anything: it is damaged.
func (f *facts) damaged(index uint64) bool {
	return index < uint64(len(f.digests)) && f.digests[index] == lost
}

// said demands a row for what an entry says, that leads to it or to one before it.
func (r *round) said(g *group, i int) error {
	key, index := g.entries[i].says, g.first+uint64(i)
	if key == nil {
		return nil
	}
	row, err := r.source.get(key)
	if err != nil {
		return err
	}
	if len(row) != 8 || binary.BigEndian.Uint64(row) > index {
		g.findings.row(key, refusalName(key), rowText(row), fmt.Sprintf("index %d, or one before it", index))
	}
	return nil
}

// refusals reads the refusal rows: each leads to a finding that says it.
func (r *round) refusals(f *findings) error {
	if r.Mode == log.Raw {
		return nil
	}
	start, end := storage.RefusalSpace.Range()
	rows := r.source.cursor(start, end)
	for {
		if err := r.turn(); err != nil {
			return err
		}
		key, row, err := rows.peek()
		if err != nil || key == nil {
			return err
		}
		var content []byte
		if len(row) == 8 && binary.BigEndian.Uint64(row) < r.head.Size {
			if content, err = r.source.get(storage.Content(binary.BigEndian.Uint64(row))); err != nil {
				return err
			}
		}
		if _, _, err := storage.ParseRefusal(key); err != nil {
			f.malformed(key)
		} else if !bytes.Equal(refusalSaid(content), key) {
			f.row(key, refusalName(key), rowText(row), "the index of a finding that says it")
		}
		r.drain(f)
		rows.advance()
	}
}
