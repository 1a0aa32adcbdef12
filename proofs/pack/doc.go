// Package pack makes and verifies evidence packs: one zip file with all that a log has
// on a run, a document or an identity, proven complete under one checkpoint, with a
// report for people and a page that says how to verify it all without this program.
//
// It is pure: a Pack is gathered elsewhere (package client/pack), Marshal gives its
// bytes, Verify judges bytes. The format is docs/spec/pack.md. What must be in a pack
// follows from its subject and from what the log says, by one closure: Needs. So a
// pack is a function of the subject and the checkpoint: nothing can be left out, and
// nothing added.
//
//	SPEC.txt                                 how to verify it by other means
//	checkpoint                               the signed note that all proofs lead to
//	histories/run-<key>.json                 a register: its staple, and every event
//	manifest.json                            what is in it, and what it claims
//	receipts/0000000012.docket               the receipt of entry 12
//	report.html                              for people; follows from all the rest
//	statements/0000000012.json               the signed statement, an envelope
//	untrusted/policy                         whom the maker of the pack trusted; never believed
package pack
