package monitor

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/docketlog/docket/proofs/statement"
)

// make makes the entry that a line stands for, at the script's index and time.
func (s *script) make(op string, a *args) Entry {
	s.t.Helper()
	if op == "refused" || op == "lost" {
		return s.makeRefused(op, a)
	}
	st := s.statement(op, a)
	return s.entry(st, a)
}

// entry completes a statement and puts it next in the log.
func (s *script) entry(st *statement.Statement, a *args) Entry {
	s.t.Helper()
	digest := s.complete(st, a)
	e := Entry{Index: s.index, Time: s.now, Statement: st, Digest: digest, Key: keyOf(st.Issuer).digest()}
	s.index++
	return e
}

// complete gives a statement what all have, parses it as it would be signed, and
// names it.
func (s *script) complete(st *statement.Statement, a *args) statement.Digest {
	s.t.Helper()
	s.nonces++
	st.Log, st.At, st.Late = origin, s.now, a.value("late", "")
	if st.Nonce == "" {
		st.Nonce = nonce(fmt.Sprint(s.nonces))
	}
	if at := a.value("at", ""); at != "" {
		st.At = timeOf(at)
	}
	if run := a.value("run", ""); run != "" {
		st.Run = run
	}
	for _, name := range a.list("spends", "") {
		st.Spends = append(st.Spends, s.named(name))
	}
	payload, err := st.Marshal()
	if err != nil {
		s.fatalf("%v", err)
	}
	digest := statement.DigestOf(payload)
	if name := a.value("as", ""); name != "" {
		s.names[name], s.words[digest] = digest, name
	}
	return digest
}

func (s *script) named(name string) statement.Digest {
	s.t.Helper()
	digest, ok := s.names[name]
	if !ok {
		s.fatalf("nothing is named %s", name)
	}
	return digest
}

// makeRefused is the finding of a refusal: "refused CODE LINE" with the refused
// statement at hand, "lost CODE LINE" without it.
func (s *script) makeRefused(op string, a *args) Entry {
	s.t.Helper()
	code := a.word()
	finding, submitter := a.value("finding", ""), a.value("submitter", "")
	refused := s.statement(a.word(), a)
	digest := s.complete(refused, a)
	if submitter == "" {
		submitter = refused.Issuer
	}
	st := &statement.Statement{
		Code: statement.FindingRefuse, Issuer: "svc/log", Subject: digest,
		Body: &statement.RefuseFinding{RefusalCode: code, Submission: digest, Submitter: submitter},
	}
	e := s.entry(st, &args{values: map[string]string{}})
	if finding != "" {
		s.names[finding], s.words[e.Digest] = e.Digest, finding
	}
	if op == "refused" {
		e.Refused = refused
	}
	return e
}

// bytesOf are the digest of bytes that a word stands for.
func bytesOf(word string) statement.Digest { return sha256.Sum256([]byte(word)) }

// statement makes the part of a statement that its kind has.
func (s *script) statement(op string, a *args) *statement.Statement {
	s.t.Helper()
	switch op {
	case "genesis", "policy":
		return s.makePolicy(op, a)
	case "enroll", "rotate":
		return s.makeKey(op, a)
	case "suspend", "resume", "retire", "revoke":
		return s.makeStatus(op, a)
	case "define", "undefine":
		return s.makeWorkflow(op, a)
	case "open":
		return s.makeOpen(a)
	case "cancel", "deny":
		return s.makeEnd(op, a)
	case "grant":
		return s.makeGrant(a)
	case "intent", "done":
		return s.makeStep(op, a)
	case "outcome":
		return s.makeOutcome(a)
	case "release", "withdraw":
		return s.makeDocument(op, a)
	case "attest":
		return s.makeAttest(a)
	case "alert", "ack", "close":
		return s.makeFinding(op, a)
	}
	s.fatalf("unknown word %q", op)
	return nil
}

func (s *script) makePolicy(op string, a *args) *statement.Statement {
	st := &statement.Statement{Code: statement.PolicySet, Issuer: a.value("issuer", "h/admin"), Nonce: nonce("genesis"), Spends: []statement.Digest{}}
	p := statement.Policy{
		Version: a.number("version", 1), Rules: statement.Rules, Admins: statement.Admins{M: 1}, Algorithms: []string{statement.Algorithm},
		WitnessPolicy: bytesOf("witnesses"), SkewSeconds: 300, GrantMaxSeconds: 864000, AccessMaxSeconds: 14400, ContentMax: 65536,
		Overridable: []string{}, OverrideRoles: []string{}, Direct: []string{"*"}, Alerts: alertsOf(a.list("alerts", "")),
	}
	member := func(id string) statement.Member {
		if op == "policy" {
			return statement.Member{ID: id}
		}
		return statement.Member{ID: id, SPKI: keyOf(id).spki, Proof: keyOf(id).proof("genesis", id, st.Nonce)}
	}
	for _, id := range a.list("members", "h/admin") {
		p.Admins.Members = append(p.Admins.Members, member(id))
	}
	p.Log = member("svc/log")
	if op == "policy" {
		st.Nonce = ""
	}
	text, err := p.Marshal()
	if err != nil {
		s.fatalf("%v", err)
	}
	st.Subject, st.Body = sha256.Sum256(text), &statement.SetPolicy{Text: string(text)}
	return st
}

// alertsOf reads thresholds: AL-13.offSeconds:600, in the order of rules and names.
func alertsOf(words []string) []statement.Alert {
	list := []statement.Alert{}
	for _, word := range words {
		name, value, _ := strings.Cut(word, ":")
		rule, name, _ := strings.Cut(name, ".")
		if len(list) == 0 || list[len(list)-1].Rule != rule {
			list = append(list, statement.Alert{Rule: rule})
		}
		var n uint32
		_, err := fmt.Sscan(value, &n)
		must(err)
		at := &list[len(list)-1]
		at.Values = append(at.Values, statement.AlertValue{Name: name, Value: n})
	}
	return list
}

func (s *script) makeKey(op string, a *args) *statement.Statement {
	id := a.word()
	st := &statement.Statement{Code: statement.IdentityEnroll, Issuer: a.word(), Spends: []statement.Digest{}}
	s.nonces++
	st.Nonce = nonce(fmt.Sprint("key ", s.nonces))
	key := keyOf(a.value("newkey", fmt.Sprint(id, s.nonces)))
	owner := "team-" + strings.ReplaceAll(id, "/", "-")
	if strings.HasPrefix(id, "h/") {
		owner = id
	}
	body := statement.EnrollIdentity{
		ID: id, Owner: a.value("owner", owner), Class: a.value("class", "workload"), Roles: a.list("roles", ""), SPKI: key.spki,
		Verbs: a.list("verbs", "step.intent,step.done,document.release"), Namespaces: a.list("namespaces", "*"), Custody: "file",
	}
	if strings.HasPrefix(id, "h/") {
		body.Class = "human"
	}
	if tools, ok := a.values["tools"]; ok {
		a.value("tools", "")
		body.Tools = strings.Split(tools, ",")
	}
	if end := a.value("notAfter", "soon"); end != "none" {
		body.NotAfter = s.now + 365*day
	}
	body.Proof = key.proof(op, id, st.Nonce)
	st.Subject, st.Body = key.digest(), &body
	if op == "rotate" {
		st.Code, st.Body = statement.IdentityRotate, &statement.RotateIdentity{EnrollIdentity: body}
	}
	return st
}

func (s *script) makeStatus(op string, a *args) *statement.Statement {
	id := a.word()
	st := &statement.Statement{Issuer: a.word(), Subject: keyOf(id).digest(), Spends: []statement.Digest{}}
	switch op {
	case "suspend":
		st.Body = &statement.SuspendIdentity{ID: id, Reason: "other"}
	case "resume":
		st.Body = &statement.ResumeIdentity{ID: id, Reason: "other"}
	case "retire":
		st.Body = &statement.RetireIdentity{ID: id, Reason: "other"}
	case "revoke":
		body := &statement.RevokeIdentity{ID: id, Reason: "other"}
		if since := a.value("since", ""); since != "" {
			body.CompromisedSince = timeOf(since)
		}
		st.Body = body
	}
	st.Code = statement.CodeOf(st.Body)
	return st
}
