package scenario

import (
	"context"
	"fmt"
	"slices"
)

// effect says whether what a statement of a run claims was confirmed, as the dossier
// of the run shows it, which the client proved complete: by an attestation of
// another identity with another owner. Until then it is claimed.
func (y *Play) effect(ctx context.Context, name string) (actual, error) {
	n, err := y.ref(name)
	if err != nil {
		return actual{}, err
	}
	d, err := y.client.Dossier(ctx, n.statement.Run)
	if err != nil {
		return actual{}, err
	}
	for i := range d.Events {
		if d.Events[i].Digest != n.digest {
			continue
		}
		a := actual{Expectation: Expectation{Outcome: "claimed"}}
		for _, attest := range d.Confirmed(&d.Events[i]) {
			a.Outcome = "confirmed"
			if by := "by=" + attest.Statement.Issuer; !slices.Contains(a.Details, by) {
				a.Details = append(a.Details, by)
			}
		}
		return a, nil
	}
	return actual{}, fmt.Errorf("%s is not in the dossier of run %s", name, n.statement.Run)
}
