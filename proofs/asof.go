package proofs

import (
	"fmt"
	"strings"

	"github.com/docketlog/docket/proofs/statement"
)

// AsOf says what a record or claim speaks for, and who vouches for it. Nothing is
// said of what came later. The clocks are kept apart; times are Unix milliseconds.
type AsOf struct {
	Origin      string
	Size        uint64 // leaves of the signed tree
	Rules       string
	SealTime    int64 // the log's clock
	WitnessTime int64 // the cosigners' clock: the smallest time at which the quorum is satisfied; 0: it is not
	Level       Level
	Quorum      QuorumResult
}

func (v Verifier) asOf(w view) AsOf {
	a := AsOf{
		Origin: w.checkpoint.Origin, Size: w.checkpoint.Size, Rules: w.seal.Rules, SealTime: w.seal.Time,
		Level: levelOf(v.Policy, w.quorum), Quorum: w.quorum,
	}
	if a.Level != LevelLog {
		a.WitnessTime = milliseconds(w.quorum.QuorumTime)
	}
	return a
}

// Age is how old it is at a time: counted from the quorum's time, or from the log's
// where only the log speaks. Milliseconds; below 0: it is dated after that time.
func (a AsOf) Age(now int64) int64 { return ageAt(now, a.WitnessTime, a.SealTime) }

// NotChecked lists what nobody may conclude, whatever was proven.
func (a AsOf) NotChecked() []string {
	later := fmt.Sprintf("whether the log changed after size %d", a.Size)
	all := "what this log did not admit: all means all that it admitted by then"
	return append([]string{later, all}, a.Level.notChecked()...)
}

// Qualify judges who vouches, and the age: exit 0, ExitCosigners or ExitQualified,
// and why. Only Dev, Now and MaxAge of what is expected count.
func (v Verifier) Qualify(a AsOf, expect Expect) (exit int, reason string) {
	var l checkList
	exit = v.qualify(&l, a, expect)
	if exit != 0 {
		reason = l.firstBad()
	}
	return exit, reason
}

func (v Verifier) qualify(l *checkList, a AsOf, expect Expect) int {
	cosigned := l.note(CheckCosigners, a.describeQuorum(v.Policy), a.checkQuorum(v.Policy, expect))
	fresh := l.note(CheckAge, describeAge(a.Age(expect.Now), expect), checkAge(a.Age(expect.Now), expect))
	switch {
	case !cosigned:
		return ExitCosigners
	case !fresh:
		return ExitQualified
	}
	return 0
}

// checkQuorum: enough cosigners signed, at times that count. Records are made without a
// clock, so it is here that cosignatures from the future are found.
func (a AsOf) checkQuorum(p *Policy, expect Expect) error {
	switch {
	case p.Quorum == NoQuorum && !expect.Dev:
		return errNoQuorum
	case expect.Now != 0 && a.WitnessTime > expect.Now+ClockSkew:
		return fmt.Errorf("fewer cosigners than the verifier policy asks: the quorum %s is of %s, after the verifier's clock", p.Quorum, statement.FormatTime(a.WitnessTime))
	case !a.Quorum.Satisfied:
		return fmt.Errorf("fewer cosigners than the verifier policy asks: only %d of the quorum %s signed", len(a.Quorum.Members), p.Quorum)
	}
	return nil
}

func (a AsOf) describeQuorum(p *Policy) string {
	if p.Quorum == NoQuorum {
		return "none demanded"
	}
	return fmt.Sprintf("quorum %s: %s", p.Quorum, strings.Join(a.Quorum.Members, ", "))
}

// firstBad is the detail of the first check that did not pass.
func (l *checkList) firstBad() string {
	for _, c := range l.checks {
		if !c.OK {
			return c.Detail
		}
	}
	return ""
}

// asOfJSON is what every record and claim says in JSON of what it speaks for. Names
// are stable: members are added, never renamed.
type asOfJSON struct {
	Origin      string   `json:"origin,omitempty"`
	Size        uint64   `json:"size,omitempty"`
	Rules       string   `json:"rules,omitempty"`
	SealTime    string   `json:"sealTime,omitempty"`
	WitnessTime string   `json:"witnessTime,omitempty"`
	Level       Level    `json:"level,omitempty"`
	Cosigners   []string `json:"cosigners"`
	Tolerates   int      `json:"tolerates"`
}

func (a AsOf) wire() asOfJSON {
	return asOfJSON{
		Origin: a.Origin, Size: a.Size, Rules: a.Rules, SealTime: timeText(a.SealTime), WitnessTime: timeText(a.WitnessTime),
		Level: a.Level, Cosigners: append([]string{}, a.Quorum.Members...), Tolerates: a.Quorum.Tolerates,
	}
}

// write says it in text, one fact a line.
func (a AsOf) write(b *strings.Builder) {
	if a.Size == 0 {
		return
	}
	line := func(name, format string, args ...any) {
		fmt.Fprintf(b, "  %-10s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("log", "%s, size %d, rules %s", a.Origin, a.Size, a.Rules)
	line("seal time", "%s by the log's clock", statement.FormatTime(a.SealTime))
	if a.WitnessTime != 0 {
		line("witnessed", "%s by the witnesses' clock", statement.FormatTime(a.WitnessTime))
	}
	line("level", "%s", a.Level.describe())
	if len(a.Quorum.Members) > 0 {
		line("cosigners", "%s", strings.Join(a.Quorum.Members, ", "))
	}
}
