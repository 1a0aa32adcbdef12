package log

import "github.com/docketlog/docket/proofs/statement"

// Statement is Envelope with the statement parsed. The caller changes neither: what
// was published lately is shared.
func (v *View) Statement(index uint64) (statement.Envelope, *statement.Statement, error) {
	return v.statement(index)
}
