// Package witness is a C2SP witness (tlog-witness): it cosigns checkpoints of the
// logs that it knows, each of them proven consistent with the one before, so that
// no log can show two histories to those who trust its cosignature.
//
// A log posts to add-checkpoint what proofs.AddCheckpoint prints: the size that
// the witness holds, a consistency proof from there, and the signed checkpoint.
//
//	POST /add-checkpoint           old 2 ⏎ hashes ⏎ ⏎ signed note of size 3
//	200                            — witness.example/w1 519lMgAAAABkGFDL...
//
// The answers, in the order in which they are judged:
//
//	400  the body is malformed, its checkpoint has extension lines, or old is above its size
//	404  the origin is none of the witness's logs
//	403  no known key of the log signed, or a line of a known key does not verify
//	409  old is not the size that the witness holds; the body is that size and a newline,
//	     with content type text/x.tlog.size; 0 says that it holds none
//	422  size 0 with another root than the empty one, a proof that leads elsewhere, or
//	     another root for the size that it holds
//	200  the witness's own cosignature lines, one for each of its keys
//	503  it is busy, with Retry-After; 500: it stopped, and says so in its log
//
// The order is the one of the C2SP page but for the checkpoint's old size, which
// is part of the form and so is judged as such after the signatures.
//
// # What it never does
//
// Judging and storing are one step for each log, and what is stored is durable
// before the answer leaves. So of two requests that start from one size one gets
// 409, and after a crash the witness knows every cosignature that it gave. A store
// that fails stops the witness: a restart decides from the disk.
//
// A copy of the store that is put back is a witness that forgot: it would cosign a
// second history. Give such a witness new keys.
//
// A checkpoint that a log signed and that does not continue what the witness holds is
// evidence: Config.Evidence gets both notes before the refusal is answered, and with
// them the proof, where it shows by itself that the log has two histories.
//
// # Rows
//
// The store holds one row for each log, below storage.Witness: the newest note,
// with the log's signatures and the witness's own cosignatures, as it is served at
//
//	GET /<lower-case hex of SHA-256(origin)>/checkpoint
//
// Sources: c2sp.org/tlog-witness, c2sp.org/tlog-cosignature.
package witness
