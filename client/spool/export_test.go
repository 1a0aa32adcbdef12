package spool

import "testing"

// Line is a line of the file of records that says what became of a statement.
func Line(t *testing.T, emitter string, number uint64, became string) string {
	t.Helper()
	b, err := (&line{Emitter: emitter, Number: number, Became: became}).format()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
