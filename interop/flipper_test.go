package interop

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync/atomic"

	"github.com/transparency-dev/tessera/api/layout"

	"github.com/docketlog/docket/log/server"
	"github.com/docketlog/docket/storage"
)

// A flipper shows one byte of one row of a store with its lowest bit flipped.
type flipper struct{ flip atomic.Pointer[flip] }

type flip struct {
	key []byte
	at  int
}

// set flips a byte from now on; a nil key flips none.
func (f *flipper) set(key []byte, at int) { f.flip.Store(&flip{key, at}) }

func (f *flipper) wrap(s storage.Store) storage.Store { return flipStore{s, flipReader{s, f}} }

func (f *flipper) value(key, value []byte) []byte {
	flip := f.flip.Load()
	if flip == nil || flip.key == nil || !bytes.Equal(key, flip.key) {
		return value
	}
	value = bytes.Clone(value)
	value[flip.at] ^= 1
	return value
}

type flipReader struct {
	storage.Reader
	flips *flipper
}

func (r flipReader) Get(key []byte) ([]byte, error) {
	value, err := r.Reader.Get(key)
	if err != nil {
		return nil, err
	}
	return r.flips.value(key, value), nil
}

func (r flipReader) Scan(start, end []byte, yield func(key, value []byte) bool) error {
	return r.Reader.Scan(start, end, func(key, value []byte) bool {
		return yield(key, r.flips.value(key, value))
	})
}

type flipStore struct {
	storage.Store
	reader flipReader
}

func (s flipStore) Get(key []byte) ([]byte, error) { return s.reader.Get(key) }

func (s flipStore) Scan(start, end []byte, yield func(key, value []byte) bool) error {
	return s.reader.Scan(start, end, yield)
}

func (s flipStore) Snapshot() (storage.Snapshot, error) {
	snapshot, err := s.Store.Snapshot()
	if err != nil {
		return nil, err
	}
	return flipSnapshot{snapshot, flipReader{snapshot, s.reader.flips}}, nil
}

type flipSnapshot struct {
	storage.Snapshot
	reader flipReader
}

func (s flipSnapshot) Get(key []byte) ([]byte, error) { return s.reader.Get(key) }

func (s flipSnapshot) Scan(start, end []byte, yield func(key, value []byte) bool) error {
	return s.reader.Scan(start, end, yield)
}

// handlerFetcher calls a log's handler without a network: thousands of runs of
// fsck in seconds.
type handlerFetcher struct{ handler *server.Server }

func (f handlerFetcher) get(path string) ([]byte, error) {
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, httptest.NewRequest("GET", "/"+path, nil))
	if w.Code != 200 {
		return nil, fmt.Errorf("%s: status %d: %s", path, w.Code, strings.TrimSpace(w.Body.String()))
	}
	return w.Body.Bytes(), nil
}

func (f handlerFetcher) ReadCheckpoint(context.Context) ([]byte, error) {
	return f.get(layout.CheckpointPath)
}

func (f handlerFetcher) ReadTile(_ context.Context, level, n uint64, width uint8) ([]byte, error) {
	return f.get(layout.TilePath(level, n, width))
}

func (f handlerFetcher) ReadEntryBundle(_ context.Context, n uint64, width uint8) ([]byte, error) {
	return f.get(layout.EntriesPath(n, width))
}

// servedFlip flips a byte of what is served at a path.
type servedFlip struct {
	handlerFetcher
	path string
	at   int
}

func (f *servedFlip) flipped(path string) ([]byte, error) {
	body, err := f.get(path)
	if err == nil && path == f.path {
		body[f.at] ^= 1
	}
	return body, err
}

func (f *servedFlip) ReadTile(_ context.Context, level, n uint64, width uint8) ([]byte, error) {
	return f.flipped(layout.TilePath(level, n, width))
}

func (f *servedFlip) ReadEntryBundle(_ context.Context, n uint64, width uint8) ([]byte, error) {
	return f.flipped(layout.EntriesPath(n, width))
}
