package statement

// readCommon reads the part of the predicate that all kinds have.
func (s *Statement) readCommon(f *fields, p ref, mandatorySpends bool) {
	s.Log = f.text(p, "log", validHost, wantHost)
	s.Nonce = f.text(p, "nonce", validNonce, wantNonce)
	s.At = f.time(p, "at")
	s.Issuer = f.id(p, "issuer")
	s.Run = f.optionalText(p, "run", ValidID, wantID)
	s.Traceparent = f.optionalText(p, "traceparent", validTraceparent, wantTraceparent)
	s.External = readExternal(f, p)
	s.Sealed = readSealed(f, p)
	s.Spends = readSpends(f, p, mandatorySpends)
}

func readExternal(f *fields, p ref) []External {
	if !f.has(p, "external") {
		return nil
	}
	at := f.want(p, "external", array, "an array of {digest, id, kind, system}")
	if at == 0 {
		return nil
	}
	items := f.elements(at, 1, maxExternal)
	list := make([]External, 0, len(items))
	for _, i := range items {
		if f.values[i].kind != object {
			f.wrong(i, "an object {digest, id, kind, system}")
			return nil
		}
		e := External{
			System: f.text(i, "system", validToken, wantToken),
			Kind:   f.text(i, "kind", validToken, wantToken),
			ID:     f.text(i, "id", validForeign, wantForeign),
			Digest: f.digest(i, "digest"),
		}
		for _, other := range list {
			if other == e {
				f.fail(f.path(i), "stands twice; want each element once")
			}
		}
		list = append(list, e)
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

// readSpends: mandatory in policies and identities, where an empty list says "none"; in documents absent says "none".
func readSpends(f *fields, p ref, mandatory bool) []Digest {
	least := 0
	if !mandatory {
		if !f.has(p, "spends") {
			return nil
		}
		least = 1
	}
	at := f.want(p, "spends", array, "an array of statement digests")
	if at == 0 {
		return nil
	}
	items := f.elements(at, least, MaxSpends)
	if len(items) == 0 {
		return nil
	}
	list := make([]Digest, 0, len(items))
	for _, i := range items {
		d := f.digestAt(i)
		for _, other := range list {
			if other == d {
				f.fail(f.path(i), "stands twice; want each grant once")
			}
		}
		list = append(list, d)
	}
	return list
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

func appendOptional(b []byte, name, s string) []byte {
	if s == "" {
		return b
	}
	return appendText(b, name, s)
}

func appendExternal(b []byte, list []External) []byte {
	if len(list) == 0 {
		return b
	}
	b = append(b, `"external":[`...)
	for _, e := range list {
		b = appendDigest(append(b, '{'), "digest", e.Digest)
		b = appendText(b, "id", e.ID)
		b = appendText(b, "kind", e.Kind)
		b = appendText(b, "system", e.System)
		b = append(closeList(b, '}'), ',')
	}
	return append(closeList(b, ']'), ',')
}

func (s *Statement) appendSpends(b []byte) []byte {
	if len(s.Spends) == 0 && !shapeOf(s.Code).spends {
		return b
	}
	b = append(b, `"spends":[`...)
	for _, d := range s.Spends {
		b = append(d.appendTo(append(b, '"')), `",`...)
	}
	return append(closeList(b, ']'), ',')
}
