package pack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
)

// Format names the format of a pack. It also names SPEC.txt and how report.html
// follows from the rest: where one of them changes, so does this name.
const Format = "docket-pack/1"

// The members stand in the order of their names.
type (
	manifestJSON struct {
		Checkpoint checkpointJSON `json:"checkpoint"`
		Claims     []string       `json:"claims"`
		Files      []fileJSON     `json:"files"`
		Format     string         `json:"format"`
		NotClaimed []string       `json:"notClaimed"`
		Subject    subjectJSON    `json:"subject"`
	}
	checkpointJSON struct {
		Origin string `json:"origin"`
		Root   []byte `json:"root"`
		Size   uint64 `json:"size"`
	}
	fileJSON struct {
		Bytes  int    `json:"bytes"`
		Name   string `json:"name"`
		SHA256 string `json:"sha256"`
	}
	subjectJSON struct {
		ID   string `json:"id"`
		Type string `json:"type"`
	}
)

// manifest gives the manifest of the pack with these files.
func (p *Pack) manifest(list []file) ([]byte, error) {
	cp, err := p.checkpoint()
	if err != nil {
		return nil, err
	}
	m := manifestJSON{
		Checkpoint: checkpointJSON{cp.Origin, cp.Root[:], cp.Size}, Claims: claims(p.Subject.Type), Format: Format,
		NotClaimed: notClaimed, Subject: subjectJSON{p.Subject.ID, p.Subject.Type.String()},
	}
	for _, f := range list {
		m.Files = append(m.Files, fileJSON{len(f.data), f.name, f.sum()})
	}
	return m.marshal(), nil
}

// marshal gives the canonical form of RFC 8785: no id and no name that a pack can have
// holds a character that encoding/json escapes otherwise.
func (m manifestJSON) marshal() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(m); err != nil {
		panic("pack: manifest: " + err.Error()) // strings, numbers and bytes
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// checkpoint is what the pack says it is under: unverified.
func (p *Pack) checkpoint() (proofs.Checkpoint, error) {
	n, err := proofs.ParseNote(p.histories[p.Subject].Staple.Checkpoint)
	if err != nil {
		return proofs.Checkpoint{}, err
	}
	return proofs.ParseCheckpoint(n.Body)
}

// parseManifest reads a manifest. That it is the one of the pack says a comparison
// with the one that the pack should have.
func parseManifest(b []byte) (m manifestJSON, subject Name, err error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return m, subject, err
	}
	if !bytes.Equal(m.marshal(), b) {
		return m, subject, errors.New("not in canonical form: want JSON as RFC 8785 prints it, each name once, nothing after it")
	}
	if m.Format != Format {
		return m, subject, fmt.Errorf("the format is %.80q, this verifier knows %q: use a newer one", m.Format, Format)
	}
	if subject.Type, err = register.ParseType(m.Subject.Type); err != nil {
		return m, subject, err
	}
	subject.ID = m.Subject.ID
	return m, subject, subject.checkSubject()
}

// claims are what a pack claims of its subject.
func claims(t register.Type) []string {
	all := map[register.Type][]string{
		register.TypeRun: {
			"every statement of the run that the log had admitted is here, in its order",
			"every grant that was given or spent in the run is here, with all that became of it",
			"each document that the run released or withdrew is here with its whole history",
		},
		register.TypeDocument: {
			"every release and withdrawal of the document that the log had admitted is here",
			"each run that released a version is here with every statement of it, and each grant spent with all that became of it",
		},
		register.TypeIdentity: {
			"every change of the identity that the log had admitted is here: its keys, scope and end",
			"every statement that the identity signed and the log had admitted is here",
		},
	}
	return append(all[t],
		"each statement is in the log, signed by the key that its issuer had in the log at that moment",
		"each identity that signed, each version of the policy and of the workflows used is here with its whole history",
		"all of it holds under the one signed checkpoint of this pack")
}

var notClaimed = []string{
	"anything after the checkpoint of this pack",
	"that a statement is true, that no key was stolen, that the subject is the right one in the world",
	"that nothing was delayed or refused without being logged, and that no second log exists",
	"what others said without naming the run, such as later attestations",
	"that the log admitted by its rules: an audit cosigner vouches for that, or a replay of the log",
	"anything by the policy in untrusted/policy: it is whom the maker of the pack trusted",
}
