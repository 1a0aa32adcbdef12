package spool_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/docketlog/docket/client/spool"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// hanging is a log that has a statement on its way and never answers.
type hanging struct{}

func (hanging) Submit(context.Context, statement.Envelope) (*proofs.Receipt, bool, error) {
	os.Stdout.WriteString("sending\n")
	select {}
}

// TestKilledBetweenWriteAndSend kills a process, with no chance to clean up, while
// its statement is on the way: the next process finds and sends the same bytes.
func TestKilledBetweenWriteAndSend(t *testing.T) {
	const folder = "DOCKET_TEST_SPOOL"
	if dir := os.Getenv(folder); dir != "" {
		s := open(t, dir)
		r, err := s.Put(ctx, evidence(t, "wl/p"))
		if err != nil {
			t.Fatal(err)
		}
		os.Stdout.WriteString("put " + r.Digest().String() + "\n")
		s.Flush(ctx, hanging{}, nil)
		return
	}
	dir := t.TempDir()
	var put []string
	for range 3 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledBetweenWriteAndSend$")
		cmd.Env = append(os.Environ(), folder+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for lines.Scan() && lines.Text() != "sending" {
			if digest, ok := strings.CutPrefix(lines.Text(), "put "); ok {
				put = append(put, digest)
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		cmd.Wait() // killed: that is its error
	}
	log := &fakeLog{}
	done, err := open(t, dir).Flush(ctx, log, nil)
	if err != nil || done != (spool.Flushed{Admitted: 3}) || len(put) != 3 {
		t.Fatal(done, err, put)
	}
	for i, digest := range put {
		if log.got[i].String() != digest {
			t.Errorf("statement %d is another one", i)
		}
	}
	if s := state(t, dir); len(s.Gaps)+len(s.Torn)+len(s.Waiting) != 0 {
		t.Errorf("%+v", s)
	}
}
