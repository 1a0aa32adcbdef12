// Package scenario plays a story: a text of acts on a log, each with the time at
// which it happens, who does it, and what must come of it. The story of this
// package, story.txt, is what docket demo --full plays and what go test accepts.
//
// A story is played for real: a log in a folder with its store, its anchor and its
// keys, an HTTP server on the loopback, and the client that verifies each receipt.
// Only the clock is the story's own. Nothing in a story may be left unsaid: an
// unknown word is an error, an expectation that nobody looked at is one, and so is
// an alert that no line expects.
//
// docs/scenario.md explains the words.
package scenario

import _ "embed"

//go:embed story.txt
var text string

// Text returns the story of this package.
func Text() string { return text }
