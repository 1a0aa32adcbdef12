package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/docketlog/docket/proofs"
)

// docketCode runs docket to its end and demands an exit code and what it says.
func docketCode(t *testing.T, want int, says string, args ...string) {
	t.Helper()
	cmd := exec.Command("docket", args...)
	if out, _ := capture(cmd); cmd.ProcessState.ExitCode() != want || !strings.Contains(out, says) {
		t.Errorf("docket %s: exit code %d, want %d and %q: %s", strings.Join(args, " "), cmd.ProcessState.ExitCode(), want, says, out)
	}
}

// quorumOf says what the cosignatures of a receipt file amount to.
func (w *witnessed) quorumOf(file string) string {
	w.t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		w.t.Fatal(err)
	}
	r, err := proofs.ParseReceipt(text)
	if err != nil {
		w.t.Fatal(err)
	}
	c, _, err := w.f.newClient("")
	if err != nil {
		w.t.Fatal(err)
	}
	q, err := cosigningOf(c, r.Checkpoint)
	if err != nil {
		w.t.Fatal(err)
	}
	return q.Quorum
}

// With --wait final a command ends when the quorum cosigned, and keeps that receipt;
// while no witness answers it says so with exit code 11 and keeps the sealed one, and
// the same command again waits on.
func TestWaitFinal(t *testing.T) {
	t.Parallel()
	w := newWitnessed(t)
	policy := w.policy("p", w.keys()...)
	w.serve(policy)
	there := []string{"--dir", w.f.dir, "--server", w.log.url}
	a := w.release("a")
	if got := w.quorumOf(a + ".docket"); got != quorumMet {
		t.Errorf("the receipt beside the file: %s", got)
	}
	w.verify(a, policy, 0)
	docketCode(t, 0, "enrolled wl/x", append([]string{"identity", "enroll", "wl/x", "--owner", "team-x", "--wait", "final"}, there...)...)
	docketCode(t, 0, "withdrew version 1", append([]string{"withdraw", "--doc", "files/a", "--wait", "final"}, there...)...)

	w.release("c")

	// A witness that hangs holds up nobody who does not wait for it.
	if err := w.own.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	s := newSubmitter(t, w.f)
	began := time.Now()
	for range 20 {
		if err := s.submit(t.Context(), w.log.url, 1); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); took > 10*time.Second { // the log asks one for that long
		t.Errorf("20 sealed releases took %v while the witness hung", took)
	}
	w.own.kill()
	b := filepath.Join(w.dir, "b.txt")
	if err := os.WriteFile(b, []byte("b"), 0o600); err != nil {
		t.Fatal(err)
	}
	release := append([]string{"release", b, "--doc", "files/b", "--wait", "final", "--wait-timeout", "1s"}, there...)
	docketCode(t, proofs.ExitCosigners, "sealed, not final", release...)
	if got := w.quorumOf(b + ".docket"); got != quorumNotMet {
		t.Errorf("the sealed receipt is kept: %s", got)
	}
	docketCode(t, proofs.ExitCosigners, "--final --out FILE", append([]string{"identity", "suspend", "wl/x", "--wait", "final", "--wait-timeout", "1s"}, there...)...)
	docketCode(t, proofs.ExitCosigners, "not final", release...) // current already

	w.interrupted(there)

	// A final receipt stays, while the log has gone on and no witness answers.
	c := filepath.Join(w.dir, "c.txt")
	docketCode(t, 0, "is current already", append([]string{"release", c, "--doc", "files/c", "--wait", "final", "--wait-timeout", "1s"}, there...)...)
	if got := w.quorumOf(c + ".docket"); got != quorumMet {
		t.Errorf("the final receipt was replaced by one that is %s", got)
	}

	var err error
	if w.own, err = start(t, exec.Command("docket", "witness", "serve", "--dir", w.dir, "--listen", strings.TrimPrefix(w.own.url, "http://"))); err != nil {
		t.Fatal(err)
	}
	release[7] = "1m"
	docketCode(t, 0, "is current already", release...)
	if got := w.quorumOf(b + ".docket"); got != quorumMet {
		t.Errorf("the final receipt takes its place: %s", got)
	}
	w.verify(b, policy, 0)
	kept, err := filepath.Glob(filepath.Join(w.f.client(), "receipts", "*"))
	if err != nil || len(kept) < 4 {
		t.Errorf("%d kept receipts, %v", len(kept), err)
	}
}

// interrupted demands that who ends the wait by a signal has the sealed receipt, and is
// told so, and not that the time was over.
func (w *witnessed) interrupted(there []string) {
	w.t.Helper()
	file := filepath.Join(w.dir, "d.txt")
	if err := os.WriteFile(file, []byte("d"), 0o600); err != nil {
		w.t.Fatal(err)
	}
	var out bytes.Buffer
	cmd := exec.Command("docket", append([]string{"release", file, "--doc", "files/d", "--wait", "final", "--wait-timeout", "10m"}, there...)...)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		_, kept := os.Stat(file + ".docket")
		if _, pending := os.Stat(file + ".docket-pending"); kept == nil && pending != nil {
			break // it waits from here on
		}
	}
	_ = cmd.Process.Signal(os.Interrupt)
	_ = cmd.Wait()
	if cmd.ProcessState.ExitCode() != proofs.ExitCosigners || !strings.Contains(out.String(), "the wait was interrupted") || w.quorumOf(file+".docket") != quorumNotMet {
		w.t.Errorf("exit code %d: %s", cmd.ProcessState.ExitCode(), out.String())
	}
}

// What cannot be waited for is refused before anything is signed, or said at once.
func TestWaitFinalForNothing(t *testing.T) {
	t.Parallel()
	w := newWitnessed(t)
	var err error
	if w.log, err = serve(t, "--dir", w.f.dir, "--no-monitor"); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(w.dir, "a.txt")
	if err := os.WriteFile(file, []byte("a"), 0o600); err != nil {
		t.Fatal(err)
	}
	release := []string{"release", file, "--doc", "files/a", "--dir", w.f.dir, "--server", w.log.url, "--wait"}
	docketCode(t, exitUsage, "demands no cosigner", append(release, "final")...)
	docketCode(t, exitUsage, "sealed or final", append(release, "soon")...)
	if _, err := os.Stat(file + ".docket"); err == nil {
		t.Error("it was released")
	}
	text, err := os.ReadFile(w.policy("p", w.keys()...))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.f.policy(), text, 0o600); err != nil {
		t.Fatal(err)
	}
	docketCode(t, exitUsage, "--wait-timeout", append(release, "final", "--wait-timeout", "0s")...)
	docketCode(t, proofs.ExitCosigners, "no witness quorum is configured", append(release, "final")...)
	docketCode(t, 0, "is current already", append(release, "sealed")...)
}
