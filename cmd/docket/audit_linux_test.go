package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/docketlog/docket/client/audit"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/evidence"
	"github.com/docketlog/docket/proofs/statement"
)

// auditOf runs docket audit to its end and returns its report, but for what depends
// on the run.
func auditOf(t *testing.T, f folders, url, state string) (r audit.Report, from uint64) {
	t.Helper()
	out := mustDocket(t, "audit", "--dir", f.dir, "--server", url, "--state", state, "--json")
	if err := json.Unmarshal([]byte(out[strings.Index(out, "{"):]), &r); err != nil { // a slow run has lines of progress before it
		t.Fatalf("%v: %s", err, out)
	}
	from = r.From
	r.From, r.Began, r.Ended = 0, 0, 0
	return r, from
}

// An audit that is killed anywhere, again and again, goes on at a commit, and says in
// the end what one says that was not.
func TestAuditKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := initLog(t, dir)
	log, err := serve(t, "--dir", f.dir)
	if err != nil {
		t.Fatal(err)
	}
	s := newSubmitter(t, f)
	grow := func() {
		t.Helper()
		for range 3 {
			if err := s.submit(t.Context(), log.url, 800); err != nil {
				t.Fatal(err)
			}
		}
	}
	state := filepath.Join(dir, "killed")
	grow()
	first, _ := auditOf(t, f, log.url, state)
	for i := range 4 {
		grow()
		cmd := exec.Command("docket", "audit", "--dir", f.dir, "--server", log.url, "--state", state)
		done, err := begin(cmd)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(50+150*i) * time.Millisecond)
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		if _, ended := await(done, killLimit); !ended {
			t.Fatal("it cannot be killed")
		}
	}
	killed, from := auditOf(t, f, log.url, state)
	straight, none := auditOf(t, f, log.url, filepath.Join(dir, "straight"))
	if diff := cmp.Diff(straight, killed, cmp.AllowUnexported(audit.Tally{})); diff != "" {
		t.Errorf("the report after kills (-want +got):\n%s", diff)
	}
	if from < first.Size || none != 0 || !straight.Clean || straight.Size < first.Size+4*2400 {
		t.Errorf("went on from %d, at first it had %d; %s", from, first.Size, straight.Result)
	}
}

// A log whose receipts are final once an auditor has replayed it: the auditor is a
// process of its own, killed and started again, and asked by the log as a witness is.
func TestAuditCosigner(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, vkey := pinnedLog(t, dir)
	log, err := serve(t, "--dir", f.dir)
	if err != nil {
		t.Fatal(err)
	}
	pins, key, out := filepath.Join(dir, "pins"), filepath.Join(dir, "audit.key"), filepath.Join(dir, "cosigned")
	genesis, err := os.ReadFile(f.policy() + ".genesis")
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{pins: fmt.Sprintf("log %squorum none\n", vkey), pins + ".genesis": string(genesis)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	second := filepath.Join(dir, "audit.mldsa")
	mustDocket(t, "key", "new", key, "--type", "ed25519")
	mustDocket(t, "key", "new", second, "--type", "ml-dsa-44")
	auditor := func(listen string) *service {
		t.Helper()
		a, err := start(t, exec.Command("docket", "audit", "--policy", pins, "--server", log.url, "--state", filepath.Join(dir, "state"),
			"--follow", "--interval", "100ms", "--cosign", key, "--cosign", second, "--name", "audit.example/a1", "--out", out, "--listen", listen))
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	a := auditor("127.0.0.1:0")
	cosigners := regexp.MustCompile(`(?m)^audit cosigner (\S+)$`).FindAllStringSubmatch(a.out.String(), -1)
	if len(cosigners) != 2 {
		t.Fatal(a.out.String())
	}
	shown := mustDocket(t, "key", "show", second, "--origin", "audit.example")
	if !strings.HasPrefix(shown, "type ml-dsa-44\nvkey audit.example+") {
		t.Errorf("key show: %.80s", shown)
	}
	mustDocket(t, "witness", "init", "--dir", dir, "--name", "witness.example/w1", "--log", string(vkey))
	w, err := start(t, exec.Command("docket", "witness", "serve", "--dir", dir, "--listen", "127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	witness, err := os.ReadFile(filepath.Join(dir, "witness", "vkeys"))
	if err != nil {
		t.Fatal(err)
	}
	demand := fmt.Sprintf("log %switness ed %s %s\nwitness pq %s %s\ngroup a1 all ed pq\nwitness w1 %s %s\ngroup audited all a1 w1\nquorum audited\n",
		vkey, cosigners[0][1], a.url, cosigners[1][1], a.url, bytes.TrimSpace(witness), w.url)
	file := filepath.Join(dir, "policy")
	for _, path := range []string{file, f.policy()} {
		if err := os.WriteFile(path, []byte(demand), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	log.stop()
	if log, err = serve(t, "--dir", f.dir, "--witnesses", file, "--listen", strings.TrimPrefix(log.url, "http://")); err != nil {
		t.Fatal(err)
	}
	s := newSubmitter(t, f)
	for range 3 {
		envelopes, err := s.next(3)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range envelopes {
			if _, _, err := s.client(log.url).SubmitFinal(t.Context(), e); err != nil {
				t.Fatalf("%v\n%s\n%s", err, log.out.String(), a.out.String())
			}
		}
		a.kill()
		a = auditor(strings.TrimPrefix(a.url, "http://"))
	}
	policy, err := proofs.ParsePolicy(fmt.Appendf(nil, "log %switness ed %s\nwitness pq %s\ngroup a1 all ed pq\nquorum a1\n", vkey, cosigners[0][1], cosigners[1][1]))
	if err != nil {
		t.Fatal(err)
	}
	note, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	cp, result, err := policy.Open(note, time.Now().Unix()+60)
	if err != nil || !result.Satisfied || cp.Size < 9 {
		t.Errorf("%v, satisfied %t, size %d\n%s", err, result.Satisfied, cp.Size, note)
	}
	a.stop()
	other := mustFail(t, "audit", "--policy", pins, "--server", log.url, "--state", filepath.Join(dir, "state"),
		"--follow", "--cosign", key, "--name", "audit.example/a2")
	if !strings.Contains(other, "binds this state to the key audit.example/a1") {
		t.Errorf("another name for the key: %s", other)
	}
	one, err := start(t, exec.Command("docket", "audit", "--policy", pins, "--server", log.url, "--state", filepath.Join(dir, "state"),
		"--follow", "--cosign", second, "--name", "audit.example/a1", "--listen", "127.0.0.1:0")) // a key is given up, and the other stays
	if err != nil {
		t.Fatal(err)
	}
	one.stop()
	back := mustFail(t, "audit", "--policy", pins, "--server", log.url, "--state", filepath.Join(dir, "state"),
		"--follow", "--cosign", key, "--name", "audit.example/a1")
	if !strings.Contains(back, "binds this state") {
		t.Errorf("the key that was given up, alone: %s", back)
	}
	if err := os.RemoveAll(filepath.Join(dir, "state", "cosigned")); err != nil {
		t.Fatal(err)
	}
	lost := mustFail(t, "audit", "--policy", pins, "--server", log.url, "--state", filepath.Join(dir, "state"),
		"--follow", "--cosign", second, "--name", "audit.example/a1")
	if !strings.Contains(lost, "begin with a new key") {
		t.Errorf("what it cosigned is lost: %s", lost)
	}
}

// The evidence of an audit is verified without the log: by the file alone where that
// can be, else it says so; a changed file proves nothing.
func TestAuditEvidence(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := initLog(t, dir)
	log, err := serve(t, "--dir", f.dir)
	if err != nil {
		t.Fatal(err)
	}
	c := newSubmitter(t, f).client(log.url)
	tree, err := c.NewestTree(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	size := tree.Size - 1 // ends with a statement
	root, _, err := tree.Consistency(t.Context(), size)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := loadLogSigner(f.log(), "", tree.Origin)
	if err != nil {
		t.Fatal(err)
	}
	note, err := signer.Sign(proofs.Checkpoint{Origin: tree.Origin, TreeHead: proofs.TreeHead{Size: size, Root: root}})
	if err != nil {
		t.Fatal(err)
	}
	if tree, err = c.FileTree(note); err != nil {
		t.Fatal(err)
	}
	leaf, err := tree.Leaf(t.Context(), size-1)
	if err != nil {
		t.Fatal(err)
	}
	_, proof, err := tree.Inclusion(t.Context(), size-1)
	if err != nil {
		t.Fatal(err)
	}
	e := evidence.OfLeaf(statement.Rules, c.Verifier.Genesis, note, audit.Divergence{Index: size - 1, Class: audit.ClassSeal, Rule: "seal", Reason: "no seal"},
		[]evidence.Entry{{Index: size - 1, Leaf: leaf, Inclusion: bytesOf(proof)}})
	path := filepath.Join(dir, "evidence.json")
	for _, test := range []struct {
		name   string
		change func(e *evidence.Evidence)
		code   int
		says   string
	}{
		{"whole", func(*evidence.Evidence) {}, proofs.ExitContradicted, "CONTRADICTED: "},
		{"of a rule", func(e *evidence.Evidence) { e.Divergence.Class, e.Divergence.Rule = audit.ClassEntry, "E408" }, proofs.ExitUnknown, "UNPROVEN: "},
		{"changed", func(e *evidence.Evidence) { e.Entries[0].Leaf = append(e.Entries[0].Leaf, ' ') }, proofs.ExitInvalid, "INVALID: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			changed, divergence := *e, *e.Divergence
			changed.Entries, changed.Divergence = []evidence.Entry{e.Entries[0]}, &divergence
			test.change(&changed)
			if err := os.WriteFile(path, changed.Marshal(), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("docket", "audit", "evidence", path, "--dir", f.dir)
			out, _ := capture(cmd)
			if code := cmd.ProcessState.ExitCode(); code != test.code || !strings.Contains(out, test.says) {
				t.Errorf("exit code %d, want %d: %s", code, test.code, out)
			}
		})
	}
}

// The log of the whole story, with its workflows, grants and refusals, is replayed by
// somebody who has its policy alone; its witnesses have not cosigned this checkpoint.
func TestAuditStory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mustDocket(t, "demo", "--full", "--keep", dir)
	story := folders{dir: filepath.Join(dir, "docket-story")}
	log, err := serve(t, "--dir", story.dir)
	if err != nil {
		t.Fatal(err)
	}
	page := filepath.Join(dir, "audit.html")
	cmd := exec.Command("docket", "audit", "--policy", story.policy(), "--server", log.url, "--state", filepath.Join(dir, "state"), "--report", page)
	out, _ := capture(cmd)
	if code := cmd.ProcessState.ExitCode(); code != proofs.ExitCosigners || !regexp.MustCompile(`\d leaves replayed under 1 policy: 0 divergences`).MatchString(out) || !strings.Contains(out, fewer) {
		t.Errorf("exit code %d: %s", code, out)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"document.release", "decision.grant", "outcome.close", "h/legal-03", "svc/idm", "E402", "E408", "not met"} {
		if !strings.Contains(string(text), part) {
			t.Errorf("the report lacks %q", part)
		}
	}
}

func mustFail(t *testing.T, args ...string) string {
	t.Helper()
	out, err := runDocket(args...)
	if err == nil {
		t.Fatalf("docket %s: no error\n%s", strings.Join(args, " "), out)
	}
	return out
}
