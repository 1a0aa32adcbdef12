package monitor

import "github.com/docketlog/docket/proofs/statement"

// defaults are the thresholds that a policy's alerts may set, by rule and name.
// Other names in a policy are for other monitors.
var defaults = map[string]uint32{
	"AL-03.count":          3,
	"AL-03.windowSeconds":  3600,
	"AL-06.retrySeconds":   24 * 3600, // where the workflow has no window
	"AL-08.intentSeconds":  15 * 60,
	"AL-09.removalSeconds": 5 * 60,
	"AL-10.attestSeconds":  15 * 60,
	"AL-10.expectsSeconds": 3600,
	"AL-12.keyAgeDays":     90,
	"AL-12.unusedDays":     30,
	"AL-12.absentSeconds":  24 * 3600,
	"AL-13.offSeconds":     300,
	"AL-13.perMille":       10,
	"AL-13.minimum":        20,
	"AL-17.startMinute":    0, // of the day, UTC
	"AL-17.endMinute":      0, // the same as the start: there is no change window
	"AL-17.days":           127,
}

const (
	second = int64(1000)
	day    = 24 * 3600 * second
)

// threshold is what the policy in force says, or the default.
func (d *Detector) threshold(name string) int64 {
	if v, ok := d.thresholds[name]; ok {
		return int64(v)
	}
	return int64(defaults[name])
}

// seconds is a threshold in milliseconds.
func (d *Detector) seconds(name string) int64 { return d.threshold(name) * second }

// readThresholds takes the thresholds of a policy.
func (d *Detector) readThresholds(p *statement.Policy) {
	d.thresholds = make(map[string]uint32)
	for _, rule := range p.Alerts {
		for _, v := range rule.Values {
			d.thresholds[rule.Rule+"."+v.Name] = v.Value
		}
	}
}

// outsideWindow says whether a change at a time is outside the change window, if
// the policy has one: minutes of the day from start to end, over midnight if the
// end is the smaller, on days by bit, Monday 1 to Sunday 64.
func (d *Detector) outsideWindow(ms int64) bool {
	start, end := d.threshold("AL-17.startMinute"), d.threshold("AL-17.endMinute")
	if start == end {
		return false
	}
	minute := ms % day / (60 * second)
	weekday := (ms/day + 3) % 7 // 1970-01-01 was a Thursday
	inside := start <= minute && minute < end
	if start > end {
		inside = minute >= start || minute < end
	}
	return !inside || d.threshold("AL-17.days")>>weekday&1 == 0
}
