package statement

// CloseOutcome (outcome.close) says how an attempt of a run ended. The subject is the digest of the final output, else the
// statement digest of the request. What the executor claims here is kept beside the status that follows from the steps.
type CloseOutcome struct {
	Attempt   uint32       // of the run, from 1
	Status    string       // success, partial, failed or aborted
	Cause     string       // unless success, as of [FinishStep]; else empty
	Missing   []string     // names of steps that were not done, at most 64
	Steps     *RolledSteps // of a workflow whose detail is rolled; nil: absent
	Assurance string       // as of [Step]
}

// RolledSteps commit to step statements that the pipeline keeps.
type RolledSteps struct {
	Count uint32   // from 1
	Root  [32]byte // RFC 6962 root over the statements, in their order
}

const (
	outcomeStatuses enum = "success|partial|failed|aborted"

	wantRoot = "32 bytes, a root hash"
)

var (
	outcomeNames = []string{"assurance", "attempt", "cause", "missing", "status", "steps"}
	outcomeInner = []inner{{"steps", []string{"count", "root"}}}
)

func (*CloseOutcome) code() Code { return OutcomeClose }

func readCloseOutcome(f *fields, p ref, _ Digest) Body {
	o := &CloseOutcome{
		Attempt:   f.uint32(p, "attempt", 1),
		Status:    f.enum(p, "status", outcomeStatuses),
		Missing:   f.list(p, "missing", 0, maxSteps, validName, wantName),
		Steps:     readRolledSteps(f, p),
		Assurance: f.enum(p, "assurance", assurances),
	}
	o.Cause = readCause(f, p, o.Status != "success")
	return o
}

func readRolledSteps(f *fields, p ref) *RolledSteps {
	if !f.has(p, "steps") {
		return nil
	}
	at := f.object(p, "steps")
	r := &RolledSteps{Count: f.uint32(at, "count", 1)}
	copy(r.Root[:], f.bytes(at, "root", checkRoot, wantRoot))
	return r
}

func checkRoot(b []byte) error {
	if len(b) != 32 {
		return formError("", "want "+wantRoot)
	}
	return nil
}

func (o *CloseOutcome) appendMember(b []byte, name string) []byte {
	switch name {
	case "assurance":
		return appendText(b, name, o.Assurance)
	case "attempt":
		return appendInteger(b, name, uint64(o.Attempt))
	case "cause":
		return appendOptional(b, name, o.Cause)
	case "missing":
		return appendList(b, name, o.Missing)
	case "status":
		return appendText(b, name, o.Status)
	case "steps":
		return o.Steps.appendMember(b)
	}
	return b
}

func (r *RolledSteps) appendMember(b []byte) []byte {
	if r == nil {
		return b
	}
	b = appendInteger(append(b, `"steps":{`...), "count", uint64(r.Count))
	return append(closeList(appendBytes(b, "root", r.Root[:]), '}'), ',')
}
