package statement

// AttestObservation (attest.observe) says what its issuer saw of another's work. The subject is the digest of the observed
// bytes, else of what it is about.
type AttestObservation struct {
	About    *Digest    // statement digest of what it confirms or contradicts; nil: absent
	Observed []Observed // 1 to 64
}

// Observed is one thing seen.
type Observed struct {
	Resource string  // in the terms of its system
	Property string  // received, present, absent, accepted, rejected, reviewed, disclosed, accesslog or cosigned
	Digest   *Digest // of its bytes; nil: absent
	Count    *uint32 // how many; nil: absent
}

const properties enum = "received|present|absent|accepted|rejected|reviewed|disclosed|accesslog|cosigned"

var observedInner = []inner{{"observed", []string{"count", "digest", "property", "resource"}}}

func (*AttestObservation) code() Code { return AttestObserve }

func readAttestObservation(f *fields, p ref, _ Digest) Body {
	a := &AttestObservation{About: f.optionalDigest(p, "about")}
	items := f.objects(p, "observed", 1, maxObjects, "{count, digest, property, resource}")
	for _, i := range items {
		o := Observed{
			Resource: f.text(i, "resource", validForeign, wantForeign),
			Property: f.enum(i, "property", properties),
			Digest:   f.optionalDigest(i, "digest"),
		}
		if f.has(i, "count") {
			n := f.uint32(i, "count", 0)
			o.Count = &n
		}
		a.Observed = append(a.Observed, o)
	}
	return a
}

func (a *AttestObservation) appendMember(b []byte, name string) []byte {
	switch name {
	case "about":
		return appendOptionalDigest(b, name, a.About)
	case "observed":
		return appendObjects(b, name, a.Observed, Observed.appendMembers)
	}
	return b
}

func (o Observed) appendMembers(b []byte) []byte {
	if o.Count != nil {
		b = appendInteger(b, "count", uint64(*o.Count))
	}
	b = appendOptionalDigest(b, "digest", o.Digest)
	b = appendText(b, "property", o.Property)
	return appendText(b, "resource", o.Resource)
}
