package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func workflowsPage(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/workflows.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

var shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")

// TestGuide runs the commands of docs/workflows.md as they stand, in their order.
func TestGuide(t *testing.T) {
	blocks := shellBlock.FindAllStringSubmatch(workflowsPage(t), -1)
	if len(blocks) < 7 {
		t.Fatalf("%d blocks of commands", len(blocks))
	}
	text := "set -e\n"
	for _, b := range blocks {
		text += b[1]
	}
	dir := t.TempDir()
	script := "exec docket serve --dev --listen 127.0.0.1:0 &server&\nready docket-dev\nexec sh guide.sh\n" +
		"stdout 'AUTHORITATIVE'\nstdout 'run R1: success'\nkill -INT server\nwait server\n-- guide.sh --\n" + text
	if err := os.WriteFile(filepath.Join(dir, "guide.txt"), []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:  dir,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"ready": ready},
	})
}

// Every command that the page shows exists, with its flags.
func TestGuideCommands(t *testing.T) {
	page := strings.ReplaceAll(workflowsPage(t), "\\\n", " ")
	commands := regexp.MustCompile("(?m)^ {0,4}(docket [a-z][^`\n]*)").FindAllStringSubmatch(page, -1)
	if len(commands) < 25 {
		t.Fatalf("%d commands", len(commands))
	}
	for _, m := range commands {
		line, _, _ := strings.Cut(m[1], " -- ")
		c, _, err := newRoot().Find(strings.Fields(line)[1:])
		if err != nil || !c.HasParent() {
			t.Errorf("%s: no such command: %v", line, err)
			continue
		}
		for _, flag := range flagName.FindAllString(line, -1) {
			if c.Flag(strings.TrimPrefix(flag, "--")) == nil {
				t.Errorf("%s: no flag %s", line, flag)
			}
		}
	}
}
