package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// The tests of disks run the real program: TestMain puts docket into the PATH.

// Nothing here waits for ever: what does not end in time is killed, and fails.
const (
	commandLimit = 2 * time.Minute
	requestLimit = time.Minute
	killLimit    = 20 * time.Second // a process in a broken filesystem may not even die
)

// runDocket runs a command to its end and returns what it printed.
func runDocket(args ...string) (string, error) { return capture(exec.Command("docket", args...)) }

// capture runs a command, with all below it, and returns what it printed.
func capture(cmd *exec.Cmd) (string, error) {
	var out output
	cmd.Stdout, cmd.Stderr = &out, &out
	done, err := begin(cmd)
	if err != nil {
		return "", err
	}
	err, ended := await(done, commandLimit)
	if !ended {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		await(done, killLimit)
		err = fmt.Errorf("%s did not end within %s and was killed", cmd, commandLimit)
	}
	return out.String(), err
}

// begin starts a command as a process group of its own. done gets how it ended; what
// outlives it cannot hold its output open.
func begin(cmd *exec.Cmd) (done chan error, err error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	done = make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	return done, nil
}

// await waits for one end, but not for ever.
func await(done <-chan error, limit time.Duration) (err error, ended bool) {
	select {
	case err := <-done:
		return err, true
	case <-time.After(limit):
		return nil, false
	}
}

func mustDocket(t *testing.T, args ...string) string {
	t.Helper()
	out, err := runDocket(args...)
	if err != nil {
		t.Fatalf("docket %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// service is a docket serve that runs.
type service struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  output
	url  string
	done chan struct{} // closed when it ended
	err  error         // how, then
}

// serve starts docket serve and waits until it serves. The error is how it ended
// instead, with what it printed.
func serve(t *testing.T, args ...string) (*service, error) {
	t.Helper()
	return start(t, exec.Command("docket", append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...))
}

func start(t *testing.T, cmd *exec.Cmd) (*service, error) {
	t.Helper()
	s := &service{t: t, cmd: cmd, done: make(chan struct{})}
	s.cmd.Stdout, s.cmd.Stderr = &s.out, &s.out
	done, err := begin(cmd)
	if err != nil {
		t.Fatal(err)
	}
	go func() { s.err = <-done; close(s.done) }()
	t.Cleanup(s.kill)
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if m := servingOn.FindStringSubmatch(s.out.String()); m != nil {
			s.url = m[1]
			return s, nil
		}
		select {
		case <-s.done:
			return nil, fmt.Errorf("%v: %s", s.err, s.out.String())
		default:
		}
	}
	s.kill()
	t.Fatalf("the server did not come up: %s", s.out.String())
	return nil, nil
}

// kill ends the process and all below it, as a crash does.
func (s *service) kill() {
	s.t.Helper()
	_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
	if !s.ended(killLimit) {
		s.t.Fatalf("the server cannot be killed: %s", s.out.String())
	}
}

// stop ends it as its operator does.
func (s *service) stop() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	if !s.ended(30 * time.Second) {
		s.kill()
		s.t.Fatalf("the server did not stop: %s", s.out.String())
	}
	if s.err != nil {
		s.t.Fatalf("the server stopped with %v: %s", s.err, s.out.String())
	}
}

// ended waits for the end of the process.
func (s *service) ended(limit time.Duration) bool {
	select {
	case <-s.done:
		return true
	case <-time.After(limit):
		return false
	}
}

// An ack is a release that a server answered for.
type ack struct {
	digest statement.Digest
	index  uint64
	size   uint64 // of its checkpoint
	note   []byte
}

// A submitter submits releases and keeps what was answered in its own memory,
// which no disk of the server can lose.
type submitter struct {
	author   *client.Author
	verifier proofs.Verifier
	prefix   string

	mu    sync.Mutex
	count int
	acks  []ack
}

func newSubmitter(t *testing.T, f folders) *submitter {
	t.Helper()
	c, config, err := f.newClient("")
	if err != nil {
		t.Fatal(err)
	}
	author, err := f.author(config.Origin, config.Identity)
	if err != nil {
		t.Fatal(err)
	}
	return &submitter{author: author, verifier: c.Verifier, prefix: "disk/"}
}

func (s *submitter) client(url string) *client.Client {
	return &client.Client{Server: url, Verifier: s.verifier}
}

// next signs n releases of new documents.
func (s *submitter) next(n int) ([]statement.Envelope, error) {
	s.mu.Lock()
	first := uint64(s.count)
	s.count += n
	s.mu.Unlock()
	var out []statement.Envelope
	for number := first; number < first+uint64(n); number++ {
		e, err := s.author.Release(loadDocument(s.prefix, 0, number), 1, nil,
			client.File{Digest: loadFile(s.prefix, number), Size: 8, Media: "text/plain"})
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// submit submits n releases in one request and keeps their verified receipts.
func (s *submitter) submit(ctx context.Context, url string, n int) error {
	ctx, cancel := context.WithTimeout(ctx, requestLimit)
	defer cancel()
	envelopes, err := s.next(n)
	if err != nil {
		return err
	}
	results, err := s.client(url).SubmitMany(ctx, envelopes)
	if err != nil {
		return err
	}
	for _, r := range results {
		if r.Err != nil {
			return r.Err
		}
		cp, err := checkpointOf(r.Receipt)
		if err != nil {
			return err
		}
		s.mu.Lock()
		s.acks = append(s.acks, ack{statement.DigestOf(r.Receipt.Envelope.Payload), r.Receipt.Index, cp.Size, r.Receipt.Checkpoint})
		s.mu.Unlock()
	}
	return nil
}

// flood submits over several connections until a request fails, and returns how.
// One that comes too late fails as well.
func (s *submitter) flood(ctx context.Context, url string, connections, n int) error {
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	return each(1<<30, connections, func(int, int) error { return s.submit(ctx, url, n) })
}

// kept returns what was answered for so far.
func (s *submitter) kept() []ack {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.acks[:len(s.acks):len(s.acks)]
}

// newest returns the newest checkpoint among acks.
func newest(acks []ack) (a ack) {
	for _, b := range acks {
		if b.size >= a.size {
			a = b
		}
	}
	return a
}

// demand demands of a server that it holds every release of acks at its index, in
// a history that continues the newest checkpoint of acks, and that it goes on.
func (s *submitter) demand(t *testing.T, url string, acks []ack) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), requestLimit)
	defer cancel()
	c := s.client(url)
	c.Memory = &client.Memory{Path: filepath.Join(t.TempDir(), "checkpoint")}
	if len(acks) > 0 {
		if err := client.WriteFile(c.Memory.Path, newest(acks).note, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := c.Checkpoint(ctx); err != nil {
		t.Fatalf("after %d releases: %v", len(acks), err)
	}
	plain := s.client(url) // each receipt is verified; one consistency proof is enough
	err := each(len(acks), 8, func(_, i int) error {
		r, err := plain.Receipt(ctx, acks[i].digest)
		if err != nil {
			return fmt.Errorf("release %d, entry %d, was answered for: %w", i, acks[i].index, err)
		}
		if r.Index != acks[i].index {
			return fmt.Errorf("release %d was entry %d and is entry %d", i, acks[i].index, r.Index)
		}
		return nil
	})
	if err := errors.Join(err, s.submit(ctx, url, 1)); err != nil {
		t.Fatal(err)
	}
}

// again starts a server once more, demands all of acks, stops it, and has every row
// of what it left checked.
func (s *submitter) again(t *testing.T, acks []ack, args ...string) {
	t.Helper()
	server, err := serve(t, args...)
	if err != nil {
		t.Fatalf("after %d releases: %v", len(acks), err)
	}
	s.demand(t, server.url, acks)
	server.stop()
	mustDocket(t, append([]string{"fsck"}, args...)...)
}

// initLog makes a log below base.
func initLog(t *testing.T, base string) folders {
	t.Helper()
	f := folders{dir: filepath.Join(base, "docket")}
	mustDocket(t, "init", "--dir", f.dir, "--origin", "log.example.com", "--direct", "*")
	return f
}

// pinnedLog makes a log below base, and returns its verifier key too.
func pinnedLog(t *testing.T, base string) (f folders, vkey []byte) {
	t.Helper()
	f = initLog(t, base)
	vkey, err := os.ReadFile(filepath.Join(f.log(), "log.vkey"))
	if err != nil {
		t.Fatal(err)
	}
	return f, vkey
}
