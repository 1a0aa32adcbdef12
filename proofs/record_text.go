package proofs

import (
	"fmt"
	"strings"

	"github.com/docketlog/docket/proofs/statement"
)

// text is a record for people: a sentence, a line for each event, what it speaks for,
// and what was not checked.
func (a AsOf) text(sentence string, events []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, as of size %d (proven).\n", sentence, a.Size)
	for _, e := range events {
		fmt.Fprintf(&b, "  %s\n", e)
	}
	a.write(&b)
	b.WriteString("not checked:\n")
	for _, s := range a.NotChecked() {
		fmt.Fprintf(&b, "  %s\n", s)
	}
	return b.String()
}

// line says where and when, by the log's clock.
func (b Bound) line(format string, args ...any) string {
	return fmt.Sprintf("%s  entry %d  ", statement.FormatTime(b.Time), b.Index) + fmt.Sprintf(format, args...)
}

// String returns the record for people.
func (r HistoryRecord) String() string {
	var lines []string
	for _, e := range r.Events {
		at := Bound{Index: e.Index, Time: int64(e.Time)}
		lines = append(lines, at.line("event %d, kind %d", e.Seq, e.Kind))
	}
	return r.text(fmt.Sprintf("%v %s has a history of %d events", r.Type, r.ID, len(r.Events)), lines)
}

// String returns the record for people.
func (r ActivityRecord) String() string {
	var lines []string
	for _, s := range r.Signed {
		lines = append(lines, s.line("%s  %s", s.Code, s.Statement))
	}
	return r.text(fmt.Sprintf("%s signed these %d statements and no others%s", r.ID, len(r.Signed), r.period()), lines)
}

// period says of which entries the record speaks, if not of all.
func (r ActivityRecord) period() string {
	switch {
	case r.To != 0:
		return fmt.Sprintf(" from entry %d to below entry %d", r.From, r.To)
	case r.From != 0:
		return fmt.Sprintf(" from entry %d on", r.From)
	}
	return ""
}

// String returns the record for people.
func (r IdentityRecord) String() string {
	var lines []string
	for _, c := range r.Changes {
		lines = append(lines, c.line("%s: %s, key %s", identityKind(c.Kind), identityStatus(c.State.Status), statement.Digest(c.State.Key.Hash())))
	}
	if len(lines) == 0 {
		return r.text(r.ID+" was never enrolled", nil)
	}
	return r.text(fmt.Sprintf("%s changed %d times", r.ID, len(lines)), lines)
}

// String returns the record for people.
func (r GrantRecord) String() string {
	if r.Status == "" {
		return r.text(fmt.Sprintf("there is no grant %s", r.Grant), nil)
	}
	lines := []string{r.Granted.line("granted, for %d uses", r.Uses)}
	for _, s := range r.Spent {
		lines = append(lines, s.line("spent on %s, %d left", s.Statement, s.Left))
	}
	if r.Revoked != nil {
		lines = append(lines, r.Revoked.line("revoked by %s", r.Revoked.Statement))
	}
	return r.text(fmt.Sprintf("grant %s: %s, spent %d times", r.Grant, r.Status, len(r.Spent)), lines)
}

// String returns the record for people.
func (r RunRecord) String() string {
	if r.Status == "" {
		return r.text("there is no run "+r.ID, nil)
	}
	var lines []string
	for _, e := range r.Events {
		lines = append(lines, e.line("%s  %s  %s", e.Code, e.Statement, e.Status))
	}
	closed := ""
	if r.Closed {
		closed = ", closed"
	}
	return r.text(fmt.Sprintf("run %s: %s%s, with these %d statements and no others", r.ID, r.Status, closed, len(r.Events)), lines)
}
