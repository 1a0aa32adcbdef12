// Package log is the writer of a transparency log: it admits, sequences,
// integrates, seals, commits, signs, anchors and publishes, in that order, and
// recovers by the same code.
//
// One goroutine owns the tree and takes batches up to the commit; a second one
// signs and publishes them while the next batch is committed. Submitters check
// their statements in parallel, queue them, and wait; the writer takes what is
// waiting as one batch as soon as it is free, so an idle log answers after two
// small fsyncs and a busy one shares them:
//
//	Check (parallel)  parse, verify the signature                    admission.Check
//	queue             bounded; full: ErrBusy
//	admit             the fold, in order, over registers             admission.Fold
//	seal              last leaf: time, rules, root of the registers  sealed logs only
//	integrate         leaf hashes, tiles, root
//	commit            all rows of the batch, synced                  storage.Store
//	recheck           read the rows back, hash them, prove old -> new
//	sign              all lines, verified under the pinned key       Signer
//	anchor            the signed note, outside the database          storage.Anchor
//	publish           readers see the new size                       View
//	answer            every waiting submitter
//
// Invariants, each stated again where it is kept:
//
//   - Nothing is signed that is not durable, and nothing that the log's own
//     check could not read back.
//   - For one size one note is ever served: the first that the anchor took. Of
//     several batches that were committed meanwhile only the newest is signed;
//     its tree covers them all.
//   - Each note that was let out is kept byte for byte: as a row of a later
//     commit, and in the anchor's text until then.
//   - Readers see the published size, never what the store shows.
//   - After any doubt (a commit or fsync error, a clock that went back, a failed
//     check) nothing more is signed: the log stops, and a restart decides from
//     disk. There is no retry.
//
// A log has a mode for life. A sealed log is docket's own: it holds statements,
// and each batch ends in a seal (docs/spec/statement.md). A raw log is a plain
// tile log for any bytes, without admission, seals or registers; it has a key
// and an origin of its own, and no receipt comes from it.
package log
