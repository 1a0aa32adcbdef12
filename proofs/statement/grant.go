package statement

var (
	grantNames = []string{"about", "actingFor", "by", "for", "level", "meaning", "notAfter", "notBefore", "object", "override",
		"policy", "role", "rule", "source", "to", "uses"}
	grantInner = []inner{{"override", []string{"reason", "reviewBy", "rule"}}}
)

func readGrantDecision(f *fields, p ref, subject Digest) Body {
	g := &GrantDecision{
		For:       readFor(f, p),
		To:        f.id(p, "to"),
		Meaning:   f.enum(p, "meaning", meanings),
		Role:      f.text(p, "role", validName, wantName),
		Rule:      f.text(p, "rule", validToken, wantToken),
		Policy:    f.digest(p, "policy"),
		NotBefore: f.optionalTime(p, "notBefore"),
		NotAfter:  f.time(p, "notAfter"),
		Uses:      f.uint32(p, "uses", 1),
		Level:     f.enum(p, "level", levels),
		ActingFor: f.optionalDigest(p, "actingFor"),
		Override:  readOverride(f, p),
	}
	g.Object = readObject(f, p, g.For)
	if g.NotBefore >= g.NotAfter {
		f.fail(joinPath(f.path(p), "notAfter"), "want a time after notBefore")
	}
	g.readAbout(f, p, subject)
	g.readBridge(f, p)
	return g
}

// readFor reads the kind and op that the grant is for; only those with an object can be granted.
func readFor(f *fields, p ref) Code {
	name := f.text(p, "for", grantable, wantGrantable)
	code, _ := ParseCode(name)
	return code
}

// readAbout: a request belongs to documents and steps, and brings its run along. Governance and delegations are about
// no request. A grant for a step has no subject but its request.
func (g *GrantDecision) readAbout(f *fields, p ref, subject Digest) {
	g.About = f.optionalDigest(p, "about")
	at := joinPath(f.path(p), "about")
	requested := g.For == StepIntent || g.For.Kind() == "document"
	switch {
	case g.About == nil && g.For == StepIntent:
		f.fail(at, "missing; want the statement digest of the request")
	case g.About != nil && !requested:
		f.fail(at, "want it absent: only grants for documents and steps are about a request")
	case g.About != nil && !f.has(p, "run"):
		f.fail(joinPath(f.path(p), "run"), "missing; want the run of the request in about")
	case g.For == StepIntent:
		f.subjectIs(subject, *g.About, "the digest in predicate.about")
	}
}

// readBridge: who decided elsewhere, and where, stands in a bridged grant and in no other.
func (g *GrantDecision) readBridge(f *fields, p ref) {
	if g.Level == "bridged" {
		g.By, g.Source = f.id(p, "by"), f.optionalDigest(p, "source")
		if g.Source == nil {
			f.fail(joinPath(f.path(p), "source"), "missing; want "+wantDigest)
		}
		return
	}
	for _, name := range []string{"by", "source"} {
		if f.has(p, name) {
			f.fail(joinPath(f.path(p), name), "want it absent unless the level is bridged")
		}
	}
}

func readOverride(f *fields, p ref) *Override {
	if !f.has(p, "override") {
		return nil
	}
	at := f.object(p, "override")
	return &Override{
		Rule:     f.enum(at, "rule", overridables),
		Reason:   f.enum(at, "reason", overrideReasons),
		ReviewBy: f.time(at, "reviewBy"),
	}
}

func (g *GrantDecision) appendMember(b []byte, name string) []byte {
	switch name {
	case "about":
		return appendOptionalDigest(b, name, g.About)
	case "actingFor":
		return appendOptionalDigest(b, name, g.ActingFor)
	case "by":
		return appendOptional(b, name, g.By)
	case "notAfter":
		return appendTimeMember(b, name, g.NotAfter)
	case "notBefore":
		return appendOptionalTime(b, name, g.NotBefore)
	case "object":
		return append(appendObject(appendName(b, name), g.Object), ',')
	case "override":
		return g.Override.appendMember(b)
	case "policy":
		return appendDigest(b, name, g.Policy)
	case "source":
		return appendOptionalDigest(b, name, g.Source)
	case "uses":
		return appendInteger(b, name, uint64(g.Uses))
	}
	return g.appendWord(b, name)
}

// appendWord writes the members that are mandatory texts.
func (g *GrantDecision) appendWord(b []byte, name string) []byte {
	switch name {
	case "for":
		return appendText(b, name, g.For.String())
	case "level":
		return appendText(b, name, g.Level)
	case "meaning":
		return appendText(b, name, g.Meaning)
	case "role":
		return appendText(b, name, g.Role)
	case "rule":
		return appendText(b, name, g.Rule)
	case "to":
		return appendText(b, name, g.To)
	}
	return b
}

func (o *Override) appendMember(b []byte) []byte {
	if o == nil {
		return b
	}
	b = appendText(append(b, `"override":{`...), "reason", o.Reason)
	b = appendTimeMember(b, "reviewBy", o.ReviewBy)
	b = appendText(b, "rule", o.Rule)
	return append(closeList(b, '}'), ',')
}
