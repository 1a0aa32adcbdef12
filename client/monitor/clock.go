package monitor

// traffic counts the statements of an identity by minute, those of the last hour,
// and remembers the newest time that its clock was off.
type traffic struct {
	Minutes []minute `json:"minutes,omitempty"` // at most 60, rising
	Episode mention  `json:"episode"`           // first statement that was off; index 0: none yet
	High    bool     `json:"high,omitempty"`    // it was raised as high
}

type minute struct {
	At  int64 `json:"at"` // minutes since 1970
	All int64 `json:"all"`
	Off int64 `json:"off,omitempty"`
}

const hour = 3600 * second

// count adds a statement, and returns the sums of its minute and the 59 before.
func (t *traffic) count(ms int64, off bool) (all, bad int64) {
	at := ms / (60 * second)
	if n := len(t.Minutes); n == 0 || t.Minutes[n-1].At < at {
		t.Minutes = append(t.Minutes, minute{At: at})
	}
	last := &t.Minutes[len(t.Minutes)-1]
	last.All++
	if off {
		last.Off++
	}
	for t.Minutes[0].At <= at-60 {
		t.Minutes = t.Minutes[1:]
	}
	for _, m := range t.Minutes {
		all, bad = all+m.All, bad+m.Off
	}
	return all, bad
}

// observeClock is AL-13: once per identity and hour, and again when it is high.
func (d *Detector) observeClock(e Entry) {
	s := e.Statement
	i, ok := d.m.Identities.get(s.Issuer)
	if !ok {
		return
	}
	apart := s.At - e.Time
	limit := d.seconds("AL-13.offSeconds")
	off := apart > limit || apart < -limit || s.Late != ""
	all, bad := i.Traffic.count(e.Time, off)
	if !off {
		return
	}
	t := &i.Traffic
	if t.Episode.Text == "" || e.Time-t.Episode.Time >= hour {
		t.Episode, t.High = e.mention(), false
	}
	high := all >= d.threshold("AL-13.minimum") && bad*1000 > all*d.threshold("AL-13.perMille")
	about := subject{run: s.Run, identity: s.Issuer}
	switch {
	case high && !t.High:
		t.High = true
		again := ""
		if t.Episode.Index != e.Index {
			again = "high"
		}
		d.raise("AL-13", "clock", High, e.Time, again, about, t.Episode, e.mention())
	case t.Episode.Index == e.Index:
		d.raise("AL-13", "clock", Low, e.Time, "", about, e.mention())
	}
}
