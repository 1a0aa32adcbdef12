package scenario

import (
	"context"
	"log/slog"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
)

// create makes the log with its genesis and serves it.
func (y *Play) create(ctx context.Context, e statement.Envelope) error {
	genesis, err := admission.CheckEnvelope(y.story.Origin, e)
	if err != nil {
		return err
	}
	y.genesis = genesis
	return y.start(ctx, genesis)
}

// start serves the log, and connects the client of everybody to it. The client
// remembers the newest checkpoint that it saw over restarts.
func (y *Play) start(ctx context.Context, genesis *admission.Checked) (err error) {
	logger := y.player.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	identity, err := y.logIdentity()
	if err != nil {
		return err
	}
	config := log.Config{
		Origin: y.story.Origin, Mode: log.Sealed, Signer: y.signer, Identity: identity, Now: y.clock.Now, MinFree: 1,
	}
	if y.host, err = newHost(ctx, config, y.player, genesis, logger); err != nil {
		return err
	}
	if y.client != nil {
		y.client.Server = y.host.url
		return nil
	}
	v, err := y.verifier(y.genesis.LeafHash)
	y.client = &client.Client{Server: y.host.url, Verifier: v, Memory: &client.Memory{}}
	return err
}

// Restart stops the log and opens it anew from its disk.
func (y *Play) Restart(ctx context.Context) error {
	err := y.host.close()
	y.host = nil
	if err != nil {
		return err
	}
	return y.start(ctx, nil)
}
