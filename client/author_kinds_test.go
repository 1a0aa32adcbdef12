package client_test

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs/statement"
)

func named(text string) statement.Digest { return sha256.Sum256([]byte(text)) }

// Every maker says what it was told, about what the kind is about.
func TestMakersSayWhatWasAsked(t *testing.T) {
	a := logtest.NewWorld().Pipeline
	request, text, grant := named("request"), named("workflow"), named("grant")
	in, out := []statement.File{{Name: "in", Digest: named("in")}}, []statement.File{{Name: "out", Digest: named("out")}}
	step := statement.Step{
		Attempt: 1, Seq: 2, Name: "draft", Tool: "make", Target: "t", In: in, Runner: named("runner"), Assurance: "producer-signed",
		Policy: statement.Verdict{ID: "none", Digest: named(""), Verdict: "none"},
	}
	quiet := step
	quiet.In = nil
	final := out[0].Digest
	for name, c := range map[string]struct {
		make    func() (statement.Envelope, error)
		code    statement.Code
		subject statement.Digest
		run     string
		spends  []statement.Digest
		late    string
	}{
		"open": {func() (statement.Envelope, error) {
			return a.OpenRequest(client.Request{Run: "R1", Workflow: text, Trigger: "human", Executor: "wl/p", Want: statement.WantTask{Task: "t"}})
		}, statement.RequestOpen, text, "R1", nil, ""},
		"cancel":  {func() (statement.Envelope, error) { return a.CancelRequest("R1", request, text, "error") }, statement.RequestCancel, text, "R1", nil, ""},
		"deny":    {func() (statement.Envelope, error) { return a.Deny("R1", request, "four-eyes", "risk") }, statement.DecisionDeny, request, "R1", nil, ""},
		"ungrant": {func() (statement.Envelope, error) { return a.RevokeGrant("R1", grant, "error") }, statement.DecisionRevoke, grant, "R1", nil, ""},
		"intent": {func() (statement.Envelope, error) {
			return a.IntendStep("R1", request, step, []statement.Digest{grant})
		}, statement.StepIntent, in[0].Digest, "R1", []statement.Digest{grant}, ""},
		"done of output": {func() (statement.Envelope, error) {
			return a.FinishStep("R1", request, statement.FinishStep{Step: step, Out: out, Result: "ok"}, "offline")
		}, statement.StepDone, out[0].Digest, "R1", nil, "offline"},
		"done of nothing": {func() (statement.Envelope, error) {
			return a.FinishStep("R1", request, statement.FinishStep{Step: quiet, Result: "ok"}, "")
		}, statement.StepDone, request, "R1", nil, ""},
		"outcome": {func() (statement.Envelope, error) {
			return a.CloseOutcome("R1", request, statement.CloseOutcome{Attempt: 1, Status: "success", Assurance: "producer-signed"}, &final, "")
		}, statement.OutcomeClose, final, "R1", nil, ""},
		"outcome of nothing": {func() (statement.Envelope, error) {
			return a.CloseOutcome("R1", request, statement.CloseOutcome{Attempt: 1, Status: "success", Assurance: "producer-signed"}, nil, "")
		}, statement.OutcomeClose, request, "R1", nil, ""},
		"attest": {func() (statement.Envelope, error) {
			return a.Attest(client.Attestation{Subject: final, Observed: []statement.Observed{{Resource: "r", Property: "received"}}, Late: "outage"})
		}, statement.AttestObserve, final, "", nil, "outage"},
		"retire":  {func() (statement.Envelope, error) { return a.RetireWorkflow(text, []statement.Digest{grant}) }, statement.WorkflowRetire, text, "", []statement.Digest{grant}, ""},
		"suspend": {func() (statement.Envelope, error) { return a.Suspend("wl/q", request, "absence") }, statement.IdentitySuspend, request, "", nil, ""},
		"resume": {func() (statement.Envelope, error) {
			return a.Resume("wl/q", request, "returned", []statement.Digest{grant})
		}, statement.IdentityResume, request, "", []statement.Digest{grant}, ""},
		"retired": {func() (statement.Envelope, error) { return a.Retire("wl/q", request, "cessation") }, statement.IdentityRetire, request, "", nil, ""},
		"released in": {func() (statement.Envelope, error) {
			return a.ReleaseIn(client.InRun{Run: "R1", Spends: []statement.Digest{grant}}, "c/1", 1, nil, logtest.FileOf([]byte("x")))
		}, statement.DocumentRelease, named("x"), "R1", []statement.Digest{grant}, ""},
		"withdrawn in": {func() (statement.Envelope, error) {
			return a.WithdrawIn(client.InRun{Run: "R1", Spends: []statement.Digest{grant}}, "c/1", 1, final, "error")
		}, statement.DocumentWithdraw, final, "R1", []statement.Digest{grant}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := c.make()
			s := parsed(t, a, e, err)
			if s.Code != c.code || s.Subject != c.subject || s.Run != c.run || s.Late != c.late || !cmp.Equal(s.Spends, c.spends) {
				t.Errorf("%+v", s)
			}
		})
	}
}

// The new key signs its proof for a rotation, and the terms stay.
func TestRotateKeepsTheTerms(t *testing.T) {
	w := logtest.NewWorld()
	a, key := w.Pipeline, logtest.Key("wl/pipeline next")
	terms := statement.EnrollIdentity{
		ID: a.ID, Class: "workload", Owner: "team-release", Roles: []string{}, Verbs: []string{"document.release"}, Namespaces: []string{"*"}, Custody: "file",
		SPKI: a.Signer.SPKI(), NotAfter: 5,
	}
	until := w.Clock.Now().Add(time.Hour)
	e, err := a.Rotate(terms, key, until, []statement.Digest{named("grant")})
	s := parsed(t, a, e, err)
	body := s.Body.(*statement.RotateIdentity)
	terms.NotAfter = until.UnixMilli()
	if s.Subject != sha256.Sum256(key.SPKI()) || body.TermsHash() != terms.TermsHash() || !cmp.Equal(s.Spends, []statement.Digest{named("grant")}) {
		t.Errorf("%+v", body)
	}
	public, err := statement.ParsePublicKey(body.SPKI)
	if err != nil {
		t.Fatal(err)
	}
	message := sha256.Sum256(statement.ProofMessage(w.Origin, "rotate", a.ID, body.SPKI, s.Nonce))
	if !ecdsa.VerifyASN1(public, message[:], body.Proof) {
		t.Error("the proof of possession does not verify")
	}
}
