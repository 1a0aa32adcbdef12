package proofs

import (
	"fmt"
	"strings"
)

// claimJSON is the JSON form of a claim. Names are stable: members are added, never
// renamed.
type claimJSON struct {
	Claim  ClaimName `json:"claim"`
	ID     string    `json:"id"`
	Answer Answer    `json:"answer,omitempty"`
	Exit   int       `json:"exit"`
	Reason string    `json:"reason"`
	asOfJSON
	Checks     []checkJSON `json:"checks"`
	NotChecked []string    `json:"notChecked"`
}

// MarshalJSON returns the claim for programs.
func (c Claim) MarshalJSON() ([]byte, error) {
	out := claimJSON{
		Claim: c.Name, ID: c.ID, Answer: c.Answer, Exit: c.Exit, Reason: c.Reason, asOfJSON: c.AsOf.wire(),
		Checks: make([]checkJSON, 0, len(c.Checks)), NotChecked: append([]string{}, c.NotChecked...),
	}
	for _, check := range c.Checks {
		out.Checks = append(out.Checks, checkJSON(check))
	}
	return marshalJSON(out, "  "), nil
}

// String returns the claim for people: one plain sentence, what it rests on, and
// what was not checked. Of the checks those are listed that failed.
func (c Claim) String() string { return c.text(false) }

// Full is String with every check.
func (c Claim) Full() string { return c.text(true) }

func (c Claim) text(all bool) string {
	word := map[Answer]string{Yes: "PROVEN", No: "NOT SO", NotKnown: "UNKNOWN", NoVerdict: "INVALID"}[c.Answer]
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s: %s.\n  %-10s %d\n  %-10s %s\n", word, c.Name, c.Reason, "exit code", c.Exit, "register", c.ID)
	c.AsOf.write(&b)
	v := Verdict{Checks: c.Checks}
	v.writeChecks(&b, all)
	for i, s := range c.NotChecked {
		if i == 0 {
			b.WriteString("not checked:\n")
		}
		fmt.Fprintf(&b, "  %s\n", s)
	}
	return b.String()
}
