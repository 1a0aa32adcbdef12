package statement

// RefuseFinding (finding.refuse) puts a refusal on record; the log signs it. The subject is Submission.
type RefuseFinding struct {
	RefusalCode string // of admission, the member "code": one of E2xx to E6xx
	Submission  Digest // statement digest of what was refused
	Submitter   string // identity that submitted it
}

// AlertFinding (finding.alert) says that a rule of a monitor fired. The subject is the first statement of the evidence, or
// what the alert is about if there is none.
type AlertFinding struct {
	Rule        string   // such as "AL-05"
	RuleVersion uint32   // from 1
	Evidence    []Digest // statement digests, at most 64
	Occurred    int64    // unix milliseconds
	Detected    int64    // unix milliseconds
	Severity    string   // info, low, med, high or crit
	Dedup       string   // the same for alerts that tell the same, an id such as "AL-05/1043"
}

// AckFinding (finding.ack) says that a human looks into a finding. The subject is About.
type AckFinding struct {
	About  Digest // statement digest of the finding
	Reason string // investigating, expected, duplicate or other
}

// CloseFinding (finding.close) says that a human is done with a finding. The subject is About.
type CloseFinding struct {
	About  Digest // statement digest of the finding
	Reason string // resolved, falsePositive, accepted, duplicate or other
}

const (
	// refusalCodes are those that go on record: E306, a duplicate, is only counted, and E503 is a flag, never a refusal.
	refusalCodes enum = "E201|E202|E203|E204|E205|E206|E207|E301|E302|E303|E304|E305|" +
		"E401|E402|E403|E404|E405|E406|E407|E408|E409|E501|E502|E601|E602"
	severities   enum = "info|low|med|high|crit"
	ackReasons   enum = "investigating|expected|duplicate|other"
	closeReasons enum = "resolved|falsePositive|accepted|duplicate|other"

	maxEvidence = 64

	wantAlertRule = "an alert rule like AL-05"
)

var alertNames = []string{"dedup", "detected", "evidence", "occurred", "rule", "ruleVersion", "severity"}

func (*RefuseFinding) code() Code { return FindingRefuse }

func (*AlertFinding) code() Code { return FindingAlert }

func (*AckFinding) code() Code { return FindingAck }

func (*CloseFinding) code() Code { return FindingClose }

func readRefuseFinding(f *fields, p ref, subject Digest) Body {
	r := &RefuseFinding{
		RefusalCode: f.enum(p, "code", refusalCodes),
		Submission:  f.digest(p, "submission"),
		Submitter:   f.id(p, "submitter"),
	}
	f.subjectIs(subject, r.Submission, "the digest in predicate.submission")
	return r
}

func readAlertFinding(f *fields, p ref, subject Digest) Body {
	a := &AlertFinding{
		Rule:        f.text(p, "rule", validAlertRule, wantAlertRule),
		RuleVersion: f.uint32(p, "ruleVersion", 1),
		Evidence:    f.digests(p, "evidence", 0, maxEvidence),
		Occurred:    f.time(p, "occurred"),
		Detected:    f.time(p, "detected"),
		Severity:    f.enum(p, "severity", severities),
		Dedup:       f.id(p, "dedup"),
	}
	if len(a.Evidence) > 0 {
		f.subjectIs(subject, a.Evidence[0], "the first digest in predicate.evidence")
	}
	return a
}

func readAckFinding(f *fields, p ref, subject Digest) Body {
	a := &AckFinding{About: f.digest(p, "about"), Reason: f.enum(p, "reason", ackReasons)}
	f.subjectIs(subject, a.About, "the digest in predicate.about")
	return a
}

func readCloseFinding(f *fields, p ref, subject Digest) Body {
	c := &CloseFinding{About: f.digest(p, "about"), Reason: f.enum(p, "reason", closeReasons)}
	f.subjectIs(subject, c.About, "the digest in predicate.about")
	return c
}

func (r *RefuseFinding) appendMember(b []byte, name string) []byte {
	switch name {
	case "code":
		return appendText(b, name, r.RefusalCode)
	case "submission":
		return appendDigest(b, name, r.Submission)
	case "submitter":
		return appendText(b, name, r.Submitter)
	}
	return b
}

func (a *AlertFinding) appendMember(b []byte, name string) []byte {
	switch name {
	case "dedup":
		return appendText(b, name, a.Dedup)
	case "detected":
		return appendTimeMember(b, name, a.Detected)
	case "evidence":
		return appendDigests(b, name, a.Evidence)
	case "occurred":
		return appendTimeMember(b, name, a.Occurred)
	case "rule":
		return appendText(b, name, a.Rule)
	case "ruleVersion":
		return appendInteger(b, name, uint64(a.RuleVersion))
	case "severity":
		return appendText(b, name, a.Severity)
	}
	return b
}

func (a *AckFinding) appendMember(b []byte, name string) []byte {
	return appendAbout(b, name, a.About, a.Reason)
}

func (c *CloseFinding) appendMember(b []byte, name string) []byte {
	return appendAbout(b, name, c.About, c.Reason)
}
