package watch_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A folder that is full of evidence takes no more: that is said, and the alert comes.
func TestEvidenceIsBounded(t *testing.T) {
	o := newOperator(t)
	o.grow("a")
	old := o.fork(3)
	s := o.sentry(o.verifier())
	s.quiet()
	dir := filepath.Join(s.config.Folder, "evidence")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range 1024 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.config.Client.Server = old.url
	s.reopen()
	r := s.raises("AL-15/rollback")
	if len(r.Files) != 0 || len(r.Failed) != 1 || !strings.Contains(r.Failed[0].Error(), "has 1024 files") || len(s.heard.alerts) != 1 {
		t.Errorf("%+v", r)
	}
}
