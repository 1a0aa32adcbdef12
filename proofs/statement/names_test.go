package statement

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestCodes(t *testing.T) {
	var known, reserved, inForce, evidence []string
	for i := range 256 {
		c := Code(i)
		if c.Kind() == "" {
			continue
		}
		known = append(known, c.String())
		if !c.Built() {
			reserved = append(reserved, c.String())
		}
		if c.InForce() {
			inForce = append(inForce, c.String())
		}
		if !c.Authority() {
			evidence = append(evidence, c.String())
		}
		if got, err := ParsePredicateType(c.PredicateType()); got != c || err != nil {
			t.Errorf("ParsePredicateType(%s) = %v, %v", c.PredicateType(), got, err)
		}
		if got, err := ParseCode(c.String()); got != c || err != nil {
			t.Errorf("ParseCode(%s) = %v, %v", c, got, err)
		}
	}
	if len(known) != 27 {
		t.Errorf("%d kinds and ops: %v", len(known), known)
	}
	check := func(what string, got []string, want ...string) {
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v; want %v", what, got, want)
		}
	}
	check("reserved", reserved, "erase.erase", "erase.hold", "erase.unhold")
	check("in force", inForce, "policy.set", "identity.enroll", "identity.rotate", "identity.suspend", "identity.resume", "identity.revoke",
		"identity.retire", "workflow.define", "workflow.retire", "request.open", "request.cancel",
		"decision.grant", "decision.deny", "decision.revoke", "step.intent", "step.done", "outcome.close",
		"document.release", "document.withdraw", "attest.observe", "finding.refuse", "finding.alert", "finding.ack", "finding.close")
	check("evidence", evidence, "step.done", "outcome.close", "attest.observe", "finding.refuse", "finding.alert", "finding.ack",
		"finding.close")
	if got := DocumentRelease.PredicateType(); got != "https://github.com/docketlog/docket/spec/document.release/v1" {
		t.Error(got)
	}
	if got := Code(0x1f).String(); got != "code 0x1f" {
		t.Error(got)
	}
	for _, s := range []string{"", "document", "Document.release", "document.release ", "code 0x1f"} {
		if c, err := ParseCode(s); err == nil {
			t.Errorf("ParseCode(%q) = %v", s, c)
		}
	}
	for _, s := range []string{"", "document.release", predicateTypePrefix + "/v1", predicateTypePrefix + "document.release",
		predicateTypePrefix + "document.release/v1/v1", "http" + DocumentRelease.PredicateType()[5:]} {
		if c, err := ParsePredicateType(s); err == nil {
			t.Errorf("ParsePredicateType(%q) = %v", s, c)
		}
	}
}

// TestBodies: each kind and op that is built has one type of body, one example, and a place of its own in every list here.
func TestBodies(t *testing.T) {
	types := make(map[string]Code)
	var codes []Code
	for _, s := range fixtures() {
		codes = append(codes, s.Code)
		name := fmt.Sprintf("%T", s.Body)
		if other, ok := types[name]; ok {
			t.Errorf("%s is the body of %s and %s", name, other, s.Code)
		}
		types[name] = s.Code
		if got := kindOf(s.Body); got != s.Code || s.Body.code() != s.Code {
			t.Errorf("%s: a switch over all bodies says %s, the body %s", s.Code, got, s.Body.code())
		}
	}
	if !slices.IsSorted(codes) {
		t.Errorf("the examples are not in the order of their codes: %v", codes)
	}
	for i := range 256 {
		c := Code(i)
		if c.Built() != slices.Contains(codes, c) {
			t.Errorf("%s: built %t, but %d examples", c, c.Built(), len(codes))
		}
		if c.Kind() == "erase" && c.Built() || c.InForce() && !c.Built() {
			t.Errorf("%s: built %t, in force %t", c, c.Built(), c.InForce())
		}
	}
}

// kindOf spells out which body is of which kind and op.
func kindOf(body Body) Code {
	switch body.(type) {
	case *SetPolicy:
		return PolicySet
	case *EnrollIdentity:
		return IdentityEnroll
	case *RotateIdentity:
		return IdentityRotate
	case *SuspendIdentity:
		return IdentitySuspend
	case *ResumeIdentity:
		return IdentityResume
	case *RevokeIdentity:
		return IdentityRevoke
	case *RetireIdentity:
		return IdentityRetire
	case *DefineWorkflow:
		return WorkflowDefine
	case *RetireWorkflow:
		return WorkflowRetire
	case *OpenRequest:
		return RequestOpen
	case *CancelRequest:
		return RequestCancel
	case *GrantDecision:
		return DecisionGrant
	case *DenyDecision:
		return DecisionDeny
	case *RevokeDecision:
		return DecisionRevoke
	case *IntendStep:
		return StepIntent
	case *FinishStep:
		return StepDone
	case *CloseOutcome:
		return OutcomeClose
	case *ReleaseDocument:
		return DocumentRelease
	case *WithdrawDocument:
		return DocumentWithdraw
	case *AttestObservation:
		return AttestObserve
	case *RefuseFinding:
		return FindingRefuse
	case *AlertFinding:
		return FindingAlert
	case *AckFinding:
		return FindingAck
	case *CloseFinding:
		return FindingClose
	}
	return 0
}

func TestIDs(t *testing.T) {
	ok := func(name string, valid func(string) bool, good, bad []string) {
		for _, s := range good {
			if !valid(s) {
				t.Errorf("%s: %q refused", name, s)
			}
		}
		for _, s := range bad {
			if valid(s) {
				t.Errorf("%s: %q accepted", name, s)
			}
		}
	}
	a := func(n int) string { return strings.Repeat("a", n) }
	bad := []string{"", "/", "a/", "/a", "a//b", ".", "..", "a/.", "a/..", "a/../b", ".a", "-a", "_a", "a/-b", "a b", "a:b", "docket:policy",
		"a\n", "a\x00", "ä", "a*", "*", "a\\b", "a%2f"}
	ok("id", ValidID, []string{"a", "0", "A", "a/b", "wl/doc-publisher", "a..b", "a.", "a-/b_", a(64)}, append(bad, a(65)))
	ok("document id", ValidDocumentID, []string{"a", "claims/denial-notice/CLM-20441", a(255), a(65)}, append(bad, a(256)))
	ok("prefix", ValidPrefix, []string{"*", "a/", "a/b/", a(254) + "/"}, []string{"", "/", "a", "a//", "*/", "a/*", "**", "../", a(255) + "/"})
	ok("name", validName, []string{"a", "registrar", "-", "a-1", a(32)}, []string{"", "A", "a_b", "a b", a(33)})
	ok("period", validPeriod, []string{"P1D", "P26W", "P9999Y", "P6M"}, []string{"", "P", "P7", "PY", "P0Y", "P07Y", "7Y", "P7y", "P10000D",
		"P1Y6M", "PT7H", "P-1Y", "P7Y "})
	ok("token", validToken, []string{"a", "llm.draft", "Git_Hub-1"}, []string{"", "a/b", ".a", a(65)})
	ok("foreign id", validForeign, []string{"a", "https://x.example/?a=b#c", "(1)", a(255)}, []string{"", "a b", "a\n", "\x7f", "é", a(256)})
	ok("host", validHost, []string{"localhost", "a.b", "xn--a.example", "1.2.3.4", "A.example"},
		[]string{"", ".", "a.", ".a", "a..b", "-a", "a-", "a.-b", "a_b", "a b", "a+b", "a/b", "a:1", "ä.example", a(256)})
	ok("media type", validMedia, []string{"a/b", "application/pdf", "application/vnd.ms-excel.sheet.macroEnabled.12",
		"image/svg+xml"}, []string{"", "a", "/", "a/", "/b", "a/b/c", "a/b;c", "a/ b", "a/+b", "a/" + a(126)})
}

func TestInPrefix(t *testing.T) {
	for _, test := range []struct {
		prefix, id string
		want       bool
	}{
		{"*", "a", true}, {"*", "a/b", true}, {"*", "docket:policy", false}, {"*", "docket", true}, {"*", "", false},
		{"a/", "a/b", true}, {"a/", "a/b/c", true}, {"a/", "a", false}, {"a/", "a/", false}, {"a/", "ab/c", false},
		{"a/b/", "a/b/c", true}, {"a/b/", "a/bc", false}, {"a", "a/b", false}, {"", "a", false}, {"A/", "a/b", false},
	} {
		if got := InPrefix(test.prefix, test.id); got != test.want {
			t.Errorf("InPrefix(%q, %q) = %t", test.prefix, test.id, got)
		}
	}
}

func TestDigestText(t *testing.T) {
	d := digestOf("hello\n")
	const want = "sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
	if d.String() != want {
		t.Errorf("String = %s", d)
	}
	if got, err := ParseDigest(want); got != d || err != nil {
		t.Errorf("ParseDigest = %v, %v", got, err)
	}
	for _, bad := range []string{"", want[7:], want[:70], want + "0", strings.ToUpper(want), "sha256:" + strings.Repeat("g", 64),
		" " + want, "sha512" + want[6:], "sha256:" + strings.ToUpper(want[7:])} {
		if _, err := ParseDigest(bad); err == nil {
			t.Errorf("ParseDigest(%q) accepted", bad)
		}
	}
}

func TestTime(t *testing.T) {
	for _, ms := range []int64{1, 999, 1000, testAt, 253402300799999} {
		if got, ok := ParseTime(FormatTime(ms)); got != ms || !ok {
			t.Errorf("ParseTime(%s) = %d, %t", FormatTime(ms), got, ok)
		}
	}
	for _, bad := range []string{"", "1970-01-01T00:00:00.000Z", "1969-12-31T23:59:59.999Z", "2026-11-10t14:02:11.004Z",
		"2026-11-10 14:02:11.004Z", "2026-11-10T14:02:11.004z", "2026-11-10T14:02:11.0040Z", "2026-11-10T14:02:11.04Z",
		"2026-13-01T00:00:00.000Z", "2026-02-29T00:00:00.000Z", "2026-11-10T24:00:00.000Z", "2026-11-10T14:60:00.000Z",
		"12026-11-10T14:02:11.004Z", "+026-11-10T14:02:11.004Z", "2026-11-10T14:02:11.004Z\n", "2026-11-10T4:02:11.004Z"} {
		if ms, ok := ParseTime(bad); ok {
			t.Errorf("ParseTime(%q) = %d", bad, ms)
		}
	}
}

// The terms of an identity are those members that the statement has; nothing else of it changes the hash.
func TestTermsHash(t *testing.T) {
	base := func() *EnrollIdentity {
		return &EnrollIdentity{Class: "agent", Owner: "team/a", Roles: []string{}, Verbs: []string{"step.done"}, Namespaces: []string{"a/"}}
	}
	want := digestOf("docket/v1/terms\n" +
		`{"class":"agent","namespaces":["a/"],"owner":"team/a","roles":[],"verbs":["step.done"]}`)
	if got := base().TermsHash(); got != want {
		t.Errorf("TermsHash = %v; want %v", got, want)
	}
	other := base()
	other.ID, other.SPKI, other.Custody, other.Proof = "x", []byte{1}, "kms", []byte{2}
	if got := other.TermsHash(); got != want {
		t.Errorf("terms depend on what is not a term")
	}
	seen := map[Digest]string{want: "base"}
	for name, edit := range map[string]func(*EnrollIdentity){
		"class": func(e *EnrollIdentity) { e.Class = "human" }, "owner": func(e *EnrollIdentity) { e.Owner = "team/b" },
		"roles": func(e *EnrollIdentity) { e.Roles = []string{"x"} }, "verbs": func(e *EnrollIdentity) { e.Verbs = nil },
		"namespaces": func(e *EnrollIdentity) { e.Namespaces = []string{"*"} }, "tools": func(e *EnrollIdentity) { e.Tools = []string{} },
		"some tools": func(e *EnrollIdentity) { e.Tools = []string{"t"} }, "notAfter": func(e *EnrollIdentity) { e.NotAfter = 1 },
	} {
		e := base()
		edit(e)
		if other, ok := seen[e.TermsHash()]; ok {
			t.Errorf("terms do not bind %s: same as %s", name, other)
		}
		seen[e.TermsHash()] = name
	}
}
