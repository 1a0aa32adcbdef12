package restore_test

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/log/restore"
)

// FuzzParsePlan: what is parsed prints itself again, has a text, and decides what follows
// from its facts.
func FuzzParsePlan(f *testing.F) {
	w := logtest.NewWorld()
	root := make([]byte, 32)
	for _, known := range []uint64{2, 9} {
		p := &restore.Plan{
			Format: "docket/restore/1", Made: "2026-11-22T10:00:00Z",
			Inputs: restore.Inputs{Backup: "/b", Log: "/l", Anchor: "/a", Checkpoints: []string{}},
			Facts: restore.Facts{
				Origin: w.Origin, Mode: log.Sealed, Keys: log.NewKeyTerms(w.Signer.Keys()...), Backup: restore.BackupFact{Size: 2, Root: root},
				Store: restore.StoreFact{State: restore.None}, Config: restore.None, Anchor: restore.AnchorFact{State: restore.Whole, Claims: known},
				Known: []restore.Known{{Source: "anchor", Size: known, Root: root, Backup: restore.Same}},
			},
		}
		p.Decision = restore.Decide(p.Inputs, &p.Facts)
		if _, err := restore.ParsePlan(p.Marshal()); err != nil {
			f.Fatal(err)
		}
		f.Add(p.Marshal())
	}
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := restore.ParsePlan(b)
		if err != nil {
			return
		}
		if !bytes.Equal(p.Marshal(), b) || p.ID() == "" || p.Text() == "" {
			t.Fatal("it does not print itself")
		}
		if !reflect.DeepEqual(p.Decision, restore.Decide(p.Inputs, &p.Facts)) {
			t.Fatal("it decides otherwise")
		}
	})
}
