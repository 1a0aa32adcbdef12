package pack

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// The checks, in the order in which Verify makes them. The first of the upper part
// that fails ends it: exit code 40. Those from CheckView on qualify the verdict.
const (
	CheckContainer  proofs.CheckName = "container"      // a zip file in its one form
	CheckManifest   proofs.CheckName = "manifest"       // a known format; every file is listed, with its SHA-256, and nothing else is there
	CheckParts      proofs.CheckName = "parts"          // each file in its one form, under its own name
	CheckCheckpoint proofs.CheckName = "one checkpoint" // all proofs lead to it
	CheckLog        proofs.CheckName = "log"            // it is of a log of the verifier's policy, with the pinned genesis
	CheckReceipts   proofs.CheckName = "receipts"       // each verifies
	CheckHistories  proofs.CheckName = "histories"      // each is all of its register
	CheckStatements proofs.CheckName = "statements"     // each made the events that name it
	CheckComplete   proofs.CheckName = "complete"       // all that the subject demands is there, and nothing else
	CheckReport     proofs.CheckName = "report"         // report, manifest and SPEC.txt follow from the rest
	CheckView       proofs.CheckName = "one history"    // the verifier saw no other tree of this size
)

// Expect is what a verifier expects of a pack.
type Expect struct {
	Document   string   // that it is about, or released in its run; empty: one of Namespaces
	Namespaces []string // prefixes of ids
	Dev        bool     // as in proofs.Expect
	Now        int64    // the verifier's clock, Unix milliseconds; 0: the age is not checked
	MaxAge     int64    // in milliseconds; 0: none
	Seen       [][]byte // signed notes of the log that the verifier saw before
}

// Verify judges a pack. It needs nothing but its arguments, and believes nothing in the
// pack: neither its policy nor its report. The same arguments give the same verdict
// for ever.
func Verify(v proofs.Verifier, b []byte, expect Expect) Verdict {
	j := &judgement{verifier: v, expect: expect}
	for _, step := range []struct {
		name proofs.CheckName
		run  func() (string, error)
	}{
		{CheckContainer, func() (string, error) {
			err := j.open(b)
			return fmt.Sprintf("%d files, %d bytes", len(j.files), len(b)), err
		}},
		{CheckManifest, func() (string, error) { return "every file as listed", j.manifest() }},
		{CheckParts, func() (string, error) { return "each in its one form", j.parts() }},
		{CheckCheckpoint, func() (string, error) { return "all proofs lead to it", j.oneCheckpoint() }},
		{CheckLog, j.log},
		{CheckReceipts, j.receipts},
		{CheckHistories, j.histories},
		{CheckStatements, j.statements},
		{CheckComplete, j.complete},
		{CheckReport, func() (string, error) { return "as it follows from the rest", j.same(b) }},
	} {
		if detail, err := step.run(); !j.check(step.name, detail, err) {
			return j.invalid()
		}
	}
	return j.conclude()
}

// A judgement gathers what is known until the verdict is final.
type judgement struct {
	reader
	verifier proofs.Verifier
	expect   Expect
	verdict  Verdict

	base  proofs.Verdict            // of the subject's staple: what the pack speaks for
	each  map[uint64]proofs.Verdict // of the receipts
	run   *proofs.RunRecord         // of a pack about a run
	times map[uint64]int64          // of entries, by the log's clock
}

func (j *judgement) check(name proofs.CheckName, detail string, err error) bool {
	if err != nil {
		detail = err.Error()
	}
	j.verdict.Checks = append(j.verdict.Checks, proofs.Check{Name: name, OK: err == nil, Detail: detail})
	return err == nil
}

// failure is the check of a verdict that failed.
func failure(v proofs.Verdict) error {
	failed, _ := v.Failed()
	return fmt.Errorf("%s: %s", failed.Name, failed.Detail)
}

// log verifies the checkpoint, with seal and genesis, by the verifier's own pins.
func (j *judgement) log() (string, error) {
	j.base = j.verifier.Verify(j.pack.histories[j.pack.Subject].Staple, proofs.Expect{Now: j.expect.Now})
	if j.base.Kind == proofs.Invalid {
		return "", failure(j.base)
	}
	j.verdict.speakFor(j.base)
	return fmt.Sprintf("%s, size %d", j.base.Origin, j.base.Size), nil
}

// receipts verifies each receipt as if it were alone.
func (j *judgement) receipts() (string, error) {
	j.each = make(map[uint64]proofs.Verdict)
	for _, i := range j.pack.entries() {
		r := j.pack.receipts[i]
		v := j.verifier.Verify(r, proofs.Expect{
			File: j.pack.makers[i].Statement.Subject, Document: j.expect.Document, Namespaces: j.expect.Namespaces,
			Dev: j.expect.Dev, Now: j.expect.Now, MaxAge: j.expect.MaxAge,
		})
		if v.Kind == proofs.Invalid {
			return "", fmt.Errorf("the receipt of entry %d: %w", i, failure(v))
		}
		j.each[i] = v
	}
	return fmt.Sprintf("%d", len(j.each)), nil
}

// histories proves each register to be there with all its events, or to be absent.
func (j *judgement) histories() (string, error) {
	j.times = make(map[uint64]int64)
	for _, n := range j.pack.names() {
		h := j.pack.histories[n]
		if err := j.history(h); err != nil {
			return "", fmt.Errorf("the register of %s: %w", n, err)
		}
		if err := j.addTimes(h.Events); err != nil {
			return "", err
		}
	}
	if err := j.checkTimes(); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d, each complete", len(j.pack.histories)), nil
}

// addTimes notes the times of entries, of which each has one, whatever register shows it.
func (j *judgement) addTimes(events []proofs.OpenedEvent) error {
	for _, e := range events {
		if t, ok := j.times[e.Index]; ok && t != int64(e.Time) {
			return fmt.Errorf("entry %d has two times, %s and %s", e.Index, statement.FormatTime(t), statement.FormatTime(int64(e.Time)))
		}
		j.times[e.Index] = int64(e.Time)
	}
	return nil
}

// checkTimes: the log's clock never falls from one entry to a later one.
func (j *judgement) checkTimes() error {
	var last uint64
	for _, i := range slices.Sorted(maps.Keys(j.times)) {
		if j.times[i] < j.times[last] {
			return fmt.Errorf("time falls from entry %d to entry %d", last, i)
		}
		last = i
	}
	return nil
}

func (j *judgement) history(h *History) error {
	switch h.Type {
	case register.TypeRun:
		record, err := j.verifier.RunComplete(h.Staple, h.ID, h.Events)
		if err == nil && h.Name == j.pack.Subject {
			j.run = &record
		}
		return err
	case register.TypeGrant:
		digest, err := statement.ParseDigest(h.ID)
		if err != nil {
			return err
		}
		_, err = j.verifier.GrantSpent(h.Staple, digest, h.Events)
		return err
	}
	_, err := j.verifier.FullHistory(h.Staple, h.Type, h.ID, h.Events)
	return err
}

// statements holds each event against the statement that made it. One that is missing
// is a matter of the next check.
func (j *judgement) statements() (string, error) {
	made := 0
	for _, n := range j.pack.names() {
		for _, e := range j.pack.histories[n].Events {
			m, ok := j.pack.makers[e.Index]
			if !ok {
				continue
			}
			if err := proofs.CheckMade(n.Type, n.ID, e, m); err != nil {
				return "", fmt.Errorf("event %d of %s is not what entry %d made: %w", e.Seq, n, e.Index, err)
			}
			made++
		}
	}
	return fmt.Sprintf("%d, which made %d events", len(j.pack.receipts), made), nil
}

func (j *judgement) complete() (string, error) {
	missing, surplus := j.pack.Needs()
	switch {
	case !missing.None():
		return "", fmt.Errorf("%s is missing, which a pack about %s demands", missing, j.pack.Subject)
	case !surplus.None():
		return "", fmt.Errorf("%s is no part of a pack about %s", surplus, j.pack.Subject)
	}
	return fmt.Sprintf("%d statements, %d registers", len(j.pack.receipts), len(j.pack.histories)), nil
}

// contradicted looks for a signed note of the same size with another root.
func (j *judgement) contradicted() error {
	mine, _, err := proofs.OpenCheckpoint(j.note, j.verifier.Policy.LogKeys())
	if err != nil {
		return nil // it was verified before: cannot be
	}
	for _, note := range j.expect.Seen {
		seen, _, err := proofs.OpenCheckpoint(note, j.verifier.Policy.LogKeys())
		if err == nil && seen.Origin == mine.Origin && seen.Size == mine.Size && !bytes.Equal(seen.Root[:], mine.Root[:]) {
			j.verdict.Notes = [][]byte{bytes.Clone(note), bytes.Clone(j.note)}
			return fmt.Errorf("the log signed two trees of size %d: root %x in the pack, and %x", mine.Size, mine.Root, seen.Root)
		}
	}
	return nil
}
