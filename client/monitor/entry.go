package monitor

import "github.com/docketlog/docket/proofs/statement"

// An Entry is a statement as it stands in the log.
type Entry struct {
	Index     uint64
	Time      int64 // of the seal that covers it, unix milliseconds
	Statement *statement.Statement
	Digest    statement.Digest // of the statement
	Key       statement.Digest // SHA-256 of the key in the leaf, SubjectPublicKeyInfo in DER

	// Refused is what a finding.refuse refused, if the quarantine has it. It was
	// not admitted: nothing in it is more than a claim under its issuer's key.
	Refused *statement.Statement
}

// Severities, from the least.
const (
	Info = "info"
	Low  = "low"
	Med  = "med"
	High = "high"
	Crit = "crit"
)

// RuleVersion is the version of all rules as docs/spec/alerts.md states them.
const RuleVersion = 1

// MaxEvidence is the most statements that one alert names.
const MaxEvidence = 64

// An Alert says that a rule fired.
type Alert struct {
	Rule      string             // such as "AL-05"
	Condition string             // which of the rule's conditions, a word of docs/spec/alerts.md
	Version   uint32             // of the rule
	Severity  string             // info, low, med, high or crit
	Evidence  []statement.Digest // statements, 1 to 64; the first one names the alert
	First     uint64             // entry index of the first evidence
	Occurred  int64              // by the log's clock, unix milliseconds
	Detected  int64              // by the clock of whoever runs the detector, unix milliseconds
	Dedup     string             // the same for alerts that tell the same
	Run       string             // or empty
	Identity  string             // whose doing it is, or empty
	Detail    string             // of a watch over checkpoints: sizes, times, a file; else empty
}

// Text says in one sentence what the condition is. It holds nothing of a statement.
func (a Alert) Text() string {
	if text := conditions[a.Rule+"/"+a.Condition]; text != "" {
		return text
	}
	return ofCheckpoints[a.Rule+"/"+a.Condition]
}

// Finding is the alert as a finding.alert states it.
func (a Alert) Finding() statement.Statement {
	return statement.Statement{
		Subject: a.Evidence[0], Run: a.Run,
		Body: &statement.AlertFinding{
			Rule: a.Rule, RuleVersion: a.Version, Evidence: a.Evidence, Occurred: a.Occurred, Detected: a.Detected,
			Severity: a.Severity, Dedup: a.Dedup,
		},
	}
}
