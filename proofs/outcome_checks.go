package proofs

import (
	"errors"
	"fmt"
	"strings"

	"github.com/docketlog/docket/proofs/statement"
)

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
	case j.apart && !j.held.quorum.Satisfied:
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
