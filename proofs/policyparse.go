package proofs

import (
	"bytes"
	"strings"
)

// ParsePolicy reads a C2SP tlog-policy file. It fails closed: unknown keywords,
// surplus words, keys of unsuitable types, thresholds that nobody or everybody
// meets, names that are used before they are defined or twice, one public key in
// two places, and anything but exactly one quorum line are refused with a
// *FormatError that names the line.
func ParsePolicy(b []byte) (*Policy, error) {
	if len(b) > MaxPolicy {
		return nil, formatError("policy", "%d bytes, at most %d are allowed", len(b), MaxPolicy)
	}
	if len(b) == 0 || b[len(b)-1] != '\n' {
		return nil, formatError("policy", "the last line has no newline")
	}
	p := &Policy{}
	q := newQuorumTree()
	for number := 1; len(b) > 0; number++ {
		line, rest, _ := bytes.Cut(b, []byte{'\n'})
		b = rest
		words, reason := policyWords(line)
		if reason == "" && len(words) > 0 {
			reason = p.parseLine(q, words)
		}
		if reason != "" {
			return nil, formatError("policy", "line %d: %s", number, reason)
		}
	}
	if p.Quorum == "" {
		return nil, formatError("policy", "no quorum line; write \"quorum none\" to demand no cosignature")
	}
	return p, nil
}

// policyWords splits a line at spaces and tabs. A comment has no words. Bytes
// from 0x80 up are opaque: no Unicode space separates, and bytes that are no
// UTF-8 are kept as they are.
func policyWords(line []byte) (words []string, reason string) {
	for _, c := range line {
		if c < 0x20 && c != '\t' || c == 0x7f {
			return nil, "control character"
		}
	}
	words = strings.FieldsFunc(string(line), func(r rune) bool { return r == ' ' || r == '\t' })
	if len(words) > 0 && words[0][0] == '#' {
		return nil, ""
	}
	return words, ""
}

// parseLine takes one line into the policy and returns what is wrong with it.
func (p *Policy) parseLine(q *quorumTree, words []string) (reason string) {
	switch keyword, words := words[0], words[1:]; {
	case keyword == "log" && (len(words) == 1 || len(words) == 2):
		key, err := ParseVerifierKey(words[0])
		if err != nil {
			return err.Error()
		}
		log := PolicyLog{Key: key, URL: optional(words, 1)}
		p.Logs = append(p.Logs, log)
		return q.addLog(log)
	case keyword == "witness" && (len(words) == 2 || len(words) == 3):
		key, err := ParseVerifierKey(words[1])
		if err != nil {
			return err.Error()
		}
		witness := Witness{Name: words[0], Key: key, URL: optional(words, 2)}
		p.Witnesses = append(p.Witnesses, witness)
		return q.addWitness(witness)
	case keyword == "group" && len(words) >= 3:
		threshold, ok := parseThreshold(words[1], len(words)-2)
		if !ok {
			return "threshold is not all, any or a number between 1 and the number of members"
		}
		group := Group{Name: words[0], Threshold: threshold, Members: words[2:]}
		p.Groups = append(p.Groups, group)
		return q.addGroup(group)
	case keyword == "quorum" && len(words) == 1:
		if p.Quorum != "" {
			return "second quorum line"
		}
		p.Quorum = words[0]
		return q.setQuorum(words[0])
	}
	return "want log <vkey> [url], witness <name> <vkey> [url], group <name> all|any|<k> <member>... or quorum <name>"
}

// optional returns the word at i. A URL that is given is never empty.
func optional(words []string, i int) string {
	if i < len(words) {
		return words[i]
	}
	return ""
}

func parseThreshold(s string, members int) (int, bool) {
	switch s {
	case "all":
		return members, true
	case "any":
		return 1, true
	}
	k, ok := parseDecimal(s)
	return int(k), ok && k >= 1 && k <= uint64(members)
}
