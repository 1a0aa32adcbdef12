package statement

// GrantDecision (decision.grant) lets another identity sign statements of one kind: for these bytes, these terms, this
// long, this often. The subject is what it is for, see [Object].
type GrantDecision struct {
	About     *Digest // statement digest of the request, Run is its run; nil: absent
	For       Code    // what To may sign
	Object    Object  // the terms, in the form that For has
	To        string  // identity that may spend the grant
	Meaning   string  // review, approval, responsibility or authorship
	Role      string  // in which the grantor decides
	Rule      string  // that it decides by, a name such as "jit-7"
	Policy    Digest  // SHA-256 of the policy document in force
	NotBefore int64   // unix milliseconds; 0: absent
	NotAfter  int64   // unix milliseconds, the first at which it is too old
	Uses      uint32  // from 1
	Level     string  // direct, or bridged: brought from another system

	By        string    // bridged: the person who decided there; else empty
	Source    *Digest   // bridged: of the ticket there; else nil
	ActingFor *Digest   // statement digest of the delegation that it uses; nil: absent
	Override  *Override // nil: absent
}

// Override is a rule of the workflow that a grant sets aside.
type Override struct {
	Rule     string // approval, level, destinations, maxAttempts or maxDuration
	Reason   string // emergency, outage, legal, safety or other
	ReviewBy int64  // until when somebody is to review it, unix milliseconds
}

// DenyDecision (decision.deny) denies a request and with it Run, its run. The subject is About.
type DenyDecision struct {
	About  Digest // statement digest of the request
	Rule   string // that it decides by
	Reason string // policy, incomplete, incorrect, risk, duties or other
}

// RevokeDecision (decision.revoke) takes a grant back. The subject is About.
type RevokeDecision struct {
	About  Digest // statement digest of the grant
	Reason string // error, superseded, policy, risk, keyCompromise or other
}

const (
	meanings        enum = "review|approval|responsibility|authorship"
	levels          enum = "direct|bridged"
	overrideReasons enum = "emergency|outage|legal|safety|other"
	denyReasons     enum = "policy|incomplete|incorrect|risk|duties|other"
	ungrantReasons  enum = "error|superseded|policy|risk|keyCompromise|other"
)

func (*GrantDecision) code() Code { return DecisionGrant }

func (*DenyDecision) code() Code { return DecisionDeny }

func (*RevokeDecision) code() Code { return DecisionRevoke }

// ObjectHash gives the hash by which a register holds what the grant is for, see [ObjectHash].
func (g *GrantDecision) ObjectHash() Digest { return ObjectHash(g.For, g.Object) }

func readDenyDecision(f *fields, p ref, subject Digest) Body {
	d := &DenyDecision{
		About:  f.digest(p, "about"),
		Rule:   f.text(p, "rule", validToken, wantToken),
		Reason: f.enum(p, "reason", denyReasons),
	}
	f.subjectIs(subject, d.About, "the digest in predicate.about")
	return d
}

func readRevokeDecision(f *fields, p ref, subject Digest) Body {
	r := &RevokeDecision{About: f.digest(p, "about"), Reason: f.enum(p, "reason", ungrantReasons)}
	f.subjectIs(subject, r.About, "the digest in predicate.about")
	return r
}

func (d *DenyDecision) appendMember(b []byte, name string) []byte {
	if name == "rule" {
		return appendText(b, name, d.Rule)
	}
	return appendAbout(b, name, d.About, d.Reason)
}

func (r *RevokeDecision) appendMember(b []byte, name string) []byte {
	return appendAbout(b, name, r.About, r.Reason)
}
