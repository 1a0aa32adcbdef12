package monitor

import "github.com/docketlog/docket/proofs/statement"

// maxListed bounds the alerts of one revocation; the activity register has all.
const maxListed = 16

// observeCompromise is AL-20: it lists what the identity signed from the reported
// time on, once. A second report lists what an earlier time adds.
func (d *Detector) observeCompromise(e Entry, body *statement.RevokeIdentity) {
	if body.CompromisedSince == 0 {
		return
	}
	until := e.Time
	if i, ok := d.m.Identities.get(body.ID); ok {
		if i.Since != 0 {
			until = i.Since - 1
		}
		i.Since = body.CompromisedSince
	}
	condition, list := "compromised", []mention{e.mention()}
	if !d.m.Recent.whole() {
		if oldest, ok := d.m.Recent.get(d.m.Recent.keys()[0]); ok && oldest.Time >= body.CompromisedSince {
			condition = "part"
		}
	}
	for _, key := range d.m.Recent.keys() {
		s, _ := d.m.Recent.get(key)
		if s.Issuer == body.ID && s.Index != e.Index && body.CompromisedSince <= s.Time && s.Time <= until {
			list = append(list, s.mention)
		}
	}
	if len(list) > maxListed*MaxEvidence {
		condition, list = "part", list[:maxListed*MaxEvidence]
	}
	for len(list) > 0 {
		n := min(len(list), MaxEvidence)
		d.raise("AL-20", condition, High, e.Time, "", subject{identity: body.ID}, list[:n]...)
		list = list[n:]
	}
}
