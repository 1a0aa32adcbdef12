package admission

import (
	"errors"
	"fmt"

	"github.com/docketlog/docket/proofs/statement"
)

// The refusal codes of these rules. Codes are stable: a code once given keeps
// its meaning. docs/spec/admission.md states each condition.
const (
	CodeForm       = "E101" // form, size, unknown key, or a kind that is not built
	CodeField      = "E102" // a field is missing or of the wrong type
	CodeOrigin     = "E103" // the statement is for another log
	CodeSignature  = "E104" // not exactly one valid signature
	CodeGenesis    = "E105" // governance that the policy does not allow
	CodeIssuer     = "E201" // the issuer is unknown, suspended, revoked or retired
	CodeKey        = "E202" // not the issuer's current key, or past its notAfter
	CodeKeyTaken   = "E203" // the key belongs, or belonged, to an identity
	CodeDuties     = "E204" // a registrar may not enroll this identity
	CodePossession = "E205" // a proof of possession is missing or wrong
	CodeScope      = "E206" // outside the issuer's verbs or namespaces
	CodeIdentity   = "E207" // the identity exists, is unknown, or cannot change so
	CodeRun        = "E301" // the run is unknown or closed, or one is demanded
	CodeRunTaken   = "E303" // the run id was used before
	CodeDetail     = "E304" // a workflow that works outside keeps its steps
	CodeWorkflow   = "E305" // not the current version of a workflow that is not retired
	CodeDuplicate  = "E306" // this statement digest was admitted already
	CodeRequest    = "E401" // the request is unknown
	CodeApart      = "E402" // who decides is who asks, acts or receives, or has the same owner
	CodeEligible   = "E403" // who decides may not, or not so
	CodeTime       = "E404" // a grant is for later, or too old
	CodeGrant      = "E405" // a grant is unknown, used up, or for something else
	CodeApproval   = "E406" // not enough grants, or of too few owners
	CodeDead       = "E407" // a grant is revoked, or who gave it is not active any more
	CodeVersion    = "E408" // not the next version, or not the current one
	CodeOverride   = "E409" // a grant sets a rule aside that it may not
	CodeBounds     = "E501" // outside what the request wants, or the workflow allows
	CodeAttempt    = "E502" // not the attempt, or the seq, that comes next
	CodeSealedOnly = "E601" // a sealed-only name in clear
	CodeSkew       = "E701" // the signer's clock is too far from the log's
)

// A Refusal says why a statement is not admitted: the rule that it breaks, the
// field concerned, and what would be accepted. A refused statement has no leaf
// and no effects.
type Refusal struct {
	Code    string   // stable, "E" and three digits
	Field   string   // JSON path in the statement, such as "predicate.version"; may be empty
	Reason  string   // one sentence: what is wrong, and what would be accepted
	Indices []uint64 // the entry that shows why: the newest of the register that decided; may be empty
}

// Error gives the refusal on one line.
func (r *Refusal) Error() string {
	if r.Field == "" {
		return r.Code + ": " + r.Reason
	}
	return r.Code + ": " + r.Field + ": " + r.Reason
}

// refuse makes a Refusal with a formatted reason.
func refuse(code, field, format string, args ...any) *Refusal {
	return &Refusal{Code: code, Field: field, Reason: fmt.Sprintf(format, args...)}
}

// at adds the indices that show why.
func (r *Refusal) at(indices ...uint64) *Refusal {
	r.Indices = append(r.Indices, indices...)
	return r
}

// asRefusal turns the error of a strict parser into a Refusal. Any other error
// is returned as it is: it says that the state could not be read.
func asRefusal(err error) error {
	var stateless *statement.Error
	if errors.As(err, &stateless) {
		return &Refusal{Code: stateless.Code, Field: stateless.Field, Reason: stateless.Reason}
	}
	return err
}
