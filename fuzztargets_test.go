package docket_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// fuzzTargets names, for each exported parser, the fuzz target that hands it bytes from
// outside, as folder.Target; or why there is none.
var fuzzTargets = map[string]string{
	"proofs.ParseNote":           "proofs.FuzzParseNote",
	"proofs.ParseKeyList":        "proofs.FuzzParseKeyList",
	"proofs.ParseSignatureLines": "proofs.FuzzParseSignatureLines",
	"proofs.ParseAddCheckpoint":  "proofs.FuzzParseAddCheckpoint",
	"proofs.ParseTilePath":       "proofs.FuzzParseTilePath",
	"proofs.ParseEntriesPath":    "proofs.FuzzParseTilePath",
	"proofs.ParseReceipt":        "proofs.FuzzParseReceipt",
	"proofs.ParseTLogProof":      "proofs.FuzzParseTLogProof",
	"proofs.ParseVerifierKey":    "proofs.FuzzParseVerifierKey",
	"proofs.ParseCheckpoint":     "proofs.FuzzParseCheckpoint",
	"proofs.ParsePolicy":         "proofs.FuzzParsePolicy",
	"proofs.ParseEntryBundle":    "proofs.FuzzParseEntryBundle",

	"proofs/register.ParseValue":         "proofs/register.FuzzValue",
	"proofs/register.ParseEvent":         "proofs/register.FuzzEvent",
	"proofs/register.ParseEventRow":      "proofs/register.FuzzEventRow",
	"proofs/register.ParseRecord":        "proofs/register.FuzzRecord",
	"proofs/register.ParsePath":          "proofs/register.FuzzPath",
	"proofs/register.ParseDocumentBody":  "proofs/register.FuzzDocumentBody",
	"proofs/register.ParseDocumentState": "proofs/register.FuzzDocumentState",
	"proofs/register.ParseReleasedBody":  "proofs/register.FuzzReleasedBody",
	"proofs/register.ParseKeyBody":       "proofs/register.FuzzKeyBody",
	"proofs/register.ParseDigestState":   "proofs/register.FuzzDigestState",
	"proofs/register.ParseIdentityBody":  "proofs/register.FuzzIdentityBody",
	"proofs/register.ParseIdentityState": "proofs/register.FuzzIdentityState",
	"proofs/register.ParseActivityBody":  "proofs/register.FuzzActivityBody",
	"proofs/register.ParseActivityState": "proofs/register.FuzzActivityState",
	"proofs/register.ParseRunBody":       "proofs/register.FuzzRunBody",
	"proofs/register.ParseRunState":      "proofs/register.FuzzRunState",
	"proofs/register.ParseGrantedBody":   "proofs/register.FuzzGrantedBody",
	"proofs/register.ParseSpentBody":     "proofs/register.FuzzSpentBody",
	"proofs/register.ParseRevokedBody":   "proofs/register.FuzzRevokedBody",
	"proofs/register.ParseGrantState":    "proofs/register.FuzzGrantState",
	"proofs/register.ParseHistoryTile":   "proofs/register.FuzzHistoryTile",
	"proofs/register.ParseBucketRoot":    "proofs/register.FuzzBucketRoot",
	"proofs/register.ParseType":          "no: a name out of a list",

	"proofs/statement.Parse":              "proofs/statement.FuzzParse",
	"proofs/statement.ParsePolicy":        "proofs/statement.FuzzParsePolicy",
	"proofs/statement.ParseWorkflow":      "proofs/statement.FuzzParseWorkflow",
	"proofs/statement.ParseEnvelope":      "proofs/statement.FuzzParseEnvelope",
	"proofs/statement.ParseCommitment":    "proofs/statement.FuzzParseCommitment",
	"proofs/statement.ParseSeal":          "proofs/statement.FuzzParseSeal",
	"proofs/statement.ParsePublicKey":     "proofs/statement.FuzzParsePublicKey",
	"proofs/statement.ParseDigest":        "proofs/statement.FuzzParse",
	"proofs/statement.ParseTime":          "proofs/statement.FuzzParse",
	"proofs/statement.ParsePredicateType": "proofs/statement.FuzzParse",
	"proofs/statement.ParseCode":          "no: a name out of a list",

	"proofs/evidence.Parse":       "proofs/evidence.FuzzParse",
	"log/backup.ParseManifest":    "log/backup.FuzzParseManifest",
	"log/restore.ParsePlan":       "log/restore.FuzzParsePlan",
	"cmd/docket/scenario.Parse":   "cmd/docket/scenario.FuzzParse",
	"log/server.ParseTokens":      "log/server.FuzzParseTokens",
	"client/watch.ParseMute":      "no: a flag of whoever runs the monitor",
	"log.ParseAnchor":             "no: its bytes are the log's own, and its notes are parsed by proofs",
	"log.ParsePostings":           "no: a row of the log's own store",
	"client/monitor.ParseRefused": "no: statement.Parse with another error",
}

// verdicts are the fuzz targets of what judges bytes from outside, beside the parsers.
var verdicts = []string{
	"proofs.FuzzVerify", "proofs.FuzzVerifyProofs", "proofs.FuzzClaims", "proofs.FuzzMoment", "proofs.FuzzRecords",
	"proofs/statement.FuzzCheckSignature", "proofs/admission.FuzzCheck", "proofs/admission.FuzzReplay",
	"client/pack.FuzzVerify", "client/pack.FuzzMember", "client/audit.FuzzEvidence", "client.FuzzAnswers",
	"log/server.FuzzTarget", "log/server.FuzzStatements", "log/server.FuzzAdd",
}

// TestEveryParserIsFuzzed: each exported parser below proofs, client, log and cmd has a
// fuzz target, which exists, or a reason; .ci/run runs all there are.
func TestEveryParserIsFuzzed(t *testing.T) {
	parser := regexp.MustCompile(`(?m)^func (Parse[A-Z]?\w*)\(`)
	found := make(map[string]bool)
	for _, root := range []string{"proofs", "client", "log", "cmd"} {
		for _, file := range sources(t, root) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range parser.FindAllStringSubmatch(string(text), -1) {
				name := filepath.ToSlash(filepath.Dir(file)) + "." + m[1]
				found[name] = true
				if fuzzTargets[name] == "" {
					t.Errorf("%s has no fuzz target: add it to fuzzTargets, or why it needs none", name)
				}
			}
		}
	}
	if len(found) < 50 {
		t.Errorf("only %d parsers", len(found))
	}
	for name, target := range fuzzTargets {
		if !found[name] {
			t.Errorf("there is no parser %s", name)
		}
		if !strings.HasPrefix(target, "no: ") && !hasTarget(t, target) {
			t.Errorf("there is no fuzz target %s, of %s", target, name)
		}
	}
	for _, target := range verdicts {
		if !hasTarget(t, target) {
			t.Errorf("there is no fuzz target %s", target)
		}
	}
}

func hasTarget(t *testing.T, target string) bool {
	t.Helper()
	folder, name, _ := strings.Cut(target, ".")
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "\nfunc "+name+"(f *testing.F) ") {
			return true
		}
	}
	return false
}
