package statement

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func envelopeErr(b []byte) error {
	_, err := ParseEnvelope(b)
	return err
}

func TestParseEnvelope(t *testing.T) {
	want, _ := signedRelease(t)
	text := want.Marshal()
	bare := want
	bare.SPKI = nil
	sig := base64.StdEncoding.EncodeToString(want.Signature)
	free := `{"signatures": [ {"keyid":"any","sig":"` + sig + `"} ],` + "\n" + ` "payloadType":"application\/vnd.in-toto+json",
		"payload":"` + base64.StdEncoding.EncodeToString(want.Payload) + `"}` + "\n"
	for _, test := range []struct {
		text string
		want Envelope
	}{{string(text), want}, {string(bare.Marshal()), bare}, {free, bare}} {
		got, err := ParseEnvelope([]byte(test.text))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("envelope differs (-want +got):\n%s", diff)
		}
	}
	if !json.Valid(text) {
		t.Errorf("not JSON: %s", text)
	}
}

func TestEnvelopeRefusals(t *testing.T) {
	e, _ := signedRelease(t)
	text := string(e.Marshal())
	sig := `"sig":"` + base64.StdEncoding.EncodeToString(e.Signature) + `"`
	spki := `,"spki":"` + base64.StdEncoding.EncodeToString(e.SPKI) + `"`
	raw := base64.StdEncoding.EncodeToString(make([]byte, 64))
	one := `{` + sig + `}`
	for _, r := range []refusal{
		{"trailing text", `}]}`, `}]}x`, "}]} ", "E101", "signatures[0].spki"},
		{"unknown name", `{"payload":`, `{"a":1,"payload":`, `{"payload":`, "E101", "a"},
		{"name twice", `{"payload":`, `{"payloadType":"x","payload":`, `{"payload":`, "E101", "payloadType"},
		{"other case", `"payloadType"`, `"payloadtype"`, `"payloadType"`, "E101", "payloadtype"},
		{"unknown name in the signature", `{"sig"`, `{"cert":"","sig"`, `{"keyid":"","sig"`, "E101", "signatures[0].cert"},
		{"sig twice", `{"sig"`, `{"sig":"","sig"`, `{"sig"`, "E101", "signatures[0].sig"},
		{"payload type", `vnd.in-toto+json`, `json`, `vnd.in-toto+json`, "E101", "payloadType"},
		{"payload type missing", `"payloadType":"application/vnd.in-toto+json",`, ``, `"payloadType":"application/vnd.in-toto+json",`,
			"E101", "payloadType"},
		{"payload empty", base64.StdEncoding.EncodeToString(e.Payload), ``, `e30=`, "E101", "payload"},
		{"payload without padding", base64.StdEncoding.EncodeToString(e.Payload), `e30`, `e30=`, "E101", "payload"},
		{"payload with trailing bits", base64.StdEncoding.EncodeToString(e.Payload), `e31=`, `e30=`, "E101", "payload"},
		{"payload URL-safe", base64.StdEncoding.EncodeToString(e.Payload), `_-_-`, `/+/+`, "E101", "payload"},
		{"payload with a line feed", base64.StdEncoding.EncodeToString(e.Payload), `e30\n=`, `e30=`, "E101", "payload"},
		{"payload too long", base64.StdEncoding.EncodeToString(e.Payload), strings.Repeat("A", 87384), strings.Repeat("A", 87380),
			"E101", "payload"},
		{"no signature", `[` + one[:len(one)-1] + spki + `}]`, `[]`, `[` + one + `]`, "E104", "signatures"},
		{"two signatures", `[` + one[:len(one)-1] + spki + `}]`, `[` + one + `,` + one + `]`, `[` + one + `]`, "E104", "signatures"},
		{"signature no object", `[` + one[:len(one)-1] + spki + `}]`, `[1]`, `[` + one + `]`, "E104", "signatures[0]"},
		{"signatures missing", `"signatures":[` + one[:len(one)-1] + spki + `}]`, `"signatures":null`, `"signatures":[` + one + `]`,
			"E104", "signatures"},
		{"sig missing", sig + ",", ``, sig + ",", "E104", "signatures[0].sig"},
		{"sig raw", sig, `"sig":"` + raw + `"`, sig, "E104", "signatures[0].sig"},
		{"spki short", spki, `,"spki":"AAAA"`, spki, "E104", "signatures[0].spki"},
		{"spki null", spki, `,"spki":null`, ``, "E104", "signatures[0].spki"},
		{"spki empty", spki, `,"spki":""`, ``, "E104", "signatures[0].spki"},
		{"keyid long", `{"sig"`, `{"keyid":"` + strings.Repeat("a", 129) + `","sig"`, `{"keyid":"` + strings.Repeat("a", 128) + `","sig"`,
			"E104", "signatures[0].keyid"},
		{"no object", text, `[]`, text, "E101", ""},
		{"too large", text, strings.Repeat(" ", MaxEnvelope+1-len(text)) + text, strings.Repeat(" ", MaxEnvelope-len(text)) + text,
			"E101", ""},
	} {
		t.Run(r.name, func(t *testing.T) { r.check(t, text, envelopeErr) })
	}
}

// The vector of DSSE's protocol.md, whose payload type is another: PAE joins lengths and texts by single spaces.
func TestPAE(t *testing.T) {
	want := "DSSEv1 28 application/vnd.in-toto+json 11 hello world"
	if got := string(PAE([]byte("hello world"))); got != want {
		t.Errorf("PAE = %q; want %q", got, want)
	}
	for _, payload := range []string{"", "hello world", strings.Repeat("a", MaxPayload)} {
		if got, want := DigestOf([]byte(payload)), digestOf(string(PAE([]byte(payload)))); got != want {
			t.Errorf("DigestOf(%d bytes) = %v; want %v", len(payload), got, want)
		}
	}
	payload := `{"nonce":"000102030405060708090a0b0c0d0e0f"}`
	const vector = "sha256:d5f86b40a6dc9f03d2960ddf421ad683288be64bfd5c7c8776db6723b94da84c"
	if got := DigestOf([]byte(payload)).String(); got != vector {
		t.Errorf("digest of the register vectors' payload = %s; want %s", got, vector)
	}
}
