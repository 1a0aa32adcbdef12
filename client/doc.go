// Package client is the Go client of a docket log. It makes and signs
// statements, submits them, and keeps only what it verified: every checkpoint
// against the newest one it saw, every receipt under the verifier policy that
// the caller pinned, every answer against the request that was made.
//
//	c := &client.Client{
//		Server:   "http://127.0.0.1:8070",
//		Verifier: verifier,
//		Memory:   &client.Memory{Path: "checkpoint"},
//	}
//	envelope, err := author.Release("contracts/1", 1, nil, file)
//	receipt, duplicate, err := c.Submit(ctx, envelope)
//
// What a statement binds is read from the log and verified, never copied by hand:
// Approve, Agree, ReleaseInRun and WithdrawInRun. Package run, below, records a run of
// a workflow as its executor; package spool keeps evidence while the log is out of
// reach.
//
// With an error there is no result: what did not verify is never handed out.
//
// What a client reads is proven in one of three ways:
//
//   - A receipt or staple carries its proof: Receipt, ReceiptAt, Document,
//     Identity, Digest.
//   - A Tree begins with the pinned genesis. It reads tiles and entry bundles and
//     takes none that does not lead to the root of its checkpoint: Inclusion,
//     Consistency, Leaf, Content, Seal, Checkpoints. Its proofs are computed here;
//     those that the server offers are not used.
//   - A History is all events of a register: they give the root in the
//     register's value, so none is missing. ReceiptsOf compares with one, and
//     Dossier, GrantHistory and Standing read the statement of each event and hold it
//     against the event.
//
// Lineage joins histories by what searches find. Search and Checkpoints return what a server chose to show. Each
// result is verified; that there are no others is not.
//
// An error has a type that says whose matter it is. *ForkError: the log's own
// signatures convict it. *RollbackError: an old state. ErrAnswer, of which
// *GenesisError, *TileError, *HistoryError and *UnprovenError say more, and
// *InvalidError: an answer that is no good, whoever spoilt it. *Refused: the
// server's word. ErrUnreachable: no answer. ErrMemory: damage on this machine.
//
// Without a Memory a server that shows an old state, or another history, is not
// caught. Package sigstore, below, writes receipts for other programs.
package client
