package statement

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func files(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`{"digest":"%s","name":"f%d"}`, d1, i))
	}
	return strings.Join(list, ",")
}

func exampleText(t *testing.T, name string) string {
	t.Helper()
	return string(mustMarshal(t, examples()[name]))
}

func prefixes(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`"p%d/"`, i))
	}
	return strings.Join(list, ",")
}

func change(resource string) string {
	return `{"after":null,"before":"` + d1 + `","resource":"` + resource + `"}`
}

// between gives the part of a text from the start of from to the end of to.
func between(t *testing.T, s, from, to string) string {
	t.Helper()
	start := strings.Index(s, from)
	end := strings.Index(s[max(start, 0):], to)
	if start < 0 || end < 0 {
		t.Fatalf("no %s to %s in %s", from, to, s)
	}
	return s[start : start+end+len(to)]
}

// TestKindRefusals breaks one rule of one kind at a time, each beside its nearest neighbour that does not. The texts are
// brought into canonical form first, so that an edit need not stand at its sorted place.
func TestKindRefusals(t *testing.T) {
	open, grant, done := exampleText(t, "request.open"), exampleText(t, "decision.grant"), exampleText(t, "step.done")
	openInputs := between(t, open, `"inputs":[`, `]`)
	want := between(t, open, `"want":{`, `}`)
	source := between(t, grant, `"source":"`, `",`)
	object := between(t, grant, `"object":{`, `}`)
	changes := between(t, done, `"changes":[`, `]`)
	out := between(t, done, `"out":[`, `]`)
	cause := `"cause":"connector_timeout",`
	evidence := between(t, exampleText(t, "finding.alert"), `"evidence":[`, `]`)
	delegation, stepGrant, textGrant := exampleText(t, "grant delegation"), exampleText(t, "grant access"), exampleText(t, "grant policy")

	for _, r := range []struct {
		example string
		refusal
	}{
		{"identity.rotate", refusal{"human with an owner", `"workload"`, `"human"`, `"agent"`, "E102", "predicate.owner"}},
		{"identity.suspend", refusal{"spends missing", `,"spends":[]`, ``, `,"spends":[` + digests(16) + `]`, "E102", "predicate.spends"}},
		{"identity.suspend", refusal{"late authority", `"log":`, `"late":"outage","log":`, `"log":`, "E101", "predicate.late"}},

		{"workflow.retire", refusal{"17 grants", between(t, exampleText(t, "workflow.retire"), `"spends":[`, `]`), `"spends":[` + digests(17) + `]`,
			`"spends":[]`, "E102", "predicate.spends"}},

		{"request.open", refusal{"run missing", `"run":"R1",`, ``, `"run":"R2",`, "E102", "predicate.run"}},
		{"request.open", refusal{"no inputs, not said", openInputs, `"inputs":[]`, `"inputs":[],"noInputs":true`, "E102", "predicate.inputs"}},
		{"request.open", refusal{"inputs and none", openInputs, openInputs + `,"noInputs":true`, openInputs, "E102", "predicate.inputs"}},
		{"request.open", refusal{"none, denied", openInputs, `"inputs":[],"noInputs":false`, `"inputs":[],"noInputs":true`, "E102",
			"predicate.noInputs"}},
		{"request.open", refusal{"65 inputs", openInputs, `"inputs":[` + files(65) + `]`, `"inputs":[` + files(64) + `]`, "E102", "predicate.inputs"}},
		{"request.open", refusal{"a slot twice", `"wording"`, `"claim-file"`, `"claim-file-2"`, "E102", "predicate.inputs[1].name"}},
		{"request.open", refusal{"a file name", `"wording"`, `"wording.txt"`, `"wording-txt"`, "E102", "predicate.inputs[1].name"}},
		{"request.open", refusal{"its own parent", `"parent":"R0"`, `"parent":"R1"`, `"parent":"R2"`, "E102", "predicate.parent"}},
		{"request.open", refusal{"wants nothing", want, `"want":{}`, `"want":{"task":"rotate"}`, "E102", "predicate.want"}},
		{"request.open", refusal{"wants two", want, `"want":{"document":"a","task":"rotate"}`, `"want":{"document":"a"}`, "E102", "predicate.want"}},
		{"request.open", refusal{"wants document and access", want, `"want":{"document":"a","seconds":1}`,
			`"want":{"privilege":"p","resource":"r","seconds":1}`, "E102", "predicate.want"}},
		{"request.open", refusal{"wants half an access", want, `"want":{"privilege":"p","resource":"r"}`,
			`"want":{"privilege":"p","resource":"r","seconds":4294967295}`, "E102", "predicate.want.seconds"}},
		{"request.open", refusal{"access for no time", want, `"want":{"privilege":"p","resource":"r","seconds":0}`,
			`"want":{"privilege":"p","resource":"r","seconds":1}`, "E102", "predicate.want.seconds"}},
		{"request.open", refusal{"wants a prefix", want, `"want":{"prefix":"claims/"}`, `"want":{"task":"claims"}`, "E101", "predicate.want.prefix"}},
		{"request.open", refusal{"spends", `"trigger":`, `"spends":[],"trigger":`, `"trigger":`, "E101", "predicate.spends"}},

		{"decision.grant", refusal{"about without run", `"run":"R1",`, ``, `"run":"R2",`, "E102", "predicate.run"}},
		{"decision.grant", refusal{"bridged without source", source, ``, source, "E102", "predicate.source"}},
		{"decision.grant", refusal{"bridged without by", `"by":"h/legal-03",`, ``, `"by":"h/a",`, "E102", "predicate.by"}},
		{"grant delegation", refusal{"direct with by", `"for":`, `"by":"h/a","for":`, `"for":`, "E102", "predicate.by"}},
		{"grant delegation", refusal{"direct with source", `"to":`, `"source":"` + d1 + `","to":`, `"to":`, "E102", "predicate.source"}},
		{"grant delegation", refusal{"about a request", `"for":`, `"about":"` + d1 + `","for":`, `"for":`, "E102", "predicate.about"}},
		{"decision.grant", refusal{"ends as it begins", `"notAfter":"2026-11-11T14:02:11.004Z"`, `"notAfter":"2026-11-10T14:02:11.004Z"`,
			`"notAfter":"2026-11-10T14:02:11.005Z"`, "E102", "predicate.notAfter"}},
		{"decision.grant", refusal{"no use", `"uses":1`, `"uses":0`, `"uses":2`, "E102", "predicate.uses"}},
		{"decision.grant", refusal{"for evidence", `"for":"document.release"`, `"for":"step.done"`, `"for":"document.withdraw"`, "E102",
			"predicate.for"}},
		{"decision.grant", refusal{"for no kind", `"for":"document.release"`, `"for":"document.*"`, `"for":"document.withdraw"`, "E102",
			"predicate.for"}},
		{"decision.grant", refusal{"for what is reserved", `"for":"document.release"`, `"for":"erase.hold"`, `"for":"document.withdraw"`, "E101",
			"predicate.for"}},
		{"decision.grant", refusal{"object of another kind", object, `"object":{"namespaces":[],"role":"legal"}`, object, "E101",
			"predicate.object.namespaces"}},
		{"decision.grant", refusal{"object of version 0", `"version":2`, `"version":0`, `"version":1`, "E102", "predicate.object.version"}},
		{"grant policy", refusal{"object of a text", between(t, textGrant, `"object":{`, `}`), `"object":{"version":1}`, `"object":{}`, "E101",
			"predicate.object.version"}},
		{"grant delegation", refusal{"object of the delegate", `["claims/"]`, `["claims"]`, `["*"]`, "E102", "predicate.object.namespaces[0]"}},
		{"grant delegation", refusal{"257 namespaces", between(t, delegation, `"namespaces":[`, `]`), `"namespaces":[` + prefixes(257) + `]`,
			`"namespaces":[` + prefixes(256) + `]`, "E102", "predicate.object.namespaces"}},
		{"grant access", refusal{"half an access", `"privilege":"admin","resource":"prod-claims-db",`, `"privilege":"admin",`, ``, "E102",
			"predicate.object"}},
		{"grant access", refusal{"step without its request", between(t, stepGrant, `"about":"`, `",`), ``,
			between(t, stepGrant, `"about":"`, `",`), "E102", "predicate.about"}},
		{"grant access", refusal{"name in a file of the step", `"name":"ticket"`, `"name":"ticket","size":1`, `"name":"request"`, "E101",
			"predicate.object.in[0].size"}},
		{"grant enroll", refusal{"terms", `"terms":"sha256:`, `"terms":"sha512:`, `"terms":"sha256:`, "E102", "predicate.object.terms"}},
		{"decision.deny", refusal{"run missing", `,"run":"R1"`, ``, `,"run":"R2"`, "E102", "predicate.run"}},

		{"step.intent", refusal{"attempt 0", `"attempt":2`, `"attempt":0`, `"attempt":1`, "E102", "predicate.attempt"}},
		{"step.intent", refusal{"seq 0", `"seq":3`, `"seq":0`, `"seq":1`, "E102", "predicate.seq"}},
		{"step.intent", refusal{"spends missing", between(t, exampleText(t, "step.intent"), `"spends":[`, `],`), ``, `"spends":[],`, "E102",
			"predicate.spends"}},
		{"step.intent", refusal{"late", `"log":`, `"late":"outage","log":`, `"log":`, "E101", "predicate.late"}},
		{"step.intent", refusal{"a result", `"retryOf"`, `"result":"ok","retryOf"`, `"retryOf"`, "E101", "predicate.result"}},
		{"step.done", refusal{"error without cause", cause, ``, cause, "E102", "predicate.cause"}},
		{"step.done", refusal{"cause without error", `"result":"error"`, `"result":"ok"`, `"result":"error"`, "E102", "predicate.cause"}},
		{"step.done", refusal{"spends", `"step":`, `"spends":[],"step":`, `"step":`, "E101", "predicate.spends"}},
		{"step.done", refusal{"prompt in clear", `"result":`, `"prompt":"x","result":`, `"result":`, "E601", "predicate.prompt"}},
		{"step.done", refusal{"a change twice", changes, `"changes":[` + change("a") + `,` + change("a") + `]`,
			`"changes":[` + change("a") + `,` + change("b") + `]`, "E102", "predicate.changes[1]"}},
		{"step.done", refusal{"65 outputs", out, `"out":[` + strings.Replace(files(65), d1, digestOf("draft").String(), 1) + `]`,
			`"out":[` + strings.Replace(files(64), d1, digestOf("draft").String(), 1) + `]`, "E102", "predicate.out"}},

		{"outcome.close", refusal{"partial without cause", cause, ``, cause, "E102", "predicate.cause"}},
		{"outcome.close", refusal{"success with a cause", `"status":"partial"`, `"status":"success"`, `"status":"aborted"`, "E102", "predicate.cause"}},
		{"outcome.close", refusal{"no rolled steps", `"count":41`, `"count":0`, `"count":1`, "E102", "predicate.steps.count"}},
		{"outcome.close", refusal{"root of 33 bytes", `"root":"`, `"root":"AAAA`, `"root":"`, "E102", "predicate.steps.root"}},
		{"outcome.close", refusal{"65 missing", `["render","publish"]`, `[` + ids(65) + `]`, `[` + ids(64) + `]`, "E102", "predicate.missing"}},

		{"attest.observe", refusal{"nothing observed", between(t, exampleText(t, "attest.observe"), `"observed":[`, `]`), `"observed":[]`,
			`"observed":[{"property":"present","resource":"r"}]`, "E102", "predicate.observed"}},
		{"finding.alert", refusal{"rule", `"AL-05",`, `"AL-5",`, `"AL-06",`, "E102", "predicate.rule"}},
		{"finding.alert", refusal{"65 pieces of evidence", evidence, evidence[:len(evidence)-1] + `,` + digests(63) + `]`,
			evidence[:len(evidence)-1] + `,` + digests(62) + `]`, "E102", "predicate.evidence"}},
		{"finding.alert", refusal{"a time without decimals", `"occurred":"2026-11-10T14:01:11.004Z"`, `"occurred":"2026-11-10T14:01:11Z"`,
			`"occurred":"2026-11-10T14:01:11.005Z"`, "E102", "predicate.occurred"}},
	} {
		t.Run(r.example+" "+r.name, func(t *testing.T) {
			r.check(t, exampleText(t, r.example), func(b []byte) error { return parseErr([]byte(canonical(t, string(b)))) })
		})
	}
}

// The subject follows from the predicate, but where registers or bytes elsewhere say what it is.
func TestKindSubjects(t *testing.T) {
	free := []string{"identity.suspend", "identity.resume", "identity.revoke", "revoke, bare", "identity.retire", "request.cancel",
		"decision.grant", "grant withdraw", "grant policy", "grant workflow", "grant workflow.retire", "grant enroll", "grant rotate",
		"grant resume", "grant delegation", "intent, bare", "done, bare", "outcome.close", "outcome of success", "document.release",
		"direct release", "document.withdraw", "attest.observe", "attest about nothing", "alert without evidence"}
	for name, s := range examples() {
		other := *s
		other.Subject[0] ^= 1
		_, err := other.Marshal()
		if !slices.Contains(free, name) {
			checkError(t, err, "E102", "subject[0].digest.sha256")
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Without an output the subject of a done is its first input.
func TestSubjectOfStepWithoutOutput(t *testing.T) {
	s := testDone()
	done := s.Body.(*FinishStep)
	done.Out = []File{}
	_, err := s.Marshal()
	checkError(t, err, "E102", "subject[0].digest.sha256")
	s.Subject = done.In[0].Digest
	mustMarshal(t, s)
}

// What formatting would drop in silence is refused: members that a kind does not have.
func TestMarshalDropsNothing(t *testing.T) {
	for name, s := range examples() {
		late, spending := *s, *s
		late.Late = "outage"
		spending.Spends = []Digest{digestOf("a grant")}
		if _, err := late.Marshal(); s.Code.Authority() {
			checkError(t, err, "E101", "predicate.late")
		} else if err != nil {
			t.Errorf("%s, late: %v", name, err)
		}
		if _, err := spending.Marshal(); shapeOf(s.Code).spends == never {
			checkError(t, err, "E101", "predicate.spends")
		} else if err != nil {
			t.Errorf("%s, spending: %v", name, err)
		}
	}
}

// A body that is half made is refused, never written as something else.
func TestMarshalHalfMade(t *testing.T) {
	for _, s := range fixtures() {
		body := reflect.New(reflect.TypeOf(s.Body).Elem()).Interface().(Body)
		empty := *s
		empty.Body = body
		if b, err := empty.Marshal(); err == nil {
			t.Errorf("an empty %T gives %s", body, b)
		}
	}
	s := testGrant()
	s.Body.(*GrantDecision).Object = DelegationObject{"legal", []string{}}
	_, err := s.Marshal()
	checkError(t, err, "E101", "predicate.object.namespaces")
	s.Body.(*GrantDecision).For = EraseHold
	_, err = s.Marshal()
	checkError(t, err, "E101", "predicate.for")
}
