package scenario

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/statement"
)

func nonce() (string, error) {
	var b [16]byte
	_, err := rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:]), err
}

// grant makes a decision.grant: what it is for, its terms, and the bytes that it
// binds.
func (y *Play) grant(author *client.Author, line Line) (statement.Envelope, error) {
	a := line.args
	action, err := statement.ParseCode(line.words[0])
	if err != nil {
		return statement.Envelope{}, err
	}
	text := y.genesis.Statement.Subject // of the policy in force
	g := &statement.GrantDecision{
		For: action, To: a["to"], Meaning: "approval", Role: a["role"], Rule: a["rule"], Policy: text, Uses: a.number("uses", 1), Level: "direct",
		NotAfter: line.Time.Add(a.duration("ttl", time.Hour)).UnixMilli(),
	}
	if a.has("until") {
		g.NotAfter = a.time("until", line.Time)
	}
	if a.has("override") {
		g.Override = &statement.Override{Rule: a["override"], Reason: a["reason"], ReviewBy: a.time("reviewBy", line.Time)}
	}
	s := statement.Statement{Body: g}
	if a.has("about") {
		n, err := y.ref(a["about"])
		if err != nil {
			return statement.Envelope{}, err
		}
		g.About, s.Run = &n.digest, n.statement.Run
	}
	if a.has("actingFor") {
		n, err := y.ref(a["actingFor"])
		if err != nil {
			return statement.Envelope{}, err
		}
		g.ActingFor = &n.digest
	}
	if g.Object, s.Subject, err = y.bound(action, g, line); err != nil {
		return statement.Envelope{}, err
	}
	return author.Sign(s)
}

// bound is what a grant binds: the terms, and the subject.
func (y *Play) bound(action statement.Code, g *statement.GrantDecision, line Line) (statement.Object, statement.Digest, error) {
	a := line.args
	switch action {
	case statement.PolicySet:
		return statement.TextObject{}, y.genesis.Statement.Subject, nil
	case statement.WorkflowDefine:
		text, err := y.flow(a["flow"])
		return statement.TextObject{}, sha256.Sum256(text), err
	case statement.IdentityEnroll, statement.IdentityRotate:
		terms, _, err := y.rotated(a["identity"], line)
		if err != nil {
			return nil, statement.Digest{}, err
		}
		return terms.Object(), sha256.Sum256(terms.SPKI), nil
	case statement.DecisionGrant:
		key, err := y.keyDigest(a["to"])
		return statement.DelegationObject{Role: a["role"], Namespaces: a.list("namespaces")}, key, err
	case statement.DocumentRelease, statement.DocumentWithdraw:
		return statement.DocumentObject{Document: a["doc"], Version: a.number("v", 1)}, sampleDigest(a["file"]), nil
	case statement.StepIntent:
		if g.About == nil {
			return nil, statement.Digest{}, fmt.Errorf("about= is missing")
		}
		return statement.StepObject{
			Step: a["step"], Attempt: a.number("attempt", 1), Tool: a["tool"], Target: a["target"], In: files(a.list("in")),
			Resource: a["resource"], Privilege: a["privilege"],
		}, *g.About, nil
	}
	return nil, statement.Digest{}, fmt.Errorf("a story has no grants for %s", action)
}

// files reads slot:file pairs.
func files(words []string) []statement.File {
	out := make([]statement.File, len(words))
	for i, w := range words {
		slot, file, _ := strings.Cut(w, ":")
		out[i] = statement.File{Name: slot, Digest: sampleDigest(file)}
	}
	return out
}

func (y *Play) deny(author *client.Author, line Line) (statement.Envelope, error) {
	n, err := y.ref(line.words[0])
	if err != nil {
		return statement.Envelope{}, err
	}
	return author.Sign(statement.Statement{Subject: n.digest, Run: n.statement.Run, Body: &statement.DenyDecision{About: n.digest, Rule: line.args["rule"], Reason: line.args["reason"]}})
}

func (y *Play) takeBack(author *client.Author, line Line) (statement.Envelope, error) {
	n, err := y.ref(line.words[0])
	if err != nil {
		return statement.Envelope{}, err
	}
	return author.Sign(statement.Statement{Subject: n.digest, Run: n.statement.Run, Body: &statement.RevokeDecision{About: n.digest, Reason: line.args["reason"]}})
}

// open makes a request.open; whom it concerns is sealed.
func (y *Play) open(author *client.Author, line Line) (statement.Envelope, error) {
	a := line.args
	text, err := y.flow(a["flow"])
	if err != nil {
		return statement.Envelope{}, err
	}
	body := &statement.OpenRequest{
		Workflow: sha256.Sum256(text), Trigger: statement.Trigger{Kind: a.or("trigger", "human")}, Inputs: files(a.list("in")), NoInputs: !a.has("in"),
		Executor: a["executor"], Parent: a["parent"],
	}
	switch {
	case a.has("doc"):
		body.Want = statement.WantDocument{Document: a["doc"]}
	case a.has("resource"):
		body.Want = statement.WantAccess{Resource: a["resource"], Privilege: a["privilege"], Seconds: a.number("seconds", 0)}
	default:
		body.Want = statement.WantTask{Task: a["task"]}
	}
	s := statement.Statement{Subject: body.Workflow, Run: line.words[0], Traceparent: a["traceparent"], Body: body}
	if a.has("external") { // system:kind:id
		parts := strings.SplitN(a["external"]+"::", ":", 4)
		s.External = []statement.External{{System: parts[0], Kind: parts[1], ID: parts[2], Digest: sampleDigest(parts[2])}}
	}
	if s.Sealed, err = sealedOf(a); err != nil {
		return statement.Envelope{}, err
	}
	return author.Sign(s)
}

func (y *Play) cancel(author *client.Author, line Line) (statement.Envelope, error) {
	n, err := y.ref(line.words[0])
	if err != nil {
		return statement.Envelope{}, err
	}
	return author.Sign(statement.Statement{Subject: n.statement.Subject, Run: n.statement.Run, Body: &statement.CancelRequest{About: n.digest, Reason: line.args["reason"]}})
}
