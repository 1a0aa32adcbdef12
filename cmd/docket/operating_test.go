package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/storage"
)

func operatingPage(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// The page for operators explains every error on which a log does not start,
// stops or refuses, in the words that it prints.
func TestOperatingExplainsErrors(t *testing.T) {
	page := operatingPage(t)
	for _, err := range []error{
		log.ErrBusy, log.ErrNoSpace, log.ErrUnhealthy, log.ErrClosed, log.ErrStopped, log.ErrNoLog, log.ErrLogExists,
		log.ErrMismatch, log.ErrAnchorMissing, log.ErrBehindAnchor, log.ErrFork, log.ErrDamage, log.ErrClock,
		storage.ErrSequence, storage.ErrUnknown, storage.ErrNoAnchor, storage.ErrAnchorMoved, storage.ErrLocked,
		storage.ErrNoStore, storage.ErrExists, storage.ErrDamaged,
	} {
		if !strings.Contains(page, "`"+err.Error()) && !strings.Contains(page, err.Error()+"`") {
			t.Errorf("docs/operating.md does not explain %q", err)
		}
	}
}

// Every link of the page leads to one of its headings.
func TestOperatingLinks(t *testing.T) {
	page := operatingPage(t)
	headings := make(map[string]bool)
	for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(page, -1) {
		headings[strings.ReplaceAll(strings.ToLower(m[1]), " ", "-")] = true
	}
	links := regexp.MustCompile(`\]\(#([^)]+)\)`).FindAllStringSubmatch(page, -1)
	if len(links) < 10 {
		t.Fatalf("%d links", len(links))
	}
	for _, m := range links {
		if !headings[m[1]] {
			t.Errorf("no heading #%s", m[1])
		}
	}
}

var (
	commandLine = regexp.MustCompile("(?m)(?:^ {4,}(?:[a-z 0-9;]+; )?|`|=/usr/local/bin/)(docket [a-z][^`>\n]*)")
	flagName    = regexp.MustCompile(`--[a-z-]+`)
)

// Commands and flags that the page names exist.
func TestOperatingCommands(t *testing.T) {
	page := strings.ReplaceAll(operatingPage(t), "\\\n", " ")
	commands := commandLine.FindAllStringSubmatch(page, -1)
	if len(commands) < 15 {
		t.Fatalf("%d commands", len(commands))
	}
	for _, m := range commands {
		c, _, err := newRoot().Find(strings.Fields(m[1])[1:])
		if err != nil || !c.HasParent() {
			t.Errorf("%s: no such command: %v", m[1], err)
			continue
		}
		for _, flag := range flagName.FindAllString(m[1], -1) {
			if c.Flag(strings.TrimPrefix(flag, "--")) == nil && flag != "--help" {
				t.Errorf("%s: no flag %s", m[1], flag)
			}
		}
	}
}
