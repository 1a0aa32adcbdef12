package statement

import (
	"fmt"
	"strings"
	"testing"
)

func workflowErr(b []byte) error {
	_, err := ParseWorkflow(b)
	return err
}

// workflowSteps are n steps in their canonical form, each with these actors.
func workflowSteps(n, actors int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`{"actors":[%s],"gated":false,"name":"s%d","release":false,"required":true}`, ids(actors), i))
	}
	return strings.Join(list, ",")
}

func TestWorkflowRefusals(t *testing.T) {
	steps := between(t, workflowText(), `"steps":[`, `}],`)
	approval := between(t, workflowText(), `"approval":{`, `}`)
	publish := `"name":"publish","release":true`
	wide := func(n, actors int) string { return `"steps":[` + workflowSteps(n, actors) + `],` }
	none := `{"class":"any","level":"any","n":0,"roles":[],"ttlSeconds":1}`

	for _, r := range []refusal{
		{"newline at the end", `2}`, "2}\n", `2}`, "E101", ""},
		{"white space", `{"approval"`, `{ "approval"`, `{"approval"`, "E101", ""},
		{"unknown name", `"version":3`, `"version":3,"versions":1`, `"version":4`, "E101", "versions"},
		{"name twice", `"version":3`, `"version":3,"version":3`, `"version":3`, "E101", "version"},
		{"unknown name in the approval", `"class":"human"`, `"class":"human","kind":1`, `"class":"any"`, "E101", "approval.kind"},
		{"unknown name in a step", `"name":"fetch"`, `"name":"fetch","next":1`, `"name":"get"`, "E101", "steps[0].next"},
		{"sealed-only name", `"materiality":"external"`, `"mail":1,"materiality":"external"`, `"materiality":"internal"`, "E601", "mail"},
		{"id", `"id":"notice-release"`, `"id":"docket:workflow/a"`, `"id":"a/b"`, "E102", "id"},
		{"id of 65 bytes", `notice-release`, strings.Repeat("a", 65), strings.Repeat("a", 64), "E102", "id"},
		{"version 0", `"version":3`, `"version":0`, `"version":1`, "E102", "version"},
		{"namespace", `"claims/denial-notice/"`, `"claims/denial-notice"`, `"*"`, "E102", "namespaces[0]"},
		{"no step", steps, `"steps":[],`, steps, "E102", "steps"},
		{"65 steps", steps, wide(65, 0), wide(64, 16), "E102", "steps"},
		{"17 actors", steps, wide(1, 17), wide(1, 16), "E102", "steps[0].actors"},
		{"a step twice", `"name":"draft"`, `"name":"fetch"`, `"name":"write"`, "E102", "steps[1].name"},
		{"two releases", `"name":"render","release":false`, `"name":"render","release":true`, `"name":"render","release":false`, "E102",
			"steps[3].release"},
		{"step name", publish, `"name":"Publish","release":true`, `"name":"publish-2","release":false`, "E102", "steps[3].name"},
		{"gated as text", `"gated":true`, `"gated":"true"`, `"gated":false`, "E102", "steps[3].gated"},
		{"gated null", `"gated":true`, `"gated":null`, `"gated":false`, "E102", "steps[3].gated"},
		{"tool", `"pdf.render"`, `"pdf render"`, `"pdf_render"`, "E102", "tools[2]"},
		{"a tool twice", `"pdf.render"`, `"llm.draft"`, `"llm.draft2"`, "E102", "tools[2]"},
		{"target", `"doc-store"`, `"doc store"`, `"https://docs.example/a?b"`, "E102", "targets[1]"},
		{"destination", `"destinations":["wl/portal-gw"]`, `"destinations":["*"]`, `"destinations":[]`, "E102", "destinations[0]"},
		{"257 expected", `"expects":["wl/portal-gw"]`, `"expects":[` + ids(257) + `]`, `"expects":[` + ids(256) + `]`, "E102", "expects"},
		{"a runner twice", between(t, workflowText(), `"runners":[`, `]`), `"runners":["` + d1 + `","` + d1 + `"]`,
			`"runners":["` + d1 + `","` + d2 + `"]`, "E102", "runners[1]"},
		{"more roles than grants", `"n":2`, `"n":1`, `"n":3`, "E102", "approval.roles"},
		{"17 grants", `"n":2`, `"n":17`, `"n":16`, "E102", "approval.n"},
		{"approval missing", approval + `,`, ``, `"approval":` + none + `,`, "E102", "approval"},
		{"class", `"class":"human"`, `"class":"agent"`, `"class":"any"`, "E102", "approval.class"},
		{"level", `"level":"direct"`, `"level":"bridged"`, `"level":"any"`, "E102", "approval.level"},
		{"no time to approve", `"ttlSeconds":86400`, `"ttlSeconds":0`, `"ttlSeconds":1`, "E102", "approval.ttlSeconds"},
		{"17 grants to withdraw", `"withdrawGrants":2`, `"withdrawGrants":17`, `"withdrawGrants":0`, "E102", "withdrawGrants"},
		{"detail", `"detail":"full"`, `"detail":"none"`, `"detail":"rolled"`, "E102", "detail"},
		{"materiality", `"materiality":"external"`, `"materiality":"both"`, `"materiality":"internal"`, "E102", "materiality"},
		{"retention", `"P7Y"`, `"P0Y"`, `"P9999D"`, "E102", "retention"},
		{"no duration", `"maxDurationSeconds":172800`, `"maxDurationSeconds":0`, `"maxDurationSeconds":4294967295`, "E102",
			"maxDurationSeconds"},
		{"no attempt", `"maxAttempts":3`, `"maxAttempts":0`, `"maxAttempts":1`, "E102", "maxAttempts"},
		{"window of 33 bits", `"retryWindowSeconds":86400`, `"retryWindowSeconds":4294967296`, `"retryWindowSeconds":0`, "E102",
			"retryWindowSeconds"},
	} {
		t.Run(r.name, func(t *testing.T) { r.check(t, workflowText(), workflowErr) })
	}
}

// No member is missing, at the top or below, without a refusal that names it.
func TestWorkflowMembersAreMandatory(t *testing.T) {
	tr, err := readJSON(workflowText())
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for i := 1; i < len(tr.values); i++ {
		at := ref(i)
		if tr.values[tr.values[at].parent].kind == object {
			checked++
			checkError(t, workflowErr(tr.edited(func(e *tree) { e.cut(at) })), "E102", tr.path(at))
		}
	}
	if want := len(workflowNames) + 5 + 4*5; checked != want {
		t.Errorf("%d members of %d", checked, want)
	}
}

// A workflow's text is judged with the statement that carries it.
func TestWorkflowTextRefusedInStatement(t *testing.T) {
	for _, r := range []struct{ text, code, field string }{
		{"", "E101", "predicate.text"},
		{"[]", "E101", "predicate.text"},
		{"{}", "E102", "predicate.text.id"},
		{`{"prompt":1}`, "E601", "predicate.text.prompt"},
		{strings.Replace(workflowText(), `"n":2`, `"n":1`, 1), "E102", "predicate.text.approval.roles"},
	} {
		s := common(WorkflowDefine, digestOf(r.text), "h/plat-01")
		s.Body = &DefineWorkflow{Text: r.text}
		_, err := s.Marshal()
		checkError(t, err, r.code, r.field)
	}
}

func TestWorkflowMarshalRefuses(t *testing.T) {
	if b, err := new(Workflow).Marshal(); err == nil {
		t.Errorf("no error, but %s", b)
	}
	w := testWorkflow()
	w.Tools = []string{`a","b`}
	if b, err := w.Marshal(); err == nil {
		t.Errorf("no error, but %s", b)
	}
	if got := WorkflowDocument("notice-release"); got != "docket:workflow/notice-release" || ValidDocumentID(got) {
		t.Errorf("reserved document %q", got)
	}
}
