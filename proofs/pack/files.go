package pack

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/docketlog/docket/proofs"
)

// The names of the files that each pack has once.
const (
	fileSpec       = "SPEC.txt"
	fileCheckpoint = "checkpoint"
	fileManifest   = "manifest.json"
	fileReport     = "report.html"
	filePolicy     = "untrusted/policy"
)

// A file is one file of a pack.
type file struct {
	name string
	data []byte
}

func (f file) sum() string { s := sha256.Sum256(f.data); return hex.EncodeToString(s[:]) }

func receiptName(index uint64) string   { return fmt.Sprintf("receipts/%010d.docket", index) }
func statementName(index uint64) string { return fmt.Sprintf("statements/%010d.json", index) }

func historyName(n Name) (string, error) {
	key, err := proofs.RegisterKey(n.Type, n.ID)
	return fmt.Sprintf("histories/%v-%s.json", n.Type, key), err
}

// parts are the files that hold the evidence: all but manifest, report and SPEC.txt.
func (p *Pack) parts() ([]file, error) {
	subject := p.histories[p.Subject]
	if subject == nil {
		return nil, fmt.Errorf("the register of %s is missing", p.Subject)
	}
	list := []file{{fileCheckpoint, subject.Staple.Checkpoint}, {filePolicy, []byte(p.Policy)}}
	for _, i := range p.entries() {
		r := p.receipts[i]
		list = append(list, file{receiptName(i), r.Marshal()}, file{statementName(i), r.Envelope.Marshal()})
	}
	for _, n := range p.names() {
		name, err := historyName(n)
		if err != nil {
			return nil, err
		}
		list = append(list, file{name, p.histories[n].marshal()})
	}
	return list, nil
}

// files are all files, sorted by name.
func (p *Pack) files() ([]file, error) {
	if missing, _ := p.Needs(); !missing.None() {
		return nil, fmt.Errorf("%s is missing", missing)
	}
	list, err := p.parts()
	if err != nil {
		return nil, err
	}
	report, err := p.html()
	if err != nil {
		return nil, err
	}
	list = append(list, file{fileReport, report}, file{fileSpec, []byte(specText)})
	sortFiles(list)
	manifest, err := p.manifest(list)
	if err != nil {
		return nil, err
	}
	list = append(list, file{fileManifest, manifest})
	sortFiles(list)
	return list, nil
}

func sortFiles(list []file) {
	slices.SortFunc(list, func(a, b file) int { return strings.Compare(a.name, b.name) })
}

// Marshal gives the bytes of the pack: the same for the same parts, on each machine.
// It does not verify them.
func (p *Pack) Marshal() ([]byte, error) {
	list, err := p.files()
	if err != nil {
		return nil, err
	}
	return zipOf(list)
}
