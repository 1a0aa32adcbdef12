package quarantine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sort"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs/statement"
)

// An Entry is a refusal that is kept, without the bytes of its statement.
type Entry struct {
	Seq     uint64   `json:"seq"`               // from 1, rises
	Digest  string   `json:"digest"`            // statement digest, 64 hex
	Code    string   `json:"code"`              // of the refusal
	Field   string   `json:"field,omitempty"`   // JSON path in the statement; may be empty
	Detail  string   `json:"detail"`            // what was wrong
	Indices []uint64 `json:"indices,omitempty"` // entries that show why
	Issuer  string   `json:"issuer"`            // who the statement says he is
	Kind    string   `json:"kind"`              // of the statement, such as document.release
	Time    int64    `json:"time"`              // the log's clock, unix milliseconds
	Finding uint64   `json:"finding"`           // index of the finding.refuse
}

// row is what stands in a file.
type row struct {
	Entry
	Envelope json.RawMessage `json:"envelope"`
}

func marshal(seq uint64, r log.Refused) ([]byte, error) {
	return json.Marshal(row{
		Entry: Entry{
			Seq: seq, Digest: fmt.Sprintf("%x", r.Digest[:]), Code: r.Refusal.Code, Field: r.Refusal.Field, Detail: r.Refusal.Reason,
			Indices: r.Refusal.Indices, Issuer: r.Issuer, Kind: r.Kind.String(), Time: r.Time, Finding: r.Finding,
		},
		Envelope: r.Envelope.Marshal(),
	})
}

// A Page is a part of what is kept.
type Page struct {
	Entries []Entry
	Next    uint64 // List goes on with after = Next; 0: these are the last ones
}

// List returns up to limit entries with a seq above after, oldest first. A page may
// hold fewer, or none, while there are more: of files that were spoilt.
func (s *Store) List(after uint64, limit int) (Page, error) {
	s.mu.Lock()
	from := sort.Search(len(s.files), func(i int) bool { return s.files[i].seq > after })
	to := min(from+limit, len(s.files))
	files, more := slices.Clone(s.files[from:to]), to < len(s.files)
	s.mu.Unlock()
	var page Page
	for _, f := range files {
		r, _, err := s.read(f)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return Page{}, err
		}
		page.Entries = append(page.Entries, r.Entry)
	}
	if more && len(files) > 0 {
		page.Next = files[len(files)-1].seq
	}
	return page, nil
}

// Get returns the newest refused statement with a digest: of one that was refused
// by several codes, or in several envelopes, the last that came in.
func (s *Store) Get(digest statement.Digest) (statement.Envelope, Entry, error) {
	for _, f := range s.of(digest) {
		r, e, err := s.read(f)
		if !errors.Is(err, ErrNotFound) {
			return e, r.Entry, err
		}
	}
	return statement.Envelope{}, Entry{}, fmt.Errorf("%w: statement digest %x", ErrNotFound, digest[:])
}

// of lists the files of a digest, newest first: few of many.
func (s *Store) of(digest statement.Digest) (files []file) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range slices.Backward(s.files) {
		if f.digest == digest {
			files = append(files, f)
		}
	}
	return files
}

// read reads a file. One that is not as it was written, as after a power cut, is
// forgotten: no wrong bytes are shown, and the right ones may come again.
func (s *Store) read(f file) (r row, e statement.Envelope, err error) {
	text, err := os.ReadFile(s.path(f))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return r, e, err
	}
	if err == nil {
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		if err = d.Decode(&r); err == nil {
			e, err = statement.ParseEnvelope(r.Envelope)
		}
	}
	if err == nil && statement.DigestOf(e.Payload) == f.digest && r.Seq == f.seq && r.Code == f.code && r.Digest == fmt.Sprintf("%x", f.digest[:]) {
		return r, e, nil
	}
	s.forget(f)
	return row{}, statement.Envelope{}, ErrNotFound
}

// forget removes a file that is not as it was written, or gone.
func (s *Store) forget(f file) {
	s.mu.Lock()
	i := slices.IndexFunc(s.files, func(have file) bool { return have.seq == f.seq })
	if i >= 0 { // else it was evicted meanwhile
		s.drop(i)
	}
	s.mu.Unlock()
	if i >= 0 {
		_ = os.Remove(s.path(f)) // what remains is listed again at the next start
	}
}
