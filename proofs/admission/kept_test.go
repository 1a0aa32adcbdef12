package admission

import (
	"testing"

	"github.com/docketlog/docket/proofs/statement"
)

// TestNoBytesOfDirectReleases: a replay holds no bytes of what was released
// directly, which is most of a large log, and withdrawals are judged all the same.
func TestNoBytesOfDirectReleases(t *testing.T) {
	l := newTestLog(t)
	l.admit(world()...)
	l.seal()
	before := heldBytes(l.state)
	first := releaseStatement("wl/p", "wl/p", "open/1", 1, nil)
	second := releaseStatement("wl/p", "wl/p", "open/1", 2, &first.Digest)
	l.admit(first, second, releaseStatement("wl/p", "wl/p", "open/2", 1, nil))
	l.seal()
	if held := heldBytes(l.state) - before; held != 0 {
		t.Errorf("three direct releases leave %d bytes of statements", held)
	}
	if _, ok := l.state.contents[first.Digest]; ok {
		t.Error("a release is kept that is not the newest of its document")
	}
	s := newStatement(statement.DocumentWithdraw, "wl/p", "withdraw open/1")
	s.Subject, s.Body = second.Statement.Subject, &statement.WithdrawDocument{Document: "open/1", Version: 2, Reason: "error"}
	l.admit(sealed(s, "wl/p"))
	l.seal()
	if _, err := l.replay(); err != nil {
		t.Fatal(err)
	}
}

// TestBytesOfReleasesInRuns: what a run released leads to that run, and only
// content of no bytes says that none did.
func TestBytesOfReleasesInRuns(t *testing.T) {
	l := newTestLog(t)
	l.admit(world()...)
	s := newStatement(statement.DocumentRelease, "wl/p", "in a run")
	s.Run, s.Subject = "R1", fileOf("open/1", 1)
	s.Body = &statement.ReleaseDocument{Document: "open/1", Version: 1, Size: 1, Media: "text/plain", To: []string{}}
	c := sealed(s, "wl/p")
	l.overlay.keep(c)
	if run, err := l.fold.releasedIn(l.overlay, c.Digest); err != nil || run != "R1" {
		t.Errorf("%q, %v, want R1", run, err)
	}
	if _, err := l.fold.releasedIn(l.overlay, statement.Digest{1}); err == nil {
		t.Error("of a release that is not at hand somebody knows that it names no run")
	}
}

func heldBytes(m *memory) (n int) {
	for _, content := range m.contents {
		n += len(content)
	}
	return n
}
