package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path/filepath"
	"slices"
	"strings"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log/auditor"
	"github.com/docketlog/docket/log/witness"
	"github.com/docketlog/docket/storage/pebblestore"
)

// A binding is what STATE/cosigner.json says: which keys cosign which log. A key of
// an audit cosigner is for one log.
type binding struct {
	Keys    []string `json:"keys"`    // verifier keys
	Log     string   `json:"log"`     // origin
	Genesis string   `json:"genesis"` // leaf hash of entry 0
}

// follows says whether a state may go on with this binding: of the same log, and with
// one of the keys that it had, so that keys are added and given up, and never changed
// for those of another cosigner.
func (b binding) follows(had binding) bool {
	kept := slices.ContainsFunc(b.Keys, func(key string) bool { return slices.Contains(had.Keys, key) })
	return kept && b.Log == had.Log && b.Genesis == had.Genesis
}

// openCosigner makes the follower cosign: its key, its store, and with --listen its
// server, which stops the follower when it fails.
func (f *follower) openCosigner(stop func()) (func() error, error) {
	keys, err := f.cosignerKeys()
	if err != nil {
		return nil, err
	}
	verifier := f.audit.Client.Verifier
	logs := verifier.Policy.LogKeys()
	for _, l := range logs {
		if l.Name != logs[0].Name {
			return nil, fmt.Errorf("the verifier policy names two logs, %s and %s: an audit cosigner is of one", logs[0].Name, l.Name)
		}
	}
	bound := binding{Log: logs[0].Name, Genesis: fmt.Sprintf("%x", verifier.Genesis)}
	for _, key := range keys {
		bound.Keys = append(bound.Keys, key.Key().String())
	}
	store, err := f.cosignerStore(bound)
	if err != nil {
		return nil, err
	}
	shelf := evidenceShelf{f.evidence, f.logger}
	w, err := witness.Open(witness.Config{Store: store, Logs: logs, Cosigners: keys, Evidence: shelf.contradicted})
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	if f.cosign, err = auditor.New(auditor.Config{Audit: f.audit, Witness: w, Logs: logs, Evidence: shelf.found}); err != nil {
		return nil, errors.Join(err, w.Close(), store.Close())
	}
	for _, key := range bound.Keys {
		fmt.Fprintf(f.out, "audit cosigner %s\n", key)
	}
	end := func() error { return nil }
	if f.listen != "" {
		if end, err = f.answer(stop); err != nil {
			return nil, errors.Join(err, w.Close(), store.Close())
		}
	}
	return func() error { return errors.Join(end(), w.Close(), store.Close()) }, nil
}

// cosignerKeys loads the keys, of either type.
func (f *follower) cosignerKeys() (keys []witness.Cosigner, err error) {
	for _, file := range f.keyFiles {
		key, err := loadCosigner(f.name, file, passwordOf(file, f.password))
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// cosignerStore opens what the keys cosigned so far. It is made once, with the binding
// after it: a store that was lost is never made again, since it would cosign a second
// history.
func (f *follower) cosignerStore(b binding) (*pebblestore.Store, error) {
	file, path := filepath.Join(f.state, "cosigner.json"), filepath.Join(f.state, "cosigned")
	text, err := readFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return f.newCosignerStore(file, path, jsonLine(b))
	case err != nil:
		return nil, err
	}
	var had binding
	if err := json.Unmarshal(text, &had); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if !b.follows(had) {
		return nil, fmt.Errorf("%s binds this state to the key %s and the log %s with genesis %s: give another key or log a state of its own", file, strings.Join(had.Keys, " "), had.Log, had.Genesis)
	}
	store, err := pebblestore.Open(path, witnessStore)
	if err != nil {
		return nil, fmt.Errorf("%w: without what it cosigned this key could cosign a second history; begin with a new key and a new state", err)
	}
	if !slices.Equal(b.Keys, had.Keys) {
		if err := client.WriteFile(file, jsonLine(b), 0o644); err != nil {
			return nil, errors.Join(err, store.Close())
		}
	}
	return store, nil
}

func (f *follower) newCosignerStore(file, path string, binding []byte) (*pebblestore.Store, error) {
	store, err := openOrCreate(path, witnessStore)
	if err != nil {
		return nil, err
	}
	seq, err := store.Sequence()
	if err == nil && seq > 0 {
		err = fmt.Errorf("%s is there and %s is not: put it back, or begin with a new key and a new state", path, file)
	}
	if err == nil {
		err = createFile(file, binding, 0o644)
	}
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return store, nil
}

// answer serves add-checkpoint. The returned function ends that.
func (f *follower) answer(stop func()) (func() error, error) {
	h := witnessServer(f.cosign.Handler(f.logger), f.logger)
	scheme := "http"
	if f.tlsCert != "" {
		certificate, err := openCertificate(f.tlsCert, f.tlsKey, f.logger)
		if err != nil {
			return nil, err
		}
		h.TLSConfig, scheme = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: certificate.get}, "https"
	}
	listener, err := listen(f.listen, f.logger)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(f.out, "serving on %s://%s\n", scheme, listener.Addr())
	served := make(chan error, 1)
	go func() {
		defer stop()
		if h.TLSConfig != nil {
			served <- h.ServeTLS(listener, "", "")
			return
		}
		served <- h.Serve(listener)
	}()
	return func() error {
		drained, cancel := context.WithTimeout(context.Background(), drainTime)
		defer cancel()
		var err error
		if h.Shutdown(drained) != nil {
			err = h.Close()
		}
		if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
			err = errors.Join(err, ended)
		}
		return err
	}, nil
}
