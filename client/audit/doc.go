// Package audit replays a log: it reads every leaf from tiles that lead to a signed
// checkpoint, every content, verifies every signature, admits every entry anew by
// the log's own rules (package admission) and compares every seal with the register
// tree that follows. What it finds right needs no trust in the server or its
// operator any more; what it finds wrong it names by index, rule and evidence.
//
//	a := &audit.Auditor{Client: c, State: audit.NewMemory()}
//	tree, err := c.NewestTree(ctx)
//	report, err := a.Run(ctx, tree)
//	report.Result // "412,907 leaves replayed under 6 policies: 0 divergences"
//
// # What a run may end with
//
//	nil          every leaf of the tree is right; Report.Clean says so too
//	*Divergence  an entry or a seal that the rules forbid, under the log's signature
//	*Withheld    a content that is missing, or another than the leaf commits to
//	*ClockError  a seal's time that this machine's clock does not bear out
//	others       the network, the server's answer, this machine (ErrOwnClock): they say
//	             nothing of the log; a *client.ForkError convicts it
//
// The first divergence ends a run: what follows it follows from a state that the
// rules never allowed.
//
//	       server                      Auditor                            State
//	/tile, /tile/entries ──▶ leaves, each in the tree of the checkpoint
//	/api/v1/contents     ──▶ contents          │ many at once
//	                         admission.Check   ┘ (signatures)
//	                         Fold.Apply, Overlay   one after the other
//	                         seal: time, prev, register root ──▶ Commit at a seal
//
// # Memory
//
// What the fold reads of the past is in a State. A run holds in memory what was
// sealed since its last Commit, the upper levels of the register tree (at most
// 2^22 buckets, 256 MiB), 32 MiB of records that are used often, and the entries since
// the last seal, which are bounded too (MaxOpen). So a log of any size is
// replayed in bounded memory. A State on disk goes on where its last Commit was:
// after a crash, or when the log has grown.
package audit
