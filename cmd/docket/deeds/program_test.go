package deeds

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/evidence"
)

// program is docket, built by TestMain: what is judged is judged by another process.
var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "deeds")
	if err == nil {
		program = filepath.Join(dir, "docket")
		var out []byte
		if out, err = exec.Command("go", "build", "-o", program, "..").CombinedOutput(); err != nil {
			err = fmt.Errorf("%w: %s", err, out)
		}
	}
	code := 1
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		code = m.Run()
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// docket runs the program and returns what it printed and its exit code.
func docket(t *testing.T, args ...string) (string, int) {
	t.Helper()
	cmd := exec.Command(program, args...)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// The trust levels, each a verifier policy.
const (
	l0 = iota // the log's word
	l1        // and the witness
	l2        // and the audit cosigner
)

// policy is the policy of somebody at a trust level.
func (o *operator) policy(level int) string {
	text := "log " + o.w.Signer.Key().String() + "\n"
	seen := fmt.Sprintf("witness w %s\ngroup witnesses all w\n", newKey(o.t, "witness.example/w").key)
	switch level {
	case l0:
		return text + "quorum none\n"
	case l1:
		return text + seen + "quorum witnesses\n"
	}
	return text + seen + fmt.Sprintf("witness a %s\ngroup auditors all a\ngroup demanded all witnesses auditors\nquorum demanded\n", newKey(o.t, "audit.example/a").key)
}

// verifier pins the log at a trust level.
func (o *operator) verifier(level int) proofs.Verifier {
	o.t.Helper()
	policy, err := proofs.ParsePolicy([]byte(o.policy(level)))
	if err != nil {
		o.t.Fatal(err)
	}
	return proofs.Verifier{Policy: policy, Genesis: o.genesis}
}

// pins is a client folder of a trust level, for the program: --dir. At L0 it is one of
// --dev, in which the log's word is enough. It expects documents below contracts/.
func (o *operator) pins(level int) string { return o.pinsExpecting(level, "contracts/") }

func (o *operator) pinsExpecting(level int, namespaces ...string) string {
	o.t.Helper()
	dir := o.t.TempDir()
	expect, err := json.Marshal(append([]string{}, namespaces...))
	if err != nil {
		o.t.Fatal(err)
	}
	config := fmt.Sprintf(`{"origin":%q,"server":%q,"identity":"","registrar":"","expect":%s,"dev":%t}`, o.w.Origin, o.url, expect, level == l0)
	write(o.t, filepath.Join(dir, "client", "config.json"), []byte(config))
	write(o.t, filepath.Join(dir, "client", "policy"), []byte(o.policy(level)))
	write(o.t, filepath.Join(dir, "client", "policy.genesis"), []byte(hex.EncodeToString(o.genesis[:])+"\n"))
	return dir
}

func write(t *testing.T, path string, b []byte) string {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = os.WriteFile(path, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// client is one that remembers what it saw.
func (o *operator) client() *client.Client {
	return &client.Client{Server: o.url, Verifier: o.verifier(l0), Memory: &client.Memory{Path: filepath.Join(o.t.TempDir(), "checkpoint")}}
}

// receipt is the receipt of a statement as the log shows it now, and the cosignatures
// that it has now.
func (o *operator) receipt(c *admission.Checked, lines []byte) *proofs.Receipt {
	o.t.Helper()
	r, err := o.client().Receipt(ctx, c.Digest)
	if err != nil {
		o.t.Fatal(err)
	}
	r.Checkpoint = append(bytes.Clone(r.Checkpoint), lines...)
	return r
}

// verify runs docket verify, at each trust level, over a file and a receipt, with staples, and
// demands these exit codes.
func (o *operator) verify(want [3]int, file []byte, r *proofs.Receipt, args ...string) {
	o.t.Helper()
	path := write(o.t, filepath.Join(o.t.TempDir(), "file"), file)
	write(o.t, path+".docket", r.Marshal())
	for level, exit := range want {
		out, got := docket(o.t, append([]string{"verify", path, "--offline", "--dir", o.pins(level)}, args...)...)
		if got != exit {
			o.t.Errorf("docket verify at L%d: exit %d, want %d\n%s", level, got, exit, out)
		}
	}
}

// staple keeps a staple for --staple.
func (o *operator) staple(r *proofs.Receipt) string {
	return write(o.t, filepath.Join(o.t.TempDir(), "staple"), r.Staple().Marshal())
}

// judged has the third program judge a file of evidence by pins of a level.
func (o *operator) judged(path string, level, exit int, says string) {
	o.t.Helper()
	out, got := docket(o.t, "verify-evidence", path, "--dir", o.pins(level))
	if got != exit || !strings.Contains(out, says) {
		o.t.Errorf("docket verify-evidence: exit %d, want %d with %q\n%s", got, exit, says, out)
	}
	if out, got := docket(o.t, "verify-evidence", path, "--dir", o.pins(level), "--genesis", strings.Repeat("0", 64)); got != proofs.ExitInvalid {
		o.t.Errorf("by other pins: exit %d\n%s", got, out)
	}
	o.judgedElsewhere(path, level, exit)
	o.flipped(path, o.verifier(level))
}

// flipped flips bytes of a file of evidence: what convicts nobody never does, and what
// convicts says the same; of two receipts it may name another register that was rewritten.
func (o *operator) flipped(path string, v proofs.Verifier) {
	o.t.Helper()
	text, err := client.ReadFile(path, evidence.Max)
	if err != nil {
		o.t.Fatal(err)
	}
	whole, err := evidence.Parse(text)
	if err != nil {
		o.t.Fatal(err)
	}
	want, err := whole.Judge(v, evidence.Skew)
	if err != nil {
		o.t.Fatal(err)
	}
	for i := 0; i < len(text); i += 23 {
		text[i] ^= 1
		e, err := evidence.Parse(text)
		text[i] ^= 1
		if err != nil {
			continue
		}
		if got, err := e.Judge(v, evidence.Skew); err == nil && got.Convicts && (!want.Convicts || got.Says != want.Says && len(e.Receipts) == 0) {
			o.t.Fatalf("byte %d: %+v, want %+v", i, got, want)
		}
	}
}

// kept writes evidence to a file.
func (o *operator) kept(e *evidence.Evidence) string {
	o.t.Helper()
	if e == nil {
		o.t.Fatal("no evidence")
	}
	return write(o.t, filepath.Join(o.t.TempDir(), "evidence.json"), e.Marshal())
}
