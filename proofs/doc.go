// Package proofs verifies what a transparency log says: tree heads, inclusion and
// consistency proofs, tiles, checkpoints, cosignatures and verifier policies.
//
// It is pure: bytes in, verdict out. It has no I/O, no clock and no network;
// times and readers are parameters. It also makes proofs from stored hashes and
// signature lines from a signing function, so that log and verifier share each
// byte of the formats.
//
// Every parser takes exactly the bytes that its formatter prints. Errors about
// form are a *FormatError; a proof that leads to another root is a
// *RootMismatchError; a bad signature of a known key is a *SignatureError.
//
// # Tree
//
// A log is a list of leaves, hashed as in RFC 6962: a leaf with
// SHA-256(0x00 ‖ leaf), an inner node with SHA-256(0x01 ‖ left ‖ right). A
// [TreeHead] is a number of leaves and a root hash. [VerifyInclusion] shows that a
// leaf is in a tree, [VerifyConsistency] that one tree is a prefix of another.
// Sizes are at most 2^63-1, so a proof has at most 63 hashes.
//
// # Checkpoint
//
// A [Checkpoint] is the body of a C2SP signed note: origin, size, root hash, each
// on a line of its own. Below the empty line stand signatures: an em dash, the
// name of the key, and base64 of the 4-byte key ID and the signature.
//
//	log.example
//	3
//	1Pksj7uJcg6ztVZ3x9fvrd/rENEaGoSguo8aIzN/qpU=
//
//	— log.example HMdY+VgLk9bRaJS2+Q34FJLSDoqRICYi3TXOQrjm27JKaqh8TvpCKnTAa1+OIcFzKn1QFpP3BhLRFuOqlWZJngTCVgg=
//	— witness.example/w1 3xwKNQAAAABpIODglqt/BZZZhYiaEkjfVfB1A0wlN4UawuyCtOZfvSBMhHHpEttbF5fjbmTK4qQxG39Wd6kImo2gRe9rJEALxi3uDg==
//
// The first line is the log's, verified with its [VerifierKey]
//
//	log.example+1cc758f9+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c
//
// by [OpenCheckpoint]. The second is a cosignature: its first 8 bytes are a time
// in POSIX seconds, 1763762400. Log signatures have type 0x01 (Ed25519) or 0x06
// (ML-DSA-44), cosignatures 0x04 (Ed25519 with a time) or 0x06.
// docs/spec/checkpoint.md has all of it.
//
// # Tiles
//
// A log publishes its hashes in tiles of 256 and its leaves in entry bundles of
// 256. A [Tile] is absent, partial or full in a tree of some size. In one of
// 70,000 leaves, tile/0/272 is full (8,192 bytes), tile/0/273.p/112 is partial and
// tile/0/274 is absent. docs/spec/tiles.md has paths, bytes and HTTP headers.
//
// # Verifier policy
//
// A [Policy] is a C2SP tlog-policy file: which logs a verifier believes, and which
// cosigners must have signed. The quorum is a witness or a group, whose members
// are witnesses and groups:
//
//	log log.example+1cc758f9+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c
//	witness w1 witness.example/w1+df1c0a35+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU
//	witness w2 witness.example/w2+bfff2874+BO1JKMYo0cLG6ukDOJBZlWEpWSc6XGP5NjbBRhSshzfR
//	group g any w1 w2
//	quorum g
//
// The checkpoint above satisfies it: its quorum time, the smallest time at which
// the quorum is satisfied, is 1763762400. A [TLogProof] joins a signed checkpoint
// and an inclusion proof in one file. docs/spec/policy.md defines both.
package proofs
