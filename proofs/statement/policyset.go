package statement

import "crypto/sha256"

// SetPolicy (policy.set) puts a policy document into force. The subject is SHA-256(Text).
type SetPolicy struct {
	Text string // the policy document, byte for byte; see [ParsePolicy]
}

func (*SetPolicy) code() Code { return PolicySet }

// Policy parses the text.
func (p *SetPolicy) Policy() (*Policy, error) { return ParsePolicy([]byte(p.Text)) }

// readSetPolicy also judges the policy document: the errors are those of ParsePolicy, their paths under predicate.text.
func readSetPolicy(f *fields, p ref, subject Digest) Body {
	body := &SetPolicy{Text: f.judgedText(p, "text", "the text of a policy document", func(text []byte) error {
		_, err := ParsePolicy(text)
		return err
	})}
	f.subjectIs(subject, sha256.Sum256([]byte(body.Text)), "the SHA-256 of predicate.text")
	return body
}

func (p *SetPolicy) appendMember(b []byte, name string) []byte {
	if name == "text" {
		return appendText(b, name, p.Text)
	}
	return b
}
