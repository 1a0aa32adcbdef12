package statement

import (
	"slices"
	"strings"
	"testing"
)

// What the worked examples mention, beside what each is; "about", "grant" and the
// like stand once for each value.
func TestMentionsOfTheExamples(t *testing.T) {
	names := map[MentionOf]string{
		MentionRun: "run", MentionParent: "parent", MentionAbout: "about", MentionGrant: "grant", MentionTrace: "trace",
		MentionExternal: "external", MentionInput: "input", MentionOutput: "output", MentionWorkflow: "workflow",
	}
	for code, want := range map[Code]string{
		PolicySet: "", IdentityEnroll: "", IdentityRotate: "grant", WorkflowDefine: "grant workflow", WorkflowRetire: "grant workflow",
		RequestOpen: "run trace workflow parent input input", RequestCancel: "run about", DecisionGrant: "run about grant", DecisionDeny: "run about",
		DecisionRevoke: "about", StepIntent: "run grant input input", StepDone: "run input input output", OutcomeClose: "run output",
		DocumentRelease: "run trace external grant grant", DocumentWithdraw: "grant grant", AttestObserve: "run about", FindingRefuse: "about",
		FindingAlert: "run about about", FindingAck: "about", FindingClose: "about",
	} {
		for _, s := range fixtures() {
			if s.Code != code {
				continue
			}
			var got []string
			for i, m := range s.Mentions() {
				if i == 0 {
					if m != (Mention{MentionKind, string([]byte{byte(code)})}) {
						t.Errorf("%s: its kind is %q", code, m)
					}
					continue
				}
				got = append(got, names[m.Of])
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%s mentions %q, want %q", code, strings.Join(got, " "), want)
			}
		}
	}
}

// Each example, variants too: every mention is once in the list, and every digest
// that the statement holds elsewhere than in these places is none.
func TestMentionsAreApart(t *testing.T) {
	for name, s := range examples() {
		all := s.Mentions()
		for i, m := range all {
			if m.Value == "" || slices.Contains(all[:i], m) {
				t.Errorf("%s: mention %d, %q, is empty or stands twice", name, i, m)
			}
		}
	}
	s := *testOpen()
	s.External = append(slices.Clone(s.External), External{System: "crm", Kind: "case", ID: "4/7"})
	s.Traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for _, want := range []Mention{{MentionExternal, "crm/4/7"}, {MentionTrace, "0af7651916cd43dd8448eb211c80319c"}, MentionDigest(MentionWorkflow, s.Subject)} {
		if !slices.Contains(s.Mentions(), want) {
			t.Errorf("no mention %q", want)
		}
	}
}

func TestTraceIDAndExternal(t *testing.T) {
	const id = "0af7651916cd43dd8448eb211c80319c"
	for text, want := range map[string]bool{
		id: true, "00-" + id + "-b7ad6b7169203331-01": true, "": false, id[1:]: false, strings.ToUpper(id): false, strings.Repeat("0", 32): false,
		"01-" + id + "-b7ad6b7169203331-01": false, "00-" + id: false,
	} {
		if got, ok := TraceID(text); ok != want || ok && got != id {
			t.Errorf("%q: %q, %v", text, got, ok)
		}
	}
	for text, want := range map[string]bool{"itsm/CHG-1": true, "itsm/a/b": true, "itsm": false, "itsm/": false, "/x": false, "a b/c": false, "a/b c": false} {
		if ValidExternal(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}
