package pack

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"html/template"
	"strings"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// specText is the page for whoever has the pack, but not this program.
//
//go:embed SPEC.txt
var specText string

//go:embed report.html
var reportHTML string

var reportTemplate = template.Must(template.New("report").Funcs(template.FuncMap{
	"time":   clockWords,
	"base64": base64.StdEncoding.EncodeToString,
}).Parse(reportHTML))

// A report is what report.html shows. All of it follows from the parts of the pack and
// none of it from a verifier's policy: who reads it in a browser must still verify.
type report struct {
	Title    string
	Sentence string
	Size     uint64
	Origin   string
	Root     []byte
	Sealed   int64 // time of the newest seal, by the log's clock
	Signed   []string

	Asked, Approved, Executed, Released, Others []row
	Grants                                      []grantRow
	People                                      []person
	Texts                                       []row
	Said                                        []row // of an identity: what it signed; the others are what was said of it
	NotClaimed                                  []string
	Identity                                    bool
}

// A row is one statement.
type row struct {
	Index  uint64
	Time   int64 // the log's clock
	At     int64 // the signer's
	By     string
	What   string
	Detail string
	Digest string // of the bytes that it is about
	Until  string // of a release: how its authority ended
}

// clockWords writes a time for people, in UTC: 2026-11-22 09:29:27.291.
func clockWords(ms int64) string {
	return strings.NewReplacer("T", " ", "Z", "").Replace(statement.FormatTime(ms))
}

// html gives report.html of a pack that has all its parts. Whatever stands in the log stands in it as text.
func (p *Pack) html() ([]byte, error) {
	r, err := p.report()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := reportTemplate.Execute(&b, r); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// signatures gives the names on the lines below the note, but for the log's. Nobody
// verified them: who hands a pack on can write any. What is not printable ASCII, and
// could make a page read otherwise, such as a change of direction, is a question mark.
func signatures(note []byte, origin string) (by []string) {
	n, err := proofs.ParseNote(note)
	if err != nil {
		return nil
	}
	for _, s := range n.Signatures {
		if s.Name != origin {
			by = append(by, strings.Map(printable, s.Name))
		}
	}
	return by
}

func printable(c rune) rune {
	if c <= ' ' || c > '~' {
		return '?'
	}
	return c
}
