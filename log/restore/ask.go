package restore

import (
	"errors"
	"fmt"
	"os"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/backup"
	"github.com/docketlog/docket/log/witness"
	"github.com/docketlog/docket/proofs"
)

// ask asks the witnesses about the newest checkpoint that what is there can prove:
// that of the old store, if it holds more than the backup.
func (g *gatherer) ask() error {
	if g.Inputs.Policy == "" {
		return nil
	}
	text, err := os.ReadFile(g.Inputs.Policy)
	if err != nil {
		return err
	}
	policy, err := proofs.ParsePolicy(text)
	if err != nil {
		return fmt.Errorf("%s: %w", g.Inputs.Policy, err)
	}
	g.facts.Policy = digest(text)
	head := g.shown()
	answers, confirmed, err := g.Ask(g, policy, head)
	if err != nil {
		return err
	}
	g.facts.Confirmed = confirmed
	for _, a := range answers {
		w := WitnessFact{URL: a.URL, Size: a.Size, State: Silent}
		switch {
		case a.Err == nil:
			w.State = Agrees
		case errors.Is(a.Err, witness.ErrAhead):
			w.State = Ahead
		case errors.Is(a.Err, witness.ErrForked):
			w.State = Forked
		}
		if a.Err != nil {
			w.Detail = line(a.Err)
		}
		g.facts.Witnesses = append(g.facts.Witnesses, w)
	}
	return nil
}

// shown is what witnesses are shown.
func (g *gatherer) shown() witness.Head {
	rows, best := backup.Store(g.copied), (*Known)(nil)
	for i := range g.facts.Known {
		k := &g.facts.Known[i]
		switch {
		case k.Store == Same && k.Backup != Forked && k.Size > g.manifest.Size:
			rows, best, g.facts.Asked = g.store, k, fromStore
		case k.Backup == Same && k.Size == g.manifest.Size:
			rows, best, g.facts.Asked = g.copied, k, fromBackup
		}
	}
	return witness.Head{
		Checkpoint: proofs.Checkpoint{Origin: g.manifest.Origin, TreeHead: best.head()}, Note: []byte(best.Note),
		Prove: func(older uint64) ([]proofs.Hash, error) { return log.Consistency(rows, older, best.Size) },
	}
}
