// Package vectors holds the test vectors of docket's formats, for verifiers in any
// language: files of lines, one JSON object each. README.md says what each file
// tests and what a verifier does with a line.
package vectors

import "embed"

// Files are the files *.jsonl, by name.
//
//go:embed *.jsonl
var Files embed.FS
