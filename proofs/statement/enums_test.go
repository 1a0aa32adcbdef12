package statement

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// closed are the places of closed sets of words, as the pages give them.
var closed = []struct {
	example, place string
	words          enum
}{
	{"identity.rotate", "class", "human|workload|agent|bridge"},
	{"identity.rotate", "custody", "hsm|kms|file"},
	{"identity.suspend", "reason", "investigation|inactivity|absence|other"},
	{"identity.resume", "reason", "resolved|returned|error|other"},
	{"identity.revoke", "reason", "keyCompromise|cessation|affiliationChanged|superseded|other"},
	{"identity.retire", "reason", "cessation|affiliationChanged|superseded|other"},
	{"request.open", "trigger.kind", "human|schedule|event|api|agent"},
	{"request.cancel", "reason", "superseded|duplicate|error|other"},
	{"decision.grant", "meaning", "review|approval|responsibility|authorship"},
	{"decision.grant", "level", "direct|bridged"},
	{"decision.grant", "override.rule", "approval|level|destinations|maxAttempts|maxDuration"},
	{"decision.grant", "override.reason", "emergency|outage|legal|safety|other"},
	{"decision.deny", "reason", "policy|incomplete|incorrect|risk|duties|other"},
	{"decision.revoke", "reason", "error|superseded|policy|risk|keyCompromise|other"},
	{"step.intent", "policy.verdict", "allow|deny|error|none"},
	{"step.intent", "assurance", "producer-signed|dssematerial-verified|collector-observed"},
	{"step.done", "policy.verdict", "allow|deny|error|none"},
	{"step.done", "assurance", "producer-signed|dssematerial-verified|collector-observed"},
	{"step.done", "result", "ok|error|skipped"},
	{"step.done", "cause", "policy|connector_timeout|missing_mapping|denied|input|internal"},
	{"step.done", "late", "offline|outage|migration"},
	{"outcome.close", "status", "success|partial|failed|aborted"},
	{"outcome.close", "cause", "policy|connector_timeout|missing_mapping|denied|input|internal"},
	{"outcome.close", "assurance", "producer-signed|dssematerial-verified|collector-observed"},
	{"document.withdraw", "reason", "superseded|error|legal|privacy|expired|other"},
	{"attest.observe", "observed[0].property", "received|present|absent|accepted|rejected|reviewed|disclosed|accesslog|cosigned"},
	{"finding.alert", "severity", "info|low|med|high|crit"},
	{"finding.ack", "reason", "investigating|expected|duplicate|other"},
	{"finding.close", "reason", "resolved|falsePositive|accepted|duplicate|other"},
}

// Each word is accepted where it stands and described on the page of the kind; no other word is accepted.
func TestClosedSets(t *testing.T) {
	for _, c := range closed {
		t.Run(c.example+" "+c.place, func(t *testing.T) {
			s := examples()[c.example]
			tr, err := readJSON(string(mustMarshal(t, s)))
			if err != nil {
				t.Fatal(err)
			}
			page, err := os.ReadFile(filepath.Join(specFolder, "kinds", c.example+".md"))
			if err != nil {
				t.Fatal(err)
			}
			for word := range strings.SplitSeq(string(c.words), "|") {
				if err := setText(t, tr, c.place, word); err != nil && strings.Contains(err.Error(), "predicate."+c.place+":") {
					t.Errorf("%q: %v", word, err)
				}
				if !strings.Contains(string(page), "`"+word+"`") {
					t.Errorf("the page of %s does not name %q", c.example, word)
				}
			}
			first, _, _ := strings.Cut(string(c.words), "|")
			for _, bad := range []string{"unknown", string(c.words), first + "|", strings.ToUpper(first)} {
				checkError(t, setText(t, tr, c.place, bad), "E102", "predicate."+c.place)
			}
		})
	}
}

// setText puts a text at a place below the predicate and parses the result.
func setText(t *testing.T, tr *tree, place, s string) error {
	t.Helper()
	for i := range tr.values {
		if tr.path(ref(i)) == "predicate."+place {
			return parseErr(tr.edited(func(e *tree) { e.values[i].text = s }))
		}
	}
	t.Fatalf("the example has no %s", place)
	return nil
}

// What goes on record are refusals by E2xx to E6xx, but for duplicates.
func TestRefusalCodes(t *testing.T) {
	tr, err := readJSON(string(mustMarshal(t, testRefusal())))
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range strings.Split("E201 E202 E203 E204 E205 E206 E207 E301 E302 E303 E304 E305 E401 E402 E403 E404 E405 E406 "+
		"E407 E408 E409 E501 E502 E601 E602", " ") {
		if err := setText(t, tr, "code", code); err != nil {
			t.Errorf("%s: %v", code, err)
		}
	}
	for _, code := range []string{"E101", "E102", "E103", "E104", "E105", "E306", "E503", "E701", "E2", "e201", "E201|E202"} {
		checkError(t, setText(t, tr, "code", code), "E102", "predicate.code")
	}
}
