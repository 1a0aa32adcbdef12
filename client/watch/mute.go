package watch

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docketlog/docket/client/monitor"
)

// A Mute keeps a rule, or one condition of it such as "AL-16/stale", from the sinks
// until a time. Evidence is written all the same, and a conviction is never muted.
type Mute struct {
	Rule  string
	Until time.Time
}

// ParseMute reads RULE=UNTIL, with a time of RFC 3339 that is still to come.
func ParseMute(text string, now time.Time) (Mute, error) {
	rule, until, ok := strings.Cut(text, "=")
	at, err := time.Parse(time.RFC3339, until)
	name, condition, _ := strings.Cut(rule, "/")
	switch {
	case !ok || severityOf[name] == "":
		return Mute{}, fmt.Errorf("%q mutes nothing: want a rule and the time at which the mute ends, such as AL-16/stale=2026-12-01T08:00:00Z", text)
	case strings.Contains(rule, "/") && (monitor.Alert{Rule: name, Condition: condition}).Text() == "":
		return Mute{}, fmt.Errorf("%s is no condition of %s", condition, name)
	case err != nil:
		return Mute{}, fmt.Errorf("a mute ends at a time such as 2026-12-01T08:00:00Z, not %q", until)
	case !at.After(now):
		return Mute{}, fmt.Errorf("the mute of %s ended at %s: leave it out", rule, until)
	}
	return Mute{rule, at}, nil
}

func (w *Watch) muted(a alarm) bool {
	return !a.convicts && slices.ContainsFunc(w.Mutes, func(m Mute) bool {
		return (m.Rule == a.rule || m.Rule == a.rule+"/"+a.condition) && w.round.Time < m.Until.UnixMilli()
	})
}
