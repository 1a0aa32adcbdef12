package pack

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/docketlog/docket/proofs/register"
)

// specBlock is a fenced block of docs/spec/report.md.
func specBlock(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("../../docs/spec/report.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(b), "\n```"+name+"\n")
	text, _, ended := strings.Cut(rest, "```\n")
	if !ok || !ended {
		t.Fatalf("report.md has no block %s", name)
	}
	return text
}

// The page has the template, the fixed texts and the SHA-256 of SPEC.txt as they are.
func TestReportPage(t *testing.T) {
	if specBlock(t, "template") != reportHTML {
		t.Error("report.md: the template is not report.html")
	}
	sum := sha256.Sum256([]byte(specText))
	if want := hex.EncodeToString(sum[:]) + "\n"; specBlock(t, "spec") != want {
		t.Errorf("report.md: the SHA-256 of SPEC.txt is %s", want)
	}
	common := len(claims(register.TypeDigest)) // a type that no pack is about has those of all
	want := ""
	add := func(name string, list []string) {
		for _, text := range list {
			want += name + ": " + text + "\n"
		}
	}
	for _, typ := range []register.Type{register.TypeRun, register.TypeDocument, register.TypeIdentity} {
		all := claims(typ)
		add(typ.String(), all[:len(all)-common])
	}
	add("all", claims(register.TypeDigest))
	add("not", notClaimed)
	if got := specBlock(t, "claims"); got != want {
		t.Errorf("report.md: the claims are\n%s", want)
	}
	for _, page := range []string{"pack.md", "report.md"} {
		b, err := os.ReadFile("../../docs/spec/" + page)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(b), "`"+Format+"`") {
			t.Errorf("%s does not name the format %s", page, Format)
		}
	}
	if !strings.Contains(specText, Format) {
		t.Errorf("SPEC.txt does not name the format %s", Format)
	}
}
