package proofs

import (
	"fmt"
	"strings"

	"github.com/docketlog/docket/proofs/statement"
)

// String returns the verdict for people: one plain sentence, then what it rests
// on, the checks in their order, and what was not checked.
func (v Verdict) String() string { return v.text(true) }

// Brief is String with the checks counted: only one that failed is listed.
func (v Verdict) Brief() string { return v.text(false) }

func (v Verdict) text(all bool) string {
	var b strings.Builder
	if v.InForce != nil {
		fmt.Fprintf(&b, "%s.\n", v.InForce)
	}
	fmt.Fprintf(&b, "%s: %s.\n", v.Kind, v.Sentence())
	v.writeFacts(&b)
	for _, w := range v.Warnings {
		fmt.Fprintf(&b, "warning: %s\n", w)
	}
	v.writeChecks(&b, all)
	for i, s := range v.NotChecked {
		if i == 0 {
			b.WriteString("not checked:\n")
		}
		fmt.Fprintf(&b, "  %s\n", s)
	}
	return b.String()
}

func (v Verdict) writeChecks(b *strings.Builder, all bool) {
	if len(v.Checks) == 0 {
		return
	}
	passed := 0
	for _, c := range v.Checks {
		if c.OK {
			passed++
		}
	}
	fmt.Fprintf(b, "checks: %d of %d passed\n", passed, len(v.Checks))
	for _, c := range v.Checks {
		if c.OK && !all {
			continue
		}
		mark := "ok  "
		if !c.OK {
			mark = "FAIL"
		}
		fmt.Fprintf(b, "  %s  %-20s %s\n", mark, c.Name, c.Detail)
	}
}

// Sentence says in one sentence, without its end, what the verdict is.
func (v Verdict) Sentence() string {
	var s string
	switch v.Kind {
	case Authoritative:
		s = fmt.Sprintf("version %d of %s, in force since %s (entry %d, the log's clock), and still so as of size %d",
			v.Version, v.Document, statement.FormatTime(v.From.Time), v.From.Index, v.Size)
	case WasAuthoritative, Withdrawn:
		how := "superseded"
		if v.Kind == Withdrawn {
			how = "withdrawn"
		}
		s = fmt.Sprintf("version %d of %s, in force from %s to %s (entries %d to %d, the log's clock), then %s",
			v.Version, v.Document, statement.FormatTime(v.From.Time), statement.FormatTime(v.Until.Time), v.From.Index, v.Until.Index, how)
	default:
		return v.Reason
	}
	if other := v.unexpected(); other != "" {
		s += "; but " + other
	}
	if v.Reason != "" {
		s += "; but " + v.Reason
	}
	return s
}

// unexpected says that the document is not the expected one, where the reason has
// something else to say: with exit codes that stand in place of ExitQualified.
func (v Verdict) unexpected() string {
	if v.Exit != ExitCosigners && v.Exit != ExitCompromised {
		return ""
	}
	for _, c := range v.Checks {
		if c.Name == CheckExpected && !c.OK {
			return c.Detail
		}
	}
	return ""
}

func (v Verdict) writeFacts(b *strings.Builder) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(b, "  %-10s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("exit code", "%d", v.Exit)
	line("file", "%s", v.File)
	if v.Statement != (statement.Digest{}) {
		line("statement", "%s, entry %d, of %s", v.Statement, v.Index, v.Digest)
		line("issuer", "%s, at %s by the signer's clock", v.Issuer, statement.FormatTime(v.SignedAt))
	}
	if v.Run != nil {
		line("run", "%s", v.Run.describe(v.Size))
	}
	for _, a := range v.approved() {
		line("approved", "%s", a)
	}
	if v.Size == 0 {
		return
	}
	line("log", "%s, size %d, rules %s", v.Origin, v.Size, v.Rules)
	line("seal time", "%s by the log's clock", statement.FormatTime(v.SealTime))
	if v.WitnessTime != 0 {
		line("witnessed", "%s by the witnesses' clock", statement.FormatTime(v.WitnessTime))
	}
	if v.InForce != nil {
		for _, seen := range v.InForce.Seen.lines() {
			line("seen", "%s", seen)
		}
	}
	line("level", "%s", v.Level.describe())
	for _, group := range v.groups() {
		line("cosigners", "%s", group)
	}
	if len(v.Cosigners) > 0 {
		line("tolerates", "%s", v.describeTolerance())
	}
}

// approved describes the grants, one line each, or says that a run needed none.
func (v Verdict) approved() []string {
	if v.Run != nil && len(v.Approvals) == 0 {
		return []string{"by nobody: it spends no grants"}
	}
	var lines []string
	for _, a := range v.Approvals {
		lines = append(lines, a.String())
	}
	return lines
}

// describe says who vouches.
func (l Level) describe() string {
	switch l {
	case LevelLog:
		return "L0: the log's word alone"
	case LevelWitnessed:
		return "L1: witnessed: a quorum of cosigners saw this tree"
	case LevelAudited:
		return "L2: audited: cosigners vouch for every seal up to this tree"
	}
	return string(l)
}

func (v Verdict) describeTolerance() string {
	if v.Tolerates < 0 {
		return "a fork needs no faulty cosigner"
	}
	return fmt.Sprintf("%d faulty, against forks", v.Tolerates)
}

// groups describes the cosigners, one line a group, in policy order.
func (v Verdict) groups() []string {
	var order []string
	members := make(map[string][]string)
	for _, c := range v.Cosigners {
		if _, ok := members[c.Group]; !ok {
			order = append(order, c.Group)
		}
		state := " missing"
		if c.Valid {
			state = " " + statement.FormatTime(c.Time)
		}
		members[c.Group] = append(members[c.Group], c.Name+state)
	}
	var lines []string
	for _, group := range order {
		name := group
		if name == "" {
			name = "quorum"
		}
		lines = append(lines, name+": "+strings.Join(members[group], ", "))
	}
	return lines
}
