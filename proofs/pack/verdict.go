package pack

import (
	"fmt"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// Verified is the verdict on a pack that is whole, where no document is in question.
const Verified proofs.Kind = "VERIFIED"

// A Verdict is what Verify concludes. Times are Unix milliseconds; 0 stands for none.
type Verdict struct {
	// Kind is that of the document, or of the newest release of the run; Verified for
	// other packs. Unknown: proven that the log has no such run, document or identity.
	Kind   proofs.Kind
	Exit   int    // as of receipts: 0, 10, 11, 12, 13, 20, 30 or 40
	Reason string // why this kind, or why an exit code other than that of the kind; lower case

	Subject    Name
	Documents  []proofs.Verdict // of the document's newest release, or of each release of the run
	Run        *proofs.RunRecord
	Statements int
	Registers  int

	// What the verdict speaks for.
	Origin      string
	Size        uint64
	SealTime    int64 // the log's clock
	WitnessTime int64 // the witnesses' clock; 0: no quorum
	Level       proofs.Level
	Cosigners   []proofs.Cosigner
	Tolerates   int

	Checks     []proofs.Check
	NotChecked []string
	Warnings   []string
	Notes      [][]byte // of a Contradicted verdict: two signed notes that exclude each other
}

func (v *Verdict) speakFor(base proofs.Verdict) {
	v.Origin, v.Size, v.SealTime, v.WitnessTime = base.Origin, base.Size, base.SealTime, base.WitnessTime
	v.Level, v.Cosigners, v.Tolerates, v.Warnings = base.Level, base.Cosigners, base.Tolerates, base.Warnings
}

// Failed returns the first check that did not pass.
func (v Verdict) Failed() (proofs.Check, bool) { return proofs.Verdict{Checks: v.Checks}.Failed() }

func (j *judgement) invalid() Verdict {
	failed, _ := j.verdict.Failed()
	j.verdict.Reason = string(failed.Name) + ": " + failed.Detail
	return j.final(proofs.Invalid, proofs.ExitInvalid)
}

// final completes the verdict. What does not verify speaks of nothing.
func (j *judgement) final(kind proofs.Kind, exit int) Verdict {
	v := j.verdict
	v.Kind, v.Exit = kind, exit
	if j.pack != nil {
		v.Subject = j.pack.Subject
	}
	if kind == proofs.Invalid {
		v.NotChecked = []string{"what comes after the check that failed"}
		return v
	}
	v.Run, v.Statements, v.Registers = j.run, len(j.pack.receipts), len(j.pack.histories)
	v.NotChecked = j.notChecked()
	return v
}

func (j *judgement) notChecked() []string {
	out := []string{"whether the log changed after size " + formatUint(j.verdict.Size)}
	if j.expect.Now == 0 {
		out = append(out, "the age of the checkpoint: there was no clock")
	}
	if j.verdict.Level != proofs.LevelAudited {
		out = append(out, "that the log admitted all this by its rules: only a replay of the log, or audit cosigners, vouch for that")
	}
	return append(out,
		"that a statement is true, that no key was stolen, that the subject is the right one in the world",
		"that nothing was delayed or refused without being logged, and that no second log exists",
		"what others said without naming the run: it is no part of a pack",
		"the files themselves: their digests stand in the statements, compare them with docket verify FILE",
		"anything by untrusted/policy, the policy of the maker of the pack")
}

// conclude turns proven claims into a verdict: all checks from here qualify it.
func (j *judgement) conclude() Verdict {
	if err := j.contradicted(); !j.check(CheckView, "no other tree of this size was seen", err) {
		j.verdict.Reason = err.Error()
		return j.final(proofs.Contradicted, proofs.ExitContradicted)
	}
	subject := j.pack.histories[j.pack.Subject]
	if len(subject.Events) == 0 {
		j.verdict.Reason = "proven that the log had no " + j.pack.Subject.String() + " as of size " + formatUint(j.verdict.Size)
		return j.final(proofs.Unknown, proofs.ExitUnknown)
	}
	kind := j.documents()
	if kind == proofs.Unknown {
		return j.final(proofs.Unknown, proofs.ExitUnknown)
	}
	intact := j.check(proofs.CheckCompromise, "no signer was reported compromised from before a statement", j.compromise())
	cosigned := j.check(proofs.CheckCosigners, j.cosigners(), j.checkCosigners())
	expected := j.check(proofs.CheckExpected, j.pack.Subject.String(), j.checkExpected())
	fresh := j.check(proofs.CheckAge, j.age(), j.checkAge())
	exit := proofs.ExitAuthoritative
	switch {
	case !intact:
		exit = proofs.ExitCompromised
	case !cosigned:
		exit = proofs.ExitCosigners
	case kind == proofs.WasAuthoritative || kind == proofs.Withdrawn:
		exit = proofs.ExitEnded
	case !expected || !fresh:
		exit = proofs.ExitQualified
	}
	if exit != proofs.ExitEnded {
		failed, _ := j.verdict.Failed() // the checks stand in the order of their precedence
		j.verdict.Reason = failed.Detail
	}
	return j.final(kind, exit)
}

// documents gathers the verdicts on what is in question, and returns the kind: that of
// the newest release, or Unknown if one of them is of no file.
func (j *judgement) documents() proofs.Kind {
	kind := Verified
	if j.pack.Subject.Type == register.TypeIdentity {
		return kind
	}
	for _, i := range j.pack.made(j.pack.Subject) {
		if j.pack.makers[i].Statement.Code != statement.DocumentRelease {
			continue
		}
		if j.pack.Subject.Type == register.TypeDocument {
			j.verdict.Documents = nil // the newest alone
		}
		j.verdict.Documents = append(j.verdict.Documents, j.each[i])
		kind = j.each[i].Kind
	}
	for _, d := range j.verdict.Documents {
		if d.Kind == proofs.Unknown {
			j.verdict.Reason = fmt.Sprintf("version %d of %s is of no file: its digest is %s", d.Version, d.Document, d.Digest)
			return proofs.Unknown
		}
	}
	return kind
}
