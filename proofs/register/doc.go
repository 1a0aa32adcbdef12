// Package register holds the register tree of a docket log: what is authoritative, who may speak, and what was never said.
//
// A register is a typed state and the Merkle tree of the events that made it (its history). There is one per document, per document
// digest, per run, per grant, per identity, and per identity one for everything that it signed. All registers of a log stand in one binary
// prefix tree. Its root is written into every seal, so that one witnessed checkpoint answers
// "version 7 of this document, until now", "every version", "never released" and "the key that spoke at index i", with proofs of a few
// hundred bytes that verify offline. The normative text is docs/spec/registers.md, with vectors in testdata/vectors.json.
//
// # From an event to the root
//
// Document contract-7 is released by the entry at index 17. ‖ is concatenation, integers are big-endian, H is SHA-256:
//
//	key       = H("docket/v1/register-key\n" ‖ u8 1 ‖ u16 10 ‖ "contract-7")             6b518feb...
//	body      = u32 version ‖ u8 1 ‖ H(document) ‖ statement digest ‖ run key or zeros    101 bytes, secret
//	blind     = H("docket/v1/event-blind\n" ‖ key ‖ u64 seq ‖ statement payload)          secret
//	event     = "docket/v1/event\n" ‖ u8 type ‖ u8 kind ‖ u64 seq ‖ u64 index ‖ leaf hash ‖ u64 time
//	            ‖ H("docket/v1/event-body\n" ‖ blind ‖ body)                              106 bytes
//	state     = u8 status ‖ u32 version ‖ u8 1 ‖ H(document) ‖ statement digest           70 bytes, secret
//	value     = "docket/v1/register-value\n" ‖ u8 type ‖ u64 size ‖ RFC 6962 root of all events ‖ u64 last
//	            ‖ H("docket/v1/register-state\n" ‖ H("docket/v1/state-blind\n" ‖ blind) ‖ state)   106 bytes
//	leaf hash = H(0x02 ‖ key ‖ H(value))
//	parent    = H(0x03 ‖ left ‖ right), 32 zero bytes for an absent child
//
// Body and state stand behind blinds: events and values can be shown without what they say. An opening (blind and body, or state's blind
// and state) shows it; who has the statement derives the blind.
//
// # The tree
//
// The bits of a key, most significant first, are its way from the root. A register alone in its prefix stands as high as it can; the root
// is always a parent. Five registers, by the first bits of their keys:
//
//	                  root                          depth 0: always a parent
//	          0 /              \ 1
//	         (p)                (p)                 depth 1
//	     00 /   \ 01        10 /   \ 11
//	0001.. A     D 0110..  1010.. d (p)             depth 2: A, D, d are alone in their prefix
//	                          110 /   \ 111
//	                           zero    (p)          depth 3: a parent may stand beside nothing, a leaf never does
//	                              1110 /  \ 1111
//	                                  r    I        depth 4
//
// The inclusion path of D is (A, right child of the root). A key 0010... is absent: the search ends at A, the lone leaf of another key.
// A key 110... is absent: the search ends at nothing.
//
// # Where things are kept
//
// Nothing of the tree is stored but its leaves (T rows). Tree holds the levels 0 to D in memory; what is below a node of depth D, a
// bucket of about ten leaves, is read and hashed when it is needed. D is local and never part of a root.
//
//	       /\           Tree: immutable pages; an update copies the pages on its way and shares the rest,
//	D ----/--\----      so a Tree is also a view of the past that costs nothing
//	     /    \
//	T  k k k k k k      LeafReader: key -> value hash in key order; a snapshot for a view
//
// The writer keeps per register a Record (S row), from which Append makes the next event without reading the history, and the new Value:
//
//	var rec register.Record // or ParseRecord of the S row
//	row, err := rec.Append(key, register.TypeDocument, register.NewEvent{Kind: register.DocumentRelease, ...})
//	// store row.Marshal() as E row (key, seq), rec.Marshal() as S row, rec.Value().Hash() as T row
//	tree, buckets, err = tree.Update(leavesBefore, []register.Leaf{{Key: key, ValueHash: rec.Value().Hash()}})
//	// store buckets as B rows; tree.Root() and tree.Count() go into the seal
//
// A verifier parses what it was handed, and goes from the root inwards:
//
//	path.VerifyInclusion(register.DocumentKey(id), value.Hash(), root)   // or path.VerifyAbsence(key, root)
//	value.VerifyEvent(event, proof)
//	event.VerifyBody(blind, body)
//
// Everything here is pure: bytes in, bytes or an error out. No clock, no randomness, no I/O but through the readers that are handed in.
package register
