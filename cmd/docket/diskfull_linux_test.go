package main

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
)

// TestDiskFull fills the server's disk. At its mark the server stops admitting,
// goes on answering readers, and admits again once there is room.
func TestDiskFull(t *testing.T) {
	d, f := newFullDisk(t)
	server, err := serve(t, "--dir", f.dir, "--min-free", "128")
	if err != nil {
		t.Fatal(err)
	}
	s := newSubmitter(t, f)
	d.fill("ballast", 240<<20)
	err = s.flood(t.Context(), server.url, 4, 100)
	var refused *client.Refused
	if !errors.As(err, &refused) || refused.Status != http.StatusInsufficientStorage || refused.Code != "no-space" {
		t.Fatalf("the disk is full: %v\n%s", err, server.out.String())
	}
	// One file of the store's own log takes 70 MiB when it is begun.
	if free := d.free(); free < 40<<20 {
		t.Errorf("%d bytes are left: the mark was passed by far", free)
	}
	acks := s.kept()
	t.Logf("%d releases until the mark", len(acks))
	if len(acks) == 0 {
		t.Fatal("nothing was admitted above the mark")
	}
	if _, err := s.client(server.url).Receipt(t.Context(), acks[0].digest); err != nil {
		t.Errorf("reading with a full disk: %v", err)
	}
	if answers(server.url) {
		t.Error("the health check does not say that nothing is admitted")
	}
	if err := os.Remove(d.path("ballast")); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if err = s.submit(t.Context(), server.url, 1); err == nil {
			break
		}
		if !errors.As(err, &refused) || refused.Code != "no-space" || time.Now().After(end) {
			t.Fatalf("there is room again: %v", err)
		}
	}
	if !answers(server.url) {
		t.Error("the health check does not say that there is room again")
	}
	server.stop()
	s.again(t, s.kept(), "--dir", f.dir)
}

// TestDiskFullWithoutMark lets the log meet the end of the disk itself: the store
// begins a file for which there is no room. The log signs nothing that is not on
// the disk, and after a restart with room every answer holds.
func TestDiskFullWithoutMark(t *testing.T) {
	d, f := newFullDisk(t)
	s, met := newSubmitter(t, f), 0
	for round := range 2 * deep(t) {
		server, err := serve(t, "--dir", f.dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := each(10, 4, func(int, int) error { return s.submit(t.Context(), server.url, 20) }); err != nil {
			t.Fatal(err)
		}
		server.kill()
		d.fill("ballast", 12<<20)
		if server, err = serve(t, "--dir", f.dir, "--min-free", "1"); err != nil {
			t.Fatalf("round %d: a full disk is no reason not to start: %v", round, err)
		}
		end := s.flood(t.Context(), server.url, 4, 100)
		var refused *client.Refused
		if errors.As(end, &refused) && refused.Status < 500 {
			t.Fatalf("round %d: %v", round, end)
		}
		saved := refused != nil && (refused.Code == "no-space" || refused.Code == "unhealthy") // it saw the end come
		if !saved {
			met++
			if !server.ended(10 * time.Second) {
				t.Fatalf("round %d: it goes on after %v", round, end)
			}
			if code := server.cmd.ProcessState.ExitCode(); code != exitDoubt || !strings.Contains(server.out.String(), "no space left on device") {
				t.Errorf("round %d: exit code %d, or it does not say why: %s", round, code, server.out.String())
			}
		}
		server.kill()
		if err := os.Remove(d.path("ballast")); err != nil {
			t.Fatal(err)
		}
		s.again(t, s.kept(), "--dir", f.dir)
	}
	if met == 0 {
		t.Error("the log never met the end of the disk")
	}
}

// newFullDisk makes a log on a disk of its own.
func newFullDisk(t *testing.T) (*disk, folders) {
	t.Helper()
	t.Parallel()
	d := newDisk(t, "ext4", 512)
	f := folders{dir: d.path("docket")}
	mustDocket(t, "init", "--dir", f.dir, "--origin", "log.example.com", "--direct", "disk/")
	return d, f
}

// TestAnchorDiskFull fills the anchor's disk, which no mark watches. The log signs
// nothing more, since nothing outside the store could remember it, and goes on
// after a restart with room.
func TestAnchorDiskFull(t *testing.T) {
	t.Parallel()
	d := newDisk(t, "ext4", 16)
	f := folders{dir: filepath.Join(t.TempDir(), "docket"), anchorDir: d.path("anchor")}
	args := []string{"--dir", f.dir, "--anchor", f.anchorDir}
	mustDocket(t, append([]string{"init", "--origin", "log.example.com", "--direct", "disk/"}, args...)...)
	s := newSubmitter(t, f)
	server, err := serve(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.submit(t.Context(), server.url, 3); err != nil {
		t.Fatal(err)
	}
	// The file system may give blocks back after it was full: the journal still held
	// them. A release that is answered then is one that the anchor knows of.
	var signed []byte
	for answered := 0; ; answered++ {
		if signed, err = os.ReadFile(d.path("anchor/checkpoint")); err != nil {
			t.Fatal(err)
		}
		d.exhaust("ballast")
		if s.submit(t.Context(), server.url, 1) != nil {
			break
		}
		now, err := os.ReadFile(d.path("anchor/checkpoint"))
		if err != nil || string(now) == string(signed) {
			t.Fatalf("a release was answered for, and the anchor does not know of it: %v", err)
		}
		if answered == 20 {
			t.Fatal("the disk does not fill up")
		}
	}
	if !server.ended(20 * time.Second) {
		t.Fatalf("it goes on without an anchor: %s", server.out.String())
	}
	if code := server.cmd.ProcessState.ExitCode(); code != exitDoubt || !strings.Contains(server.out.String(), "no space left on device") {
		t.Errorf("exit code %d: %s", code, server.out.String())
	}
	if now, err := os.ReadFile(d.path("anchor/checkpoint")); err != nil || string(now) != string(signed) {
		t.Errorf("the anchor holds %q, %v; it held %q", now, err, signed)
	}
	if _, err := serve(t, args...); err == nil || !strings.Contains(err.Error(), "no space left on device") {
		t.Errorf("a start without room: %v", err)
	}
	if err := os.Remove(d.path("ballast")); err != nil {
		t.Fatal(err)
	}
	s.again(t, s.kept(), args...)
}
