package proofs_test

import (
	"strings"
	"testing"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

func TestObservedCheckpoint(t *testing.T) {
	note := statement.Digest{1}
	cp := proofs.Checkpoint{Origin: "log.example", TreeHead: proofs.TreeHead{Size: 12, Root: proofs.Hash{2}}}
	of := func(change func(s *statement.Statement, a *statement.AttestObservation)) *statement.Statement {
		a := &statement.AttestObservation{Observed: proofs.ObserveCheckpoint(cp, note)}
		s := &statement.Statement{Subject: note, Body: a}
		if change != nil {
			change(s, a)
		}
		return s
	}
	if head, err := proofs.ObservedCheckpoint("log.example", of(nil)); err != nil || head != cp.TreeHead {
		t.Errorf("%+v, %v", head, err)
	}
	count := uint32(1)
	for name, c := range map[string]struct {
		change func(s *statement.Statement, a *statement.AttestObservation)
		want   string
	}{
		"another kind": {func(s *statement.Statement, _ *statement.AttestObservation) { s.Body = &statement.SetPolicy{} }, "no attest.observe"},
		"one more": {func(_ *statement.Statement, a *statement.AttestObservation) {
			a.Observed = append(a.Observed, a.Observed[0])
		}, "nothing else"},
		"about a statement": {func(_ *statement.Statement, a *statement.AttestObservation) { a.About = &note }, "nothing else"},
		"in a run":          {func(s *statement.Statement, _ *statement.AttestObservation) { s.Run = "R1" }, "nothing else"},
		"another log": {func(_ *statement.Statement, a *statement.AttestObservation) {
			a.Observed[0].Resource = "other.example:checkpoint:12"
		}, "want a checkpoint of log.example"},
		"another size": {func(_ *statement.Statement, a *statement.AttestObservation) {
			a.Observed[1].Resource = "log.example:root:13"
		}, "want a checkpoint of log.example"},
		"a size with a zero": {func(_ *statement.Statement, a *statement.AttestObservation) {
			a.Observed[0].Resource, a.Observed[1].Resource = "log.example:checkpoint:012", "log.example:root:012"
		}, "is no size"},
		"no root":          {func(_ *statement.Statement, a *statement.AttestObservation) { a.Observed[1].Digest = nil }, "want a checkpoint"},
		"a count":          {func(_ *statement.Statement, a *statement.AttestObservation) { a.Observed[1].Count = &count }, "in another form"},
		"another property": {func(_ *statement.Statement, a *statement.AttestObservation) { a.Observed[0].Property = "absent" }, "in another form"},
		"another subject":  {func(s *statement.Statement, _ *statement.AttestObservation) { s.Subject = statement.Digest{9} }, "in another form"},
	} {
		if head, err := proofs.ObservedCheckpoint("log.example", of(c.change)); err == nil || !strings.Contains(err.Error(), c.want) || head != (proofs.TreeHead{}) {
			t.Errorf("%s: %+v, %v", name, head, err)
		}
	}
}
