package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
)

// attestEvery is how often the log attests its newest cosigned checkpoint, if there
// is a new one: so what witnesses said is bound by later checkpoints, and outlives
// the theft of their keys.
const attestEvery = time.Hour

func (f folders) cosigned() string { return filepath.Join(f.log(), "cosigned") }

// An attester writes attest.observe statements about cosigned notes, signed by the
// log's own identity. The notes themselves are kept in DIR/log/cosigned.
type attester struct {
	log    *log.Log
	author *client.Author
	dir    string
	size   uint64 // of the tree that the last attestation made: nothing else came since
}

// newAttester returns nil if the server has no key of the log's identity.
func newAttester(l *log.Log, key client.Signer, dir string) (*attester, error) {
	if key == nil {
		return nil, nil
	}
	v := l.View()
	defer v.Release()
	envelope, err := v.Envelope(0)
	if err != nil {
		return nil, err
	}
	s, err := statement.Parse(envelope.Payload)
	if err != nil {
		return nil, err
	}
	genesis, ok := s.Body.(*statement.SetPolicy)
	if !ok {
		return nil, errors.New("entry 0 is no policy")
	}
	policy, err := genesis.Policy()
	if err != nil {
		return nil, err
	}
	// What the last run attested is not known: it begins with what comes now.
	return &attester{log: l, dir: dir, size: v.Size(), author: &client.Author{Log: l.Origin(), ID: policy.Log.ID, Signer: key}}, nil
}

// attest puts the digest of the newest final note on record, unless nothing came since
// the last time but that.
func (a *attester) attest(ctx context.Context) error {
	final := a.log.Final()
	if final == nil {
		return nil
	}
	size, note := final.Size(), final.Checkpoint()
	final.Release()
	if size <= a.size {
		return nil
	}
	if err := client.WriteFile(filepath.Join(a.dir, fmt.Sprintf("%d.checkpoint", size)), note, 0o644); err != nil {
		return err
	}
	digest := statement.Digest(sha256.Sum256(note))
	e, err := a.author.Attest(client.Attestation{Subject: digest, Observed: []statement.Observed{
		{Resource: fmt.Sprintf("%s:checkpoint:%d", a.log.Origin(), size), Property: "cosigned", Digest: &digest},
	}})
	if err != nil {
		return err
	}
	c, err := a.log.Check(e)
	if err != nil {
		return err
	}
	results, view, err := a.log.Submit(ctx, []*admission.Checked{c})
	if err != nil {
		return err
	}
	defer view.Release()
	if refusal := results[0].Refusal; refusal != nil {
		return refusal
	}
	a.size = view.Size()
	return nil
}

// startAttest attests from time to time until end is called. Without witnesses there
// is nothing to attest.
func (s *site) startAttest(ctx context.Context, every time.Duration, key client.Signer, f folders, l *log.Log) (end func(), err error) {
	if s.witnesses == nil || every == 0 || l.Mode() != log.Sealed {
		return func() {}, nil
	}
	a, err := newAttester(l, key, f.cosigned())
	if err != nil {
		return nil, err
	}
	if a == nil {
		s.logger.Warn("cosigned checkpoints are not attested: name the key of the log's own identity with --identity-key")
		return func() {}, nil
	}
	if err := os.MkdirAll(a.dir, 0o700); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ticker := time.NewTicker(every); ; {
			select {
			case <-ctx.Done():
				ticker.Stop()
				return
			case <-ticker.C:
				if err := a.attest(ctx); err != nil && ctx.Err() == nil {
					s.logger.Error("the newest cosigned checkpoint was not attested; it is tried again", "error", err)
				}
			}
		}
	}()
	return func() { cancel(); <-done }, nil
}
