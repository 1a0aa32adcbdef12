package statement

import "bytes"

// Bounds of a workflow document, beside those of its lists.
const (
	maxSteps  = 64
	maxActors = 16
)

// Workflow is the workflow document, the text of a workflow.define statement: what runs of it may do, and what they must.
// Lists hold no element twice.
type Workflow struct {
	ID         string   // [ValidID]; its reserved document is [WorkflowDocument]
	Version    uint32   // rising, from 1
	Namespaces []string // prefixes of the documents that its runs may release
	Steps      []WorkflowStep
	Tools      []string // tools that its steps may use; empty: none
	Targets    []string // what its steps may act on; empty: nothing

	Destinations   []string // identities that a release may be meant for; empty: none
	Approval       Approval // what a release or a gated step needs
	WithdrawGrants uint32   // grants that a withdrawal needs, at most 16
	Expects        []string // identities that must attest
	Runners        []Digest // of the programs that may run it; empty: not bound

	Detail             string // full, or rolled: steps stay with the pipeline, the outcome carries their root
	Materiality        string // external, if it changes anything outside, else internal
	Retention          string // how long records are to be kept, a period like P7Y
	MaxDurationSeconds uint32 // of a run, from 1
	MaxAttempts        uint32 // of a run, from 1
	RetryWindowSeconds uint32 // in which another attempt is expected after one that did not succeed
}

// WorkflowStep is one step of a workflow.
type WorkflowStep struct {
	Name     string   // [a-z0-9-]{1,32}, unique in the workflow
	Required bool     // success needs it
	Gated    bool     // its intent spends grants
	Release  bool     // the run's document.release meets it; at most one step
	Actors   []string // identities that may do it beside the executor, at most 16
}

// Approval is what a release or a gated step of a workflow needs.
type Approval struct {
	N          uint32   // grants of as many distinct owners, at most 16
	Roles      []string // one grant in each of these roles; at most N
	Class      string   // human: of humans alone; any
	Level      string   // direct: no grant that a bridge brings; any
	TTLSeconds uint32   // longest life of a grant, from 1
}

const (
	approvalClasses enum = "human|any"
	approvalLevels  enum = "direct|any"
	details         enum = "full|rolled"
	materialities   enum = "external|internal"
)

var (
	workflowNames = []string{"approval", "destinations", "detail", "expects", "id", "materiality", "maxAttempts",
		"maxDurationSeconds", "namespaces", "retention", "retryWindowSeconds", "runners", "steps", "targets", "tools", "version",
		"withdrawGrants"}
	workflowInner = []inner{
		{"approval", []string{"class", "level", "n", "roles", "ttlSeconds"}},
		{"steps", []string{"actors", "gated", "name", "release", "required"}},
	}
)

// ParseWorkflow reads a workflow document. It must be its own canonical form (RFC 8785), at most 64 KiB. Errors are of
// type [*Error], codes as for [Parse]. Whether the version is the next one and its ids are enrolled is not judged here.
func ParseWorkflow(text []byte) (*Workflow, error) {
	t, err := readCanonical(text)
	if err != nil {
		return nil, err
	}
	if err := knownWorkflowNames(t); err != nil {
		return nil, err
	}
	f := &fields{tree: t, code: CodeField}
	w := readWorkflow(f)
	if f.err != nil {
		return nil, f.err
	}
	if !bytes.Equal(w.append(make([]byte, 0, len(text))), text) {
		return nil, formError("", "not the bytes that formatting the workflow gives")
	}
	return w, nil
}

// Marshal gives the workflow document's one form. It fails with the same errors as [ParseWorkflow].
func (w *Workflow) Marshal() ([]byte, error) {
	b := w.append(make([]byte, 0, 2048))
	if _, err := ParseWorkflow(b); err != nil {
		return nil, err
	}
	return b, nil
}

func knownWorkflowNames(t *tree) error {
	if t.values[0].kind != object {
		return formError("", "want an object, a workflow document")
	}
	if err := t.only(0, workflowNames); err != nil {
		return err
	}
	for _, i := range workflowInner {
		if err := t.onlyInner(0, i); err != nil {
			return err
		}
	}
	return nil
}
