package log

import (
	"fmt"
	"slices"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/storage"
)

// IntroduceKey makes a key one of those that sign a stopped log's checkpoints, from
// the next one on. It signs beside the others, and what was signed stays as it is. A
// key that signs already changes nothing; one that is retired never signs again.
func IntroduceKey(store storage.Store, anchor storage.Anchor, key proofs.VerifierKey) (KeyTerms, error) {
	return changeKeys(store, anchor, func(all KeyTerms, signed uint64) (KeyTerms, error) {
		if at, known := all.of(key); known {
			if until := all[at].Until; until != 0 {
				return nil, fmt.Errorf("the key %s+%08x signed below size %d and is retired: a retired key never signs again, make a new one", key.Name, key.ID, until)
			}
			return all, nil
		}
		return append(slices.Clone(all), KeyTerm{Key: key, From: signed + 1}), nil
	})
}

// RetireKey ends what a key signs: from the next checkpoint on the others sign alone.
// Another key of its type must have signed the newest checkpoint, so that there was
// one that both signed. A key that signed nothing yet is given up: it never signs. A key
// that is retired already changes nothing.
func RetireKey(store storage.Store, anchor storage.Anchor, key proofs.VerifierKey) (KeyTerms, error) {
	return changeKeys(store, anchor, func(all KeyTerms, signed uint64) (KeyTerms, error) {
		at, known := all.of(key)
		switch {
		case !known:
			return nil, fmt.Errorf("the log never signed with the key %s+%08x", key.Name, key.ID)
		case all[at].Until != 0:
			return all, nil
		}
		changed := slices.Clone(all)
		if changed[at].Until = signed + 1; !all[at].holds(signed) {
			return changed, nil // it was to begin at that size
		}
		successor := slices.IndexFunc(all, func(t KeyTerm) bool { return t.Key.Type == key.Type && t.Until == 0 && t.Key.String() != key.String() })
		switch {
		case successor < 0:
			return nil, fmt.Errorf("the key %s+%08x is the only one of its type: introduce another one first", key.Name, key.ID)
		case !all[successor].holds(signed):
			return nil, fmt.Errorf("no checkpoint is signed by both keys yet: start the log, let one statement come in, stop it, and retire the old key then. The newest checkpoint is of size %d", signed)
		}
		return changed, nil
	})
}

// changeKeys commits other terms to a store that no log has open. No checkpoint above
// the one in the anchor was ever let out, so what changes is what comes after it.
func changeKeys(store storage.Store, anchor storage.Anchor, change func(all KeyTerms, signed uint64) (KeyTerms, error)) (KeyTerms, error) {
	s, err := readSettings(store)
	if err != nil {
		return nil, err
	}
	text, err := anchor.Load()
	if err != nil {
		return nil, fmt.Errorf("anchor: %w", err)
	}
	_, heads, err := openAnchor(text, s.Keys)
	if err != nil {
		return nil, err
	}
	if err := newestNote(store, heads[0].Size); err != nil {
		return nil, err
	}
	keys, err := change(s.Keys, heads[0].Size)
	if err != nil || slices.EqualFunc(keys, s.Keys, func(a, b KeyTerm) bool { return a.Key.String() == b.Key.String() && a.Until == b.Until }) {
		return keys, err
	}
	if err := keys.check(s.Origin); err != nil {
		return nil, err
	}
	s.Keys = keys
	seq, err := store.Sequence()
	if err != nil {
		return nil, err
	}
	var b storage.Batch
	if err := putMeta(&b, settingsRow, s); err != nil {
		return nil, err
	}
	return keys, store.Commit(seq+1, &b)
}

// newestNote demands that the store has no note above the anchor's: the terms would say of
// what was signed meanwhile that other keys signed it.
func newestNote(store storage.Reader, anchored uint64) error {
	newer := false
	_, end := storage.CheckpointSpace.Range()
	if err := store.Scan(storage.Checkpoint(anchored+1), end, func(_, _ []byte) bool { newer = true; return false }); err != nil {
		return err
	}
	if newer {
		return fmt.Errorf("%w: the anchor ends at size %d, and the store has a checkpoint that was signed after that: the anchor is an old copy. Start the log once, which brings it up to date", ErrMismatch, anchored)
	}
	return nil
}

// SignKeys makes the list of the keys that sign what the log signs next, in the order
// in which they were introduced, signed by each of them: the signer has these keys and no
// others. A key that was retired or given up is never in it: whoever found it could put
// his line below the list, and would be introduced by those that signed it.
func (s *Signer) SignKeys(all KeyTerms) (proofs.KeyList, error) {
	l := proofs.KeyList{Keys: all.keys(func(t KeyTerm) bool { return t.Until == 0 })}
	if err := all.agree(s.keys); err != nil {
		return l, err
	}
	cp, err := l.Checkpoint()
	if err != nil {
		return l, err
	}
	note := append(cp.Marshal(), '\n')
	for i, key := range s.keys {
		line, err := l.SignLine(s.sign[i], key)
		if err != nil {
			return l, fmt.Errorf("signing the list of keys: %w", err)
		}
		note = append(note, line...)
	}
	l.Note = note
	return l, nil
}
