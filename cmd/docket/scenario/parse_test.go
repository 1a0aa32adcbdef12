package scenario

import (
	"errors"
	"strings"
	"testing"
)

// small is a story that is whole.
const small = `log a.example
witness W1
quorum 1
member h/a
member svc/log
policy p members=h/a m=1 log=svc/log skew=300s grantMax=1h accessMax=1h
identity svc/b class=workload owner=team-b custody=file
monitor svc/b
day 2026-11-10
1 09:00:00 h/a policy p -> OK index=0
2 09:01:00 h/a enroll svc/b as=b -> OK; AL-17 info   # a comment
3 09:02:00 clock wait
    -> OK
`

func TestParseTakesTheWhole(t *testing.T) {
	s, err := Parse(small)
	if err != nil {
		t.Fatal(err)
	}
	if s.Origin != "a.example" || s.Quorum != 1 || len(s.Lines) != 3 {
		t.Fatalf("%+v", s)
	}
	l := s.Lines[1]
	if l.Number != 11 || l.Row != "2" || l.Act != "enroll svc/b as=b" || l.Expect.String() != "OK; AL-17 info" || l.Expect.Checks() != 2 {
		t.Errorf("%+v", l)
	}
}

// TestParseIsStrict: whatever a story cannot mean is an error that names its line.
func TestParseIsStrict(t *testing.T) {
	for _, c := range []struct {
		line   int
		old    string
		new    string
		reason string
	}{
		{1, "log a.example", "log a/example", "bare host name"},
		{3, "quorum 1", "quorum 2", "of the witnesses"},
		{4, "member h/a", "membre h/a", "unknown word membre"},
		{6, " m=1", "", "m= is missing"},
		{6, "members=h/a", "members=h/x", "not declared"},
		{6, "skew=300s", "skew=300ms", "whole seconds"},
		{6, "skew=300s", "skew=300s skew=1s", "stands twice"},
		{7, "custody=file", "custody=file colour=blue", "colour= is unknown"},
		{8, "monitor svc/b", "monitor svc/c", "not declared"},
		{9, "monitor svc/b", "monitor svc/b\nmonitor svc/b", "one monitor"},
		{7, "identity svc/b", "identity svc/log", "declared twice"},
		{9, "day 2026-11-10", "day tomorrow", "want one like"},
		{10, "09:00:00", "09:00", "want one like"},
		{10, "h/a policy", "h/b policy", "identity h/b is not declared"},
		{10, "policy p ->", "polices p ->", "unknown act polices"},
		{10, "-> OK index=0", "-> okay", "cannot come of policy"},
		{10, "-> OK index=0", "-> error", "cannot come of policy"},
		{12, "-> OK\n", "-> E405\n", "cannot come of wait"},
		{10, "-> OK index=0", "->", "nothing is expected"},
		{10, "-> OK index=0", "", "ROW TIME SIGNER ACT"},
		{11, "09:01:00", "08:01:00", "time goes back"},
		{11, "AL-17 info", "AL-17", "is no alert"},
		{11, "AL-17 info", "AL-17 severe", "is no alert"},
		{11, "as=b", "as=b spends=g1", "no line before this one is named g1"},
		{11, "as=b", "as=", "has no value"},
		{11, "as=b", `as="b`, "does not end"},
		{11, "enroll svc/b", "enroll svc/b again", "2 plain words, want 1"},
		{12, "clock wait", "h/a wait", "signs nothing"},
		{12, "clock wait", "W2 cosign", "is no witness"},
		{12, "clock wait", "clock wait\t", "printable ASCII"},
	} {
		text := strings.Replace(small, c.old, c.new, 1)
		if text == small {
			t.Fatalf("%q is not in the text", c.old)
		}
		_, err := Parse(text)
		var bad *TextError
		if !errors.As(err, &bad) || bad.Number != c.line || !strings.Contains(bad.Reason, c.reason) {
			t.Errorf("%q for %q: %v; want line %d: %s", c.new, c.old, err, c.line, c.reason)
		}
	}
	for _, text := range []string{"", "log a.example", "  OK", small + strings.Repeat("# \n", maxText/3)} {
		if _, err := Parse(text); err == nil {
			t.Errorf("%.20q is a story", text)
		}
	}
}

// FuzzParse: any text is a story or a TextError that names one of its lines, and
// what is a story is the same story without its comments.
func FuzzParse(f *testing.F) {
	f.Add(small)
	f.Add(Text())
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text)
		if err != nil {
			var bad *TextError
			if !errors.As(err, &bad) || bad.Number < 1 || bad.Number > 1+strings.Count(text, "\n") {
				t.Fatalf("%v", err)
			}
			return
		}
		again, err := Parse("# once more\n" + text)
		if err != nil || len(again.Lines) != len(s.Lines) || again.Lines[0].Number != s.Lines[0].Number+1 {
			t.Fatalf("under a comment: %v", err)
		}
		for _, l := range s.Lines {
			if l.Expect.Outcome == "" || l.Expect.Checks() < 1 {
				t.Fatalf("line %d expects nothing", l.Number)
			}
			if e, err := parseExpectation(strings.Fields(l.Expect.String())); err != nil || e.String() != l.Expect.String() {
				t.Fatalf("line %d: %s becomes %s: %v", l.Number, l.Expect, e, err)
			}
		}
	})
}
