package client_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/evidence"
)

// rolledBack demands a rollback between these sizes, with both notes.
func rolledBack(t *testing.T, err error, seen, shown uint64, seenNote, shownNote []byte) {
	t.Helper()
	var e *client.RollbackError
	var fork *client.ForkError
	if !errors.As(err, &e) || errors.As(err, &fork) {
		t.Fatalf("%v", err)
	}
	if e.Seen != seen || e.Shown != shown || !bytes.Equal(e.SeenNote, seenNote) || !bytes.Equal(e.ShownNote, shownNote) {
		t.Errorf("%+v", e)
	}
	if found := client.EvidenceOf(err); found.Kind != evidence.Rollback || found.Checkpoints[0] != string(seenNote) || found.Checkpoints[1] != string(shownNote) {
		t.Errorf("%+v", found)
	}
}

// A server that was restored from an old copy.
func TestRollback(t *testing.T) {
	for name, read := range readers {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			old := s.fork() // does nothing new: an old state of one history
			s.grow("contracts/1")
			c, path := s.clientWithFile()
			_, seen := see(t, c)
			c.Server = old.url
			got, err := read(c, s)
			rolledBack(t, err, 7, 5, seen, old.get("/checkpoint"))
			if got {
				t.Error("the old state was handed out")
			}
			// It is caught by the next process too.
			c.Memory = &client.Memory{Path: path}
			_, err = read(c, s)
			rolledBack(t, err, 7, 5, seen, old.get("/checkpoint"))
		})
	}
}

// An answer of a cache: true once, and old by now.
func TestReplayedAnswers(t *testing.T) {
	s := newSite(t)
	e := s.release("contracts/1")
	if _, _, err := s.client().Submit(ctx, e); err != nil {
		t.Fatal(err)
	}
	absent := s.get("/api/v1/documents/contracts/2")
	receipt := s.get("/api/v1/receipts/" + s.digest(5).String()[len("sha256:"):])
	note := s.get("/checkpoint")
	s.grow("contracts/2")
	c := s.client()
	_, seen := see(t, c)

	t.Run("the absence of a document that was released since", func(t *testing.T) {
		s.answerTo("/api/v1/documents/", absent)
		d, err := c.Document(ctx, "contracts/2")
		rolledBack(t, err, 9, 7, seen, note)
		if d != nil {
			t.Error("the absence was handed out")
		}
	})
	t.Run("a receipt", func(t *testing.T) {
		s.answerTo("/api/v1/receipts/", receipt)
		r, err := c.Receipt(ctx, s.digest(5))
		rolledBack(t, err, 9, 7, seen, note)
		if r != nil {
			t.Error("the receipt was handed out")
		}
	})
	t.Run("the answer to a write", func(t *testing.T) {
		s.answerTo("/api/v1/statements", receipt)
		r, duplicate, err := c.Submit(ctx, e)
		rolledBack(t, err, 9, 7, seen, note)
		if r != nil || duplicate {
			t.Error("the receipt was handed out")
		}
	})
	t.Run("the answer to many", func(t *testing.T) {
		s.answerTo("/api/v1/statements", []byte(`{"line":0,"status":200,"receipt":`+string(receipt)+"}\n"))
		got, err := c.SubmitMany(ctx, envelopes(e))
		if err != nil {
			t.Fatal(err)
		}
		rolledBack(t, got[0].Err, 9, 7, seen, note)
		if got[0].Receipt != nil || got[0].Duplicate {
			t.Error("the receipt was handed out")
		}
	})
}
