package interop

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/docketlog/docket/proofs"
)

// exportDir is a folder in which the program docket released report.txt and
// exported its receipt in all formats.
func exportDir(t *testing.T) (dir string, report []byte) {
	t.Helper()
	dir, report = t.TempDir(), []byte("the released bytes")
	docket := filepath.Join(dir, "docket")
	goCommand(t, "build", "-C", "..", "-o", docket, "./cmd/docket")
	if err := os.WriteFile(filepath.Join(dir, "report.txt"), report, 0o644); err != nil {
		t.Fatal(err)
	}
	serveDev(t, dir, docket)
	for _, line := range []string{
		"release report.txt --doc reports/1",
		"receipt export report.txt.docket --format sigstore-bundle",
		"receipt export report.txt.docket --format tlog-proof",
	} {
		cmd := exec.Command(docket, strings.Fields(line)...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("docket %s: %v\n%s", line, err, out)
		}
	}
	return dir, report
}

// serveDev runs docket serve --dev until the test ends.
func serveDev(t *testing.T, dir, docket string) {
	t.Helper()
	cmd := exec.Command(docket, "serve", "--dev", "--listen", "127.0.0.1:0")
	cmd.Dir = dir
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	ready := make(chan bool, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "serving on ") {
				ready <- true
			}
		}
	}()
	select {
	case <-ready:
	case <-time.After(time.Minute):
		t.Fatal("docket serve does not serve")
	}
}

func readFile(t *testing.T, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSigstoreReadsExports: what docket receipt export writes is all that
// sigstore-go needs, and nothing in it can be changed that sigstore-go looks at.
func TestSigstoreReadsExports(t *testing.T) {
	dir, report := exportDir(t)
	bundle, trust := readFile(t, dir, "bundle.json"), readFile(t, dir, "trusted_root.json")
	signer, _ := pem.Decode(readFile(t, dir, "signer.pub"))
	if signer == nil || signer.Type != "PUBLIC KEY" {
		t.Fatal("signer.pub holds no public key")
	}
	if err := sigstoreVerifyFiles(trust, bundle, signer.Bytes, report); err != nil {
		t.Fatal(err)
	}
	if err := sigstoreVerifyFiles(trust, bundle, signer.Bytes, append(report, '.')); err == nil || !strings.Contains(err.Error(), "artifact digests do not match") {
		t.Errorf("a wrong document: %v", err)
	}
	config, err := root.NewSigningConfigFromJSON(readFile(t, dir, "signing_config.json"))
	if err != nil {
		t.Fatal(err)
	}
	if logs := config.RekorLogURLs(); len(logs) != 1 || logs[0].URL != "https://docket.localhost" || logs[0].MajorAPIVersion != 2 {
		t.Errorf("the signing config names %+v", logs)
	}
	t.Run("a flipped byte", func(t *testing.T) { flipValues(t, trust, bundle, signer.Bytes, report) })
}

// flipValues flips a byte in each value of the bundle that decides, at many places.
func flipValues(t *testing.T, trust, bundle, spki, report []byte) {
	var b struct {
		VerificationMaterial struct {
			TlogEntries []struct {
				LogID          struct{ KeyID []byte }
				InclusionProof struct {
					Hashes     [][]byte
					Checkpoint struct{ Envelope string }
				}
				CanonicalizedBody []byte
			}
		}
		DSSEEnvelope struct {
			Payload    []byte
			Signatures []struct{ Sig []byte }
		}
	}
	if err := json.Unmarshal(bundle, &b); err != nil {
		t.Fatal(err)
	}
	entry := b.VerificationMaterial.TlogEntries[0]
	values := map[string][]byte{
		"payload": b.DSSEEnvelope.Payload, "signature": b.DSSEEnvelope.Signatures[0].Sig, "log id": entry.LogID.KeyID,
		"first hash": entry.InclusionProof.Hashes[0], "last hash": entry.InclusionProof.Hashes[len(entry.InclusionProof.Hashes)-1],
	}
	for name, value := range values {
		text := base64.StdEncoding.EncodeToString(value)
		for i := 0; i < len(value); i += 1 + len(value)/16 {
			changed := bytes.Clone(value)
			changed[i] ^= 1
			flipped := bytes.Replace(bundle, []byte(text), []byte(base64.StdEncoding.EncodeToString(changed)), 1)
			if bytes.Equal(flipped, bundle) {
				t.Fatalf("%s is not in the bundle", name)
			}
			if err := sigstoreVerifyFiles(trust, flipped, spki, report); err == nil {
				t.Errorf("byte %d of %s was flipped, and nobody minds", i, name)
			}
		}
	}
	// The signed text of the checkpoint; its last line is the signature.
	lines := strings.Split(entry.InclusionProof.Checkpoint.Envelope, "\n")
	for _, part := range []string{"docket.localhost\\n", "\\n" + lines[1] + "\\n", lines[2]} {
		flipped := bytes.Replace(bundle, []byte(part), []byte(strings.ToUpper(part)+"1"), 1)
		if bytes.Equal(flipped, bundle) {
			t.Fatalf("%q is not in the bundle", part)
		}
		if err := sigstoreVerifyFiles(trust, flipped, spki, report); err == nil {
			t.Errorf("%q of the checkpoint was changed, and nobody minds", part)
		}
	}
}

// TestTLogProofExport: formats and x/mod read an exported tlog-proof, open its
// checkpoint with the log's key, and find the exported leaf at its place.
func TestTLogProofExport(t *testing.T) {
	dir, _ := exportDir(t)
	text, leaf := readFile(t, dir, "report.txt.tlog-proof"), readFile(t, dir, "report.txt.leaf")
	policy, err := proofs.ParsePolicy(readFile(t, dir, "docket-dev/client/policy"))
	if err != nil {
		t.Fatal(err)
	}
	key := policy.LogKeys()[0].String()
	if err := checkTLogProof(text, leaf, key); err != nil {
		t.Fatal(err)
	}
	if err := checkTLogProof(text, append(bytes.Clone(leaf), '.'), key); err == nil {
		t.Error("another leaf is found too")
	}
	for i := range text {
		flipped := bytes.Clone(text)
		flipped[i] ^= 1
		if err := checkTLogProof(flipped, leaf, key); err != nil {
			continue
		}
		// Bits that base64 does not use: formats and x/mod pass over them.
		if _, err := proofs.ParseTLogProof(flipped); err == nil {
			t.Errorf("byte %d was flipped, and nobody minds: %q", i, flipped)
		}
	}
}

// checkTLogProof verifies a tlog-proof with no code of docket.
func checkTLogProof(text, leaf []byte, key string) error {
	var p proof.TLogProof
	if err := p.Unmarshal(text); err != nil {
		return err
	}
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return err
	}
	cp, _, _, err := log.ParseCheckpoint(p.Checkpoint, verifier.Name(), verifier)
	if err != nil {
		return err
	}
	record := make(tlog.RecordProof, len(p.Hashes))
	for i, h := range p.Hashes {
		record[i] = tlog.Hash(h)
	}
	hash := tlog.Hash(rfc6962.DefaultHasher.HashLeaf(leaf))
	return tlog.CheckRecord(record, int64(cp.Size), tlog.Hash(cp.Hash), int64(p.Index), hash)
}
