package client_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/statement"
)

// many is an honest answer to three statements, line by line.
func many(t *testing.T) (s *site, sent []statement.Envelope, lines []string) {
	t.Helper()
	s = newSite(t)
	var body bytes.Buffer
	for _, id := range []string{"contracts/1", "contracts/2", "contracts/3"} {
		e := s.release(id)
		sent = append(sent, e)
		body.Write(append(e.Marshal(), '\n'))
	}
	a := s.ask("POST", "/api/v1/statements", body.Bytes(), "application/x-ndjson")
	lines = strings.Split(strings.TrimSuffix(a.Body.String(), "\n"), "\n")
	if len(lines) != 3 {
		t.Fatal(a.Body)
	}
	return s, sent, lines
}

// Lines that are missing, too many, or in another order: nothing can be said about
// any statement.
func TestLinesThatDoNotFit(t *testing.T) {
	s, sent, l := many(t)
	problem := `{"line":1,"status":409,"problem":{"code":"E408","status":409,"detail":"no"}}`
	for name, lines := range map[string][]string{
		"missing": {l[0], l[2]}, "the last missing": {l[0], l[1]}, "one more": {l[0], l[1], l[2], l[2]}, "none": {}, "swapped": {l[1], l[0], l[2]},
		"twice": {l[0], l[0], l[2]}, "empty": {l[0], "", l[2]}, "no JSON": {l[0], "x", l[2]}, "an array": {l[0], "[]", l[2]}, "cut": {l[0], l[1], l[2][:100]},
		"neither": {l[0], `{"line":1,"status":201}`, l[2]}, "both": {l[0], strings.Replace(problem, `"problem"`, `"receipt":{},"problem"`, 1), l[2]},
		"a problem without code": {l[0], strings.Replace(problem, `"code":"E408",`, "", 1), l[2]},
		"a problem of success":   {l[0], strings.Replace(problem, `"status":409`, `"status":200`, 1), l[2]},
		"two lines in one":       {l[0], l[1] + l[2], l[2]},
	} {
		t.Run(name, func(t *testing.T) {
			s.answerTo("/api/v1/statements", []byte(strings.Join(lines, "\n")+"\n"))
			got, err := s.client().SubmitMany(ctx, sent)
			unusable(t, err, "")
			if got != nil {
				t.Error("results were handed out")
			}
		})
	}
}

// Receipts that changed places: each is refused where it stands, the others stay.
func TestReceiptsThatChangedPlaces(t *testing.T) {
	s, sent, l := many(t)
	receipt := func(i int) string { return l[i][strings.Index(l[i], `"receipt":`):] }
	crossed := []string{l[0], strings.Replace(l[1], receipt(1), receipt(2), 1), strings.Replace(l[2], receipt(2), receipt(1), 1)}
	s.answerTo("/api/v1/statements", []byte(strings.Join(crossed, "\n")+"\n"))
	got, err := s.client().SubmitMany(ctx, sent)
	if err != nil {
		t.Fatal(err)
	}
	if got[0].Err != nil || got[0].Receipt == nil {
		t.Errorf("%+v", got[0])
	}
	for _, g := range got[1:] {
		unusable(t, g.Err, "another statement")
		if g.Receipt != nil || g.Duplicate {
			t.Error("a receipt was handed out")
		}
	}
	// The same receipt for all: only its own statement takes it.
	same := []string{l[0], strings.Replace(l[1], receipt(1), receipt(0), 1), strings.Replace(l[2], receipt(2), receipt(0), 1)}
	s.answerTo("/api/v1/statements", []byte(strings.Join(same, "\n")))
	if got, err = s.client().SubmitMany(ctx, sent); err != nil || got[0].Err != nil || got[1].Err == nil || got[2].Err == nil {
		t.Errorf("%+v, %v", got, err)
	}
}

// A problem in a line is that statement's alone.
func TestProblemInALine(t *testing.T) {
	s, sent, l := many(t)
	l[1] = `{"line":1,"status":503,"problem":{"code":"busy","status":200,"detail":"later"}}`
	s.answerTo("/api/v1/statements", []byte(strings.Join(l, "\n")+"\n"))
	got, err := s.client().SubmitMany(ctx, sent)
	if err != nil {
		t.Fatal(err)
	}
	var refused *client.Refused
	if !errors.As(got[1].Err, &refused) || refused.Status != 503 || refused.Code != "busy" || got[1].Receipt != nil || got[0].Err != nil || got[2].Err != nil {
		t.Errorf("%+v", got)
	}
}
