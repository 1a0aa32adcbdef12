package statement

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// refusal is one rule: an edit of a good text that breaks it, and the nearest edit that does not.
type refusal struct {
	name     string
	old, bad string // bad in place of old is refused
	good     string // good in place of old is accepted
	code     string
	field    string
}

func (r refusal) check(t *testing.T, text string, parse func([]byte) error) {
	t.Helper()
	if !strings.Contains(text, r.old) {
		t.Fatalf("%q is not in the text", r.old)
	}
	if err := parse([]byte(strings.Replace(text, r.old, r.good, 1))); err != nil {
		t.Errorf("neighbour refused: %v", err)
	}
	err := parse([]byte(strings.Replace(text, r.old, r.bad, 1)))
	checkError(t, err, r.code, r.field)
}

func checkError(t *testing.T, err error, code, field string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error is %v; want %s %s", err, code, field)
	}
	if e.Code != code || e.Field != field {
		t.Errorf("refused as %v; want %s %s", e, code, field)
	}
	if e.Reason == "" || e.Reason != strings.TrimSpace(e.Reason) || strings.HasSuffix(e.Reason, ".") {
		t.Errorf("reason %q is not one plain phrase", e.Reason)
	}
}

func parseErr(b []byte) error {
	_, err := Parse(b)
	return err
}

const (
	d1 = "sha256:14069429150abcbf244c4c2fb2c4c46a49c93ca9457263ecd9ebb176de3a58bb"
	d2 = "sha256:1d7ef86dbebba9b13478d2da791179660b1b60df8f8fe5bca64328ba537b98ea"
	d3 = "sha256:3e9becdad00d01044cf6ee5b7de21deaefa0eeb2fc704cd15934281005e340eb"
)

func ids(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`"i%d"`, i))
	}
	return strings.Join(list, ",")
}

func digests(n int) string {
	var list []string
	for i := range n {
		list = append(list, `"`+digestOf(fmt.Sprint(i)).String()+`"`)
	}
	return strings.Join(list, ",")
}

func seals(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`"%02dH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC_0"`, i))
	}
	return strings.Join(list, ",")
}

// TestReleaseRefusals breaks one rule of the common part, or of document.release, at a time.
func TestReleaseRefusals(t *testing.T) {
	at := `"at":"2026-11-10T14:02:11.004Z"`
	media, run, to := `"media":"application/pdf"`, `"run":"R1"`, `["wl/portal-gw"]`
	external := `"external":[{"digest":"` + d1 + `","id":"CHG0031207","kind":"change","system":"servicenow"}]`
	spends := `"spends":["` + d2 + `","` + d3 + `"]`
	subject := `"subject":[{"digest":{"sha256":"c929b5b81ef2f570525bf76c95e6784721fc328195b920dce2819da07265bbd4"}}]`
	hash := "c929b5b81ef2f570525bf76c95e6784721fc328195b920dce2819da07265bbd4"
	nonce := `"nonce":"-X2PCGjLnyWqNYD1wNi8HA"`
	trace := "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	same := func(old, bad, name, code, field string) refusal { return refusal{name, old, bad, old, code, field} }
	text := string(mustMarshal(t, testRelease()))

	for _, r := range []refusal{
		// E101: bytes and JSON
		same("}]}", "}]}\n", "newline at the end", "E101", ""),
		same("}]}", "}]}{}", "second text", "E101", "subject[0].digest.sha256"),
		same(`{"_type"`, "\ufeff{\"_type\"", "byte order mark", "E101", ""),
		same(`{"_type"`, ` {"_type"`, "white space in front", "E101", ""),
		same(`,"predicate":`, `, "predicate":`, "white space inside", "E101", ""),
		same(`"size":88213,`, ``, "missing member", "E102", "predicate.size"),
		same(`"size":88213,`+spends, spends+`,"size":88213`, "names not sorted", "E101", ""),
		same(`"run":"R1"`, `"run":"\u00521"`, "needless escape", "E101", ""),
		same(`"application/pdf"`, `"application\/pdf"`, "escaped slash", "E101", ""),
		same(`"version":2`, `"version":2.0`, "fraction", "E101", "predicate.version"),
		same(`"version":2`, `"version":2e0`, "exponent", "E101", "predicate.version"),
		same(`"version":2`, `"version":-2`, "sign", "E101", "predicate.version"),
		same(`"version":2`, `"version":-0`, "minus zero", "E101", "predicate.version"),
		same(`"version":2`, `"version":02`, "leading zero", "E101", "predicate.version"),
		same(`"version":2`, `"version":NaN`, "not a number", "E101", "predicate.version"),
		{"integer beyond all", `88213`, `9007199254740992`, `9007199254740991`, "E101", "predicate.size"},
		same(`88213`, strings.Repeat("9", 5000), "number of 5000 digits", "E101", "predicate.size"),
		same(`"R1"`, "\"R1\xff\"", "invalid UTF-8", "E101", "predicate.run"),
		same(`"R1"`, `"R1\ud800"`, "lone surrogate", "E101", "predicate.run"),
		same(`"R1"`, "\"R\x001\"", "raw NUL", "E101", "predicate.run"),
		same(`["wl/portal-gw"]`, strings.Repeat("[", 20)+strings.Repeat("]", 20), "deep nesting", "E101",
			"predicate.to"+strings.Repeat("[0]", 14)),
		same(`["wl/portal-gw"]`, "["+strings.Repeat("1,", 5000)+"1]", "5000 values", "E101", "predicate.to[4073]"),
		same(text, "[]", "no object", "E101", ""),
		same(text, "", "empty", "E101", ""),

		// E101: kind, op, version
		same("in-toto.io/Statement/v1", "in-toto.io/Statement/v0.1", "statement of another version", "E101", "_type"),
		same("document.release/v1", "document.release/v2", "predicate of another version", "E101", "predicateType"),
		same("document.release/v1", "document.publish/v1", "unknown op", "E101", "predicateType"),
		same("document.release/v1", "erase.erase/v1", "kind not built", "E101", "predicateType"),
		same("document.release/v1", "outcome.close/v1", "another kind", "E101", "predicate.document"),
		same("document.release/v1", "/v1", "empty kind", "E101", "predicateType"),

		// E101: names
		same(`"predicateType"`, `"predicateTypa":1,"predicateType"`, "unknown name at the top", "E101", "predicateTypa"),
		same(`"version":2`, `"version":2,"versions":2`, "unknown name", "E101", "predicate.versions"),
		same(`"version":2`, `"version":2,"version":2`, "name twice", "E101", "predicate.version"),
		same(`"log":`, `"late":"outage","log":`, "late, for evidence only", "E101", "predicate.late"),
		same(`"at":`, `"At":"x","at":`, "other case", "E101", "predicate.At"),
		same(`"digest":"`+d1+`",`, `"digest":"`+d1+`","extra":1,`, "unknown name below", "E101", "predicate.external[0].extra"),
		same(`"digest":{"sha256"`, `"digest":{"sha1":"","sha256"`, "other algorithm", "E101", "subject[0].digest.sha1"),
		same(`"}}]`, `"},"name":"a.pdf"}]`, "file name", "E101", "subject[0].name"),

		// E601: before unknown names, at any depth
		same(`"media":`, `"mail":"x@example.org","media":`, "sealed-only name", "E601", "predicate.mail"),
		same(`"to":["wl/portal-gw"]`, `"to":[{"prompt":1}]`, "sealed-only name below", "E601", "predicate.to[0].prompt"),
		same(`"at":`, `"aa":1,"at":`, "unknown name alone", "E101", "predicate.aa"),
		same(media, `"loo":1,"mail":1,`+media, "after an unknown name", "E601", "predicate.mail"),
		same(`"version":2`, `"version":"2","zz":1`, "unknown name before a wrong type", "E101", "predicate.zz"),

		// E102: common part
		same(`"log":"docket.harbor-mutual.example"`, `"log":"https://a.example/"`, "origin with scheme", "E102", "predicate.log"),
		{"origin with port", `docket.harbor-mutual.example`, `localhost:80`, `localhost`, "E102", "predicate.log"},
		{"nonce of 15 bytes", nonce, `"nonce":"AAAAAAAAAAAAAAAAAAAA"`, `"nonce":"AAAAAAAAAAAAAAAAAAAAAA"`, "E102", "predicate.nonce"},
		{"nonce of 33 bytes", nonce, `"nonce":"` + strings.Repeat("A", 44) + `"`, `"nonce":"` + strings.Repeat("A", 43) + `"`,
			"E102", "predicate.nonce"},
		{"nonce with trailing bits", `N` + `i8HA"`, `Ni8HB"`, `Ni8HA"`, "E102", "predicate.nonce"},
		same(nonce, `"nonce":"-X2PCGjLnyWqNYD1wNi8HA=="`, "nonce with padding", "E102", "predicate.nonce"),
		same(nonce, `"nonce":"+X2PCGjLnyWqNYD1wNi8HA"`, "nonce in the standard alphabet", "E102", "predicate.nonce"),
		same(nonce, `"nonce":"\nX2PCGjLnyWqNYD1wNi8HA"`, "nonce with a line feed", "E102", "predicate.nonce"),
		{"31 November", at, `"at":"2026-11-31T14:02:11.004Z"`, `"at":"2026-11-30T14:02:11.004Z"`, "E102", "predicate.at"},
		{"leap second", at, `"at":"2026-12-31T23:59:60.000Z"`, `"at":"2026-12-31T23:59:59.999Z"`, "E102", "predicate.at"},
		{"the epoch", at, `"at":"1970-01-01T00:00:00.000Z"`, `"at":"1970-01-01T00:00:00.001Z"`, "E102", "predicate.at"},
		same(at, `"at":"2026-11-10T14:02:11Z"`, "no decimals", "E102", "predicate.at"),
		same(at, `"at":"2026-11-10T14:02:11,004Z"`, "decimal comma", "E102", "predicate.at"),
		same(at, `"at":"2026-11-10T14:02:11.004+00:00"`, "offset", "E102", "predicate.at"),
		same(at, `"at":1794319331004`, "time as a number", "E102", "predicate.at"),
		{"id of 65 bytes", `"issuer":"wl/doc-publisher"`, `"issuer":"` + strings.Repeat("a", 65) + `"`,
			`"issuer":"` + strings.Repeat("a", 64) + `"`, "E102", "predicate.issuer"},
		{"reserved id", `"issuer":"wl/doc-publisher"`, `"issuer":"docket:x"`, `"issuer":"docket.x"`, "E102", "predicate.issuer"},
		same(run, `"run":null`, "null for absent", "E102", "predicate.run"),
		same(run, `"run":""`, "empty for absent", "E102", "predicate.run"),
		same(trace, strings.ToUpper(trace), "traceparent in upper case", "E102", "predicate.traceparent"),
		same(trace, "00-00000000000000000000000000000000-b7ad6b7169203331-01", "zero trace id", "E102", "predicate.traceparent"),
		{"later traceparent", `"` + trace, `"cc` + trace[2:], `"` + trace, "E102", "predicate.traceparent"},
		{"external empty", external + ",", `"external":[],`, ``, "E102", "predicate.external"},
		same(external, `"external":{}`, "external no array", "E102", "predicate.external"),
		same(external, `"external":[1]`, "external of numbers", "E102", "predicate.external[0]"),
		same(`"digest":"`+d1+`",`, ``, "external without digest", "E102", "predicate.external[0].digest"),
		same(d1, strings.ToUpper(d1), "digest in upper case", "E102", "predicate.external[0].digest"),
		same(d1, d1[7:], "digest without algorithm", "E102", "predicate.external[0].digest"),
		same("CHG0031207", "see the ticket", "free text", "E102", "predicate.external[0].id"),
		{"sealed not sorted", `"size"`, `"sealed":[` + seals(2)[46:] + `,` + seals(1) + `],"size"`,
			`"sealed":[` + seals(64) + `],"size"`, "E102", "predicate.sealed"},
		{"65 sealed", `"size"`, `"sealed":[` + seals(65) + `],"size"`, `"size"`, "E102", "predicate.sealed"},
		{"no sealed", `"size"`, `"sealed":[],"size"`, `"size"`, "E102", "predicate.sealed"},
		{"sealed of 31 bytes", `"size"`, `"sealed":["` + strings.Repeat("A", 42) + `"],"size"`,
			`"sealed":["` + strings.Repeat("A", 43) + `"],"size"`, "E102", "predicate.sealed[0]"},
		{"spends empty in a document", spends + ",", `"spends":[],`, ``, "E102", "predicate.spends"},
		{"17 grants", spends, `"spends":[` + digests(17) + `]`, `"spends":[` + digests(16) + `]`, "E102", "predicate.spends"},
		{"a grant twice", d3, d2, d3, "E102", "predicate.spends[1]"},
		same(subject, `"subject":[]`, "no subject", "E102", "subject"),
		same(`"}}]`, `"}},{"digest":{"sha256":"`+hash+`"}}]`, "two subjects", "E102", "subject"),
		same(hash, strings.ToUpper(hash), "subject in upper case", "E102", "subject[0].digest.sha256"),
		same(subject, `"subject":[{}]`, "subject without digest", "E102", "subject[0].digest"),
		same(subject, `"subject":[1]`, "subject no object", "E102", "subject[0]"),
		same(","+subject, ``, "subject missing", "E102", "subject"),
		same(text, `{"_type":"https://in-toto.io/Statement/v1"}`, "predicate type missing", "E102", "predicateType"),
		same(text, `{}`, "type missing", "E102", "_type"),
		same(text[len(`{"_type":"https://in-toto.io/Statement/v1",`):strings.Index(text, `"predicateType"`)], ``, "predicate missing",
			"E102", "predicate"),

		// E102: document.release
		{"document id of 256 bytes", `claims/denial-notice/CLM-20441`, strings.Repeat("a", 256), strings.Repeat("a", 255),
			"E102", "predicate.document"},
		same(`claims/denial-notice/CLM-20441`, `docket:policy`, "reserved document", "E102", "predicate.document"),
		{"version 0", `"version":2`, `"version":0`, `"version":1`, "E102", "predicate.version"},
		{"version of 33 bits", `"version":2`, `"version":4294967296`, `"version":4294967295`, "E102", "predicate.version"},
		same(`"version":2`, `"version":"2"`, "version as text", "E102", "predicate.version"),
		{"prev a number", `"prev":"` + testRelease().Body.(*ReleaseDocument).Prev.String() + `"`, `"prev":0`, `"prev":null`,
			"E102", "predicate.prev"},
		same(media, `"media":"application/pdf; a=b"`, "media type with parameter", "E102", "predicate.media"),
		same(media, `"media":"pdf"`, "no media type", "E102", "predicate.media"),
		{"257 destinations", to, `[` + ids(257) + `]`, `[` + ids(256) + `]`, "E102", "predicate.to"},
		{"a destination twice", to, `["a","b","a"]`, `["a","b","c"]`, "E102", "predicate.to[2]"},
		{"no destination", to, `null`, `[]`, "E102", "predicate.to"},
	} {
		t.Run(r.name, func(t *testing.T) { r.check(t, text, parseErr) })
	}
}

func TestOtherRefusals(t *testing.T) {
	enroll, revoke, withdraw := testEnroll(), testRevoke(), testWithdraw()
	key := `"spki":"`
	proof := `"proof":"`
	for _, r := range []struct {
		statement *Statement
		refusal
	}{
		{enroll, refusal{"spends missing", `,"spends":[]`, ``, `,"spends":[]`, "E102", "predicate.spends"}},
		{enroll, refusal{"class", `"class":"workload"`, `"class":"robot"`, `"class":"agent"`, "E102", "predicate.class"}},
		{enroll, refusal{"enum joined", `"class":"workload"`, `"class":"workload|agent"`, `"class":"bridge"`, "E102", "predicate.class"}},
		{enroll, refusal{"enum empty", `"class":"workload"`, `"class":""`, `"class":"bridge"`, "E102", "predicate.class"}},
		{enroll, refusal{"human with an owner", `"class":"workload"`, `"class":"human"`, `"class":"workload"`, "E102", "predicate.owner"}},
		{enroll, refusal{"workload its own owner", `"owner":"team-platform"`, `"owner":"wl/doc-publisher"`, `"owner":"h/ops-1"`,
			"E102", "predicate.owner"}},
		{enroll, refusal{"role", `"roles":[]`, `"roles":["Registrar"]`, `"roles":["registrar"]`, "E102", "predicate.roles[0]"}},
		{enroll, refusal{"verb", `"document.release"`, `"document.*"`, `"step.done"`, "E102", "predicate.verbs[0]"}},
		{enroll, refusal{"namespace", `"claims/"`, `"claims"`, `"*"`, "E102", "predicate.namespaces[0]"}},
		{enroll, refusal{"tool", `"pdf.publish"`, `"pdf publish"`, `"pdf_publish"`, "E102", "predicate.tools[0]"}},
		{enroll, refusal{"tools null", `"tools":["pdf.publish"]`, `"tools":null`, `"tools":[]`, "E102", "predicate.tools"}},
		{enroll, refusal{"custody", `"kms"`, `"paper"`, `"hsm"`, "E102", "predicate.custody"}},
		{enroll, refusal{"attestation", `"attestation":"sha256:`, `"attestation":"sha512:`, `"attestation":"sha256:`, "E102",
			"predicate.attestation"}},
		{enroll, refusal{"spki of another length", key, key + "AAAA", key, "E102", "predicate.spki"}},
		{enroll, refusal{"proof not DER", proof + "MEUC", proof + "MEUD", proof + "MEUC", "E102", "predicate.proof"}},
		{enroll, refusal{"sealed-only name", `"class":`, `"cc":{"personName":"x"},"class":`, `"class":`, "E601",
			"predicate.cc.personName"}},
		{revoke, refusal{"reason", `"keyCompromise"`, `"because"`, `"cessation"`, "E102", "predicate.reason"}},
		{revoke, refusal{"since null", `"compromisedSince":"2026-11-10T13:02:11.004Z",`, `"compromisedSince":null,`, ``, "E102",
			"predicate.compromisedSince"}},
		{withdraw, refusal{"reason", `"error"`, `"oops"`, `"legal"`, "E102", "predicate.reason"}},
		{withdraw, refusal{"member of a release", `"version":2`, `"to":[],"version":2`, `"version":2`, "E101", "predicate.to"}},
	} {
		t.Run(r.statement.Code.String()+" "+r.name, func(t *testing.T) {
			r.check(t, string(mustMarshal(t, r.statement)), parseErr)
		})
	}
}

// The subject of an enrolment is its key, that of a policy its text.
func TestSubjectMustMatch(t *testing.T) {
	for _, s := range []*Statement{testEnroll(), testSetPolicy()} {
		s.Subject[0] ^= 1
		_, err := s.Marshal()
		checkError(t, err, "E102", "subject[0].digest.sha256")
	}
}

func TestPolicyTextRefusedInStatement(t *testing.T) {
	for _, r := range []struct{ text, code, field string }{
		{"", "E101", "predicate.text"},
		{"{}", "E102", "predicate.text.version"},
		{`{"prompt":1}`, "E601", "predicate.text.prompt"},
		{strings.Replace(testSetPolicy().Body.(*SetPolicy).Text, `"m":2`, `"m":4`, 1), "E102", "predicate.text.admins.m"},
	} {
		s := common(PolicySet, digestOf(r.text), "h/adm-1")
		s.Body = &SetPolicy{Text: r.text}
		_, err := s.Marshal()
		checkError(t, err, r.code, r.field)
	}
}

func TestSizes(t *testing.T) {
	big := []byte(`{"a":"` + strings.Repeat("a", MaxPayload) + `"}`)
	checkError(t, parseErr(big[:MaxPayload+1]), "E101", "")
	_, err := ParsePolicy(big[:MaxPayload+1])
	checkError(t, err, "E101", "")
}

func TestMarshalRefuses(t *testing.T) {
	for name, edit := range map[string]func(*Statement){
		"no body":       func(s *Statement) { s.Body = nil },
		"other body":    func(s *Statement) { s.Body = testWithdraw().Body },
		"code of none":  func(s *Statement) { s.Code = 0 },
		"late":          func(s *Statement) { s.Late = "outage" },
		"quote in id":   func(s *Statement) { s.Issuer = `a","b":"c` },
		"invalid UTF-8": func(s *Statement) { s.Run = "\xff" },
		"time before":   func(s *Statement) { s.At = -1 },
		"time after":    func(s *Statement) { s.At = 1 << 60 },
	} {
		s := testRelease()
		edit(s)
		if b, err := s.Marshal(); err == nil {
			t.Errorf("%s: no error, but %s", name, b)
		}
	}
}
