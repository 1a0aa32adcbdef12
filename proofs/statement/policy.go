package statement

import "bytes"

const (
	maxMembers = 64
	maxQuorum  = MaxSpends + 1 // the signer and the grants of the others
	maxAlerts  = 64
	minContent = 1024
)

// Policy is the policy document, the text of a policy.set statement. Lists hold no element twice.
type Policy struct {
	Version          uint32   // the last version + 1, from 1
	Rules            string   // name of the admission rules in force
	Admins           Admins   // who may change the policy
	Log              Member   // the log's own identity, which signs its findings
	Algorithms       []string // exactly [Algorithm]
	WitnessPolicy    Digest   // of the tlog-policy file
	SkewSeconds      uint32   // most difference between a signer's clock and the log's, for authority; from 1
	GrantMaxSeconds  uint32   // longest life of a grant; from 1
	AccessMaxSeconds uint32   // longest life of a grant of access; from 1
	ContentMax       uint32   // most bytes of a statement, 1024 to 65536
	Overridable      []string // approval, level, destinations, maxAttempts, maxDuration
	OverrideRoles    []string // roles that may grant an override
	Direct           []string // prefixes under which a release needs no run and no grants
	Alerts           []Alert  // thresholds, sorted by rule
}

// Admins are the humans who may change policy and identities; M of them must agree.
type Admins struct {
	M       uint32 // 1 to the number of members, at most 17
	Members []Member
}

// Member is an identity that the policy names. Version 1, which starts a log, also brings its key and a proof of
// possession over [ProofMessage] with op "genesis"; later versions name enrolled identities, by id alone.
type Member struct {
	ID    string
	SPKI  []byte // nil from version 2 on
	Proof []byte // nil from version 2 on
}

// Alert holds the thresholds of one alert rule, such as "AL-14", sorted by name.
type Alert struct {
	Rule   string
	Values []AlertValue
}

// AlertValue is one named threshold.
type AlertValue struct {
	Name  string
	Value uint32
}

const overridables enum = "approval|level|destinations|maxAttempts|maxDuration"

var (
	policyNames = []string{"accessMaxSeconds", "admins", "alerts", "algorithms", "contentMax", "direct", "grantMaxSeconds",
		"log", "overridable", "overrideRoles", "rules", "skewSeconds", "version", "witnessPolicy"}
	memberNames = []string{"id", "proof", "spki"}
)

// ParsePolicy reads a policy document. It must be its own canonical form (RFC 8785), at most 64 KiB. Errors are of type
// [*Error], codes as for [Parse]. Whether proofs verify, ids are enrolled and rules are known is not judged here.
func ParsePolicy(text []byte) (*Policy, error) {
	t, err := readCanonical(text)
	if err != nil {
		return nil, err
	}
	if err := knownPolicyNames(t); err != nil {
		return nil, err
	}
	f := &fields{tree: t, code: CodeField}
	p := readPolicy(f)
	if f.err != nil {
		return nil, f.err
	}
	if !bytes.Equal(p.append(make([]byte, 0, len(text))), text) {
		return nil, formError("", "not the bytes that formatting the policy gives")
	}
	return p, nil
}

// Marshal gives the policy document's one form. It fails with the same errors as [ParsePolicy].
func (p *Policy) Marshal() ([]byte, error) {
	b := p.append(make([]byte, 0, 2048))
	if _, err := ParsePolicy(b); err != nil {
		return nil, err
	}
	return b, nil
}

func knownPolicyNames(t *tree) error {
	if t.values[0].kind != object {
		return formError("", "want an object, a policy document")
	}
	if t.member(0, "continues") != 0 {
		return formError("continues", "successor logs are not built in these rules; want it absent")
	}
	if err := t.only(0, policyNames); err != nil {
		return err
	}
	if err := t.onlyMember(0, "log", memberNames); err != nil {
		return err
	}
	if err := t.onlyMember(0, "admins", []string{"m", "members"}); err != nil {
		return err
	}
	if admins := t.member(0, "admins"); admins != 0 {
		if err := t.onlyEach(admins, "members", memberNames); err != nil {
			return err
		}
	}
	alerts := t.member(0, "alerts")
	if alerts == 0 {
		return nil
	}
	for i := t.values[alerts].first; i != 0; i = t.values[i].next {
		if err := t.noDuplicates(i); err != nil {
			return err
		}
	}
	return t.noDuplicates(alerts)
}

// noDuplicates refuses names that stand twice in an object of free names. In canonical form they stand side by side.
func (t *tree) noDuplicates(obj ref) error {
	if t.values[obj].kind != object {
		return nil
	}
	for i := t.values[obj].first; i != 0; {
		next := t.values[i].next
		if next != 0 && t.values[i].key == t.values[next].key {
			return formError(t.path(next), "name stands twice; want it once")
		}
		i = next
	}
	return nil
}
