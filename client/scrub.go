package client

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/docketlog/docket/proofs"
)

// A server knows the token, and may repeat it in whatever it answers. What follows
// takes it out of all words that go into an error.

// unusable is an ErrAnswer that says why.
func (c *Client) unusable(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrAnswer, c.scrub(fmt.Sprintf(format, args...)))
}

// scrub takes the token out of a text, quoted or not.
func (c *Client) scrub(text string) string {
	if c.Token == "" {
		return text
	}
	quoted := strconv.Quote(c.Token)
	return strings.NewReplacer(c.Token, "[token]", quoted[1:len(quoted)-1], "[token]").Replace(text)
}

// scrubbed is a refusal without the token.
func (c *Client) scrubbed(p *Refused) *Refused {
	p.Code, p.Field, p.Detail = c.scrub(p.Code), c.scrub(p.Field), c.scrub(p.Detail)
	return p
}

// scrubbedVerdict is the verdict about an answer without the token.
func (c *Client) scrubbedVerdict(v proofs.Verdict) proofs.Verdict {
	v.Reason = c.scrub(v.Reason)
	v.Checks = slices.Clone(v.Checks)
	for i := range v.Checks {
		v.Checks[i].Detail = c.scrub(v.Checks[i].Detail)
	}
	return v
}
