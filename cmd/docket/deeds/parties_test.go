package deeds

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
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
	"github.com/docketlog/docket/storage/storagetest"
)

type cosignerKey struct {
	key  proofs.VerifierKey
	seed ed25519.PrivateKey
}

func (k cosignerKey) Key() proofs.VerifierKey { return k.key }

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
