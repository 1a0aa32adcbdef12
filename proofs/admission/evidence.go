package admission

import (
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// Evidence reports a fact. It is refused when it is not authentic, and never
// because of what it says: a log that refuses to write misbehaviour down
// destroys what an auditor comes for. It needs no verb, and writes to the activity
// of its issuer and to the run that it names. Two kinds have a signer of their own, since
// others act on their word.

// refusal judges finding.refuse: E206. The log alone says what it refused.
func refusal(policy *statement.Policy, by *issuer) error {
	if by.id == policy.Log.ID {
		return nil
	}
	return refuse(CodeScope, "predicate.issuer", "only the identity of the log, %q, puts refusals on record", policy.Log.ID).at(by.last)
}

// judgement judges finding.ack and finding.close: E206. A program does not
// answer what a monitor asks of people.
func judgement(by *issuer) error {
	if by.state.Class == register.ClassHuman {
		return nil
	}
	return refuse(CodeScope, "predicate.issuer", "only a human answers a finding; identity %q is none", by.id).at(by.last)
}
