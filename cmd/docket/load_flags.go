package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/server"
	"github.com/docketlog/docket/proofs/statement"
)

func (l *load) flags(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&l.server, "server", "", "base URL of the server (default: as configured in DIR/client)")
	flags.Uint64Var(&l.count, "count", 10_000, "releases to submit")
	flags.Uint64Var(&l.documents, "documents", 0, "documents whose versions they are; 0: each release is of a new document")
	flags.IntVar(&l.batch, "batch", 1, fmt.Sprintf("releases in a request, 1 to %d; above 1 as NDJSON", log.MaxSubmission))
	flags.IntVar(&l.clients, "clients", 16, fmt.Sprintf("connections in parallel; a server takes %d NDJSON requests at once, others get 503", server.MaxBatches))
	flags.IntVar(&l.chunk, "chunk", 0, "releases signed ahead, about 2 KB of memory each (default: 32 requests for each connection, 8192 to 131072)")
	flags.Float64Var(&l.verify, "verify", 1, "percent of the receipts that are verified in full, evenly spread; above 0 always the first release's, 0: none")
	flags.StringVar(&l.prefix, "prefix", "", "what the document ids begin with, ended by '/' (default load/ and 8 random hex digits)")
	flags.IntVar(&l.serverPID, "server-pid", 0, "process of the server on this machine, to report its memory")
	flags.BoolVar(&l.self, "self", false, "make a new log in DIR, serve it for the load, and check it with fsck in the end")
	flags.BoolVar(&l.replay, "replay", false, "with --self: admit every entry anew in the end")
	flags.BoolVar(&l.json, "json", false, "print the report as JSON")
}

func (l *load) check() error {
	switch {
	case l.count == 0:
		return usage("--count 0: nothing to do")
	case l.batch < 1 || l.batch > log.MaxSubmission:
		return usage("--batch %d: a request takes 1 to %d releases", l.batch, log.MaxSubmission)
	case l.clients < 1 || l.clients > server.MaxSubmissions:
		return usage("--clients %d: 1 to %d connections", l.clients, server.MaxSubmissions)
	case l.verify < 0 || l.verify > 100:
		return usage("--verify %v: 0 to 100 percent", l.verify)
	case l.chunk < 0:
		return usage("--chunk %d: at least 1 release", l.chunk)
	case l.self && (l.server != "" || l.serverPID != 0):
		return usage("--self is a server of its own: without --server and --server-pid")
	case l.replay && !l.self:
		return usage("--replay needs --self; for another server's log stop it, then docket fsck --replay")
	case l.prefix != "" && (l.prefix == "*" || !statement.ValidPrefix(l.prefix)):
		return usage("--prefix %q is not a prefix of document ids: segments of letters, digits, '.', '_' and '-', each ended by '/'", l.prefix)
	}
	if l.chunk == 0 {
		l.chunk = min(max(32*l.clients*l.batch, 8192), 131072)
	}
	return nil
}
