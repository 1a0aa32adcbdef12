// Package storage holds the contracts between a log and what keeps it: the
// Store, with the rows of one log and its one writer, and the Anchor, which
// remembers the newest signed checkpoint somewhere else. Their documentation
// says what holds after each error; package storagetest checks it.
//
// Package pebblestore keeps a Store in a folder, package anchor keeps an
// Anchor in one.
//
// # Rows
//
// A key begins with one byte, its keyspace. Within a keyspace the order of
// the keys matters, since ranges are scanned. Numbers are big-endian; ‖ puts
// bytes together; lp(x) is a length, then x; "key32" is a register key.
//
//	byte  made by       rest of the key           value
//	L     Leaf          u64 index                 the leaf, as in the tree
//	N     Tile          u8 level ‖ u64 n          1 to 256 hashes of 32 bytes, only ever extended
//	C     Content       u64 index                 the content of the entry; erasable
//	D     DigestIndex   statement digest32        u64 index of the entry
//	R     Refusal       digest32 ‖ code           u64 index of the finding that puts this refusal on record
//	F     LeafHashIndex leaf hash32               u64 index of the first leaf with this hash
//	K     Checkpoint    u64 size                  the note that was signed for this size
//	T     RegisterLeaf  key32                     value hash32: one leaf of the register tree
//	B     Bucket        u8 depth ‖ u32 bucket     u8 kind ‖ hash32: root of the leaves below one
//	                                              node of the register tree at that depth
//	S     Record        key32                     the register now: type, size, root, last, state, ...
//	E     Event         key32 ‖ u64 seq           one event of the register
//	H     HistoryTile   key32 ‖ u8 level ‖ u64 n  256 hashes of the register's history
//	I     Search        term8 ‖ ~u64 first        u32 offsets: which entries of the batch that begins
//	                                              at index first mention what the term stands for
//	M     Meta          name                      one row per log: tree head, seal, counts, ...
//	W     Witness       origin hash32             newest note that a witness cosigned; in a witness's own store
//	0x00  -             -                         the store's own: commit number, layout
//
// Leaf 258 is at the key 4c 0000000000000102, and the first leaves of a log
// are read with
//
//	start, end := storage.LeafRange(0, 100)
//	err := store.Scan(start, end, func(key, value []byte) bool { ... })
//
// Only the key layout is fixed here; the values belong to the packages that
// write them. What the rows L, C, K and M hold is the log; all others can
// be made again from them.
package storage
