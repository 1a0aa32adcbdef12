// Package site puts a log where other programs reach it: its store and its
// anchor in two folders on disk, its server on a loopback address.
//
//	dir/store     pebblestore
//	dir/anchor    the newest signed checkpoint
package site

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"net"
	"net/http"
	"path/filepath"

	"github.com/sigstore/sigstore/pkg/signature"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/server"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/storage"
	"github.com/docketlog/docket/storage/anchor"
	"github.com/docketlog/docket/storage/pebblestore"
)

// A Site is an open log that is served. Store and Anchor are the log's own.
type Site struct {
	Store  storage.Store
	Anchor storage.Anchor
	Log    *log.Log
	URL    string // such as http://127.0.0.1:41234, without a slash at the end

	server *http.Server
}

// Raw returns the configuration of a raw log with this origin, whose key
// follows from the origin and is no secret. Store and Anchor are left open.
func Raw(origin string) (log.Config, error) {
	seed := sha256.Sum256([]byte("docket interop log key " + origin))
	signer, err := signature.LoadSigner(ed25519.NewKeyFromSeed(seed[:]), 0)
	if err != nil {
		return log.Config{}, err
	}
	key, err := log.NewSignerFor(origin, signer)
	return log.Config{Origin: origin, Mode: log.Raw, Signer: key, MinFree: 1}, err
}

// Create makes a log in dir, which must be empty or missing, and closes it. The
// genesis is nil for a raw log.
func Create(dir string, c log.Config, genesis *admission.Checked) (err error) {
	store, err := pebblestore.Create(filepath.Join(dir, "store"), pebblestore.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	note, err := anchor.Create(filepath.Join(dir, "anchor"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, note.Close()) }()
	c.Store, c.Anchor = store, note
	return log.Create(context.Background(), c, genesis)
}

// Open opens the log in dir and serves it on address; 127.0.0.1:0 takes any
// free port. The log sees the store through wrap, if wrap is not nil.
func Open(dir, address string, c log.Config, wrap func(storage.Store) storage.Store) (*Site, error) {
	s := &Site{}
	if err := s.open(dir, address, c, wrap); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Site) open(dir, address string, c log.Config, wrap func(storage.Store) storage.Store) error {
	store, err := pebblestore.Open(filepath.Join(dir, "store"), pebblestore.Options{})
	if err != nil {
		return err
	}
	s.Store = store
	if wrap != nil {
		s.Store = wrap(store)
	}
	note, err := anchor.Open(filepath.Join(dir, "anchor"))
	if err != nil {
		return err
	}
	s.Anchor = note
	c.Store, c.Anchor = s.Store, s.Anchor
	if s.Log, err = log.Open(c); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	s.URL = "http://" + listener.Addr().String()
	s.server = server.HTTPServer(server.New(s.Log))
	go s.server.Serve(listener) //nolint:errcheck // ends with Close
	return nil
}

// Close closes server, log, anchor and store, as far as they were opened.
func (s *Site) Close() error {
	var err error
	if s.server != nil {
		err = s.server.Close()
	}
	if s.Log != nil {
		err = errors.Join(err, s.Log.Close())
	}
	if s.Anchor != nil {
		err = errors.Join(err, s.Anchor.Close())
	}
	if s.Store != nil {
		err = errors.Join(err, s.Store.Close())
	}
	return err
}
