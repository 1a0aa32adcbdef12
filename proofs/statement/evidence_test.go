package statement

func testStep() Step {
	return Step{
		Attempt: 2, Seq: 3, Name: "draft", Tool: "llm.draft", Target: "doc-store", Privilege: "documents:write",
		In:     []File{{"claim-file", digestOf("claim file")}, {"wording", digestOf("wording")}},
		Policy: Verdict{ID: "agents/draft", Digest: digestOf("agent policy"), Verdict: "allow"}, Branch: "denial",
		Runner: digestOf("runner 1.4"), Model: &Model{"drafter-2", digestOf("weights")}, RetryOf: digestPtr("outcome of attempt 1"),
		Assurance: "producer-signed",
	}
}

func testIntent() *Statement {
	s := inRun(StepIntent, digestOf("claim file"), "ag/drafter")
	s.Spends = []Digest{digestOf("grant of h/legal-03")}
	s.Body = &IntendStep{testStep()}
	return s
}

func testDone() *Statement {
	s := inRun(StepDone, digestOf("draft"), "ag/drafter")
	s.Late = "outage"
	s.Sealed = []string{"X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"}
	s.Body = &FinishStep{
		Step: testStep(), Intent: digestPtr("intent"), Out: []File{{"draft", digestOf("draft")}}, Result: "error",
		Cause:   "connector_timeout",
		Changes: []Change{{"drafts/20441", nil, digestPtr("draft")}, {"locks/20441", digestPtr("lock"), nil}},
	}
	return s
}

func testOutcome() *Statement {
	s := inRun(OutcomeClose, digestOf("%PDF-1.7 sample\n"), "wl/doc-builder")
	s.Body = &CloseOutcome{
		Attempt: 2, Status: "partial", Cause: "connector_timeout", Missing: []string{"render", "publish"},
		Steps: &RolledSteps{Count: 41, Root: digestOf("root of the steps")}, Assurance: "collector-observed",
	}
	return s
}

func testAttest() *Statement {
	s := inRun(AttestObserve, digestOf("%PDF-1.7 sample\n"), "wl/portal-gw")
	gone := uint32(0)
	s.Body = &AttestObservation{
		About: digestPtr("release of version 2"),
		Observed: []Observed{
			{Resource: "inbox/CLM-20441", Property: "received", Digest: digestPtr("%PDF-1.7 sample\n")},
			{Resource: "sessions", Property: "absent", Count: &gone},
		},
	}
	return s
}

func testRefusal() *Statement {
	s := common(FindingRefuse, digestOf("refused release"), "svc/log")
	s.Body = &RefuseFinding{RefusalCode: "E405", Submission: digestOf("refused release"), Submitter: "wl/doc-publisher"}
	return s
}

func testAlert() *Statement {
	s := inRun(FindingAlert, digestOf("outcome"), "svc/monitor")
	s.Body = &AlertFinding{
		Rule: "AL-05", RuleVersion: 1, Evidence: []Digest{digestOf("outcome"), digestOf("done")},
		Occurred: testAt - 60_000, Detected: testAt, Severity: "high", Dedup: "AL-05/1043",
	}
	return s
}

func testAck() *Statement {
	s := common(FindingAck, digestOf("alert"), "h/oncall-05")
	s.Body = &AckFinding{About: digestOf("alert"), Reason: "investigating"}
	return s
}

func testClose() *Statement {
	s := common(FindingClose, digestOf("alert"), "h/oncall-05")
	s.Body = &CloseFinding{About: digestOf("alert"), Reason: "falsePositive"}
	return s
}

// variants are well-formed statements beside the fixtures: each form of a union, and each optional member absent.
func variants() map[string]*Statement {
	edit := func(s *Statement, change func(*Statement)) *Statement {
		change(s)
		return s
	}
	grant := func(action Code, subject Digest, o Object) *Statement {
		return edit(testGrant(), func(s *Statement) {
			s.Subject = subject
			if action != StepIntent && action.Kind() != "document" {
				s.Run = ""
			}
			g := &GrantDecision{For: action, Object: o, To: "wl/doc-publisher", Meaning: "review", Role: "legal", Rule: "jit-7",
				NotAfter: testAt + 1, Uses: 4294967295, Level: "direct"}
			if action == StepIntent {
				g.About = &subject
			}
			s.Body = g
		})
	}
	key := digestOf("key")
	identity := IdentityObject{"wl/doc-publisher", testEnroll().Body.(*EnrollIdentity).TermsHash()}
	step := StepObject{Step: "render", Attempt: 1, Tool: "pdf.render", Target: "doc-store", In: []File{}}
	access := StepObject{Step: "grant-role", Attempt: 1, Tool: "pam", Target: "prod-claims-db",
		In: []File{{"ticket", digestOf("ticket")}}, Resource: "prod-claims-db", Privilege: "admin"}
	open := func(change func(*OpenRequest)) *Statement {
		return edit(testOpen(), func(s *Statement) { change(s.Body.(*OpenRequest)) })
	}
	return map[string]*Statement{
		"direct release":          testDirectRelease(),
		"grant withdraw":          grant(DocumentWithdraw, digestOf("file"), DocumentObject{"a", 1}),
		"grant step":              grant(StepIntent, requestDigest(), step),
		"grant access":            grant(StepIntent, requestDigest(), access),
		"grant policy":            grant(PolicySet, digestOf("text"), TextObject{}),
		"grant workflow":          grant(WorkflowDefine, digestOf("text"), TextObject{}),
		"grant workflow.retire":   grant(WorkflowRetire, digestOf("text"), TextObject{}),
		"grant enroll":            grant(IdentityEnroll, key, identity),
		"grant rotate":            grant(IdentityRotate, key, identity),
		"grant resume":            grant(IdentityResume, key, identity),
		"grant delegation":        grant(DecisionGrant, key, DelegationObject{"legal", []string{"claims/"}}),
		"open without inputs":     open(func(r *OpenRequest) { r.Inputs, r.NoInputs = []File{}, true }),
		"open for access":         open(func(r *OpenRequest) { r.Want = WantAccess{"prod-claims-db", "roles/admin", 7200} }),
		"open for a task":         open(func(r *OpenRequest) { r.Want, r.Parent = WantTask{"rotate.k-17"}, "" }),
		"open, trigger alone":     open(func(r *OpenRequest) { r.Trigger = Trigger{Kind: "agent"} }),
		"rotate, bare":            edit(testRotate(), func(s *Statement) { b := s.Body.(*RotateIdentity); b.Attestation, b.NotAfter = nil, 0 }),
		"revoke, bare":            edit(testRevoke(), func(s *Statement) { s.Body.(*RevokeIdentity).CompromisedSince = 0 }),
		"intent, bare":            edit(testIntent(), func(s *Statement) { s.Spends, s.Body = nil, &IntendStep{bareStep()} }),
		"done, bare":              edit(testDone(), func(s *Statement) { s.Late, s.Body = "", bareDone() }),
		"outcome of success":      edit(testOutcome(), func(s *Statement) { s.Body = success() }),
		"attest about nothing":    edit(testAttest(), func(s *Statement) { s.Body.(*AttestObservation).About, s.Run = nil, "" }),
		"alert without evidence":  edit(testAlert(), func(s *Statement) { s.Body.(*AlertFinding).Evidence = []Digest{} }),
		"migrated acknowledgment": edit(testAck(), func(s *Statement) { s.Late = "migration" }),
	}
}

func bareStep() Step {
	return Step{Attempt: 1, Seq: 1, Name: "fetch", Tool: "claims-api.read", Target: "claims-api", In: []File{},
		Policy: Verdict{ID: "none", Verdict: "none"}, Assurance: "dssematerial-verified"}
}

func bareDone() *FinishStep {
	return &FinishStep{Step: bareStep(), Out: []File{}, Result: "skipped", Changes: []Change{}}
}

func success() *CloseOutcome {
	return &CloseOutcome{Attempt: 1, Status: "success", Missing: []string{}, Assurance: "producer-signed"}
}
