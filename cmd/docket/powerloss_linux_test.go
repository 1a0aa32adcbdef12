package main

import (
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"strconv"
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
		if round == 3*deep(t) {
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
		if err := <-ended; err == nil {
			t.Fatal("the server went on without a disk")
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
