package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// deep multiplies the rounds of tests that look for rare faults.
func deep(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv("DOCKET_TEST_DEEP"))
	if err != nil || n < 1 {
		return 1
	}
	return n
}

// skip says on standard error too what is not tested here, and why.
func skip(t *testing.T, format string, args ...any) {
	t.Helper()
	fmt.Fprintf(os.Stderr, "SKIPPED %s: %s\n", t.Name(), fmt.Sprintf(format, args...))
	t.Skipf(format, args...)
}

// needs skips the test unless all programs are there.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			skip(t, "needs %s", p)
		}
	}
}

// A disk is a filesystem in a file, mounted.
type disk struct {
	t     *testing.T
	image string
	dir   string
}

// newDisk makes and mounts a filesystem of a kind, ext4 or xfs.
func newDisk(t *testing.T, kind string, mib int64) *disk {
	t.Helper()
	if os.Geteuid() != 0 {
		skip(t, "needs root, to mount")
	}
	needs(t, "mkfs."+kind, "mount", "umount")
	d := &disk{t: t, image: filepath.Join(t.TempDir(), kind+".img"), dir: filepath.Join(t.TempDir(), kind)}
	args := []string{"-q", d.image}
	if kind == "ext4" {
		args = []string{"-q", "-m", "0", d.image} // no blocks kept for root
	}
	f, err := os.Create(d.image)
	if err == nil {
		err = f.Truncate(mib << 20)
	}
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	if out, err := capture(exec.Command("mkfs."+kind, args...)); err != nil {
		t.Fatalf("mkfs.%s: %v: %s", kind, err, out)
	}
	if err := os.Mkdir(d.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.unmount)
	if out, err := capture(exec.Command("mount", "-o", "loop", d.image, d.dir)); err != nil {
		skip(t, "needs to mount a loop device: %s", strings.TrimSpace(out))
	}
	return d
}

func (d *disk) path(name string) string { return filepath.Join(d.dir, name) }

// unmount leaves neither mount nor loop device.
func (d *disk) unmount() {
	if _, err := capture(exec.Command("umount", d.dir)); err != nil {
		_, _ = capture(exec.Command("umount", "-l", d.dir)) // else the folder stays for ever
	}
}

// powerOff ends the filesystem as a loss of power does: nothing is written any
// more, not what is in memory and not the journal.
func (d *disk) powerOff() {
	d.t.Helper()
	const shutdown, noLogFlush = 0x8004587d, 2 // EXT4_IOC_SHUTDOWN, XFS_IOC_GOINGDOWN
	f, err := os.Open(d.dir)
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	flags := uint32(noLogFlush)
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), shutdown, uintptr(unsafe.Pointer(&flags))); errno != 0 {
		d.t.Fatalf("shutting the filesystem down: %v", errno)
	}
}

// powerOn mounts the filesystem anew: its journal is replayed.
func (d *disk) powerOn() {
	d.t.Helper()
	for _, command := range [][]string{{"umount", d.dir}, {"mount", "-o", "loop", d.image, d.dir}} {
		if out, err := capture(exec.Command(command[0], command[1:]...)); err != nil {
			d.t.Fatalf("%s: %v: %s", command[0], err, out)
		}
	}
}

// free returns the bytes that are free for everybody.
func (d *disk) free() int64 {
	d.t.Helper()
	var s syscall.Statfs_t
	if err := syscall.Statfs(d.dir, &s); err != nil {
		d.t.Fatal(err)
	}
	return int64(s.Bavail) * s.Bsize
}

// fill puts a file there that leaves so many bytes free, or fewer if others write
// at the same time.
func (d *disk) fill(name string, leave int64) {
	d.t.Helper()
	n := d.free() - leave
	if n <= 0 {
		return
	}
	f, err := os.OpenFile(d.path(name), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	if err := syscall.Fallocate(int(f.Fd()), 0, 0, n); err != nil && err != syscall.ENOSPC {
		d.t.Fatalf("filling the disk with %d bytes: %v", n, err)
	}
}

// exhaust fills the disk to its last block, with a file that is written to its end:
// what is free on paper may not be had in one piece.
func (d *disk) exhaust(name string) {
	d.t.Helper()
	d.fill(name, 0)
	f, err := os.OpenFile(d.path(name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 4096)
	for range 1 << 16 {
		_, err := f.Write(block)
		if err == nil {
			err = f.Sync()
		}
		if err != nil {
			if !errors.Is(err, syscall.ENOSPC) {
				d.t.Fatal(err)
			}
			return
		}
	}
	d.t.Fatal("the disk does not fill up")
}
