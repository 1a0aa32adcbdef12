package pack

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

func formatUint(n uint64) string { return strconv.FormatUint(n, 10) }

// compromise says which signer was later reported compromised from before it signed:
// the newest state of its identity says so, whose history is here. It looks at what the
// subject rests on: its statements, and the grants and delegations that it spent; not
// at what merely stands in a history beside them, such as another run's release.
func (j *judgement) compromise() error {
	rests := j.pack.core()
	for _, n := range j.pack.names() {
		if h := j.pack.histories[n]; n.Type == register.TypeGrant && len(h.Events) > 0 {
			rests = append(rests, h.Events[0].Index)
		}
	}
	slices.Sort(rests)
	for _, i := range rests {
		issuer := j.pack.makers[i].Statement.Issuer
		h := j.pack.histories[Name{register.TypeIdentity, issuer}]
		if h == nil || len(h.Events) == 0 {
			continue // no receipt would verify
		}
		body, err := register.ParseIdentityBody(h.Events[len(h.Events)-1].Body)
		if err != nil {
			return err
		}
		if since := body.State.CompromisedSince; since != register.None && since <= uint64(j.times[i]) {
			return fmt.Errorf("the key of %s was reported compromised since %s, it signed entry %d at %s",
				issuer, statement.FormatTime(int64(since)), i, statement.FormatTime(j.times[i]))
		}
	}
	return nil
}

// checkCosigners: the quorum of the policy is satisfied, and demands something.
func (j *judgement) checkCosigners() error {
	none := j.verifier.Policy.Quorum == proofs.NoQuorum
	switch {
	case none && !j.expect.Dev:
		return errors.New("the verifier policy demands no cosigner (quorum none): only the log vouches for this")
	case !none && j.verdict.Level == proofs.LevelLog:
		return fmt.Errorf("fewer cosigners than the verifier policy asks: %s missing", strings.Join(j.base.Missing(), ", "))
	}
	return nil
}

func (j *judgement) cosigners() string {
	if j.verifier.Policy.Quorum == proofs.NoQuorum {
		return "none demanded"
	}
	return fmt.Sprintf("quorum %s: %s", j.verifier.Policy.Quorum, strings.Join(j.base.Present(), ", "))
}

// checkExpected: each document in question is one that was asked for, as in receipts.
// Where none is in question, none can be expected.
func (j *judgement) checkExpected() error {
	if len(j.verdict.Documents) == 0 {
		if j.expect.Document != "" {
			return fmt.Errorf("the pack is about %s, and releases no document %q", j.pack.Subject, j.expect.Document)
		}
		return nil
	}
	for _, v := range j.verdict.Documents {
		for _, c := range v.Checks {
			if c.Name == proofs.CheckExpected && !c.OK {
				return errors.New(c.Detail)
			}
		}
	}
	return nil
}

// milliseconds is the age, by the witnesses' clock, or by the log's where only the log
// speaks.
func (j *judgement) milliseconds() int64 {
	if j.verdict.WitnessTime != 0 {
		return j.expect.Now - j.verdict.WitnessTime
	}
	return j.expect.Now - j.verdict.SealTime
}

func (j *judgement) age() string {
	if j.expect.Now == 0 {
		return "not checked"
	}
	return fmt.Sprintf("%d s", max(0, j.milliseconds())/1000)
}

// checkAge: not older than the maximum, and not from the future.
func (j *judgement) checkAge() error {
	age := j.milliseconds()
	switch {
	case j.expect.Now == 0:
		return nil
	case age < -proofs.ClockSkew:
		return fmt.Errorf("it is dated %d s after the verifier's clock", -age/1000)
	case j.expect.MaxAge > 0 && age > j.expect.MaxAge:
		return fmt.Errorf("it is %d s old, at most %d s are allowed: ask for a newer pack", age/1000, j.expect.MaxAge/1000)
	}
	return nil
}
