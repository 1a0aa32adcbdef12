package statement

// The refusal codes of the stateless checks, in the order in which they are judged.
const (
	// CodeForm: the bytes are not one statement, envelope or leaf in its one form, or name something that
	// these rules do not build.
	CodeForm = "E101"
	// CodeSealedName: a name that may only be used in a sealed disclosure stands in clear.
	CodeSealedName = "E601"
	// CodeField: a mandatory field is missing, or a field has the wrong type or a value outside its set.
	CodeField = "E102"
	// CodeSignature: not exactly one valid signature of the one algorithm.
	CodeSignature = "E104"
)

// Error is the refusal of a statement, an envelope or a leaf by a check that needs nothing but the bytes.
type Error struct {
	Code   string // one of E101, E601, E102, E104
	Field  string // where, as a path like "predicate.external[0].digest"; empty for the whole
	Reason string // what is wrong and what would be accepted
}

// Error gives code, field and reason in one line of lower case.
func (e *Error) Error() string {
	if e.Field == "" {
		return e.Code + ": " + e.Reason
	}
	return e.Code + " " + e.Field + ": " + e.Reason
}

func formError(field, reason string) error {
	return &Error{Code: CodeForm, Field: field, Reason: reason}
}

func signatureError(field, reason string) error {
	return &Error{Code: CodeSignature, Field: field, Reason: reason}
}
