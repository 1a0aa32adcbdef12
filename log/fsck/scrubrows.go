package fsck

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage"
)

// scrubNotes checks signed checkpoints while the tree is rebuilt. A row may come
// for a size that the tree has passed: its root is compared in the next round.
type scrubNotes struct {
	*notes
	tree *tree
	rows *cursor
}

func (r *round) notes(t *tree) *scrubNotes {
	start, end := storage.CheckpointSpace.Range()
	l := Log{Origin: r.Origin, Mode: r.Mode, Key: r.Key}
	n := &notes{log: l, keys: l.keysOf(r.source.rows), findings: findings{max: maxFound}}
	return &scrubNotes{notes: n, tree: t, rows: r.source.cursor(start, end)}
}

// at checks the rows up to the size at hand.
func (k *scrubNotes) at() error { return k.upTo(k.tree.pyramid.size()) }

func (k *scrubNotes) upTo(now uint64) error {
	for {
		key, note, err := k.rows.peek()
		if err != nil || key == nil {
			return err
		}
		size, parse := storage.ParseCheckpoint(key)
		if parse == nil && size > now {
			return nil
		}
		if parse != nil {
			k.findings.malformed(key)
		} else if err := k.check(key, size, note); err != nil {
			return err
		}
		k.rows.advance()
	}
}

// check checks one row: the signature always, the root if the tree is there.
func (k *scrubNotes) check(key []byte, size uint64, note []byte) error {
	c, err := k.open(note)
	switch {
	case err == nil && c.Size != size:
		err = fmt.Errorf("a note of size %d", c.Size)
	case err == nil && size == k.tree.pyramid.size():
		root, failed := k.tree.pyramid.root()
		if failed != nil {
			return failed
		}
		if root != c.Root {
			err = fmt.Errorf("root %x; the leaves have %x", c.Root, root)
		}
	}
	if err != nil {
		k.wrong(key, size, err)
	}
	return nil
}

// rest checks the rows behind the leaves that were read: those of a log that
// grew meanwhile, and no others.
func (k *scrubNotes) rest(size uint64) error {
	if err := k.upTo(size); err != nil {
		return err
	}
	return k.rows.rest(&k.findings, fmt.Sprintf("the log has %d leaves", size))
}

// indexes reads the index rows: each leads to an entry with its hash.
func (r *round) indexes(f *findings) error {
	for _, space := range []storage.Keyspace{storage.LeafHashSpace, storage.DigestIndexSpace, storage.SearchSpace} {
		if space != storage.LeafHashSpace && r.Mode == log.Raw {
			continue
		}
		start, end := space.Range()
		rows := r.source.cursor(start, end)
		for {
			if err := r.turn(); err != nil {
				return err
			}
			key, row, err := rows.peek()
			if err != nil {
				return err
			}
			if key == nil {
				break
			}
			if err := r.indexRow(f, key, row); err != nil {
				return err
			}
			r.drain(f)
			rows.advance()
		}
	}
	return nil
}

func (r *round) indexRow(f *findings, key, row []byte) error {
	if storage.SpaceOf(key) == storage.SearchSpace {
		return r.searchRow(f, key, row)
	}
	if len(key) != 33 {
		f.malformed(key)
		return nil
	}
	var leaf []byte
	if len(row) == 8 && binary.BigEndian.Uint64(row) < r.head.Size {
		var err error
		if leaf, err = r.source.get(storage.Leaf(binary.BigEndian.Uint64(row))); err != nil {
			return err
		}
	}
	hash := proofs.LeafHash(leaf)
	if storage.SpaceOf(key) == storage.DigestIndexSpace {
		c, err := statement.ParseCommitment(leaf)
		if hash = proofs.Hash(c.Digest); err != nil {
			hash = proofs.Hash{}
		}
	}
	if leaf == nil || !bytes.Equal(hash[:], key[1:]) {
		f.row(key, fmt.Sprintf("%s of %x", storage.SpaceOf(key), key[1:]), rowText(row), "the index of the entry with this hash")
	}
	return nil
}

// registers checks each register's events, tiles, record and leaf.
func (r *round) registers(*findings) error {
	if r.Mode == log.Raw {
		return nil
	}
	p := newRegisters(r.source, maxFound, nil, nil, nil)
	return untilEnd(r.source, func() (bool, error) {
		more, err := p.next()
		r.drain(&p.findings)
		return more, err
	})
}

// buckets compares each bucket row with its leaves. When the log cuts its
// register tree lower meanwhile, the pass begins anew.
func (r *round) buckets(*findings) error {
	if r.Mode == log.Raw {
		return nil
	}
	b := newBuckets(r.source, maxFound, r.head.Depth)
	return untilEnd(r.source, func() (bool, error) {
		if r.head.Depth != b.depth {
			b = newBuckets(r.source, maxFound, r.head.Depth)
		}
		more, err := b.next()
		b.wrongRows()
		r.drain(&b.findings)
		b.differ, b.total = b.differ[:0], 0
		return more, err
	})
}
