package monitor

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/docketlog/docket/proofs/statement"
)

func (s *script) makeWorkflow(op string, a *args) *statement.Statement {
	id, version := a.word(), a.word()
	st := &statement.Statement{Issuer: a.word(), Spends: []statement.Digest{}}
	if op == "undefine" {
		st.Subject = s.texts[id+"@"+version]
		st.Body = &statement.RetireWorkflow{Workflow: st.Subject}
		st.Code = statement.WorkflowRetire
		return st
	}
	n, err := strconv.ParseUint(version[1:], 10, 32)
	must(err)
	w := statement.Workflow{
		ID: id, Version: uint32(n), Namespaces: []string{"*"}, Steps: flowSteps(a.list("steps", "fetch,draft:wl/ai,recon?,apply?*,publish!")),
		Tools: a.list("tools", "t,llm"), Targets: a.list("targets", "x"), Destinations: []string{"wl/gw"},
		Approval: statement.Approval{N: 1, Roles: []string{}, Class: "any", Level: "any", TTLSeconds: 86400},
		Expects:  a.list("expects", ""), Runners: []statement.Digest{}, Detail: a.value("detail", "full"), Materiality: "internal", Retention: "P1Y",
		MaxDurationSeconds: a.number("duration", 7*86400), MaxAttempts: 3, RetryWindowSeconds: a.number("retry", 7200),
	}
	for _, runner := range a.list("runners", "") {
		w.Runners = append(w.Runners, bytesOf(runner))
	}
	text, err := w.Marshal()
	if err != nil {
		s.fatalf("%v", err)
	}
	st.Code, st.Subject, st.Body = statement.WorkflowDefine, sha256.Sum256(text), &statement.DefineWorkflow{Text: string(text)}
	s.texts[id+"@"+version] = st.Subject
	return st
}

// flowSteps reads steps: "fetch" is required, "recon?" is not, "apply?*" is gated,
// "publish!" is the release, "draft:wl/ai" has an actor.
func flowSteps(words []string) (steps []statement.WorkflowStep) {
	for _, word := range words {
		name, actor, _ := strings.Cut(word, ":")
		step := statement.WorkflowStep{
			Name: strings.TrimRight(name, "?!*"), Required: !strings.Contains(name, "?"), Release: strings.Contains(name, "!"),
			Gated: strings.Contains(name, "*"), Actors: []string{},
		}
		if actor != "" {
			step.Actors = []string{actor}
		}
		steps = append(steps, step)
	}
	return steps
}

// filesOf reads "slot:bytes,slot:bytes".
func filesOf(words []string) []statement.File {
	list := []statement.File{}
	for _, word := range words {
		slot, text, _ := strings.Cut(word, ":")
		list = append(list, statement.File{Name: slot, Digest: bytesOf(text)})
	}
	return list
}

func (s *script) makeOpen(a *args) *statement.Statement {
	st := &statement.Statement{Code: statement.RequestOpen, Run: a.word(), Issuer: a.word()}
	body := &statement.OpenRequest{
		Workflow: s.texts[a.value("flow", "flows/a@v1")], Trigger: statement.Trigger{Kind: "human"}, Inputs: filesOf(a.list("in", "")),
		Executor: a.value("executor", "wl/p"), Want: statement.WantTask{Task: "count"}, Parent: a.value("parent", ""),
	}
	body.NoInputs = len(body.Inputs) == 0
	st.Subject, st.Body = body.Workflow, body
	s.names[st.Run+".flow"] = body.Workflow
	return st
}

func (s *script) makeEnd(op string, a *args) *statement.Statement {
	st := &statement.Statement{Run: a.word(), Issuer: a.word()}
	about := s.named(a.value("about", "request"))
	if op == "cancel" {
		st.Code, st.Subject, st.Body = statement.RequestCancel, s.named(st.Run+".flow"), &statement.CancelRequest{About: about, Reason: "error"}
		return st
	}
	st.Code, st.Subject, st.Body = statement.DecisionDeny, about, &statement.DenyDecision{About: about, Rule: "board", Reason: "risk"}
	return st
}

// makeGrant: for a release by default; access=RESOURCE:PRIVILEGE for a step.
func (s *script) makeGrant(a *args) *statement.Statement {
	st := &statement.Statement{Code: statement.DecisionGrant, Issuer: a.word(), Subject: bytesOf("file")}
	body := &statement.GrantDecision{
		For: statement.DocumentRelease, Object: statement.DocumentObject{Document: "claims/1", Version: 1}, To: a.value("to", "wl/p"),
		Meaning: "approval", Role: "legal", Rule: "board", Policy: bytesOf("policy"), NotAfter: timeOf(a.value("until", "23:59")),
		Uses: a.number("uses", 1), Level: "direct",
	}
	if what := a.value("access", ""); what != "" {
		resource, privilege, _ := strings.Cut(what, ":")
		about := s.named("request")
		body.For, body.About = statement.StepIntent, &about
		body.Object = statement.StepObject{Step: "apply", Attempt: 1, Tool: "t", Target: "x", In: []statement.File{}, Resource: resource, Privilege: privilege}
		st.Run, st.Subject = a.value("run", "R1"), about
	}
	if rule := a.value("override", ""); rule != "" {
		body.Override = &statement.Override{Rule: rule, Reason: "emergency", ReviewBy: timeOf(a.value("review", "18:00"))}
	}
	st.Body = body
	return st
}

func (s *script) makeStep(op string, a *args) *statement.Statement {
	st := &statement.Statement{Run: a.word(), Subject: bytesOf("request")}
	step := statement.Step{
		Attempt: a.number("attempt", 1), Seq: a.number("seq", 1), Name: a.word(), Tool: a.value("tool", "t"), Target: a.value("target", "x"),
		In: []statement.File{}, Privilege: a.value("privilege", ""), Runner: bytesOf(a.value("runner", "runner")), Assurance: "producer-signed",
		Policy: statement.Verdict{ID: "p", Digest: bytesOf(a.value("policy", "none")), Verdict: "none"},
	}
	if step.Policy.Digest != bytesOf("none") {
		step.Policy.Verdict = "allow"
	}
	st.Issuer = a.word()
	if op == "intent" {
		st.Code, st.Body = statement.StepIntent, &statement.IntendStep{Step: step}
		st.Spends = []statement.Digest{}
		return st
	}
	body := &statement.FinishStep{Step: step, Out: filesOf(a.list("out", "")), Result: a.value("result", "ok"), Changes: changesOf(a.list("changes", ""))}
	if body.Result == "error" {
		body.Cause = "internal"
	}
	if name := a.value("intent", ""); name != "" {
		digest := s.named(name)
		body.Intent = &digest
	}
	if len(body.Out) > 0 {
		st.Subject = body.Out[0].Digest
	}
	st.Code, st.Body = statement.StepDone, body
	return st
}

// changesOf reads "resource:before:after", empty for none.
func changesOf(words []string) []statement.Change {
	list := []statement.Change{}
	digest := func(word string) *statement.Digest {
		if word == "" {
			return nil
		}
		d := bytesOf(word)
		return &d
	}
	for _, word := range words {
		parts := strings.Split(word, ":")
		list = append(list, statement.Change{Resource: parts[0], Before: digest(parts[1]), After: digest(parts[2])})
	}
	return list
}

func (s *script) makeOutcome(a *args) *statement.Statement {
	st := &statement.Statement{Code: statement.OutcomeClose, Run: a.word(), Subject: bytesOf("request")}
	body := &statement.CloseOutcome{Status: a.word(), Attempt: a.number("attempt", 1), Missing: a.list("missing", ""), Assurance: "producer-signed"}
	st.Issuer = a.word()
	if body.Status != "success" {
		body.Cause = "internal"
	}
	if a.value("root", "") != "" {
		body.Steps = &statement.RolledSteps{Count: 3}
	}
	st.Body = body
	return st
}

func (s *script) makeDocument(op string, a *args) *statement.Statement {
	document, version := a.word(), a.word()
	n, err := strconv.ParseUint(version[1:], 10, 32)
	must(err)
	st := &statement.Statement{Issuer: a.word(), Subject: bytesOf(a.value("file", fmt.Sprint(document, version))), Spends: []statement.Digest{}}
	if op == "withdraw" {
		st.Code, st.Body = statement.DocumentWithdraw, &statement.WithdrawDocument{Document: document, Version: uint32(n), Reason: "error"}
		return st
	}
	body := &statement.ReleaseDocument{Document: document, Version: uint32(n), Size: 1, Media: "text/plain", To: a.list("to", "")}
	st.Code, st.Body = statement.DocumentRelease, body
	return st
}

func (s *script) makeAttest(a *args) *statement.Statement {
	st := &statement.Statement{Code: statement.AttestObserve, Issuer: a.word(), Subject: bytesOf("nothing")}
	body := &statement.AttestObservation{Observed: []statement.Observed{{Property: a.word(), Resource: a.value("resource", "inbox")}}}
	if name := a.value("about", ""); name != "" {
		about := s.named(name)
		st.Subject, body.About = about, &about
	}
	if file := a.value("file", ""); file != "" {
		st.Subject = bytesOf(file)
	}
	if _, ok := a.values["count"]; ok {
		n := a.number("count", 0)
		body.Observed[0].Count = &n
	}
	st.Body = body
	return st
}

func (s *script) makeFinding(op string, a *args) *statement.Statement {
	if op != "alert" {
		st := &statement.Statement{Subject: s.named(a.word()), Issuer: a.word()}
		st.Code, st.Body = statement.FindingAck, &statement.AckFinding{About: st.Subject, Reason: "investigating"}
		if op == "close" {
			st.Code, st.Body = statement.FindingClose, &statement.CloseFinding{About: st.Subject, Reason: "accepted"}
		}
		return st
	}
	dedup := a.word()
	about := s.named(a.value("about", "request"))
	return &statement.Statement{
		Code: statement.FindingAlert, Issuer: a.word(), Subject: about,
		Body: &statement.AlertFinding{
			Rule: dedup[:5], RuleVersion: 1, Evidence: []statement.Digest{about}, Occurred: s.now, Detected: s.now, Severity: "med", Dedup: dedup,
		},
	}
}

// world is a log with identities and one workflow. What it raises is not looked at.
func (s *script) world() {
	s.t.Helper()
	lines := []string{
		"genesis",
		"enroll svc/reg by h/admin roles=registrar owner=team-registry",
		"enroll wl/p by svc/reg owner=team-release",
		"enroll wl/ai by svc/reg owner=team-ai",
		"enroll wl/gw by svc/reg owner=team-portal",
		"enroll h/plat by svc/reg",
		"enroll h/claims by svc/reg",
		"enroll h/legal by svc/reg",
		"enroll svc/monitor by svc/reg",
		"release policies/agents v1 by wl/p file=agents",
		"define flows/a v1 by h/plat",
	}
	for _, line := range lines {
		a := parseArgs(strings.Fields(line))
		s.observe(s.make(a.word(), a))
	}
	if !slices.Equal(dedups(s.raised), []string{"AL-17/10"}) {
		s.fatalf("the world raises %v", dedups(s.raised))
	}
}
