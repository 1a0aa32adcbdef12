// Package deeds is a dishonest operator: one deed per test, from end to end. The log is
// a real one, on disk, under its true key; what it shows goes over HTTP; whoever looks
// at it is the real client, monitor, witness and audit cosigner. Evidence goes to
// another process, docket verify-evidence, with pins alone.
//
// For each deed the party that must notice does, and each trust level that cannot is
// shown not to. The table is in docs/threat-model.md; a test holds it to the tests that
// it names, here and elsewhere.
//
//	harness_test.go     the operator: honest, forging, posing, forking
//	parties_test.go     who looks at its log, and the third program
//	deed_*_test.go      the deeds
//	table_test.go       the table
package deeds
