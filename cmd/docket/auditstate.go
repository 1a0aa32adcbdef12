package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/docketlog/docket/log/auditstore"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/pebblestore"
)

// openAuditState opens what an audit knows, or begins anew.
func openAuditState(path string) (*auditstore.State, func() error, error) {
	store, err := openOrCreate(path, pebblestore.Options{})
	if errors.Is(err, storage.ErrLocked) {
		return nil, nil, fmt.Errorf("%w: another audit works there; name another folder with --state", err)
	}
	if err != nil {
		return nil, nil, err
	}
	state, err := auditstore.Open(store)
	if err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	return state, store.Close, nil
}

// openOrCreate opens a store that is there, and makes one that is not. What is lost
// with such a store is work alone.
func openOrCreate(path string, o pebblestore.Options) (*pebblestore.Store, error) {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return pebblestore.Create(path, o)
	} else if err != nil {
		return nil, err
	}
	return pebblestore.Open(path, o)
}
