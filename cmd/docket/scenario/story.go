package scenario

import (
	"fmt"
	"strings"
	"time"
)

// A Story is a cast and what it does, in the order of time.
type Story struct {
	Origin    string
	Witnesses []string // their names in the verifier policy
	Quorum    int      // how many of them must cosign
	Monitor   string   // identity that files alerts
	Lines     []Line

	cast map[string]declaration // by kind and name, such as "identity svc/idm"
}

// A declaration is somebody or something that acts name: an identity, a workflow,
// a policy.
type declaration struct {
	kind, name string
	args       args
}

// A Line is one act and what must come of it.
type Line struct {
	Number int    // of its first line in the text
	Row    string // label, such as 17 or 17b
	Time   time.Time
	Signer string // identity id, or who else acts
	Act    string // the act and its words, on one line
	Expect Expectation

	verb  string
	words []string
	args  args
}

// An Expectation is what must come of an act: nothing less, and no alert more.
type Expectation struct {
	Outcome string   // OK, same, an E-code, a verdict, or a state in words
	Details []string // name=value, or a single value such as a field or a level
	Alerts  []string // such as "AL-05 high", sorted
}

// String gives an expectation as a story writes it.
func (e Expectation) String() string {
	parts := append([]string{strings.Join(append([]string{e.Outcome}, e.Details...), " ")}, e.Alerts...)
	return strings.Join(parts, "; ")
}

// Checks is how many things an expectation demands.
func (e Expectation) Checks() int { return 1 + len(e.Details) + len(e.Alerts) }

// A TextError says which line of a story is no good, and why.
type TextError struct {
	Number int
	Reason string
}

func (e *TextError) Error() string { return fmt.Sprintf("line %d: %s", e.Number, e.Reason) }

// declared finds a declaration.
func (s *Story) declared(kind, name string) (declaration, bool) {
	d, ok := s.cast[kind+" "+name]
	return d, ok
}
