package statement

// SuspendIdentity (identity.suspend) stops an identity for a while. The subject is SHA-256(SPKI) of its key.
type SuspendIdentity struct {
	ID     string
	Reason string // investigation, inactivity, absence or other
}

// ResumeIdentity (identity.resume) ends a suspension. The subject is SHA-256(SPKI) of the identity's key.
type ResumeIdentity struct {
	ID     string
	Reason string // resolved, returned, error or other
}

// RevokeIdentity (identity.revoke) ends an identity's key. The subject is SHA-256(SPKI) of that key.
type RevokeIdentity struct {
	ID               string
	Reason           string // keyCompromise, cessation, affiliationChanged, superseded or other
	CompromisedSince int64  // unix milliseconds; 0: absent
}

// RetireIdentity (identity.retire) ends an identity that is no longer needed. The subject is SHA-256(SPKI) of its key.
type RetireIdentity struct {
	ID     string
	Reason string // cessation, affiliationChanged, superseded or other
}

const (
	suspendReasons enum = "investigation|inactivity|absence|other"
	resumeReasons  enum = "resolved|returned|error|other"
	revokeReasons  enum = "keyCompromise|cessation|affiliationChanged|superseded|other"
	retireReasons  enum = "cessation|affiliationChanged|superseded|other"
)

func (*SuspendIdentity) code() Code { return IdentitySuspend }

func (*ResumeIdentity) code() Code { return IdentityResume }

func (*RevokeIdentity) code() Code { return IdentityRevoke }

func (*RetireIdentity) code() Code { return IdentityRetire }

func readSuspendIdentity(f *fields, p ref, _ Digest) Body {
	return &SuspendIdentity{ID: f.id(p, "id"), Reason: f.enum(p, "reason", suspendReasons)}
}

func readResumeIdentity(f *fields, p ref, _ Digest) Body {
	return &ResumeIdentity{ID: f.id(p, "id"), Reason: f.enum(p, "reason", resumeReasons)}
}

func readRevokeIdentity(f *fields, p ref, _ Digest) Body {
	return &RevokeIdentity{
		ID:               f.id(p, "id"),
		Reason:           f.enum(p, "reason", revokeReasons),
		CompromisedSince: f.optionalTime(p, "compromisedSince"),
	}
}

func readRetireIdentity(f *fields, p ref, _ Digest) Body {
	return &RetireIdentity{ID: f.id(p, "id"), Reason: f.enum(p, "reason", retireReasons)}
}

func (s *SuspendIdentity) appendMember(b []byte, name string) []byte {
	return appendLife(b, name, s.ID, s.Reason)
}

func (r *ResumeIdentity) appendMember(b []byte, name string) []byte {
	return appendLife(b, name, r.ID, r.Reason)
}

func (r *RevokeIdentity) appendMember(b []byte, name string) []byte {
	if name == "compromisedSince" {
		return appendOptionalTime(b, name, r.CompromisedSince)
	}
	return appendLife(b, name, r.ID, r.Reason)
}

func (r *RetireIdentity) appendMember(b []byte, name string) []byte {
	return appendLife(b, name, r.ID, r.Reason)
}

// appendLife writes what all of these have.
func appendLife(b []byte, name, id, reason string) []byte {
	switch name {
	case "id":
		return appendText(b, name, id)
	case "reason":
		return appendText(b, name, reason)
	}
	return b
}
