package statement

import "crypto/sha256"

// The worked examples follow one run: a denial notice is asked for, drafted, rendered, approved, released; then what goes
// wrong around it.

// fixtures are the worked examples, one per built kind and op, in the order of their codes.
func fixtures() []*Statement {
	return []*Statement{
		testSetPolicy(),
		testEnroll(), testRotate(), testSuspend(), testResume(), testRevoke(), testRetire(),
		testDefine(), testRetireWorkflow(),
		testOpen(), testCancel(),
		testGrant(), testDeny(), testRevokeGrant(),
		testIntent(), testDone(),
		testOutcome(),
		testRelease(), testWithdraw(),
		testAttest(),
		testRefusal(), testAlert(), testAck(), testClose(),
	}
}

// inRun is the common part of a statement of run R1.
func inRun(c Code, subject Digest, issuer string) *Statement {
	s := common(c, subject, issuer)
	s.Run = "R1"
	return s
}

func digestPtr(name string) *Digest {
	d := digestOf(name)
	return &d
}

func testRotate() *Statement {
	key := keyOf("wl/doc-publisher K2")
	s := common(IdentityRotate, sha256.Sum256(key.spki), "wl/doc-publisher")
	s.Spends = []Digest{digestOf("grant of svc/idm")}
	enrolled := testEnroll().Body.(*EnrollIdentity)
	enrolled.SPKI, enrolled.NotAfter = key.spki, testAt+180*24*3600*1000
	enrolled.Attestation = digestPtr("attestation of K2")
	enrolled.Proof = key.prove("rotate", "wl/doc-publisher", s.Nonce)
	s.Body = &RotateIdentity{*enrolled}
	return s
}

// aboutKey is the common part of a statement about the key of wl/doc-publisher.
func aboutKey(c Code) *Statement {
	return common(c, sha256.Sum256(keyOf("wl/doc-publisher").spki), "svc/idm")
}

func testSuspend() *Statement {
	s := aboutKey(IdentitySuspend)
	s.Body = &SuspendIdentity{ID: "wl/doc-publisher", Reason: "investigation"}
	return s
}

func testResume() *Statement {
	s := aboutKey(IdentityResume)
	s.Spends = []Digest{digestOf("grant of h/adm-1")}
	s.Body = &ResumeIdentity{ID: "wl/doc-publisher", Reason: "resolved"}
	return s
}

func testRetire() *Statement {
	s := aboutKey(IdentityRetire)
	s.Body = &RetireIdentity{ID: "wl/doc-publisher", Reason: "superseded"}
	return s
}

func testWorkflow() *Workflow {
	return &Workflow{
		ID: "notice-release", Version: 3, Namespaces: []string{"claims/denial-notice/"},
		Steps: []WorkflowStep{
			{Name: "fetch", Required: true, Actors: []string{}},
			{Name: "draft", Required: true, Actors: []string{"ag/drafter"}},
			{Name: "render", Required: true, Actors: []string{}},
			{Name: "publish", Required: true, Gated: true, Release: true, Actors: []string{"wl/doc-publisher"}},
		},
		Tools: []string{"llm.draft", "claims-api.read", "pdf.render"}, Targets: []string{"claims-api", "doc-store"},
		Destinations: []string{"wl/portal-gw"},
		Approval:     Approval{N: 2, Roles: []string{"legal", "risk"}, Class: "human", Level: "direct", TTLSeconds: 86400},
		Expects:      []string{"wl/portal-gw"}, WithdrawGrants: 2, Runners: []Digest{digestOf("runner 1.4")},
		Detail: "full", Materiality: "external", Retention: "P7Y",
		MaxDurationSeconds: 172800, MaxAttempts: 3, RetryWindowSeconds: 86400,
	}
}

func workflowText() string {
	text, err := testWorkflow().Marshal()
	if err != nil {
		panic(err)
	}
	return string(text)
}

func testDefine() *Statement {
	s := common(WorkflowDefine, digestOf(workflowText()), "h/plat-01")
	s.Spends = []Digest{digestOf("grant of h/sec-01")}
	s.Body = &DefineWorkflow{Text: workflowText()}
	return s
}

func testRetireWorkflow() *Statement {
	s := common(WorkflowRetire, digestOf(workflowText()), "h/plat-01")
	s.Spends = []Digest{digestOf("grant of h/sec-01")}
	s.Body = &RetireWorkflow{Workflow: digestOf(workflowText())}
	return s
}

func testOpen() *Statement {
	s := inRun(RequestOpen, digestOf(workflowText()), "h/claims-07")
	s.Traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	s.Body = &OpenRequest{
		Workflow: digestOf(workflowText()), Trigger: Trigger{Kind: "human", Digest: digestPtr("form")},
		Inputs:   []File{{"claim-file", digestOf("claim file")}, {"wording", digestOf("wording")}},
		Executor: "wl/doc-builder", Want: WantDocument{"claims/denial-notice/CLM-20441"}, Parent: "R0",
	}
	return s
}

// requestDigest is the statement digest of the request.
func requestDigest() Digest { return digestOf("request of R1") }

func testCancel() *Statement {
	s := inRun(RequestCancel, digestOf(workflowText()), "h/claims-07")
	s.Body = &CancelRequest{About: requestDigest(), Reason: "superseded"}
	return s
}

func testGrant() *Statement {
	s := inRun(DecisionGrant, digestOf("%PDF-1.7 sample\n"), "br/tickets")
	about := requestDigest()
	s.Body = &GrantDecision{
		About: &about, For: DocumentRelease, Object: DocumentObject{"claims/denial-notice/CLM-20441", 2}, To: "wl/doc-publisher",
		Meaning: "approval", Role: "legal", Rule: "notice-4", Policy: digestOf("policy"),
		NotBefore: testAt, NotAfter: testAt + 86400_000, Uses: 1,
		Level: "bridged", By: "h/legal-03", Source: digestPtr("ticket"), ActingFor: digestPtr("delegation"),
		Override: &Override{Rule: "level", Reason: "outage", ReviewBy: testAt + 2*86400_000},
	}
	return s
}

func testDeny() *Statement {
	s := inRun(DecisionDeny, requestDigest(), "h/risk-02")
	s.Body = &DenyDecision{About: requestDigest(), Rule: "notice-4", Reason: "incomplete"}
	return s
}

func testRevokeGrant() *Statement {
	s := common(DecisionRevoke, digestOf("grant of h/risk-02"), "h/risk-02")
	s.Body = &RevokeDecision{About: digestOf("grant of h/risk-02"), Reason: "error"}
	return s
}
