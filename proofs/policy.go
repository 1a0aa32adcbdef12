package proofs

import (
	"fmt"
	"strconv"
	"strings"
)

// Limits of verifier policies.
const (
	MaxPolicy        = 1 << 20 // bytes of the file
	maxPolicyEntries = 256     // logs, witnesses and groups, each
)

// NoQuorum is the quorum that demands no cosignature at all.
const NoQuorum = "none"

// A Policy is a verifier policy: the C2SP tlog-policy file that says which logs a
// verifier accepts and which cosigners it demands. Make one with ParsePolicy; one
// made by hand is checked at each use.
type Policy struct {
	Logs      []PolicyLog // any one of them suffices; may be empty
	Witnesses []Witness
	Groups    []Group // a group has only witnesses and earlier groups as members
	Quorum    string  // a witness, a group, or NoQuorum
}

// A PolicyLog is a log whose checkpoints a verifier accepts.
type PolicyLog struct {
	Key VerifierKey // type 0x01 or 0x06; its name is the origin
	URL string      // empty when none is given
}

// A Witness is a cosigner of a verifier policy: a witness, an audit cosigner or a
// mirror.
type Witness struct {
	Name string      // within the policy only; any bytes but space and tab
	Key  VerifierKey // type 0x04 or 0x06
	URL  string      // submission prefix; empty when none is given
}

// A Group is satisfied when at least Threshold of its members are.
type Group struct {
	Name      string
	Threshold int // 1 to len(Members)
	Members   []string
}

// Check refuses a policy that ParsePolicy could not have returned.
func (p *Policy) Check() error {
	_, err := p.compile()
	return err
}

// LogKeys returns the keys of the logs in their order.
func (p *Policy) LogKeys() []VerifierKey {
	keys := make([]VerifierKey, len(p.Logs))
	for i, log := range p.Logs {
		keys[i] = log.Key
	}
	return keys
}

// String returns the policy as a file: logs, witnesses, groups with numeric
// thresholds, quorum. ParsePolicy of it gives an equal policy.
func (p *Policy) String() string {
	var b strings.Builder
	line := func(words ...string) {
		b.WriteString(strings.TrimRight(strings.Join(words, " "), " ") + "\n")
	}
	for _, log := range p.Logs {
		line("log", log.Key.String(), log.URL)
	}
	for _, w := range p.Witnesses {
		line("witness", w.Name, w.Key.String(), w.URL)
	}
	for _, g := range p.Groups {
		line("group", g.Name, strconv.Itoa(g.Threshold), strings.Join(g.Members, " "))
	}
	line("quorum", p.Quorum)
	return b.String()
}

// Warnings names what is allowed but seldom meant, in the order of the file.
func (p *Policy) Warnings() []string {
	q, err := p.compile()
	if err != nil {
		return []string{err.Error()}
	}
	var warnings []string
	for _, w := range p.Witnesses {
		for _, log := range p.Logs {
			if w.Key.Name == log.Key.Name {
				warnings = append(warnings, fmt.Sprintf("witness %q has the name of a log: a log is no witness of its own", w.Name))
				break
			}
		}
	}
	for i, g := range p.Groups {
		if name, twice := q.doubleOperator(len(p.Witnesses) + i); twice && g.Threshold > 1 {
			warnings = append(warnings, fmt.Sprintf("group %q counts %q twice: put the keys of one operator into a group any", g.Name, name))
		}
	}
	if p.Quorum == NoQuorum {
		return append(warnings, "quorum none: the log alone is believed")
	}
	for i, w := range p.Witnesses {
		if !q.within(q.root, i) {
			warnings = append(warnings, fmt.Sprintf("witness %q is not part of the quorum", w.Name))
		}
	}
	switch q.forks(q.root) {
	case 0:
		warnings = append(warnings, "the quorum cannot exclude a fork even when no witness is faulty")
	case 1:
		warnings = append(warnings, "the quorum tolerates no faulty witness: one suffices to hide a fork")
	}
	return warnings
}
