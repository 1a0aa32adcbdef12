package pack

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// Sentence says in one sentence, without its end, what the verdict is.
func (v Verdict) Sentence() string {
	if v.Kind == proofs.Invalid || v.Kind == proofs.Unknown || v.Kind == proofs.Contradicted {
		return v.Reason
	}
	s := fmt.Sprintf("all that %s had on %v %s as of size %d is in this pack: %d statements under one checkpoint",
		v.Origin, v.Subject.Type, v.Subject.ID, v.Size, v.Statements)
	if v.Run != nil {
		s += fmt.Sprintf("; the run is %s", v.Run.Status)
	}
	for _, d := range v.Documents {
		s += "; " + documentSentence(d)
	}
	if v.Reason != "" {
		s += "; but " + v.Reason
	}
	return s
}

func documentSentence(d proofs.Verdict) string {
	s := fmt.Sprintf("version %d of %s (%s) is in force since %s", d.Version, d.Document, d.Digest, statement.FormatTime(d.From.Time))
	if d.Until == nil {
		return s
	}
	how := "superseded"
	if d.Kind == proofs.Withdrawn {
		how = "withdrawn"
	}
	return fmt.Sprintf("version %d of %s (%s) was in force from %s to %s, then %s",
		d.Version, d.Document, d.Digest, statement.FormatTime(d.From.Time), statement.FormatTime(d.Until.Time), how)
}

// String returns the verdict for people: one sentence, what it rests on, the checks
// in their order, and what was not checked.
func (v Verdict) String() string { return v.text(true) }

// Brief is String with the checks counted: only those that failed are listed.
func (v Verdict) Brief() string { return v.text(false) }

func (v Verdict) text(all bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s.\n", v.Kind, v.Sentence())
	v.writeFacts(&b)
	for _, w := range v.Warnings {
		fmt.Fprintf(&b, "warning: %s\n", w)
	}
	passed := 0
	for _, c := range v.Checks {
		if c.OK {
			passed++
		}
	}
	fmt.Fprintf(&b, "checks: %d of %d passed\n", passed, len(v.Checks))
	for _, c := range v.Checks {
		if mark := map[bool]string{true: "ok  ", false: "FAIL"}[c.OK]; all || !c.OK {
			fmt.Fprintf(&b, "  %s  %-20s %s\n", mark, c.Name, c.Detail)
		}
	}
	b.WriteString("not checked:\n")
	for _, s := range v.NotChecked {
		fmt.Fprintf(&b, "  %s\n", s)
	}
	return b.String()
}

func (v Verdict) writeFacts(b *strings.Builder) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(b, "  %-10s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("exit code", "%d", v.Exit)
	if v.Size == 0 {
		return
	}
	line("log", "%s, size %d", v.Origin, v.Size)
	line("seal time", "%s by the log's clock", statement.FormatTime(v.SealTime))
	if v.WitnessTime != 0 {
		line("witnessed", "%s by the witnesses' clock", statement.FormatTime(v.WitnessTime))
	}
	line("level", "%s", levelText(v.Level))
	for _, c := range v.Cosigners {
		seen := "missing"
		if c.Valid {
			seen = statement.FormatTime(c.Time)
		}
		line("cosigner", "%s %s", c.Name, seen)
	}
}

func levelText(l proofs.Level) string {
	switch l {
	case proofs.LevelWitnessed:
		return "L1: a quorum of cosigners saw the same tree"
	case proofs.LevelAudited:
		return "L2: audited: cosigners vouch for every seal up to this tree"
	}
	return "L0: the log's word alone"
}

// MarshalJSON gives the verdict as JSON. Members are added, never renamed; those that
// are absent are empty.
func (v Verdict) MarshalJSON() ([]byte, error) {
	type checkJSON struct {
		Name   proofs.CheckName `json:"name"`
		OK     bool             `json:"ok"`
		Detail string           `json:"detail"`
	}
	type cosignerJSON struct {
		Name  string `json:"name"`
		Group string `json:"group,omitempty"`
		Time  string `json:"time,omitempty"`
		Valid bool   `json:"valid"`
	}
	out := struct {
		Verdict     proofs.Kind      `json:"verdict"`
		Exit        int              `json:"exit"`
		Sentence    string           `json:"sentence"`
		Reason      string           `json:"reason,omitempty"`
		Subject     *subjectJSON     `json:"subject,omitempty"`
		Status      string           `json:"status,omitempty"` // of the run
		Documents   []proofs.Verdict `json:"documents"`        // as of receipts
		Statements  int              `json:"statements"`
		Registers   int              `json:"registers"`
		Origin      string           `json:"origin,omitempty"`
		Size        uint64           `json:"size,omitempty"`
		SealTime    string           `json:"sealTime,omitempty"`
		WitnessTime string           `json:"witnessTime,omitempty"`
		Level       proofs.Level     `json:"level,omitempty"`
		Cosigners   []cosignerJSON   `json:"cosigners"`
		Tolerates   int              `json:"tolerates"`
		Checks      []checkJSON      `json:"checks"`
		NotChecked  []string         `json:"notChecked"`
		Warnings    []string         `json:"warnings"`
		Notes       []string         `json:"notes,omitempty"` // of CONTRADICTED: two signed notes
	}{
		Verdict: v.Kind, Exit: v.Exit, Sentence: v.Sentence(), Reason: v.Reason, Documents: append([]proofs.Verdict{}, v.Documents...),
		Statements: v.Statements, Registers: v.Registers, Origin: v.Origin, Size: v.Size, SealTime: timeText(v.SealTime), WitnessTime: timeText(v.WitnessTime),
		Level: v.Level, Cosigners: []cosignerJSON{}, Tolerates: v.Tolerates, Checks: []checkJSON{},
		NotChecked: append([]string{}, v.NotChecked...), Warnings: append([]string{}, v.Warnings...),
	}
	if v.Subject.Type != register.Type(0) {
		out.Subject = &subjectJSON{v.Subject.ID, v.Subject.Type.String()}
	}
	if v.Run != nil {
		out.Status = v.Run.Status
	}
	for _, c := range v.Cosigners {
		out.Cosigners = append(out.Cosigners, cosignerJSON{c.Name, c.Group, timeText(c.Time), c.Valid})
	}
	for _, c := range v.Checks {
		out.Checks = append(out.Checks, checkJSON(c))
	}
	for _, n := range v.Notes {
		out.Notes = append(out.Notes, string(n))
	}
	return json.Marshal(out)
}

// timeText is empty for none.
func timeText(ms int64) string {
	if ms == 0 {
		return ""
	}
	return statement.FormatTime(ms)
}
