package backup

import (
	"context"
	"fmt"
	"time"

	"github.com/docketlog/docket/log"
)

// notePause is between two looks at a log that is about to sign.
const notePause = 10 * time.Millisecond

// SignedBy returns the notes of a log that runs: it waits until the log has signed
// what is durable.
func SignedBy(l *log.Log) func(ctx context.Context, size uint64) ([]byte, error) {
	return func(ctx context.Context, size uint64) ([]byte, error) {
		for {
			note, newest, err := noteAt(l, size)
			if err != nil || newest >= size {
				return note, err
			}
			if err := l.Err(); err != nil {
				return nil, err
			}
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(notePause):
			}
		}
	}
}

// noteAt returns the note of a size and the newest size; no note as long as the log
// is below that size.
func noteAt(l *log.Log, size uint64) (note []byte, newest uint64, err error) {
	v := l.View()
	if v == nil {
		return nil, 0, log.ErrClosed
	}
	defer v.Release()
	switch newest = v.Size(); {
	case newest < size:
		return nil, newest, nil
	case newest == size:
		return v.Checkpoint(), newest, nil
	}
	c, err := v.CheckpointAt(size)
	return c.Note, newest, err
}

// Anchored returns the notes of a log that is stopped, from the text of its anchor.
func Anchored(text []byte, keys log.KeyTerms) func(ctx context.Context, size uint64) ([]byte, error) {
	return func(_ context.Context, size uint64) ([]byte, error) {
		notes, err := log.ParseAnchor(text)
		if err != nil {
			return nil, err
		}
		for _, note := range notes {
			cp, own, err := log.OpenAnchored(note, keys)
			if err != nil {
				return nil, fmt.Errorf("the anchor's note does not verify under the log's keys: %w", err)
			}
			if cp.Size == size {
				return own, nil
			}
		}
		return nil, fmt.Errorf("%w: a note of size %d in the anchor", log.ErrNotFound, size)
	}
}
