// Package fsck checks every row of a log against what it must be. It trusts no
// row that follows from others: it rebuilds the row, by code that the writer does
// not use, and compares bytes.
//
//	leaves ──┬─ hashes ── tiles, root ── head, signed checkpoints (rows and anchor)
//	         ├─ digests ── contents, digest index, leaf hash index
//	         ├─ contents, seals ── search rows
//	         └─ seals ── chain, times, the newest register root
//	events ──┬─ history root and tiles, state ── record ── register leaf
//	         └─ index, leaf hash, time ── leaves, seals
//	register leaves ── buckets ── root in the newest seal
//	replay: leaves and contents ── fold ── the register root in every seal
//
// Where two rows differ, a third one says which of them is damaged: the tile
// above, the root, the other row of the register. Each Finding names the row,
// what was found, what was expected, and what to do.
//
// Check is for a log that nobody writes to. It streams the rows in the order of
// their keys and keeps 64 bytes for each entry, 16 for each thing that it mentions
// beside its document, 16 for each seal, 48 for each
// signed checkpoint and 5 for each register: 80 MB for a million entries.
//
// What no check can find, since nothing else says what it was:
//
//   - a signed checkpoint that is missing, other than the first one: not every
//     seal is signed;
//   - an anchor that was put back to an older text, as long as its newest
//     checkpoint is not older than the store's newest checkpoint row;
//   - the newest commits missing from store and anchor alike;
//   - another time in the head of a raw log: it is that of the newest batch, and
//     no leaf has it.
package fsck
