package statement

const lateReasons enum = "offline|outage|migration"

// readCommon reads the part of the predicate that all kinds have.
func (s *Statement) readCommon(f *fields, p ref, shape *shape) {
	s.Log = f.text(p, "log", validHost, wantHost)
	s.Nonce = f.text(p, "nonce", validNonce, wantNonce)
	s.At = f.time(p, "at")
	s.Issuer = f.id(p, "issuer")
	if shape.run == mandatory || f.has(p, "run") {
		s.Run = f.id(p, "run")
	}
	s.Traceparent = f.optionalText(p, "traceparent", validTraceparent, wantTraceparent)
	s.External = readExternal(f, p)
	s.Sealed = readSealed(f, p)
	s.Late = f.optionalText(p, "late", lateReasons.has, "one of "+string(lateReasons))
	s.Spends = readSpends(f, p, shape.spends)
}

func readExternal(f *fields, p ref) []External {
	if !f.has(p, "external") {
		return nil
	}
	items := f.objects(p, "external", 1, maxExternal, "{digest, id, kind, system}")
	list := make([]External, 0, len(items))
	for _, i := range items {
		list = append(list, External{
			System: f.text(i, "system", validToken, wantToken),
			Kind:   f.text(i, "kind", validToken, wantToken),
			ID:     f.text(i, "id", validForeign, wantForeign),
			Digest: f.digest(i, "digest"),
		})
	}
	return list
}

// readSealed reads the digests of disclosures, which are sorted so that their order tells nothing.
func readSealed(f *fields, p ref) []string {
	if !f.has(p, "sealed") {
		return nil
	}
	list := f.list(p, "sealed", 1, maxSealed, validSealedHash, wantSealedHash)
	for i := 1; i < len(list); i++ {
		if list[i-1] >= list[i] {
			f.fail(joinPath(f.path(p), "sealed"), "want the digests sorted by their bytes")
		}
	}
	return list
}

// readSpends: where it is mandatory, an empty list says "none"; where it is optional, absent says "none".
func readSpends(f *fields, p ref, spends presence) []Digest {
	switch {
	case spends == mandatory:
		if list := f.digests(p, "spends", 0, MaxSpends); len(list) > 0 {
			return list
		}
		return nil
	case f.has(p, "spends"):
		return f.digests(p, "spends", 1, MaxSpends)
	}
	return nil
}

// appendMember writes the named member of the predicate and a comma, or nothing if the member is absent.
func (s *Statement) appendMember(b []byte, name string) []byte {
	switch name {
	case "at":
		return appendTimeMember(b, name, s.At)
	case "external":
		return appendExternal(b, s.External)
	case "issuer":
		return appendText(b, name, s.Issuer)
	case "late":
		return appendOptional(b, name, s.Late)
	case "log":
		return appendText(b, name, s.Log)
	case "nonce":
		return appendText(b, name, s.Nonce)
	case "run":
		return appendOptional(b, name, s.Run)
	case "sealed":
		if len(s.Sealed) == 0 {
			return b
		}
		return appendList(b, name, s.Sealed)
	case "spends":
		return s.appendSpends(b)
	case "traceparent":
		return appendOptional(b, name, s.Traceparent)
	}
	return s.Body.appendMember(b, name)
}

func appendExternal(b []byte, list []External) []byte {
	if len(list) == 0 {
		return b
	}
	return appendObjects(b, "external", list, External.appendMembers)
}

func (e External) appendMembers(b []byte) []byte {
	b = appendDigest(b, "digest", e.Digest)
	b = appendText(b, "id", e.ID)
	b = appendText(b, "kind", e.Kind)
	return appendText(b, "system", e.System)
}

func (s *Statement) appendSpends(b []byte) []byte {
	if len(s.Spends) == 0 && shapeOf(s.Code).spends != mandatory {
		return b
	}
	return appendDigests(b, "spends", s.Spends)
}
