package main

import (
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// programs are the executables of a comparison.
type programs struct {
	docket, tessera subject
	hammer, fsck    string
}

// A subject is a log server that is measured.
type subject struct {
	name string
	// command returns the command that serves a new log in dir on an address,
	// and a function that returns its verifier key once it answers.
	command func(dir, address string) (cmd *exec.Cmd, key func() (string, error), err error)
}

const tesseraCommands = "github.com/transparency-dev/tessera/"

// buildPrograms builds what is measured and what measures into dir.
func buildPrograms(dir, docket string) (programs, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return programs{}, err
	}
	cmd := exec.Command("go", "build", "-o", dir+string(filepath.Separator),
		"github.com/docketlog/docket/interop/bench/rawlog",
		tesseraCommands+"cmd/conformance/posix", tesseraCommands+"cmd/fsck", tesseraCommands+"internal/hammer")
	if out, err := cmd.CombinedOutput(); err != nil {
		return programs{}, fmt.Errorf("go build: %w\n%s", err, out)
	}
	ours := []string{filepath.Join(dir, "rawlog")}
	if docket != "" {
		ours = []string{docket, "raw-log"}
	}
	return programs{
		docket:  docketSubject(ours),
		tessera: tesseraSubject(filepath.Join(dir, "posix")),
		hammer:  filepath.Join(dir, "hammer"),
		fsck:    filepath.Join(dir, "fsck"),
	}, nil
}

func docketSubject(program []string) subject {
	return subject{"docket", func(dir, address string) (*exec.Cmd, func() (string, error), error) {
		args := append(program[1:len(program):len(program)], "--dir", dir, "--listen", address)
		return exec.Command(program[0], args...), func() (string, error) {
			key, err := os.ReadFile(filepath.Join(dir, "log.vkey"))
			if err != nil { // docket raw-log has a folder below for the log
				key, err = os.ReadFile(filepath.Join(dir, "log", "log.vkey"))
			}
			return strings.TrimSpace(string(key)), err
		}, nil
	}}
}

// tesseraSubject is Tessera's conformance program over its POSIX storage, with
// its persistent index of what was logged.
func tesseraSubject(program string) subject {
	return subject{"tessera", func(dir, address string) (*exec.Cmd, func() (string, error), error) {
		secret, public, err := note.GenerateKey(rand.Reader, "tessera.example")
		if err != nil {
			return nil, nil, err
		}
		cmd := exec.Command(program, "--storage_dir="+filepath.Join(dir, "log"), "--listen="+address, "--antispam")
		cmd.Env = append(os.Environ(), "LOG_PRIVATE_KEY="+secret)
		return cmd, func() (string, error) { return public, nil }, nil
	}}
}
