package statement

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
)

// The first is the vector of docs/spec/registers.md; the others are hashed by hand from the text that the page gives.
func TestObjectHash(t *testing.T) {
	const want = "c299d7f25dfefe934f76aba6c76a00b1cd24589f8516c867d4153a56628854da"
	if got := ObjectHash(DocumentRelease, DocumentObject{"contract-7", 1}); hex.EncodeToString(got[:]) != want {
		t.Errorf("ObjectHash = %x; want %s", got, want)
	}
	d := "sha256:" + strings.Repeat("00", 32)
	for _, test := range []struct {
		action Code
		object Object
		text   string
	}{
		{DocumentWithdraw, DocumentObject{"contract-7", 1}, `{"document":"contract-7","version":1}`},
		{PolicySet, TextObject{}, `{}`},
		{WorkflowRetire, TextObject{}, `{}`},
		{IdentityResume, IdentityObject{"a", Digest{}}, `{"identity":"a","terms":"` + d + `"}`},
		{DecisionGrant, DelegationObject{"legal", []string{"a/", "*"}}, `{"namespaces":["a/","*"],"role":"legal"}`},
		{StepIntent, StepObject{Step: "s", Attempt: 2, Tool: "t", Target: "x", In: []File{}},
			`{"attempt":2,"in":[],"step":"s","target":"x","tool":"t"}`},
		{StepIntent, StepObject{Step: "s", Attempt: 2, Tool: "t", Target: "x", In: []File{{"f", Digest{}}}, Resource: "r", Privilege: "p"},
			`{"attempt":2,"in":[{"digest":"` + d + `","name":"f"}],"privilege":"p","resource":"r","step":"s","target":"x","tool":"t"}`},
	} {
		name := test.action.String()
		text := fmt.Sprintf("docket/v1/object\n\x00%c%s\x00", rune(len(name)), name) + string([]byte{byte(len(test.text))}) + test.text
		if got := ObjectHash(test.action, test.object); got != digestOf(text) {
			t.Errorf("%s: other hash than that of %q", test.action, text)
		}
	}
	long := ObjectHash(DecisionGrant, DelegationObject{"r", []string{strings.Repeat("a", 254) + "/"}})
	if want := digestOf("docket/v1/object\n\x00\x0edecision.grant\x01\x1d" + `{"namespaces":["` + strings.Repeat("a", 254) + `/"],"role":"r"}`); long != want {
		t.Errorf("an object of 285 bytes: %s; want %s", long, want)
	}
}

// The terms of a grant and those of the statement that spends it come to the same hash, and every term changes it.
func TestObjectsOfSpenders(t *testing.T) {
	grant := func(g *Statement) Digest { return g.Body.(*GrantDecision).ObjectHash() }
	release := testRelease().Body.(*ReleaseDocument)
	if grant(testGrant()) != ObjectHash(DocumentRelease, release.Object()) {
		t.Error("the grant of the examples does not bind their release")
	}
	withdraw := testWithdraw().Body.(*WithdrawDocument)
	if ObjectHash(DocumentWithdraw, withdraw.Object()) == ObjectHash(DocumentRelease, release.Object()) {
		t.Error("a grant for a release binds a withdrawal")
	}
	enrolled, rotated := testEnroll().Body.(*EnrollIdentity), testRotate().Body.(*RotateIdentity)
	if grant(variants()["grant enroll"]) != ObjectHash(IdentityEnroll, enrolled.Object()) {
		t.Error("the grant of the examples does not bind their enrolment")
	}
	if rotated.TermsHash() == enrolled.TermsHash() {
		t.Error("another notAfter, but the same terms")
	}
	rotated.NotAfter = enrolled.NotAfter
	if rotated.Object() != enrolled.Object() {
		t.Error("a new key alone changes the terms")
	}
	intent := testIntent().Body.(*IntendStep)
	seen := map[Digest]string{ObjectHash(StepIntent, intent.Object()): "the intent"}
	for name, edit := range map[string]func(*StepObject){
		"step": func(o *StepObject) { o.Step = "x" }, "attempt": func(o *StepObject) { o.Attempt++ },
		"tool": func(o *StepObject) { o.Tool = "x" }, "target": func(o *StepObject) { o.Target = "x" },
		"in": func(o *StepObject) { o.In = o.In[:1] }, "access": func(o *StepObject) { o.Resource, o.Privilege = "r", "p" },
	} {
		o := intent.Object()
		edit(&o)
		hash := ObjectHash(StepIntent, o)
		if other, ok := seen[hash]; ok {
			t.Errorf("%s is not bound: same as %s", name, other)
		}
		seen[hash] = name
	}
}
