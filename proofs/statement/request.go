package statement

// OpenRequest (request.open) asks for something and opens the run that is to bring it about; Run is the run's id, never
// used before. The subject is Workflow.
type OpenRequest struct {
	Workflow Digest // SHA-256 of the text of a workflow's current version
	Trigger  Trigger
	Inputs   []File // what the run starts from; empty exactly if NoInputs is set
	NoInputs bool   // the run starts from nothing
	Executor string // identity that is to do it
	Want     Want
	Parent   string // run that this one is a part of; empty: absent
}

// Trigger says what made the requestor ask.
type Trigger struct {
	Kind   string  // human, schedule, event, api or agent
	Digest *Digest // of what triggered it; nil: absent
}

// CancelRequest (request.cancel) ends the run of a request, Run, before it is done. The subject is the workflow's text.
type CancelRequest struct {
	About  Digest // statement digest of the request
	Reason string // superseded, duplicate, error or other
}

const (
	triggers      enum = "human|schedule|event|api|agent"
	cancelReasons enum = "superseded|duplicate|error|other"
)

var (
	openNames = []string{"executor", "inputs", "noInputs", "parent", "trigger", "want", "workflow"}
	openInner = []inner{{"inputs", fileNames}, {"trigger", []string{"digest", "kind"}}}
)

func (*OpenRequest) code() Code { return RequestOpen }

func (*CancelRequest) code() Code { return RequestCancel }

func readOpenRequest(f *fields, p ref, subject Digest) Body {
	r := &OpenRequest{
		Workflow: f.digest(p, "workflow"),
		Trigger:  readTrigger(f, p),
		Inputs:   f.files(p, "inputs"),
		NoInputs: f.has(p, "noInputs"),
		Executor: f.id(p, "executor"),
		Want:     readWant(f, p),
		Parent:   f.optionalText(p, "parent", ValidID, wantID),
	}
	if r.NoInputs && !f.boolean(p, "noInputs") {
		f.fail(joinPath(f.path(p), "noInputs"), "want true, or the member absent")
	}
	if r.NoInputs != (len(r.Inputs) == 0) {
		f.fail(joinPath(f.path(p), "inputs"), "want at least one input, or an empty array with noInputs true")
	}
	if at := f.member(p, "parent"); at != 0 && r.Parent == f.values[f.member(p, "run")].text {
		f.fail(f.path(at), "want another run than its own")
	}
	f.subjectIs(subject, r.Workflow, "the digest in predicate.workflow")
	return r
}

func readTrigger(f *fields, p ref) Trigger {
	at := f.object(p, "trigger")
	return Trigger{Kind: f.enum(at, "kind", triggers), Digest: f.optionalDigest(at, "digest")}
}

func readCancelRequest(f *fields, p ref, _ Digest) Body {
	return &CancelRequest{About: f.digest(p, "about"), Reason: f.enum(p, "reason", cancelReasons)}
}

func (r *OpenRequest) appendMember(b []byte, name string) []byte {
	switch name {
	case "executor":
		return appendText(b, name, r.Executor)
	case "inputs":
		return appendFiles(b, name, r.Inputs)
	case "noInputs":
		if !r.NoInputs {
			return b
		}
		return appendBoolean(b, name, true)
	case "parent":
		return appendOptional(b, name, r.Parent)
	case "trigger":
		return append(r.Trigger.append(appendName(b, name)), ',')
	case "want":
		return appendWant(b, r.Want)
	case "workflow":
		return appendDigest(b, name, r.Workflow)
	}
	return b
}

func (t Trigger) append(b []byte) []byte {
	b = appendOptionalDigest(append(b, '{'), "digest", t.Digest)
	return closeList(appendText(b, "kind", t.Kind), '}')
}

func (r *CancelRequest) appendMember(b []byte, name string) []byte {
	return appendAbout(b, name, r.About, r.Reason)
}
