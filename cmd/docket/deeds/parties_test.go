package deeds

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/audit"
	"github.com/docketlog/docket/client/watch"
	"github.com/docketlog/docket/log/auditor"
	"github.com/docketlog/docket/log/witness"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/evidence"
	"github.com/docketlog/docket/storage/storagetest"
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

type cosignerKey struct {
	key  proofs.VerifierKey
	seed ed25519.PrivateKey
}

func (k cosignerKey) Key() proofs.VerifierKey             { return k.key }
func (k cosignerKey) Sign(message []byte) ([]byte, error) { return ed25519.Sign(k.seed, message), nil }

func newKey(t *testing.T, name string) cosignerKey {
	t.Helper()
	seed := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{name[0]}, 32))
	key, err := proofs.NewVerifierKey(name, proofs.TypeEd25519Cosignature, seed.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	return cosignerKey{key, seed}
}

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

// A witnessParty is a real witness behind HTTP.
type witnessParty struct {
	*witness.Witness
	url string
}

func newWitness(o *operator) *witnessParty {
	o.t.Helper()
	store, err := storagetest.NewMemory().Open()
	if err != nil {
		o.t.Fatal(err)
	}
	w, err := witness.Open(witness.Config{Store: store, Logs: []proofs.VerifierKey{o.w.Signer.Key()},
		Cosigners: []witness.Cosigner{newKey(o.t, "witness.example/w")}, Now: o.clock.Now})
	if err != nil {
		o.t.Fatal(err)
	}
	h := httptest.NewServer(w.Handler(nil))
	o.t.Cleanup(func() { h.Close(); _ = w.Close() })
	return &witnessParty{w, h.URL}
}

// witnessed asks the witness for its cosignature of the newest checkpoint, from the size
// that it holds, and returns its lines, or none and the status of its refusal.
func (o *operator) witnessed() (lines []byte, status int) {
	o.t.Helper()
	tree, err := (&client.Client{Server: o.url, Verifier: o.verifier(l0)}).NewestTree(ctx)
	if err != nil {
		o.t.Fatal(err)
	}
	a := proofs.AddCheckpoint{Note: tree.Note}
	if held := o.witness.Checkpoint(sha256.Sum256([]byte(o.w.Origin))); held != nil {
		cp, _, err := proofs.OpenCheckpoint(held, []proofs.VerifierKey{o.w.Signer.Key()})
		if err != nil {
			o.t.Fatal(err)
		}
		a.Old = cp.Size
	}
	if a.Old > 0 && a.Old < tree.Size {
		if _, a.Proof, err = tree.Consistency(ctx, a.Old); err != nil {
			o.t.Fatal(err)
		}
	}
	response, err := http.Post(o.witness.url+"/add-checkpoint", "text/plain", bytes.NewReader(a.Marshal()))
	if err != nil {
		o.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, response.StatusCode
	}
	return body, response.StatusCode
}

// An auditorParty is a real audit cosigner.
type auditorParty struct{ *auditor.Cosigner }

func newAuditor(o *operator) *auditorParty {
	o.t.Helper()
	store, err := storagetest.NewMemory().Open()
	if err != nil {
		o.t.Fatal(err)
	}
	keys := []proofs.VerifierKey{o.w.Signer.Key()}
	w, err := witness.Open(witness.Config{Store: store, Logs: keys, Cosigners: []witness.Cosigner{newKey(o.t, "audit.example/a")}, Now: o.clock.Now})
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { _ = w.Close() })
	a := &audit.Auditor{Client: &client.Client{Server: o.url, Verifier: o.verifier(l0)}, State: audit.NewMemory(), Now: o.clock.Now, Workers: 2}
	c, err := auditor.New(auditor.Config{Audit: a, Witness: w, Logs: keys, Wait: time.Second})
	if err != nil {
		o.t.Fatal(err)
	}
	return &auditorParty{c}
}

// audited has the audit cosigner replay what is new, and returns its line, if it cosigned.
func (o *operator) audited() (*audit.Report, []byte, error) {
	report, note, err := o.auditor.Step(ctx)
	if err != nil {
		return report, nil, err
	}
	at := bytes.Index(note, []byte("— audit.example/a "))
	if at < 0 {
		return report, nil, errors.New("no line of the audit cosigner")
	}
	return report, note[at:], nil
}

// cosigned demands that witness and audit cosigner both cosign, and returns their lines.
func (o *operator) cosigned() []byte {
	o.t.Helper()
	lines, status := o.witnessed()
	report, line, err := o.audited()
	if status != http.StatusOK || err != nil || !report.Clean {
		o.t.Fatalf("witness %d, auditor %v", status, err)
	}
	return append(lines, line...)
}

// blindWitness demands that the witness cosigns a tree of which the auditor does not:
// what it cosigned.
func (o *operator) blindWitness() []byte {
	o.t.Helper()
	lines, status := o.witnessed()
	if status != http.StatusOK {
		o.t.Fatalf("the witness, who sees the tree alone, answers %d", status)
	}
	return lines
}

// diverges demands that the audit cosigner names the entry, its class and its rule, and
// cosigns nothing; and that a third program says of its evidence: it convicts alone, or
// a replay is needed.
func (o *operator) diverges(index uint64, class, rule string, exit int) {
	o.t.Helper()
	report, line, err := o.audited()
	var d *audit.Divergence
	if !errors.As(err, &d) || d.Index != index || d.Class != class || d.Rule != rule || line != nil || report.Clean {
		o.t.Fatalf("%v; want index %d, %s, %s", err, index, class, rule)
	}
	says := map[int]string{proofs.ExitContradicted: "CONTRADICTED", proofs.ExitUnknown: "only a replay tells"}[exit]
	o.judged(o.kept(report.Evidence), l0, exit, says)
	if _, line, err := o.audited(); err == nil || line != nil {
		o.t.Error("the audit cosigner goes on")
	}
	// Anybody's replay says the same, in a process of its own.
	out, got := docket(o.t, "audit", "--policy", filepath.Join(o.pins(l0), "client", "policy"), "--server", o.url, "--state", o.t.TempDir(), "--json")
	if want := fmt.Sprintf(`"index":%d,"class":%q,"rule":%q`, index, class, rule); got != proofs.ExitContradicted || !strings.Contains(out, want) {
		o.t.Errorf("docket audit: exit %d, want %s in\n%s", got, want, out)
	}
}

// A sentry is a monitor of checkpoints.
type sentry struct {
	o *operator
	*watch.Watch
}

// monitor begins to watch; change may add documents and witnesses.
func (o *operator) monitor(change ...func(c *watch.Config)) *sentry {
	o.t.Helper()
	c := watch.Config{Client: &client.Client{Server: o.url, Verifier: o.verifier(l0)}, Folder: o.t.TempDir(), Now: o.clock.Now}
	for _, f := range change {
		f(&c)
	}
	w, err := watch.Open(c)
	if err != nil {
		o.t.Fatal(err)
	}
	return &sentry{o, w}
}

func watching(c *watch.Config) { c.Documents = []string{document} }

func (o *operator) hearsWitness(c *watch.Config) {
	c.Witnesses = []*client.Client{{Server: o.witness.url, Verifier: o.verifier(l0)}}
}

// looks is one round: the alerts that it raised, but those that tell of honest releases.
func (s *sentry) looks() (*watch.Round, string) {
	s.o.t.Helper()
	r, err := s.Round(ctx)
	if err != nil {
		s.o.t.Fatal(err)
	}
	var names []string
	for _, a := range r.Alerts {
		if a.Rule != "WATCH" {
			names = append(names, a.Rule+"/"+a.Condition)
		}
	}
	return r, strings.Join(names, " ")
}

// quiet demands a round in which nothing is wrong.
func (s *sentry) quiet() {
	s.o.t.Helper()
	if r, names := s.looks(); names != "" || r.Convicted || len(r.Failed) > 0 {
		s.o.t.Fatalf("the monitor raises %q, %v", names, r.Failed)
	}
}

// convicts demands one alert, whose evidence convicts the log before a third program
// at a level.
func (s *sentry) convicts(name string, level int, says string) {
	s.o.t.Helper()
	r, names := s.looks()
	if names != name || !r.Convicted || len(r.Files) != 1 {
		s.o.t.Fatalf("the monitor raises %q, convicted %t, %d files; want %q. %v", names, r.Convicted, len(r.Files), name, r.Failed)
	}
	s.o.judged(r.Files[0], level, proofs.ExitContradicted, says)
}
