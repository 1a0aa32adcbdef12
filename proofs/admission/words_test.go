package admission

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// args are the words of a line: plain ones in order, and name=value.
type args struct {
	words  []string
	values map[string]string
}

func parseArgs(fields []string) *args {
	a := &args{values: make(map[string]string)}
	for _, f := range fields {
		if name, value, ok := strings.Cut(f, "="); ok && !strings.ContainsAny(name, "~/") {
			a.values[name] = value
		} else if f != "by" {
			a.words = append(a.words, f)
		}
	}
	return a
}

// word takes the next plain word.
func (a *args) word() string {
	if len(a.words) == 0 {
		return ""
	}
	w := a.words[0]
	a.words = a.words[1:]
	return w
}

// value takes a named value, or its default.
func (a *args) value(name, otherwise string) string {
	if v, ok := a.values[name]; ok {
		delete(a.values, name)
		return v
	}
	return otherwise
}

// list takes a named list; it is never nil.
func (a *args) list(name, otherwise string) []string {
	v := a.value(name, otherwise)
	if v == "" {
		return []string{}
	}
	return strings.Split(v, ",")
}

// list0 looks at the first of a named list, and leaves it.
func (a *args) list0(name, otherwise string) string {
	if v, ok := a.values[name]; ok {
		otherwise = v
	}
	first, _, _ := strings.Cut(otherwise, ",")
	return first
}

func (a *args) number(name string, otherwise uint32) uint32 {
	n, err := strconv.ParseUint(a.value(name, fmt.Sprint(otherwise)), 10, 32)
	must(err)
	return uint32(n)
}

func (a *args) rest() string {
	out := slices.Clone(a.words)
	for name := range a.values {
		out = append(out, name+"=")
	}
	return strings.Join(out, " ")
}

// clockTime reads a time of the test's one day, such as 12:00:00.001; hours go on
// after 24.
func clockTime(text string) int64 {
	hour, rest, _ := strings.Cut(text, ":")
	hours, err := strconv.Atoi(hour)
	must(err)
	t, err := time.Parse("2006-01-02 15:04:05", "2026-11-10 00:"+rest)
	must(err)
	return t.Add(time.Duration(hours) * time.Hour).UnixMilli()
}

// make makes the signed and checked statement of a line.
func (s *script) make(op string, a *args) (*Checked, error) {
	if op == "again" {
		return s.sign(s.last.Payload, s.last.Statement.Issuer, a)
	}
	build, ok := map[string]func(*args) *statement.Statement{
		"genesis": s.makeGenesis, "policy": s.makeGenesis, "enroll": s.makeEnroll, "revoke": s.makeRevoke,
		"attest": s.makeAttest, "alert": s.makeAlert, "ack": s.makeAck, "close": s.makeClose, "refuse": s.makeRefuse,
		"intent": s.makeIntent, "done": s.makeDone, "outcome": s.makeOutcome,
		"open": s.makeOpen, "cancel": s.makeCancel, "deny": s.makeDeny,
		"define": s.makeDefine, "undefine": s.makeUndefine,
		"grant": s.makeGrant, "take": s.makeTake, "rotate": s.makeRotate, "resume": s.makeResume,
		"suspend": s.makeSuspend, "retire": s.makeRetire,
		"release": s.makeRelease, "withdraw": s.makeWithdraw,
	}[op]
	if !ok {
		s.fatalf("unknown line %q", op)
	}
	st := build(a)
	st.At = s.time
	if at := a.value("at", ""); at != "" {
		st.At = clockTime(at)
	}
	st.Log = a.value("log", origin)
	st.Run = a.value("run", st.Run)
	st.Late = a.value("late", "")
	st.Spends = s.spends(a)
	payload, err := st.Marshal()
	if err != nil {
		s.fatalf("%v", err)
	}
	return s.sign(payload, st.Issuer, a)
}

// sign edits, signs and checks. key= signs, spki= is what the leaf says.
func (s *script) sign(payload []byte, issuer string, a *args) (*Checked, error) {
	if edit := a.value("edit", ""); edit != "" {
		parts := strings.Split(edit, "~")
		if len(parts) != 4 || !bytes.Contains(payload, []byte(parts[1])) {
			s.fatalf("edit %s: not in %s", edit, payload)
		}
		payload = bytes.Replace(payload, []byte(parts[1]), []byte(parts[2]), 1)
	}
	key := a.value("key", issuer)
	spki := a.value("spki", key)
	e := statement.Envelope{Payload: payload, SPKI: keyOf(spki).spki}
	e.Signature = keyOf(key).sign(statement.DigestOf(payload))
	switch a.value("sig", "good") {
	case "none":
		e.Signature = nil
	case "raw":
		e.Signature = make([]byte, 64)
	}
	if spki == "none" {
		e.SPKI = nil
	}
	return CheckEnvelope(origin, e)
}

func (s *script) begin(code statement.Code, issuer string) *statement.Statement {
	s.nonces++
	return newStatement(code, issuer, fmt.Sprint(s.t.Name(), s.nonces))
}

func (s *script) makeGenesis(a *args) *statement.Statement {
	issuer := a.value("issuer", a.list0("members", "h/admin"))
	st := s.begin(statement.PolicySet, issuer)
	setPolicy(st, s.policyOf(a, st.Nonce))
	return st
}

// policyOf is a policy of these words; version 1 proves keys under a nonce.
func (s *script) policyOf(a *args, proofNonce string) *statement.Policy {
	members := a.list("members", "h/admin")
	if a.value("proofs", "good") == "other-nonce" {
		proofNonce = nonce("other")
	}
	p := testPolicy(proofNonce, members...)
	p.Version = a.number("version", 1)
	p.Rules = a.value("rules", p.Rules)
	p.Admins.M = a.number("m", 1)
	p.SkewSeconds = a.number("skew", p.SkewSeconds)
	p.ContentMax = a.number("contentMax", p.ContentMax)
	p.GrantMaxSeconds = a.number("grantMax", p.GrantMaxSeconds)
	p.AccessMaxSeconds = a.number("accessMax", p.AccessMaxSeconds)
	p.Overridable = a.list("overridable", "")
	p.OverrideRoles = a.list("overrideRoles", "")
	p.Direct = a.list("direct", strings.Join(p.Direct, ","))
	p.Log.ID = a.value("logid", p.Log.ID)
	switch a.value("badproof", "") {
	case "log":
		p.Log.Proof = p.Admins.Members[0].Proof
	case "last":
		p.Admins.Members[len(members)-1].Proof = p.Log.Proof
	}
	if p.Version > 1 { // later versions name identities alone
		p.Log = statement.Member{ID: p.Log.ID}
		for i, m := range p.Admins.Members {
			p.Admins.Members[i] = statement.Member{ID: m.ID}
		}
	}
	return p
}

func (s *script) makeEnroll(a *args) *statement.Statement {
	id := a.word()
	st := s.begin(statement.IdentityEnroll, a.word())
	body := s.enrollBody(a, id, st.Nonce)
	key := a.value("newkey", id)
	st.Subject, st.Body = keyOf(key).digest(), body
	body.Proof = s.proof(a, "enroll", id, key, st.Nonce)
	return st
}

// enrollBody is an enrollment without its proof.
func (s *script) enrollBody(a *args, id, nonce string) *statement.EnrollIdentity {
	body := enrollment(id, a.values["newkey"], a.value("owner", "team-"+strings.ReplaceAll(id, "/", "-")), nonce)
	if a.values["newkey"] == "" {
		body.SPKI = keyOf(id).spki
	}
	body.Class = a.value("class", "workload")
	if body.Class == "human" {
		body.Owner = id
	}
	body.Roles = a.list("roles", "")
	body.Verbs = a.list("verbs", "")
	body.Namespaces = a.list("namespaces", "")
	if _, ok := a.values["tools"]; ok {
		body.Tools = a.list("tools", "")
	}
	if t := a.value("notAfter", ""); t != "" {
		body.NotAfter = clockTime(t)
	}
	return body
}

// proof is a proof of possession, or one with something wrong.
func (s *script) proof(a *args, op, id, key, nonceOf string) []byte {
	proofID, log, nonceText, prover := id, origin, nonceOf, key
	switch proof := a.value("proof", "good"); proof {
	case "good":
	case "op":
		op = map[string]string{"enroll": "rotate", "rotate": "enroll"}[op]
	case "id":
		proofID = "wl/other"
	case "log":
		log = "other.docket.example"
	case "nonce":
		nonceText = nonce("other")
	case "key":
		prover = "another key"
	default:
		s.fatalf("unknown proof %q", proof)
	}
	message := statement.ProofMessage(log, op, proofID, keyOf(key).spki, nonceText)
	return keyOf(prover).sign(sha256.Sum256(message))
}

func (s *script) makeRevoke(a *args) *statement.Statement {
	id := a.word()
	st := s.begin(statement.IdentityRevoke, a.word())
	body := &statement.RevokeIdentity{ID: id, Reason: "keyCompromise"}
	if t := a.value("since", ""); t != "" {
		body.CompromisedSince = clockTime(t)
	}
	st.Subject, st.Body = keyOf(a.value("subject", id)).digest(), body
	return st
}

func (s *script) makeSuspend(a *args) *statement.Statement {
	id := a.word()
	st := s.begin(statement.IdentitySuspend, a.word())
	st.Subject, st.Body = keyOf(a.value("subject", id)).digest(), &statement.SuspendIdentity{ID: id, Reason: "investigation"}
	return st
}

func (s *script) makeRetire(a *args) *statement.Statement {
	id := a.word()
	st := s.begin(statement.IdentityRetire, a.word())
	st.Subject, st.Body = keyOf(a.value("subject", id)).digest(), &statement.RetireIdentity{ID: id, Reason: "cessation"}
	return st
}

func (s *script) makeAttest(a *args) *statement.Statement {
	st := s.begin(statement.AttestObserve, a.word())
	st.Subject = sha256.Sum256([]byte(a.value("file", "seen")))
	st.Body = &statement.AttestObservation{Observed: []statement.Observed{{Resource: "inbox", Property: a.value("property", "received")}}}
	return st
}

func (s *script) makeAlert(a *args) *statement.Statement {
	st := s.begin(statement.FindingAlert, a.word())
	st.Subject = s.last.Digest
	st.Body = &statement.AlertFinding{
		Rule: "AL-04", RuleVersion: 1, Evidence: []statement.Digest{s.last.Digest}, Occurred: s.time, Detected: s.time, Severity: "crit", Dedup: "AL-04/1",
	}
	return st
}

func (s *script) makeAck(a *args) *statement.Statement {
	st := s.begin(statement.FindingAck, a.word())
	st.Subject, st.Body = s.last.Digest, &statement.AckFinding{About: s.last.Digest, Reason: "investigating"}
	return st
}

func (s *script) makeClose(a *args) *statement.Statement {
	st := s.begin(statement.FindingClose, a.word())
	st.Subject, st.Body = s.last.Digest, &statement.CloseFinding{About: s.last.Digest, Reason: "resolved"}
	return st
}

func (s *script) makeRefuse(a *args) *statement.Statement {
	st := s.begin(statement.FindingRefuse, a.word())
	st.Subject = sha256.Sum256([]byte("refused"))
	st.Body = &statement.RefuseFinding{RefusalCode: CodeIssuer, Submission: st.Subject, Submitter: "wl/p"}
	return st
}

func (s *script) makeRelease(a *args) *statement.Statement {
	document, version := a.word(), versionOf(a.word())
	st := s.begin(statement.DocumentRelease, a.word())
	st.Subject = s.file(a, document, version)
	body := &statement.ReleaseDocument{Document: document, Version: version, Size: 1, Media: "text/plain", To: a.list("to", "")}
	switch prev := a.value("prev", "last"); prev {
	case "none":
	case "last":
		if last := s.releases[document]; last != nil {
			body.Prev = &last.Digest
		}
	case "entry": // the newest entry of the log, whatever it is
		body.Prev = &s.last.Digest
	default:
		body.Prev = &s.versions[document+" "+prev].Digest
	}
	st.Body = body
	return st
}

func (s *script) makeWithdraw(a *args) *statement.Statement {
	document, version := a.word(), versionOf(a.word())
	st := s.begin(statement.DocumentWithdraw, a.word())
	st.Subject = s.file(a, document, version)
	st.Body = &statement.WithdrawDocument{Document: document, Version: version, Reason: "error"}
	return st
}

// file is the digest of the bytes concerned: file=NAME, spki-of=KEY, or those of
// the version.
func (s *script) file(a *args, document string, version uint32) statement.Digest {
	if key := a.value("spki-of", ""); key != "" {
		return keyOf(key).digest()
	}
	if id, v, ok := strings.Cut(a.value("flow", ""), "@"); ok {
		return s.workflowText(parseArgs([]string{id, v}))
	}
	if name := a.value("file", ""); name != "" {
		return sha256.Sum256([]byte(name))
	}
	return fileOf(document, version)
}

func versionOf(word string) uint32 {
	n, err := strconv.ParseUint(strings.TrimPrefix(word, "v"), 10, 32)
	must(err)
	return uint32(n)
}

// noteAdmitted remembers what later lines refer to.
func (s *script) noteAdmitted(c *Checked) {
	s.last = c
	s.noteGovernance(c)
	if body, ok := c.Statement.Body.(*statement.ReleaseDocument); ok {
		s.releases[body.Document] = c
		s.versions[fmt.Sprintf("%s v%d", body.Document, body.Version)] = c
	}
}

// look describes a register in words.
func (s *script) look(kind, name string) string {
	if kind == "run" {
		return s.lookRun(name)
	}
	if kind == "grant" {
		return s.lookGrant(name)
	}
	key := map[string]func(string) register.Key{
		"document": register.DocumentKey, "identity": register.IdentityKey, "activity": register.ActivityKey,
		"file": func(name string) register.Key {
			return register.DigestKey(register.SHA256Digest(sha256.Sum256([]byte(name))))
		},
		"key": func(name string) register.Key { return keyDigest(keyOf(name).spki) },
	}[kind](name)
	r, err := s.overlay.Record(key)
	must(err)
	if r == nil {
		return "none"
	}
	switch kind {
	case "document":
		d, err := register.ParseDocumentState(r.State)
		must(err)
		return fmt.Sprintf("%s v%d", []string{1: "current", 2: "withdrawn"}[d.Status], d.Version)
	case "identity":
		i, err := register.ParseIdentityState(r.State)
		must(err)
		if i.CompromisedSince == register.None {
			return statusName(i.Status)
		}
		return statusName(i.Status) + " since " + time.UnixMilli(int64(i.CompromisedSince)).UTC().Format("15:04:05")
	case "activity":
		n, err := register.ParseActivityState(r.State)
		must(err)
		return fmt.Sprint(n.Count)
	}
	d, err := register.ParseDigestState(r.State)
	must(err)
	text := fmt.Sprintf("released %d", d.Releases)
	if d.KeyType != 0 {
		text += ", a key"
	}
	return text
}
