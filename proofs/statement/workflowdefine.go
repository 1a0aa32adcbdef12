package statement

import "crypto/sha256"

// DefineWorkflow (workflow.define) puts a version of a workflow into force. The subject is SHA-256(Text).
type DefineWorkflow struct {
	Text string // the workflow document, byte for byte; see [ParseWorkflow]
}

// RetireWorkflow (workflow.retire) ends a workflow: no request opens a run of it any more. The subject is Workflow.
type RetireWorkflow struct {
	Workflow Digest // SHA-256 of the text of its current version
}

func (*DefineWorkflow) code() Code { return WorkflowDefine }

func (*RetireWorkflow) code() Code { return WorkflowRetire }

// Workflow parses the text.
func (d *DefineWorkflow) Workflow() (*Workflow, error) { return ParseWorkflow([]byte(d.Text)) }

// readDefineWorkflow also judges the workflow document: the errors are those of ParseWorkflow, their paths under
// predicate.text.
func readDefineWorkflow(f *fields, p ref, subject Digest) Body {
	body := &DefineWorkflow{Text: f.judgedText(p, "text", "the text of a workflow document", func(text []byte) error {
		_, err := ParseWorkflow(text)
		return err
	})}
	f.subjectIs(subject, sha256.Sum256([]byte(body.Text)), "the SHA-256 of predicate.text")
	return body
}

func readRetireWorkflow(f *fields, p ref, subject Digest) Body {
	body := &RetireWorkflow{Workflow: f.digest(p, "workflow")}
	f.subjectIs(subject, body.Workflow, "the digest in predicate.workflow")
	return body
}

func (d *DefineWorkflow) appendMember(b []byte, name string) []byte {
	if name == "text" {
		return appendText(b, name, d.Text)
	}
	return b
}

func (r *RetireWorkflow) appendMember(b []byte, name string) []byte {
	if name == "workflow" {
		return appendDigest(b, name, r.Workflow)
	}
	return b
}
