package watch

import (
	"context"
	"errors"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/audit"
)

// replay replays what the trunk has grown by, if it was asked to: what a seal's
// registers must be, only a replay knows.
func (w *Watch) replay(ctx context.Context) error {
	if w.Replay == nil || w.trunk == nil || ctx.Err() != nil || w.state.Replayed == w.trunk.Size {
		return nil
	}
	report, err := w.Replay.Run(ctx, w.trunk)
	var (
		withheld *audit.Withheld
		fork     *client.ForkError
	)
	switch {
	case report != nil && report.Evidence != nil:
		return w.convict("leaf", report.Evidence)
	case errors.As(err, &fork):
		return w.convict("fork", client.EvidenceOf(fork))
	case errors.As(err, &withheld):
		w.raise(alarm{rule: "AL-16", condition: "withheld", key: "content", detail: withheld.Error(), index: withheld.Index})
	case err != nil:
		w.failed("replay", err)
	default:
		w.state.Replayed = w.trunk.Size
	}
	return nil
}
