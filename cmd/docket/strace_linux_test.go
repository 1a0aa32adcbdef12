package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
)

// TestSystemCallsFail lets one system call of the program fail, or kills the
// program in it: of docket init, of a docket serve with one release in it, and of
// docket release. The program ends with an error that says so, or finishes; and
// afterwards everything goes on without a hand: what was answered is there, and
// nothing is there twice.
//
// A plain run takes a few calls at random. DOCKET_TEST_DEEP=all takes them all.
func TestSystemCallsFail(t *testing.T) {
	needs(t, "strace")
	if out, err := capture(exec.Command("strace", "-f", "-qq", "-o", os.DevNull, "true")); err != nil {
		skip(t, "strace may not trace here: %s", out)
	}
	for _, victim := range []struct {
		name string
		make func(t *testing.T) func(t *testing.T, f fault)
	}{{"init", initVictim}, {"serve", serveVictim}, {"release", releaseVictim}} {
		t.Run(victim.name, func(t *testing.T) {
			t.Parallel()
			run := victim.make(t)
			if os.Getenv("DOCKET_TEST_DEEP") == "all" {
				for _, c := range calls {
					sweepAll(t, c.name, failing, run)
					sweepAll(t, c.name, killing, run)
				}
				return
			}
			for i, k := range rand.Perm(len(calls))[:3] {
				sweepSome(t, calls[k].name, calls[k].usual, []string{failing, killing}[i%2], run)
			}
		})
	}
}

// What strace does to a call, and the calls it does it to, with how many of each a
// thread of docket makes at least.
const failing, killing = "error=EIO", "signal=KILL"

var calls = []struct {
	name  string
	usual int
}{{"fsync", 4}, {"fdatasync", 1}, {"renameat", 2}, {"write", 6}, {"openat", 20}}

// sweepAll lets the n-th call fail for n from 1, until there is none. strace
// counts the calls of each thread, and Go's work moves between threads: some calls
// are met twice, others in another order. So one n without effect ends nothing.
func sweepAll(t *testing.T, call, kind string, run func(*testing.T, fault)) {
	for n, idle := 1, 0; idle < 3; n++ {
		f := fault{call: call, kind: kind, n: n}
		if idle++; f.run(t, run) {
			idle = 0
		}
	}
}

// sweepSome lets one call fail, of those that happen.
func sweepSome(t *testing.T, call string, usual int, kind string, run func(*testing.T, fault)) {
	for n := 1 + rand.IntN(usual); n > 0; n /= 2 {
		f := fault{call: call, kind: kind, n: n}
		if f.run(t, run) {
			return
		}
	}
}

// A fault is what strace does to one system call.
type fault struct {
	call, kind string
	n          int
	trace      string // file
}

// run gives the fault to a victim and says whether it happened.
func (f fault) run(t *testing.T, run func(*testing.T, fault)) (happened bool) {
	t.Helper()
	ok := t.Run(fmt.Sprintf("%s %s %d", f.kind, f.call, f.n), func(t *testing.T) {
		f.trace = filepath.Join(t.TempDir(), "trace")
		run(t, f)
		trace, err := os.ReadFile(f.trace)
		if err != nil {
			t.Fatal(err)
		}
		happened = bytes.Contains(trace, []byte("(INJECTED)")) || bytes.Contains(trace, []byte("+++ killed by SIGKILL"))
	})
	if !ok {
		t.FailNow()
	}
	return happened
}

// command is docket under strace with the fault. strace itself is not ended by
// signals: it lasts as long as docket does, and ends as docket does.
func (f fault) command(args ...string) *exec.Cmd {
	path, err := exec.LookPath("docket")
	if err != nil {
		panic(err) // TestMain puts it there
	}
	return exec.Command("strace", append([]string{"-f", "-qq", "-I", "4", "-o", f.trace,
		"-e", "trace=" + f.call, "-e", fmt.Sprintf("inject=%s:%s:when=%d", f.call, f.kind, f.n), path}, args...)...)
}

// lostWord is a word of docket on its way to stderr that strace did not let through.
var lostWord = regexp.MustCompile(`(?m)write\(2, "docket: .*\(INJECTED\)$`)

// judge demands an end that a person understands. Two panics are none of docket's:
// Pebble's, whose text names the folder that could not be synced, and that of the
// Go runtime when it cannot wake its own poller, which no disk causes.
func (f fault) judge(t *testing.T, err error, out string) {
	t.Helper()
	foreign := strings.Contains(out, "panic: sync ") || strings.Contains(out, "fatal error: runtime: netpollBreak")
	if err == nil || f.kind == killing || foreign {
		return
	}
	if trace, err := os.ReadFile(f.trace); err == nil && lostWord.Match(trace) {
		return // the write that failed is the one of the word
	}
	if !strings.Contains(out, "docket: ") || strings.Contains(out, "goroutine ") {
		t.Errorf("it ended with %v and no word of its own: %s", err, out)
	}
}

// initVictim: an init that was cut off leaves nothing to clean up.
func initVictim(t *testing.T) func(*testing.T, fault) {
	return func(t *testing.T, x fault) {
		f := folders{dir: filepath.Join(t.TempDir(), "docket")}
		args := []string{"init", "--dir", f.dir, "--origin", "log.example.com", "--direct", "disk/"}
		out, err := capture(x.command(args...))
		x.judge(t, err, out)
		if text, err := runDocket(args...); err != nil && !strings.Contains(text, "a log is never made over another one") {
			t.Fatalf("the next init: %v: %s\nafter %s", err, text, out)
		}
		if _, err := os.Stat(f.aside().log()); err == nil {
			t.Errorf("%s is left over", f.aside().log())
		}
		newSubmitter(t, f).again(t, nil, "--dir", f.dir)
	}
}

// serveVictim: what a server answered before its end is there after it.
func serveVictim(t *testing.T) func(*testing.T, fault) {
	master := t.TempDir()
	mustDocket(t, "init", "--dir", filepath.Join(master, "docket"), "--origin", "log.example.com", "--direct", "disk/")
	return func(t *testing.T, x fault) {
		f := folders{dir: filepath.Join(t.TempDir(), "docket")}
		if err := os.CopyFS(f.dir, os.DirFS(filepath.Join(master, "docket"))); err != nil {
			t.Fatal(err)
		}
		s := newSubmitter(t, f)
		server, err := start(t, x.command("serve", "--listen", "127.0.0.1:0", "--dir", f.dir))
		if err != nil {
			x.judge(t, err, err.Error())
		} else {
			answer := s.submit(t.Context(), server.url, 1)
			_ = syscall.Kill(-server.cmd.Process.Pid, syscall.SIGTERM)
			if !server.ended(40 * time.Second) {
				t.Fatalf("it hangs: %s", server.out.String())
			}
			x.judge(t, server.err, server.out.String())
			var refused *client.Refused
			if server.err == nil && answer != nil && !(errors.As(answer, &refused) && refused.Status == http.StatusServiceUnavailable) {
				t.Errorf("it ended well and answered %v: %s", answer, server.out.String())
			}
		}
		s.again(t, s.kept(), "--dir", f.dir)
	}
}

// releaseVictim: a release that was cut off is finished by running it again, and
// stays one release.
func releaseVictim(t *testing.T) func(*testing.T, fault) {
	f := folders{dir: filepath.Join(t.TempDir(), "docket")}
	server, err := serve(t, "--dev", "--dir", f.dir)
	if err != nil {
		t.Fatal(err)
	}
	documents := 0
	return func(t *testing.T, x fault) {
		documents++
		file, document := filepath.Join(t.TempDir(), "file"), fmt.Sprintf("disk/%d", documents)
		if err := os.WriteFile(file, []byte(document), 0o600); err != nil {
			t.Fatal(err)
		}
		args := []string{"release", file, "--dir", f.dir, "--doc", document}
		out, err := capture(x.command(args...))
		x.judge(t, err, out)
		again := mustDocket(t, args...)
		mustDocket(t, "verify", file, "--dir", f.dir)
		c, _, err := f.newClient(server.url)
		if err != nil {
			t.Fatal(err)
		}
		var state *client.Document
		if state, err = c.Document(t.Context(), document); err != nil {
			t.Fatal(err)
		}
		if state.State == nil || state.State.Version != 1 {
			t.Errorf("state %+v after %s and %s", state.State, out, again)
		}
		if _, err := os.Stat(file + ".docket-pending"); err == nil {
			t.Error("the pending statement is left over")
		}
	}
}
