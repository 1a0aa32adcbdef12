package statement

import (
	"bytes"
	"strconv"
)

const wantAlgorithms = `exactly ["` + Algorithm + `"]`

func readPolicy(f *fields) *Policy {
	p := &Policy{
		Version:          f.uint32(0, "version", 1),
		Rules:            f.text(0, "rules", validRules, wantRules),
		Algorithms:       f.list(0, "algorithms", 1, 1, func(s string) bool { return s == Algorithm }, wantAlgorithms),
		WitnessPolicy:    f.digest(0, "witnessPolicy"),
		SkewSeconds:      f.uint32(0, "skewSeconds", 1),
		GrantMaxSeconds:  f.uint32(0, "grantMaxSeconds", 1),
		AccessMaxSeconds: f.uint32(0, "accessMaxSeconds", 1),
		ContentMax:       uint32(f.integer(0, "contentMax", minContent, MaxPayload)),
		Overridable:      f.list(0, "overridable", 0, maxList, overridables.has, "one of "+string(overridables)),
		OverrideRoles:    f.list(0, "overrideRoles", 0, maxList, validName, wantName),
		Direct:           f.list(0, "direct", 0, maxList, ValidPrefix, wantPrefix),
	}
	p.readMembers(f)
	p.Alerts = readAlerts(f)
	return p
}

// readMembers reads admins and log. No id and no key may stand twice among them: a person who counts twice, or a log
// that is an admin, would hollow out the quorum.
func (p *Policy) readMembers(f *fields) {
	admins := f.object(0, "admins")
	list := f.want(admins, "members", array, "an array of members")
	if list == 0 {
		return
	}
	items := f.elements(list, 1, maxMembers)
	p.Admins.Members = make([]Member, 0, len(items))
	for _, i := range items {
		p.Admins.Members = append(p.Admins.Members, p.readMember(f, i))
	}
	p.Admins.M = uint32(f.integer(admins, "m", 1, uint64(min(len(items), maxQuorum))))
	if log := f.object(0, "log"); log != 0 {
		p.Log = p.readMember(f, log)
	}
}

func (p *Policy) readMember(f *fields, at ref) Member {
	if f.err == nil && f.values[at].kind != object {
		f.wrong(at, "an object {id, proof, spki}")
	}
	m := Member{ID: f.id(at, "id")}
	if p.Version == 1 {
		m.SPKI = f.bytes(at, "spki", checkPublicKey, wantSPKI)
		m.Proof = f.bytes(at, "proof", CheckSignature, wantSignature)
	} else if f.has(at, "spki") || f.has(at, "proof") {
		f.fail(f.path(at), "want an id alone: keys and proofs stand in version 1 only")
	}
	for _, other := range p.Admins.Members {
		if other.ID == m.ID || m.SPKI != nil && bytes.Equal(other.SPKI, m.SPKI) {
			f.fail(f.path(at), "id or key stands twice; want each once in admins.members and log")
		}
	}
	return m
}

func readAlerts(f *fields) []Alert {
	at := f.object(0, "alerts")
	if at == 0 {
		return nil
	}
	var alerts []Alert
	for _, i := range f.elements(at, 0, maxAlerts) {
		a := Alert{Rule: f.values[i].key}
		if !validAlertRule(a.Rule) || f.values[i].kind != object {
			f.wrong(i, `an alert rule like "AL-14" with an object of thresholds`)
			return nil
		}
		for _, j := range f.elements(i, 1, maxAlerts) {
			v := f.values[j]
			if !validToken(v.key) || v.kind != integer || v.num >= 1<<32 {
				f.wrong(j, "a name of "+wantToken+", with an integer from 0 to 4294967295")
				return nil
			}
			a.Values = append(a.Values, AlertValue{Name: v.key, Value: uint32(v.num)})
		}
		alerts = append(alerts, a)
	}
	return alerts
}

func validAlertRule(s string) bool {
	return len(s) == 5 && s[:3] == "AL-" && '0' <= s[3] && s[3] <= '9' && '0' <= s[4] && s[4] <= '9'
}

// append writes the policy as RFC 8785 orders and spells it, without any check.
func (p *Policy) append(b []byte) []byte {
	b = appendInteger(append(b, '{'), "accessMaxSeconds", uint64(p.AccessMaxSeconds))
	b = append(b, `"admins":{`...)
	b = appendInteger(b, "m", uint64(p.Admins.M))
	b = append(b, `"members":[`...)
	for _, m := range p.Admins.Members {
		b = append(m.append(b), ',')
	}
	b = append(closeList(b, ']'), "},"...)
	b = p.appendAlerts(b)
	b = appendList(b, "algorithms", p.Algorithms)
	b = appendInteger(b, "contentMax", uint64(p.ContentMax))
	b = appendList(b, "direct", p.Direct)
	b = appendInteger(b, "grantMaxSeconds", uint64(p.GrantMaxSeconds))
	b = append(p.Log.append(appendName(b, "log")), ',')
	b = appendList(b, "overridable", p.Overridable)
	b = appendList(b, "overrideRoles", p.OverrideRoles)
	b = appendText(b, "rules", p.Rules)
	b = appendInteger(b, "skewSeconds", uint64(p.SkewSeconds))
	b = appendInteger(b, "version", uint64(p.Version))
	return closeList(appendDigest(b, "witnessPolicy", p.WitnessPolicy), '}')
}

func (m Member) append(b []byte) []byte {
	b = appendText(append(b, '{'), "id", m.ID)
	if m.Proof != nil {
		b = appendBytes(b, "proof", m.Proof)
	}
	if m.SPKI != nil {
		b = appendBytes(b, "spki", m.SPKI)
	}
	return closeList(b, '}')
}

func (p *Policy) appendAlerts(b []byte) []byte {
	b = append(b, `"alerts":{`...)
	for _, a := range p.Alerts {
		b = append(appendString(b, a.Rule), ":{"...)
		for _, v := range a.Values {
			b = append(appendString(b, v.Name), ':')
			b = append(strconv.AppendUint(b, uint64(v.Value), 10), ',')
		}
		b = append(closeList(b, '}'), ',')
	}
	return append(closeList(b, '}'), ',')
}
