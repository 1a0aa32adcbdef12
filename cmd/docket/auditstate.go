package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/docketlog/docket/client"
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

// openOrCreate opens a store that is there, and makes one that is not. It is made aside
// and moved to its place whole: what a crash cuts off was never used, and is made anew.
func openOrCreate(path string, o pebblestore.Options) (store *pebblestore.Store, err error) {
	unlock, err := client.LockFile(context.Background(), path+".lock") // for as long as it takes to make one
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	there, err := exists(path)
	if err == nil && !there {
		err = createAside(path, o)
	}
	if err != nil {
		return nil, err
	}
	return pebblestore.Open(path, o)
}

func createAside(path string, o pebblestore.Options) error {
	aside := path + ".new"
	if err := os.RemoveAll(aside); err != nil {
		return err
	}
	store, err := pebblestore.Create(aside, o)
	if err != nil {
		return err
	}
	if err := store.Close(); err != nil {
		return err
	}
	return moveFolder(aside, path)
}
