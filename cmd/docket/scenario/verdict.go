package scenario

import (
	"fmt"
	"strings"
	"time"

	"github.com/docketlog/docket/proofs"
)

// verdictOf gives a verdict in the words of a story: the kind, its spaces as '-';
// exit code, level and, where authority ended, when.
func verdictOf(v proofs.Verdict) actual {
	a := actual{Expectation: Expectation{
		Outcome: strings.ReplaceAll(string(v.Kind), " ", "-"),
		Details: []string{fmt.Sprintf("exit=%d", v.Exit), "level=" + string(v.Level)},
	}, detail: v.Sentence()}
	if v.From != nil {
		a.Details = append(a.Details, "from="+clockOf(v.From.Time))
	}
	if v.Until != nil {
		a.Details = append(a.Details, "until="+clockOf(v.Until.Time))
	}
	for _, name := range v.Missing() {
		a.Details = append(a.Details, "missing="+name)
	}
	return a
}

func milliseconds(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func clockOf(ms int64) string { return milliseconds(ms).Format("2006-01-02T15:04:05") }
