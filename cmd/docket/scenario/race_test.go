package scenario

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
)

var errEnough = errors.New("played far enough")

// TestOneReleaseWins: fifty releases, each another statement, race over HTTP for
// the grants of row 17. Exactly one is admitted. Each other comes too late and is on
// record: the version is released, or, when that was the last step, the run is done.
// Both are judged before the grants, which the winner alone has spent.
func TestOneReleaseWins(t *testing.T) {
	text := Text()
	from, to := strings.Index(text, "\n14  "), strings.Index(text, "\n15  ")
	for name, c := range map[string]struct{ text, code string }{
		"open run": {text[:from] + text[to:], admission.CodeVersion}, // row 14 is a required step
		"done run": {text, admission.CodeRun},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Parse(c.text)
			if err != nil {
				t.Fatal(err)
			}
			raced := false
			player := &Player{Disk: memory(), Quarantine: t.TempDir(), Signer: newSigner(t, s), Before: func(y *Play, line Line) error {
				if line.Row != "17" {
					return nil
				}
				raced = true
				race(t, y, line, c.code)
				return errEnough
			}}
			if _, err := player.Play(context.Background(), s); !errors.Is(err, errEnough) || !raced {
				t.Fatal(err)
			}
		})
	}
}

func race(t *testing.T, y *Play, line Line, code string) {
	const many = 50
	author, err := y.author(line.Signer, "")
	if err != nil {
		t.Fatal(err)
	}
	envelopes := make([]statement.Envelope, many)
	for i := range envelopes {
		if envelopes[i], err = y.release(author, line); err != nil {
			t.Fatal(err)
		}
	}
	errs := make([]error, many)
	begin, group := make(chan struct{}), sync.WaitGroup{}
	for i := range envelopes {
		group.Go(func() {
			<-begin
			_, _, errs[i] = y.client.Submit(context.Background(), envelopes[i])
		})
	}
	close(begin)
	group.Wait()
	won := 0
	for i, err := range errs {
		var refused *client.Refused
		if err == nil {
			won++
		} else if !errors.As(err, &refused) || refused.Code != code || len(refused.Indices) == 0 {
			t.Errorf("release %d: %v", i, err)
		}
	}
	if won != 1 {
		t.Errorf("%d of %d releases won", won, many)
	}
	checkRace(t, y, many, code)
}

// checkRace: one release stands in the log, each grant is spent, by it, and each
// refusal has its finding.
func checkRace(t *testing.T, y *Play, many int, code string) {
	y.auditor.refused = func(context.Context, *statement.RefuseFinding) error { return nil } // nobody keeps the order in which they came
	fresh, err := y.auditor.read(context.Background(), y.client)
	if err != nil {
		t.Fatal(err)
	}
	releases, findings := 0, 0
	for _, e := range fresh {
		switch body := e.checked.Statement.Body.(type) {
		case *statement.ReleaseDocument:
			releases++
		case *statement.RefuseFinding:
			if findings++; body.RefusalCode != code {
				t.Errorf("entry %d: %s", e.index, body.RefusalCode)
			}
		}
	}
	if releases != 1 || findings != many-1 {
		t.Errorf("%d releases and %d findings in the log", releases, findings)
	}
	for _, name := range []string{"g15", "g16"} {
		if a, err := y.state(context.Background(), "grant", name); err != nil || a.String() != "spent left=0" {
			t.Errorf("grant %s is %s: %v", name, a, err)
		}
	}
}
