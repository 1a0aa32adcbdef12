package statement

func readWorkflow(f *fields) *Workflow {
	return &Workflow{
		ID:                 f.id(0, "id"),
		Version:            f.uint32(0, "version", 1),
		Namespaces:         f.list(0, "namespaces", 0, maxList, ValidPrefix, wantPrefix),
		Steps:              readWorkflowSteps(f),
		Tools:              f.list(0, "tools", 0, maxList, validToken, wantToken),
		Targets:            f.list(0, "targets", 0, maxList, validForeign, wantForeign),
		Destinations:       f.list(0, "destinations", 0, maxList, ValidID, wantID),
		Approval:           readApproval(f),
		WithdrawGrants:     uint32(f.integer(0, "withdrawGrants", 0, MaxSpends)),
		Expects:            f.list(0, "expects", 0, maxList, ValidID, wantID),
		Runners:            f.digests(0, "runners", 0, maxList),
		Detail:             f.enum(0, "detail", details),
		Materiality:        f.enum(0, "materiality", materialities),
		Retention:          f.text(0, "retention", validPeriod, wantPeriod),
		MaxDurationSeconds: f.uint32(0, "maxDurationSeconds", 1),
		MaxAttempts:        f.uint32(0, "maxAttempts", 1),
		RetryWindowSeconds: f.uint32(0, "retryWindowSeconds", 0),
	}
}

// readWorkflowSteps: names are unique, and one step at most is the release, for a run has one.
func readWorkflowSteps(f *fields) []WorkflowStep {
	items := f.objects(0, "steps", 1, maxSteps, "{actors, gated, name, release, required}")
	list := make([]WorkflowStep, 0, len(items))
	for _, i := range items {
		s := WorkflowStep{
			Name:     f.text(i, "name", validName, wantName),
			Required: f.boolean(i, "required"),
			Gated:    f.boolean(i, "gated"),
			Release:  f.boolean(i, "release"),
			Actors:   f.list(i, "actors", 0, maxActors, ValidID, wantID),
		}
		for _, other := range list {
			if other.Name == s.Name {
				f.fail(joinPath(f.path(i), "name"), "stands twice; want each name once")
			}
			if other.Release && s.Release {
				f.fail(joinPath(f.path(i), "release"), "want true in one step at most")
			}
		}
		list = append(list, s)
	}
	return list
}

// readApproval: more roles than grants could never be met.
func readApproval(f *fields) Approval {
	at := f.object(0, "approval")
	a := Approval{
		N:          uint32(f.integer(at, "n", 0, MaxSpends)),
		Roles:      f.list(at, "roles", 0, maxList, validName, wantName),
		Class:      f.enum(at, "class", approvalClasses),
		Level:      f.enum(at, "level", approvalLevels),
		TTLSeconds: f.uint32(at, "ttlSeconds", 1),
	}
	if len(a.Roles) > int(a.N) {
		f.fail("approval.roles", "want at most n roles")
	}
	return a
}

// append writes the workflow as RFC 8785 orders and spells it, without any check.
func (w *Workflow) append(b []byte) []byte {
	b = append(b, `{"approval":{`...)
	b = append(closeList(w.Approval.appendMembers(b), '}'), ',')
	b = appendList(b, "destinations", w.Destinations)
	b = appendText(b, "detail", w.Detail)
	b = appendList(b, "expects", w.Expects)
	b = appendText(b, "id", w.ID)
	b = appendText(b, "materiality", w.Materiality)
	b = appendInteger(b, "maxAttempts", uint64(w.MaxAttempts))
	b = appendInteger(b, "maxDurationSeconds", uint64(w.MaxDurationSeconds))
	b = appendList(b, "namespaces", w.Namespaces)
	b = appendText(b, "retention", w.Retention)
	b = appendInteger(b, "retryWindowSeconds", uint64(w.RetryWindowSeconds))
	b = appendDigests(b, "runners", w.Runners)
	b = appendObjects(b, "steps", w.Steps, WorkflowStep.appendMembers)
	b = appendList(b, "targets", w.Targets)
	b = appendList(b, "tools", w.Tools)
	b = appendInteger(b, "version", uint64(w.Version))
	return closeList(appendInteger(b, "withdrawGrants", uint64(w.WithdrawGrants)), '}')
}

func (a Approval) appendMembers(b []byte) []byte {
	b = appendText(b, "class", a.Class)
	b = appendText(b, "level", a.Level)
	b = appendInteger(b, "n", uint64(a.N))
	b = appendList(b, "roles", a.Roles)
	return appendInteger(b, "ttlSeconds", uint64(a.TTLSeconds))
}

func (s WorkflowStep) appendMembers(b []byte) []byte {
	b = appendList(b, "actors", s.Actors)
	b = appendBoolean(b, "gated", s.Gated)
	b = appendText(b, "name", s.Name)
	b = appendBoolean(b, "release", s.Release)
	return appendBoolean(b, "required", s.Required)
}
