package main

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestPowerLoss cuts the power of the server's disk while releases stream in, and
// of the disk on which a log was just made. What a client was answered before the
// cut is there afterwards, in the same history.
func TestPowerLoss(t *testing.T) {
	for _, kind := range []string{"ext4", "xfs"} {
		for _, where := range []string{"same disk", "other disk"} {
			t.Run(kind+", anchor on "+where, func(t *testing.T) {
				t.Parallel()
				d := newDisk(t, kind, 512)
				f := folders{dir: d.path("docket")}
				args := []string{"--dir", f.dir}
				if where == "other disk" {
					f.anchorDir = filepath.Join(t.TempDir(), "anchor")
					args = append(args, "--anchor", f.anchorDir)
				}
				mustDocket(t, append([]string{"init", "--origin", "log.example.com", "--direct", "disk/"}, args...)...)
				d.powerOff()
				d.powerOn()
				powerLosses(t, d, f, kind, args)
			})
		}
	}
}

// powerLosses cuts the power again and again.
func powerLosses(t *testing.T, d *disk, f folders, kind string, args []string) {
	s := newSubmitter(t, f)
	var before []ack
	for round := 0; ; round++ {
		server, err := serve(t, args...)
		if err != nil {
			if kind == "ext4" && f.anchorDir != "" && raced(t, err, before) {
				return
			}
			t.Fatalf("round %d, after %d releases: %v", round, len(before), err)
		}
		s.demand(t, server.url, before)
		if round == 2*deep(t) {
			server.stop()
			break
		}
		ended := make(chan error, 1)
		go func() { ended <- s.flood(t.Context(), server.url, 8, 1+round%3*7) }()
		time.Sleep(time.Duration(150+rand.N(400)) * time.Millisecond)
		select {
		case err := <-ended:
			t.Fatalf("round %d, before the cut: %v", round, err)
		default:
		}
		// In this order: during the cut, fsync may return although nothing was written.
		before = s.kept()
		d.powerOff()
		if err, failed := await(ended, 2*requestLimit); err == nil {
			t.Fatalf("the server went on without a disk; the requests ended: %v", failed)
		}
		server.kill()
		d.powerOn()
	}
	mustDocket(t, append([]string{"fsck", "--replay"}, args...)...)
	t.Logf("%d releases", len(before))
	if len(before) < 10 {
		t.Errorf("only %d releases were answered for: the disk was not used", len(before))
	}
}

// TestPowerLossInInit cuts the power while a log is made. The same command makes it
// afterwards, or says that it is there: in no case by hand.
func TestPowerLossInInit(t *testing.T) {
	t.Parallel()
	d := newDisk(t, "ext4", 512)
	for round := range 2 * deep(t) {
		f := folders{dir: d.path("docket")}
		args := []string{"init", "--dir", f.dir, "--origin", "log.example.com", "--direct", "disk/"}
		cmd := exec.Command("docket", args...)
		done, err := begin(cmd)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(50+rand.N(900)) * time.Millisecond)
		d.powerOff()
		_ = cmd.Process.Kill()
		if _, ended := await(done, killLimit); !ended {
			t.Fatalf("round %d: init cannot be killed", round)
		}
		d.powerOn()
		if out, err := runDocket(args...); err != nil && !strings.Contains(out, "a log is never made over another one") {
			t.Fatalf("round %d: %v: %s", round, err, out)
		}
		newSubmitter(t, f).again(t, nil, "--dir", f.dir)
		if err := os.RemoveAll(f.dir); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPowerLossOfAnchor cuts the power of the anchor's disk alone: the log stops, and
// goes on from its store once the anchor is back.
func TestPowerLossOfAnchor(t *testing.T) {
	t.Parallel()
	d := newDisk(t, "ext4", 16)
	f := folders{dir: filepath.Join(t.TempDir(), "docket"), anchorDir: d.path("anchor")}
	args := []string{"--dir", f.dir, "--anchor", f.anchorDir}
	mustDocket(t, append([]string{"init", "--origin", "log.example.com", "--direct", "disk/"}, args...)...)
	s := newSubmitter(t, f)
	for range 2 * deep(t) {
		server, err := serve(t, args...)
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- s.flood(t.Context(), server.url, 8, 5) }()
		time.Sleep(time.Duration(150+rand.N(300)) * time.Millisecond)
		d.powerOff()
		if _, all := await(ended, 2*requestLimit); !all {
			t.Fatal("the requests do not end")
		}
		if !server.ended(20*time.Second) || server.cmd.ProcessState.ExitCode() != exitDoubt {
			t.Errorf("without its anchor it does not stop with exit code %d: %s", exitDoubt, server.out.String())
		}
		server.kill()
		d.powerOn()
		s.again(t, s.kept(), args...)
	}
	if len(s.kept()) == 0 {
		t.Error("nothing was answered for")
	}
}

var behind = regexp.MustCompile(`behind its anchor: the log has signed size (\d+), the store ends at (\d+)`)

// raced says whether a log refused because fsync raced with the cut. On ext4 an
// fsync that runs during the cut can return as if it had written. The log then
// signed in good faith, and the anchor on the other disk says so: that is what it
// is for. But what was answered before the cut began is in the store.
func raced(t *testing.T, refusal error, before []ack) bool {
	m := behind.FindStringSubmatch(refusal.Error())
	if m == nil {
		return false
	}
	signed, err1 := strconv.ParseUint(m[1], 10, 64)
	stored, err2 := strconv.ParseUint(m[2], 10, 64)
	last := newest(before).size
	t.Logf("fsync raced with the cut: signed %d, stored %d, answered before the cut %d", signed, stored, last)
	return err1 == nil && err2 == nil && last <= stored && stored < signed
}
