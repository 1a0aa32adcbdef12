// Package deeds is a dishonest operator: one deed per test, from end to end. The log is
// a real one, on disk, under its true key; what it shows goes over HTTP; whoever looks
// at it is the real client, monitor, witness and audit cosigner. Evidence goes to
// another process, docket verify-evidence, with pins alone.
//
// For each deed the party that must notice does, and each trust level that cannot is
// shown not to. The table is in docs/threat-model.md; a test holds it to the tests that
// it names, here and elsewhere.
//
//	harness_test.go     the operator: honest, forging, forking
//	javascript_test.go  evidence before the verifier in JavaScript, if Node.js is there
//	pose_test.go        trees that are shown, and that no log of docket would open
//	parties_test.go     who looks at its log: witness, audit cosigner, monitor
//	program_test.go     docket as another process: verdicts at each trust level, evidence
//	deed_*_test.go      the deeds
//	process_test.go     two of them before the monitor of the command line
//	agree_test.go       receipts under one checkpoint
//	table_test.go       the table
package deeds
