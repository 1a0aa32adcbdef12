// Package interop holds docket against programs that nobody of this project
// wrote. It is a Go module of its own, so that none of them becomes a
// dependency of docket, and it has no code in Go but tests:
//
//	fsck_test.go         Tessera's fsck, as API and as program, over raw and sealed logs
//	flip_test.go         one byte flipped in what is stored or served: fsck must fail
//	client_test.go       Tessera's client: reads, growth, its proofs equal to ours
//	writers_test.go      Tessera's integration test and its load generator
//	sumdb_test.go        golang.org/x/mod/sumdb/tlog over our HTTP tiles
//	merkle_test.go       transparency-dev/merkle, every proof of every size up to 130
//	note_test.go         x/mod/sumdb/note and transparency-dev/formats on notes and cosignatures
//	sigstore_test.go     sigstore-go rebuilds our leaf from an envelope and verifies it
//	sigstoreexport_test.go  sigstore-go, formats and x/mod on the files of docket receipt export
//	js_test.go           our own second verifier, in folder js: vectors, flipped bytes, command line
//	jsdiff_test.go       it and package proofs on receipts, statements, policies, notes altered at random
//	jslog_test.go        it and package proofs on every receipt of a real log
//	jsdiffpack_test.go   it and package proofs on evidence and packs altered at random
//	jscommands_test.go   it on what docket pack, docket monitor and docket audit wrote
//
// Run it with go test ./... in this folder. Package site is how a log comes on
// disk and on a loopback address; folder bench compares rates. README.md says
// what each third-party verifier checks and what it does not show.
package interop
