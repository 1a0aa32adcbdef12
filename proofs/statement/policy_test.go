package statement

import (
	"fmt"
	"strings"
	"testing"
)

func policyErr(b []byte) error {
	_, err := ParsePolicy(b)
	return err
}

func policyText(t testing.TB, p *Policy) string {
	t.Helper()
	b, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPolicyRefusals(t *testing.T) {
	alerts := `{"AL-12":{"keyAgeDays":90,"unusedDays":30}}`
	for _, r := range []refusal{
		{"newline at the end", `"}`, "\"}\n", `"}`, "E101", ""},
		{"white space", `{"accessMaxSeconds":14400,`, `{"accessMaxSeconds": 14400,`, `{"accessMaxSeconds":1,`, "E101", ""},
		{"reserved continues", `"contentMax":65536`, `"contentMax":65536,"continues":{}`, `"contentMax":1024`, "E101", "continues"},
		{"unknown name", `"version":1`, `"version":1,"versions":1`, `"version":1`, "E101", "versions"},
		{"name twice", `"version":1`, `"version":1,"version":1`, `"version":1`, "E101", "version"},
		{"unknown name in admins", `"m":2`, `"m":2,"max":1`, `"m":2`, "E101", "admins.max"},
		{"unknown name in a member", `"id":"h/adm-1"`, `"id":"h/adm-1","name":"x"`, `"id":"h/adm-1"`, "E101",
			"admins.members[0].name"},
		{"names not sorted, before sealed-only names", `"grantMaxSeconds"`, `"mail":1,"grantMaxSeconds"`, `"grantMaxSeconds"`, "E101", ""},
		{"sealed-only name in a member", `"id":"h/adm-1"`, `"id":"h/adm-1","personName":"x"`, `"id":"h/adm-1"`, "E601",
			"admins.members[0].personName"},
		{"alert rule twice", alerts, `{"AL-12":{"a":1},"AL-12":{"a":1}}`, `{"AL-12":{"a":1},"AL-13":{"a":1}}`, "E101", "alerts.AL-12"},
		{"threshold twice", alerts, `{"AL-12":{"a":1,"a":1}}`, `{"AL-12":{"a":1,"b":1}}`, "E101", "alerts.AL-12.a"},
		{"version 0", `"version":1`, `"version":0`, `"version":1`, "E102", "version"},
		{"keys in version 2", `"version":1`, `"version":2`, `"version":1`, "E102", "admins.members[0]"},
		{"rules", `docket/1`, `other/1`, `docket/1`, "E102", "rules"},
		{"m of 0", `"m":2`, `"m":0`, `"m":1`, "E102", "admins.m"},
		{"m above members", `"m":2`, `"m":4`, `"m":3`, "E102", "admins.m"},
		{"member twice", `"id":"h/adm-2"`, `"id":"h/adm-1"`, `"id":"h/adm-9"`, "E102", "admins.members[1]"},
		{"log is a member", `"id":"svc/log"`, `"id":"h/adm-1"`, `"id":"svc/other"`, "E102", "log"},
		{"other algorithm", `"PKIX_ECDSA_P256_SHA_256"`, `"PKIX_ED25519"`, `"PKIX_ECDSA_P256_SHA_256"`, "E102", "algorithms[0]"},
		{"no algorithm", `["PKIX_ECDSA_P256_SHA_256"]`, `[]`, `["PKIX_ECDSA_P256_SHA_256"]`, "E102", "algorithms"},
		{"witness policy", `"witnessPolicy":"sha256:`, `"witnessPolicy":"sha1:`, `"witnessPolicy":"sha256:`, "E102", "witnessPolicy"},
		{"no skew", `"skewSeconds":300`, `"skewSeconds":0`, `"skewSeconds":1`, "E102", "skewSeconds"},
		{"no life of grants", `"grantMaxSeconds":86400`, `"grantMaxSeconds":0`, `"grantMaxSeconds":4294967295`, "E102", "grantMaxSeconds"},
		{"content above the limit", `65536`, `65537`, `65535`, "E102", "contentMax"},
		{"content too small", `65536`, `1023`, `1024`, "E102", "contentMax"},
		{"overridable", `["approval"]`, `["identity"]`, `["level"]`, "E102", "overridable[0]"},
		{"override role", `["security"]`, `["Security"]`, `["security","privacy"]`, "E102", "overrideRoles[0]"},
		{"direct", `["notes/"]`, `["notes"]`, `["*"]`, "E102", "direct[0]"},
		{"alert rule", `"AL-12"`, `"AL-1"`, `"AL-11"`, "E102", "alerts.AL-1"},
		{"alerts no object", alerts, `[]`, `{}`, "E102", "alerts"},
		{"thresholds no object", alerts, `{"AL-12":1}`, `{"AL-12":{"a":1}}`, "E102", "alerts.AL-12"},
		{"no thresholds", alerts, `{"AL-12":{}}`, `{}`, "E102", "alerts.AL-12"},
		{"threshold of 33 bits", `"keyAgeDays":90`, `"keyAgeDays":4294967296`, `"keyAgeDays":4294967295`, "E102",
			"alerts.AL-12.keyAgeDays"},
		{"first member missing", `{"accessMaxSeconds":14400,`, `{`, `{"accessMaxSeconds":14400,`, "E102", "accessMaxSeconds"},
	} {
		t.Run(r.name, func(t *testing.T) { r.check(t, policyText(t, testPolicy()), policyErr) })
	}
}

// No member is missing without a refusal that names it.
func TestPolicyMembersAreMandatory(t *testing.T) {
	text := policyText(t, testPolicy())
	for _, name := range policyNames {
		// Renaming would be an unknown name; so cut the member out of the tree's canonical form.
		tr, err := readJSON(text)
		if err != nil {
			t.Fatal(err)
		}
		at := tr.member(0, name)
		prev := ref(0)
		for i := tr.values[0].first; i != at; i = tr.values[i].next {
			prev = i
		}
		if prev == 0 {
			tr.values[0].first = tr.values[at].next
		} else {
			tr.values[prev].next = tr.values[at].next
		}
		checkError(t, policyErr(tr.appendCanonical(nil, 0)), "E102", name)
	}
}

func TestPolicyKeysTwice(t *testing.T) {
	p := testPolicy()
	p.Log.SPKI = p.Admins.Members[1].SPKI
	_, err := p.Marshal()
	checkError(t, err, "E102", "log")
}

func TestPolicyManyMembers(t *testing.T) {
	for _, test := range []struct {
		members int
		m       uint32
		field   string
	}{{64, 17, ""}, {64, 18, "admins.m"}, {65, 17, "admins.members"}, {0, 1, "admins.members"}} {
		p := testPolicy()
		p.Version, p.Log, p.Admins = 2, Member{ID: "svc/log"}, Admins{M: test.m}
		for i := range test.members {
			p.Admins.Members = append(p.Admins.Members, Member{ID: fmt.Sprintf("h/adm-%d", i)})
		}
		_, err := p.Marshal()
		if test.field == "" {
			if err != nil {
				t.Errorf("%d of %d members: %v", test.m, test.members, err)
			}
			continue
		}
		checkError(t, err, "E102", test.field)
	}
}

// Names of alerts are free text to the writer: they must not be able to write members.
func TestPolicyMarshalRefuses(t *testing.T) {
	p := testPolicy()
	p.Alerts = []Alert{{Rule: `AL-01":{"a":1},"AL-02`, Values: []AlertValue{{"a", 1}}}}
	if b, err := p.Marshal(); err == nil {
		t.Errorf("no error, but %s", b)
	}
	p.Alerts = []Alert{{Rule: "AL-02", Values: []AlertValue{{"a", 1}}}, {Rule: "AL-01", Values: []AlertValue{{"a", 1}}}}
	if _, err := p.Marshal(); err == nil || !strings.Contains(err.Error(), "canonical") {
		t.Errorf("alerts not sorted: %v", err)
	}
}
