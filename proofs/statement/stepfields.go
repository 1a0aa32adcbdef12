package statement

import "slices"

var (
	stepNames = []string{"assurance", "attempt", "branch", "in", "model", "policy", "privilege", "retryOf", "runner", "seq", "step",
		"target", "tool"}
	doneNames = slices.Concat(stepNames, []string{"cause", "changes", "intent", "out", "result"})
	stepInner = []inner{{"in", fileNames}, {"model", fileNames}, {"policy", []string{"digest", "id", "verdict"}}}
	doneInner = append([]inner{{"changes", []string{"after", "before", "resource"}}, {"out", fileNames}}, stepInner...)
)

func readStep(f *fields, p ref) Step {
	return Step{
		Attempt:   f.uint32(p, "attempt", 1),
		Seq:       f.uint32(p, "seq", 1),
		Name:      f.text(p, "step", validName, wantName),
		Tool:      f.text(p, "tool", validToken, wantToken),
		Target:    f.text(p, "target", validForeign, wantForeign),
		Privilege: f.optionalText(p, "privilege", validForeign, wantForeign),
		In:        f.files(p, "in"),
		Policy:    readVerdict(f, p),
		Branch:    f.optionalText(p, "branch", validToken, wantToken),
		Runner:    f.digest(p, "runner"),
		Model:     readModel(f, p),
		RetryOf:   f.optionalDigest(p, "retryOf"),
		Assurance: f.enum(p, "assurance", assurances),
	}
}

func readVerdict(f *fields, p ref) Verdict {
	at := f.object(p, "policy")
	return Verdict{
		ID:      f.text(at, "id", validForeign, wantForeign),
		Digest:  f.digest(at, "digest"),
		Verdict: f.enum(at, "verdict", verdicts),
	}
}

func readModel(f *fields, p ref) *Model {
	if !f.has(p, "model") {
		return nil
	}
	at := f.object(p, "model")
	return &Model{Name: f.text(at, "name", validForeign, wantForeign), Digest: f.digest(at, "digest")}
}

func readIntendStep(f *fields, p ref, subject Digest) Body {
	s := &IntendStep{readStep(f, p)}
	if len(s.In) > 0 {
		f.subjectIs(subject, s.In[0].Digest, "the digest of the first input")
	}
	return s
}

func readFinishStep(f *fields, p ref, subject Digest) Body {
	s := &FinishStep{
		Step:    readStep(f, p),
		Intent:  f.optionalDigest(p, "intent"),
		Out:     f.files(p, "out"),
		Result:  f.enum(p, "result", results),
		Changes: readChanges(f, p),
	}
	s.Cause = readCause(f, p, s.Result == "error")
	switch {
	case len(s.Out) > 0:
		f.subjectIs(subject, s.Out[0].Digest, "the digest of the first output")
	case len(s.In) > 0:
		f.subjectIs(subject, s.In[0].Digest, "the digest of the first input, for there is no output")
	}
	return s
}

// readCause: what went wrong has a cause, and nothing else has one.
func readCause(f *fields, p ref, wrong bool) string {
	if wrong {
		return f.enum(p, "cause", causes)
	}
	if f.has(p, "cause") {
		f.fail(joinPath(f.path(p), "cause"), "want it absent: nothing went wrong")
	}
	return ""
}

func readChanges(f *fields, p ref) []Change {
	items := f.objects(p, "changes", 0, maxObjects, "{after, before, resource}")
	list := make([]Change, 0, len(items))
	for _, i := range items {
		list = append(list, Change{
			Resource: f.text(i, "resource", validForeign, wantForeign),
			Before:   f.nullable(i, "before"),
			After:    f.nullable(i, "after"),
		})
	}
	return list
}

func (s *Step) appendMember(b []byte, name string) []byte {
	switch name {
	case "assurance":
		return appendText(b, name, s.Assurance)
	case "attempt":
		return appendInteger(b, name, uint64(s.Attempt))
	case "branch":
		return appendOptional(b, name, s.Branch)
	case "in":
		return appendFiles(b, name, s.In)
	case "model":
		return s.Model.appendMember(b)
	case "policy":
		return s.Policy.appendMember(b)
	case "privilege":
		return appendOptional(b, name, s.Privilege)
	case "retryOf":
		return appendOptionalDigest(b, name, s.RetryOf)
	case "runner":
		return appendDigest(b, name, s.Runner)
	case "seq":
		return appendInteger(b, name, uint64(s.Seq))
	case "step":
		return appendText(b, name, s.Name)
	case "target":
		return appendText(b, name, s.Target)
	case "tool":
		return appendText(b, name, s.Tool)
	}
	return b
}

func (m *Model) appendMember(b []byte) []byte {
	if m == nil {
		return b
	}
	b = appendDigest(append(b, `"model":{`...), "digest", m.Digest)
	return append(closeList(appendText(b, "name", m.Name), '}'), ',')
}

func (v Verdict) appendMember(b []byte) []byte {
	b = appendDigest(append(b, `"policy":{`...), "digest", v.Digest)
	b = appendText(b, "id", v.ID)
	return append(closeList(appendText(b, "verdict", v.Verdict), '}'), ',')
}

func (s *FinishStep) appendMember(b []byte, name string) []byte {
	switch name {
	case "cause":
		return appendOptional(b, name, s.Cause)
	case "changes":
		return appendObjects(b, name, s.Changes, Change.appendMembers)
	case "intent":
		return appendOptionalDigest(b, name, s.Intent)
	case "out":
		return appendFiles(b, name, s.Out)
	case "result":
		return appendText(b, name, s.Result)
	}
	return s.Step.appendMember(b, name)
}

func (c Change) appendMembers(b []byte) []byte {
	b = appendNullable(b, "after", c.After)
	b = appendNullable(b, "before", c.Before)
	return appendText(b, "resource", c.Resource)
}
