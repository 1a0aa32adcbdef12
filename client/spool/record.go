package spool

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"

	"github.com/docketlog/docket/proofs/statement"
)

// A Record is one statement that waits for the log.
type Record struct {
	Emitter   string // identity that signed it
	Number    uint64 // of this emitter, from 1
	Envelope  statement.Envelope
	Statement *statement.Statement
}

// Digest returns the statement digest.
func (r *Record) Digest() statement.Digest { return statement.DigestOf(r.Envelope.Payload) }

// line is one line of the file. A statement came, or something became of one.
type line struct {
	Emitter  string          `json:"emitter"`
	Number   uint64          `json:"number"`
	Envelope json.RawMessage `json:"envelope,omitempty"`
	Became   string          `json:"became,omitempty"`
}

// What became of the statement with a number.
const (
	admitted = "admitted"
	refused  = "refused"
	missing  = "missing" // reported as a gap
	lost     = "lost"    // reported as a gap, and its owner knows
	settled  = "settled" // all up to this number that have no line here: nothing is to be done
)

// sumLength is the length of the checksum that a line begins with, in hex.
const sumLength = 16

// format returns a line: checksum, space, JSON, line feed. The checksum finds lines
// that a crash cut; it does not keep anybody out.
func (l *line) format() ([]byte, error) {
	text, err := json.Marshal(l)
	if err != nil {
		return nil, err
	}
	b := append([]byte(sumOf(text)), ' ')
	return append(append(b, text...), '\n'), nil
}

func sumOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])[:sumLength]
}

// maxNumber is above all numbers that a spool gives.
const maxNumber = 1 << 53

// parseLine reads a line without its line feed.
func parseLine(b []byte) (l line, err error) {
	sum, text, ok := bytes.Cut(b, []byte(" "))
	if !ok || string(sum) != sumOf(text) {
		return l, errors.New("the checksum does not fit")
	}
	if err := json.Unmarshal(text, &l); err != nil {
		return l, err
	}
	if l.Number == 0 || l.Number > maxNumber || l.Emitter == "" || (l.Envelope == nil) == (l.Became == "") {
		return l, errors.New("it is no record")
	}
	return l, nil
}

// record reads the statement of a line.
func (l *line) record() (Record, error) {
	r := Record{Emitter: l.Emitter, Number: l.Number}
	var err error
	if r.Envelope, err = statement.ParseEnvelope(l.Envelope); err != nil {
		return r, err
	}
	if r.Statement, err = statement.Parse(r.Envelope.Payload); err != nil {
		return r, err
	}
	if r.Statement.Issuer != r.Emitter {
		return r, errors.New("it is another identity's")
	}
	return r, nil
}
