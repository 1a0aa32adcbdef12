package watch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"sync"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
)

// logSource names the log among the sources.
const logSource = "log"

// A view is what one source shows.
type view struct {
	source string
	note   []byte // nil: it shows none
	err    error  // why it could not be asked
}

// look asks the log, and each witness for the same log, all at once: a slow one holds
// the round up, and no other answer.
func (w *Watch) look(ctx context.Context) []view {
	views := make([]view, 1+len(w.Witnesses))
	var all sync.WaitGroup
	all.Add(len(views))
	ask := func(i int, source string, c *client.Client, path string) {
		defer all.Done()
		note, err := c.ShownNote(ctx, path)
		views[i] = view{source, note, err}
	}
	go ask(0, logSource, w.Client, "/checkpoint")
	for i, witness := range w.Witnesses {
		go ask(1+i, witness.Server, witness, w.witnessPath())
	}
	all.Wait()
	return views
}

// origin is that of the log: the first one that the policy names.
func (w *Watch) origin() string { return w.Client.Verifier.Policy.Logs[0].Key.Name }

// witnessPath is where a witness shows what it cosigned last of this log.
func (w *Watch) witnessPath() string {
	hash := sha256.Sum256([]byte(w.origin()))
	return "/" + hex.EncodeToString(hash[:]) + "/checkpoint"
}

// take judges one view. The error is one of this machine.
func (w *Watch) take(ctx context.Context, v view) error {
	if ctx.Err() != nil {
		return nil
	}
	seen := w.state.source(v.source)
	if v.err != nil || v.note == nil && v.source == logSource {
		if v.err == nil {
			v.err = client.ErrAnswer
		}
		w.failed(v.source, v.err)
		if seen.Since == 0 {
			seen.Since = w.round.Time
		}
		if w.round.Time-seen.Since >= Grace.Milliseconds() {
			w.raise(alarm{rule: "AL-16", condition: "silent", key: v.source + "/" + strconv.FormatInt(seen.Since, 10), detail: v.source})
		}
		return nil
	}
	seen.Since = 0
	if v.note == nil {
		return nil // a witness that has not met the log
	}
	cp, _, err := proofs.OpenCheckpoint(v.note, w.Client.Verifier.Policy.LogKeys())
	if err == nil {
		err = cp.CheckDocket()
	}
	if err == nil && cp.Origin != w.origin() {
		err = fmt.Errorf("a checkpoint of %s, not of %s", cp.Origin, w.origin())
	}
	if err != nil {
		w.raise(alarm{rule: "AL-15", condition: "otherLog", key: v.source, detail: v.source + ": " + err.Error()})
		return nil
	}
	w.shown = w.shown || v.source == logSource
	return w.takeNote(ctx, v.source, cp, v.note)
}

// takeNote keeps a verified note of a source and compares it with all others.
func (w *Watch) takeNote(ctx context.Context, source string, cp proofs.Checkpoint, note []byte) error {
	isNew, err := w.notes.keep(cp, note)
	if err != nil {
		return err
	}
	seen := w.state.source(source)
	if cp.Size < seen.Size {
		w.rolledBack(source, seen, cp, note)
	} else {
		if cp.Size > seen.Size {
			seen.At = w.round.Time
		}
		seen.Size, seen.Note = cp.Size, string(note)
	}
	if _, q, err := w.checkpointOf(note); err == nil {
		w.cosigned(q)
	}
	return w.compare(ctx, note, isNew)
}

// merged is a note with the signature lines of two notes of one tree.
func merged(a, b []byte) []byte {
	x, err1 := proofs.ParseNote(a)
	y, err2 := proofs.ParseNote(b)
	if err1 != nil || err2 != nil || !bytes.Equal(x.Body, y.Body) {
		return a
	}
	for _, s := range y.Signatures {
		known := false
		for _, have := range x.Signatures {
			known = known || bytes.Equal(have.Line, s.Line)
		}
		if !known && len(x.Signatures) < proofs.MaxNoteSignatures {
			x.Signatures = append(x.Signatures, s)
		}
	}
	if text := x.Marshal(); len(text) <= proofs.MaxNote {
		return text
	}
	return a
}
