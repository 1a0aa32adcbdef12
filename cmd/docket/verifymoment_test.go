package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestVerifyMoment: docket verify --at over the example of docs/spec/claims.md, whose
// trees have cosigners: right before, at and after what they prove.
func TestVerifyMoment(t *testing.T) {
	page, err := os.ReadFile("../../docs/spec/claims.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, block, end string) string {
		_, rest, ok := strings.Cut(string(page), "\n```"+block+"\n")
		text, _, closed := strings.Cut(rest, "\n```\n")
		if !ok || !closed {
			t.Fatalf("no block %q", block)
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text+end), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	file, policy := write("one.txt", "file", ""), write("log.policy", "policy", "\n")
	write("log.policy.genesis", "genesis", "\n")
	write("one.txt.docket", "receipt", "")
	still, ended := write("still.staple", "staple-still", ""), write("ended.staple", "staple-ended", "")
	for _, c := range []struct {
		args  []string
		exit  int
		first string
	}{
		{[]string{"--at", "2026-11-10T14:05:14Z", "--staple", still}, 0, "IN FORCE at 2026-11-10T14:05:14.000Z: proven by the cosigners' clock."},
		{[]string{"--at", "2026-11-10T14:05:13.999Z", "--staple", still}, 0, "IN FORCE at 2026-11-10T14:05:13.999Z: log clock only."},
		{[]string{"--at", "2026-11-10T14:06:11.999Z", "--staple", still, "--staple", ended}, 0, "IN FORCE at 2026-11-10T14:06:11.999Z: proven by the cosigners' clock."},
		{[]string{"--at", "2026-11-10T14:06:12Z", "--staple", still, "--staple", ended}, 10, "NOT IN FORCE at 2026-11-10T14:06:12.000Z: log clock only."},
		{[]string{"--at", "2026-11-10T14:07:14Z", "--staple", ended}, 10, "NOT IN FORCE at 2026-11-10T14:07:14.000Z: refuted by the cosigners' clock."},
		{[]string{"--at", "2026-11-10T14:06:12Z", "--staple", still}, 20, "UNKNOWN whether in force at 2026-11-10T14:06:12.000Z: none, the evidence ends before."},
		{[]string{"--as-of", "9", "--staple", ended}, 0, "IN FORCE at size 9: proven by the order of the entries."},
		{[]string{"--as-of", "10", "--staple", ended}, 10, "NOT IN FORCE at size 10: refuted by the order of the entries."},
		{[]string{"--at", "2026-11-10T14:05:14Z", "--staple", still, "--doc", "contracts/2"}, 12, "IN FORCE at 2026-11-10T14:05:14.000Z: proven by the cosigners' clock."},
		{[]string{"--staple", ended}, 10, "WAS AUTHORITATIVE: version 1 of contracts/1, in force from"},
	} {
		args := append([]string{"verify", file, "--policy", policy, "--doc", "contracts/1"}, c.args...)
		root, exit := newRoot(), 0
		var out bytes.Buffer
		root.SetOut(&out)
		root.SetArgs(args)
		var verdict *verdictError
		if err := root.ExecuteContext(context.Background()); errors.As(err, &verdict) {
			exit = verdict.code
		} else if err != nil {
			t.Fatal(err)
		}
		if exit != c.exit || !strings.HasPrefix(out.String(), c.first) {
			t.Errorf("%v: exit %d, want %d\n%s", c.args, exit, c.exit, &out)
		}
	}
}
