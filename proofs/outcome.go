package proofs

import (
	"errors"
	"fmt"
	"strings"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// invalid ends the judgement at the check that failed.
func (j *judgement) invalid() Verdict {
	j.verdict.Reason = j.checks.failed.Error()
	return j.final(Invalid, ExitInvalid)
}

// stop ends it at a contradiction or a failed check.
func (j *judgement) stop() Verdict {
	if c := j.verdict.Contradiction; c != nil {
		j.verdict.Reason = c.Reason
		return j.final(Contradicted, ExitContradicted)
	}
	return j.invalid()
}

func (j *judgement) unknown(format string, args ...any) Verdict {
	j.verdict.Reason = fmt.Sprintf(format, args...)
	return j.final(Unknown, ExitUnknown)
}

// conclude turns proven claims into a verdict. All checks from here qualify it:
// each of them is made, whatever the others say.
func (j *judgement) conclude() Verdict {
	v, l := &j.verdict, &j.checks
	if !l.note(CheckFile, j.expect.File.String(), checkFile(j.entry.statement.Subject, j.expect.File)) {
		return j.unknown("this receipt is for other bytes: %s", l.checks[len(l.checks)-1].Detail)
	}
	if j.entry.document == nil {
		return j.unknown("the receipt is for a %s: it is in the log, but says nothing about a document", j.entry.statement.Code)
	}
	kind := j.setInterval()
	intact := l.note(CheckCompromise, "not reported", j.checkCompromise())
	cosigned := l.note(CheckCosigners, j.describeCosigners(), j.checkCosigners())
	expected := l.note(CheckExpected, v.Document, checkExpected(v.Document, j.expect))
	fresh := l.note(CheckAge, j.describeAge(), j.checkAge())
	ended := kind != Authoritative
	if j.moment != nil {
		v.InForce = j.inForce()
		ended = v.InForce.Answer == No
	}
	exit := ExitAuthoritative
	switch {
	case j.moment != nil && v.InForce.Answer == NotKnown:
		v.Reason = j.unreached()
		return j.final(kind, ExitUnknown)
	case !intact:
		exit = ExitCompromised
	case !cosigned:
		exit = ExitCosigners
	case ended:
		exit = ExitEnded
	case !expected || !fresh:
		exit = ExitQualified
	}
	v.Reason = j.qualification(exit)
	return j.final(kind, exit)
}

// unreached says that the moment is later than all that the evidence speaks for.
func (j *judgement) unreached() string {
	if j.moment.Size != 0 {
		return fmt.Sprintf("this speaks for size %d, not for size %d: fetch a newer receipt or staple", j.verdict.Size, j.moment.Size)
	}
	return fmt.Sprintf("this speaks for the log's time %s, not for %s: fetch a newer receipt or staple",
		statement.FormatTime(j.verdict.SealTime), statement.FormatTime(j.moment.Time))
}

// setInterval notes both ends of the authority and returns what they mean.
func (j *judgement) setInterval() Kind {
	began, ended := j.authority.began, j.authority.ended
	j.verdict.From = &Bound{Index: began.Index, Time: int64(began.Time)}
	if ended == nil {
		return Authoritative
	}
	j.verdict.Until = &Bound{Index: ended.Index, Time: int64(ended.Time)}
	if ended.Kind == register.DocumentWithdraw {
		return Withdrawn
	}
	return WasAuthoritative
}

// qualification says why the exit code is not that of the kind: the checks stand
// in the order of their precedence.
func (j *judgement) qualification(exit int) string {
	if exit == ExitEnded {
		return "" // whatever else could be said of it
	}
	failed, _ := Verdict{Checks: j.checks.checks}.Failed()
	return failed.Detail
}

// checkFile compares digests. All zeros is the digest of no file that anybody has:
// it stands for a verifier that has none in hand.
func checkFile(subject, file statement.Digest) error {
	if file == (statement.Digest{}) {
		return errors.New("there is no file in hand")
	}
	if subject != file {
		return fmt.Errorf("the statement is about %s, the file in hand is %s", subject, file)
	}
	return nil
}

// checkCosigners: the quorum of the policy is satisfied, and demands something.
func (j *judgement) checkCosigners() error {
	switch {
	case j.verifier.Policy.Quorum == NoQuorum && !j.expect.Dev:
		return errNoQuorum
	case j.holds != nil && !j.holds.quorum.Satisfied:
		return errors.New("the tree that is proven to hold the entry has fewer cosigners than the verifier policy asks: use a newer receipt, not a staple")
	case !j.view.quorum.Satisfied:
		return fmt.Errorf("fewer cosigners than the verifier policy asks: %s missing", strings.Join(j.verdict.Missing(), ", "))
	}
	return nil
}

var errNoQuorum = errors.New("the verifier policy demands no cosigner (quorum none): only the log vouches for this")

func (j *judgement) describeCosigners() string {
	if j.verifier.Policy.Quorum == NoQuorum {
		return "none demanded"
	}
	return fmt.Sprintf("quorum %s: %s", j.verifier.Policy.Quorum, strings.Join(j.verdict.Present(), ", "))
}

// checkExpected: the document is the one asked for, or in an expected namespace.
func checkExpected(document string, expect Expect) error {
	if expect.Document != "" {
		if document != expect.Document {
			return fmt.Errorf("the receipt is for the document %q, %q was asked for", document, expect.Document)
		}
		return nil
	}
	namespaces := expect.Namespaces
	if len(namespaces) == 0 && expect.Dev {
		namespaces = []string{"*"}
	}
	if len(namespaces) == 0 {
		return fmt.Errorf("no document was asked for: name %q, if that is the one you expect", document)
	}
	for _, prefix := range namespaces {
		if statement.InPrefix(prefix, document) {
			return nil
		}
	}
	return fmt.Errorf("the document %q is in none of the expected namespaces %q", document, namespaces)
}

// age is now minus the quorum's time, or minus the log's where only the log speaks.
func (j *judgement) age() int64 {
	return ageAt(j.expect.Now, j.verdict.WitnessTime, j.verdict.SealTime)
}

func ageAt(now, witnessTime, sealTime int64) int64 {
	if witnessTime != 0 {
		return now - witnessTime
	}
	return now - sealTime
}

// checkAge: not older than the maximum, and not from the future. Cosignatures
// from the future do not count; the log's time is judged here.
func (j *judgement) checkAge() error { return checkAge(j.age(), j.expect) }

func checkAge(age int64, expect Expect) error {
	if expect.Now == 0 {
		return nil
	}
	if age < -ClockSkew {
		return fmt.Errorf("it is dated %d s after the verifier's clock", -age/1000)
	}
	if expect.MaxAge > 0 && age > expect.MaxAge {
		return fmt.Errorf("it is %d s old, at most %d s are allowed: fetch a newer receipt", age/1000, expect.MaxAge/1000)
	}
	return nil
}

func (j *judgement) describeAge() string { return describeAge(j.age(), j.expect) }

func describeAge(age int64, expect Expect) string {
	if expect.Now == 0 {
		return "not checked"
	}
	return fmt.Sprintf("%d s", max(0, age)/1000)
}

// final completes the verdict.
func (j *judgement) final(kind Kind, exit int) Verdict {
	v := j.verdict
	v.Kind, v.Exit, v.File, v.Checks = kind, exit, j.expect.File, j.checks.checks
	if kind != Invalid && kind != Contradicted { // else they are not proven, or not all
		v.Run, v.Approvals = j.run, j.approvals()
	}
	if v.WitnessTime != 0 && v.SealTime > v.WitnessTime+ClockSkew {
		v.Warnings = append(v.Warnings, "the log's clock was ahead of the witnesses': its times are doubtful")
	}
	if f := v.InForce; f != nil && f.Log != NotKnown && f.Log != f.Answer {
		v.Warnings = append(v.Warnings, "by the log's clock it would be otherwise: its times are doubtful")
	}
	v.NotChecked = append(j.notCheckedAt(), j.notChecked(kind)...)
	return v
}

// notCheckedAt lists what the answer for a moment leaves open.
func (j *judgement) notCheckedAt() (open []string) {
	f := j.verdict.InForce
	if f == nil {
		return nil
	}
	if f.Known == LogClock {
		open = append(open, "the moment by any clock but the log's: the cosignatures in hand prove neither yes nor no")
	}
	for _, g := range j.sightings {
		if g.size < j.verdict.Size {
			open = append(open, "that the smaller trees begin this one: so it is unless more cosigners lied than the policy tolerates")
			break
		}
	}
	if f.Answer == No {
		open = append(open, "whether another release of the same bytes was in force at that moment")
	}
	return open
}

// notChecked lists what the verdict leaves open.
func (j *judgement) notChecked(kind Kind) []string {
	if kind == Invalid || kind == Contradicted {
		return []string{"everything after the check that failed"}
	}
	var open []string
	if j.entry.statement != nil && j.entry.document == nil {
		open = append(open, "whether the signer's key had expired")
	}
	if j.entry.statement != nil && len(j.entry.statement.Spends) > len(j.approvers) {
		open = append(open, "the grants that it spends")
	}
	if kind == Authoritative {
		open = append(open, fmt.Sprintf("whether the log changed after size %d", j.verdict.Size))
		if j.expect.Now == 0 {
			open = append(open, "the age: no time was given")
		} else if j.expect.MaxAge == 0 {
			open = append(open, "the age: no maximum was given")
		}
	}
	if j.run != nil || len(j.approvers) > 0 {
		open = append(open, j.uncheckedApproval())
	}
	return append(open, j.verdict.Level.notChecked()...)
}

// notChecked lists what nobody vouches for at this level, and at any.
func (l Level) notChecked() (open []string) {
	switch l {
	case LevelLog:
		open = append(open, "that others see the same log: its word alone stands for tree and registers")
	case LevelWitnessed:
		open = append(open, "that the registers follow from the entries: no audit cosigner is demanded")
	}
	return append(open, "that no key was stolen, that the document id is the right one, that nothing was delayed or refused unlogged, that no second log exists")
}
