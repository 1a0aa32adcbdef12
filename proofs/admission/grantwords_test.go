package admission

import (
	"crypto/sha256"
	"fmt"
	"strconv"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// Words about grants, and about what is done with them.

// governed is what lines about grants refer to.
type governed struct {
	policy statement.Digest                     // text in force
	terms  map[string]*statement.EnrollIdentity // newest terms by identity
	grants map[string]statement.Digest          // by the name that as= gave
	naming string                               // as= of the line at hand

	requests map[string]*Checked // by run
	flows    map[string][]byte   // texts of workflows by id@version, as they were granted
}

func newGoverned() governed {
	return governed{terms: make(map[string]*statement.EnrollIdentity), grants: make(map[string]statement.Digest), requests: make(map[string]*Checked), flows: make(map[string][]byte)}
}

// noteGovernance remembers what an admitted statement changed.
func (g *governed) noteGovernance(c *Checked) {
	switch body := c.Statement.Body.(type) {
	case *statement.SetPolicy:
		g.policy = c.Statement.Subject
	case *statement.EnrollIdentity:
		g.terms[body.ID] = body
	case *statement.RotateIdentity:
		g.terms[body.ID] = &body.EnrollIdentity
	case *statement.OpenRequest:
		g.requests[c.Statement.Run] = c
	case *statement.GrantDecision:
		g.grants[g.naming] = c.Digest
	}
}

// spends are named grants, or, by a number, as many that nobody gave.
func (s *script) spends(a *args) (list []statement.Digest) {
	names := a.list("spends", "")
	if len(names) == 1 {
		if n, err := strconv.Atoi(names[0]); err == nil {
			for i := range n {
				list = append(list, sha256.Sum256(fmt.Append(nil, "grant ", i)))
			}
			return list
		}
	}
	for _, name := range names {
		list = append(list, s.named(name))
	}
	return list
}

func (s *script) named(name string) statement.Digest {
	digest, ok := s.grants[name]
	if !ok {
		s.fatalf("no grant is named %s", name)
	}
	return digest
}

// termsOf are the terms of an identity; those of a genesis member are not stated.
func (s *script) termsOf(id string) statement.EnrollIdentity {
	if t := s.terms[id]; t != nil {
		return *t
	}
	t := enrollment(id, id, id, nonce("any"))
	t.Class = "human"
	return *t
}

func (s *script) makeGrant(a *args) *statement.Statement {
	action, err := statement.ParseCode(a.word())
	must(err)
	body := &statement.GrantDecision{For: action, Object: statement.TextObject{}, Rule: "board-1", Policy: s.policy}
	var subject statement.Digest
	if action.Kind() == "identity" {
		body.Object, subject = s.grantIdentity(action, a.word(), a)
	}
	if action.Kind() == "document" {
		body.Object, subject = s.grantDocument(a)
	}
	if action == statement.StepIntent {
		body.Object = s.grantStep(a)
	}
	if action == statement.DecisionGrant {
		body.Object = statement.DelegationObject{Role: a.word(), Namespaces: a.list("within", "claims/")}
		subject = keyOf(a.value("newkey", a.values["to"])).digest()
	}
	if action.Kind() == "workflow" {
		subject = s.grantWorkflow(a)
	}
	st := s.begin(statement.DecisionGrant, a.word())
	if action == statement.PolicySet {
		subject = s.grantPolicy(a)
	}
	st.Subject, st.Body = subject, body
	body.To = a.value("to", "h/admin")
	body.Meaning = "approval"
	body.Role = a.value("role", roleAdmin)
	body.Uses = a.number("uses", 1)
	body.Level = a.value("level", "direct")
	if body.Level == "bridged" {
		source := sha256.Sum256([]byte("ticket"))
		body.By, body.Source = a.value("person", "h/ann"), (*statement.Digest)(&source)
	}
	if run, ok := a.values["run"]; ok && !isGovernance(action) && action != statement.DecisionGrant {
		if none := a.values["about"] == "none"; none {
			a.value("about", "")
		} else {
			about := s.about(a, run)
			body.About = &about
			if action == statement.StepIntent {
				st.Subject = about
			}
		}
	}
	if a.value("policy", "") == "other" {
		body.Policy = sha256.Sum256([]byte("other"))
	}
	switch acting := a.value("acting", ""); acting {
	case "":
	case "last":
		body.ActingFor = &s.last.Digest
	case "nothing":
		unknown := statement.Digest(sha256.Sum256([]byte(acting)))
		body.ActingFor = &unknown
	default:
		delegation := s.named(acting)
		body.ActingFor = &delegation
	}
	if rule := a.value("override", ""); rule != "" {
		body.Override = &statement.Override{Rule: rule, Reason: "emergency", ReviewBy: s.time + 3600_000}
		if by := a.value("reviewBy", ""); by != "" {
			body.Override.ReviewBy = clockTime(by)
		}
	}
	if from := a.value("from", ""); from != "" {
		body.NotBefore = clockTime(from)
	}
	body.NotAfter = s.time + 3600_000
	if until := a.value("until", ""); until != "" {
		body.NotAfter = clockTime(until)
	}
	s.naming = a.value("as", "")
	return st
}

// grantDocument is the object and the subject of a grant for document.*.
func (s *script) grantDocument(a *args) (statement.Object, statement.Digest) {
	document, version := a.word(), versionOf(a.word())
	return statement.DocumentObject{Document: document, Version: version}, s.file(a, document, version)
}

// grantIdentity is the object and the subject of a grant for identity.*.
func (s *script) grantIdentity(action statement.Code, id string, a *args) (statement.Object, statement.Digest) {
	if action == statement.IdentityEnroll {
		key := a.values["newkey"]
		body := s.enrollBody(a, id, nonce("any"))
		a.value("newkey", "")
		if key == "" {
			key = id
		}
		return body.Object(), keyOf(key).digest()
	}
	terms := s.termsOf(id)
	if action == statement.IdentityRotate {
		terms.NotAfter = 0
		if t := a.value("notAfter", ""); t != "" {
			terms.NotAfter = clockTime(t)
		}
	}
	if owner := a.value("owner", ""); owner != "" {
		terms.Owner = owner
	}
	return terms.Object(), keyOf(a.value("newkey", id)).digest()
}

// grantPolicy is the text that a grant is for: that of the words, or, for
// text=genesis, the one in force.
func (s *script) grantPolicy(a *args) statement.Digest {
	if a.value("text", "") == "genesis" {
		return s.policy
	}
	text, err := s.policyOf(a, nonce("any")).Marshal()
	must(err)
	return sha256.Sum256(text)
}

func (s *script) makeDefine(a *args) *statement.Statement {
	text := s.flowText(a)
	st := s.begin(statement.WorkflowDefine, a.word())
	st.Subject, st.Body = sha256.Sum256(text), &statement.DefineWorkflow{Text: string(text)}
	return st
}

func (s *script) makeUndefine(a *args) *statement.Statement {
	text := s.workflowText(a)
	st := s.begin(statement.WorkflowRetire, a.word())
	st.Subject, st.Body = text, &statement.RetireWorkflow{Workflow: text}
	return st
}

func (s *script) makeTake(a *args) *statement.Statement {
	name := a.word()
	st := s.begin(statement.DecisionRevoke, a.word())
	about := statement.Digest(sha256.Sum256([]byte(name)))
	if name != "nothing" {
		about = s.named(name)
	}
	st.Subject, st.Body = about, &statement.RevokeDecision{About: about, Reason: "risk"}
	return st
}

func (s *script) makeRotate(a *args) *statement.Statement {
	id := a.word()
	st := s.begin(statement.IdentityRotate, a.word())
	body := &statement.RotateIdentity{EnrollIdentity: s.termsOf(id)}
	key := a.value("newkey", id)
	body.SPKI, body.NotAfter = keyOf(key).spki, 0
	if t := a.value("notAfter", ""); t != "" {
		body.NotAfter = clockTime(t)
	}
	body.Owner = a.value("owner", body.Owner)
	if body.Class = a.value("class", body.Class); body.Class == "human" {
		body.Owner = id
	}
	if verbs := a.list("verbs", ""); len(verbs) > 0 {
		body.Verbs = verbs
	}
	if roles := a.list("roles", ""); len(roles) > 0 {
		body.Roles = roles
	}
	if namespaces := a.list("namespaces", ""); len(namespaces) > 0 {
		body.Namespaces = namespaces
	}
	if a.value("tools", "") == "none" {
		body.Tools = []string{}
	}
	body.Proof = s.proof(a, "rotate", id, key, st.Nonce)
	st.Subject, st.Body = keyOf(key).digest(), body
	return st
}

func (s *script) makeResume(a *args) *statement.Statement {
	id := a.word()
	st := s.begin(statement.IdentityResume, a.word())
	st.Subject, st.Body = keyOf(a.value("subject", id)).digest(), &statement.ResumeIdentity{ID: id, Reason: "resolved"}
	return st
}

// lookGrant describes the register of a grant in words.
func (s *script) lookGrant(name string) string {
	r, err := s.overlay.Record(register.GrantKey(s.named(name)))
	must(err)
	g, err := register.ParseGrantState(r.State)
	must(err)
	return fmt.Sprintf("%s, %d left", []string{1: "open", 2: "spent", 3: "revoked"}[g.Status], g.Granted.Uses)
}
