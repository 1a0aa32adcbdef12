package proofs

import (
	"fmt"
	"strings"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A ClaimName names what is claimed of a register. The names are stable.
type ClaimName string

// The claims that a staple alone answers.
const (
	ClaimNoDocument    ClaimName = "no such document" // the log had admitted no release of it
	ClaimNeverReleased ClaimName = "never released"   // no document with these bytes
)

// A Claim is what a verifier concludes from one register: Answer is Yes, No or, where
// the evidence does not speak of it, NotKnown. It speaks for the tree of AsOf.
type Claim struct {
	AsOf
	Name   ClaimName
	ID     string // of the register
	Answer Answer // NoVerdict: something is invalid
	Exit   int    // 0: yes, ExitEnded: no, ExitUnknown; ExitCosigners in place of 0 and 10, ExitQualified of 0; ExitInvalid
	Reason string // in one sentence; lower case

	Checks     []Check  // in their order; the last one failed if Exit is ExitInvalid
	NotChecked []string // what nobody may conclude from it
}

// DocumentAbsent judges whether a log had admitted no release of a document: by a
// staple of its register. Dev, Now and MaxAge of what is expected count.
func (v Verifier) DocumentAbsent(staple *Receipt, id string, expect Expect) Claim {
	c := claiming{verifier: v, expect: expect, claim: Claim{Name: ClaimNoDocument, ID: id}}
	return c.judge(staple, register.TypeDocument, func(h *history) (Answer, string) {
		if h.proof.Value == nil {
			return Yes, fmt.Sprintf("this log had admitted no release of %s, as of size %d", id, c.claim.Size)
		}
		return No, fmt.Sprintf("%s has a history of %d events, as of size %d", id, h.proof.Value.Size, c.claim.Size)
	})
}

// NeverReleased judges whether a log had released no document with these bytes: by a
// staple of the digest's register. A digest that is only that of a key was never
// released. Dev, Now and MaxAge of what is expected count.
func (v Verifier) NeverReleased(staple *Receipt, digest statement.Digest, expect Expect) Claim {
	c := claiming{verifier: v, expect: expect, claim: Claim{Name: ClaimNeverReleased, ID: digest.String()}}
	return c.judge(staple, register.TypeDigest, func(h *history) (Answer, string) {
		n := c.claim.Size
		if h.proof.Value == nil {
			return Yes, fmt.Sprintf("this log had released no document with these bytes, as of size %d", n)
		}
		if h.proof.State == nil {
			return NotKnown, "the digest has a register, whose state is not shown"
		}
		state, err := register.ParseDigestState(h.proof.State.State)
		switch {
		case err != nil:
			return NotKnown, err.Error()
		case state.Releases == 0:
			return Yes, fmt.Sprintf("this log had released no document with these bytes, as of size %d: they are the key of an identity", n)
		}
		return No, fmt.Sprintf("this log had released documents with these bytes, %d times as of size %d", state.Releases, n)
	})
}

// claiming gathers what is known until the claim is final.
type claiming struct {
	verifier Verifier
	expect   Expect
	checks   checkList
	claim    Claim
}

// judge verifies the register of the claim, and lets decide what it says.
func (c *claiming) judge(staple *Receipt, t register.Type, decide func(h *history) (Answer, string)) Claim {
	if staple == nil {
		staple = &Receipt{}
	}
	j, l := judgement{expect: c.expect}, &c.checks
	w, ok := c.verifier.openView(l, staple, j.latest())
	l.run(CheckRules, func() (string, error) { return w.seal.Rules, checkRules(w.seal.Rules) })
	if !ok || l.failed != nil {
		return c.final(NoVerdict, ExitInvalid, l.failed.Error())
	}
	c.claim.AsOf = c.verifier.asOf(w)
	if !shows(staple, t, c.claim.ID) {
		return c.final(NotKnown, ExitUnknown, fmt.Sprintf("the staple is of %s, it does not show the register of %v %q", describeRegisters(staple), t, c.claim.ID))
	}
	var h *history
	l.run(CheckRegister, func() (_ string, err error) {
		if h, err = findRegister(staple.Registers, t, c.claim.ID, w.seal); err != nil {
			return "", err
		}
		return h.String(), h.check()
	})
	if l.failed != nil {
		return c.final(NoVerdict, ExitInvalid, l.failed.Error())
	}
	return c.conclude(decide(h))
}

// conclude qualifies the answer.
func (c *claiming) conclude(answer Answer, reason string) Claim {
	qualified := c.verifier.qualify(&c.checks, c.claim.AsOf, c.expect)
	exit := map[Answer]int{Yes: 0, No: ExitEnded, NotKnown: ExitUnknown}[answer]
	switch {
	case answer == NotKnown:
	case qualified == ExitCosigners, qualified != 0 && answer == Yes:
		exit, reason = qualified, reason+"; but "+c.checks.firstBad()
	}
	return c.final(answer, exit, reason)
}

func (c *claiming) final(answer Answer, exit int, reason string) Claim {
	out := c.claim
	out.Answer, out.Exit, out.Reason, out.Checks = answer, exit, reason, c.checks.checks
	out.NotChecked = []string{"everything after the check that failed"}
	if exit != ExitInvalid {
		out.NotChecked = c.open()
	}
	return out
}

// open lists what the claim leaves open.
func (c *claiming) open() []string {
	open := c.claim.AsOf.NotChecked()
	switch {
	case c.expect.Now == 0:
		open = append([]string{"the age: no time was given"}, open...)
	case c.expect.MaxAge == 0:
		open = append([]string{"the age: no maximum was given"}, open...)
	}
	if c.claim.Name == ClaimNeverReleased {
		open = append([]string{"whether other bytes with the same content, or a set of files with these among them, were released"}, open...)
	}
	return open
}

// shows says whether a staple has the register.
func shows(staple *Receipt, t register.Type, id string) bool {
	for _, p := range staple.Registers {
		if p.Type == t && p.ID == id {
			return true
		}
	}
	return false
}

func describeRegisters(staple *Receipt) string {
	var names []string
	for _, p := range staple.Registers {
		names = append(names, fmt.Sprintf("%v %q", p.Type, p.ID))
	}
	if len(names) == 0 {
		return "no register"
	}
	return strings.Join(names, ", ")
}
