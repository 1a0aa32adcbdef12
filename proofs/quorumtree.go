package proofs

import (
	"slices"
	"strings"
)

// A quorumTree is a policy ready for evaluation. Its nodes are the witnesses and
// groups by number; as each is a member at most once, the nodes below the quorum
// form a tree. Witnesses stand before groups once a whole policy was compiled.
type quorumTree struct {
	nodes     []quorumNode
	names     map[string]int // name -> node
	keys      []VerifierKey
	logs      int
	witnesses int
	groups    int
	root      int // node of the quorum, -1 for NoQuorum
}

type quorumNode struct {
	key       VerifierKey // of a witness
	witness   int         // number of the witness, -1 for a group
	threshold int         // of a group
	members   []int       // of a group
	member    bool        // is a member of some group
}

func newQuorumTree() *quorumTree { return &quorumTree{names: make(map[string]int), root: -1} }

// compile checks the policy and prepares its evaluation.
func (p *Policy) compile() (*quorumTree, error) {
	q := newQuorumTree()
	bad := func(reason string) error {
		if reason == "" {
			return nil
		}
		return formatError("policy", "%s", reason)
	}
	for _, log := range p.Logs {
		if err := bad(q.addLog(log)); err != nil {
			return nil, err
		}
	}
	for _, w := range p.Witnesses {
		if err := bad(q.addWitness(w)); err != nil {
			return nil, err
		}
	}
	for _, g := range p.Groups {
		if err := bad(q.addGroup(g)); err != nil {
			return nil, err
		}
	}
	if err := bad(q.setQuorum(p.Quorum)); err != nil {
		return nil, err
	}
	return q, nil
}

func (q *quorumTree) addLog(log PolicyLog) (reason string) {
	if log.Key.Type != TypeEd25519 && log.Key.Type != TypeMLDSA44 {
		return "the key of a log has type 0x01 or 0x06"
	}
	if q.logs++; q.logs > maxPolicyEntries {
		return "more than 256 logs"
	}
	return q.addKey(log.Key, log.URL)
}

func (q *quorumTree) addWitness(w Witness) (reason string) {
	if w.Key.Type != TypeEd25519Cosignature && w.Key.Type != TypeMLDSA44 {
		return "the key of a witness has type 0x04 or 0x06"
	}
	if q.witnesses++; q.witnesses > maxPolicyEntries {
		return "more than 256 witnesses"
	}
	if reason := q.addKey(w.Key, w.URL); reason != "" {
		return reason
	}
	return q.addNode(w.Name, quorumNode{key: w.Key, witness: q.witnesses - 1})
}

func (q *quorumTree) addGroup(g Group) (reason string) {
	if q.groups++; q.groups > maxPolicyEntries {
		return "more than 256 groups"
	}
	if g.Threshold < 1 || g.Threshold > len(g.Members) {
		return "threshold is not between 1 and the number of members"
	}
	members := make([]int, len(g.Members))
	for i, name := range g.Members {
		node, ok := q.names[name]
		if !ok {
			return "member is not defined on a line before"
		}
		if q.nodes[node].member {
			return "a name is a member twice"
		}
		q.nodes[node].member = true
		members[i] = node
	}
	return q.addNode(g.Name, quorumNode{witness: -1, threshold: g.Threshold, members: members})
}

func (q *quorumTree) setQuorum(name string) (reason string) {
	if name == NoQuorum {
		return ""
	}
	node, ok := q.names[name]
	if !ok {
		return "quorum is not defined on a line before"
	}
	q.root = node
	return ""
}

// addKey takes a key that no log and no witness has, under whatever name or type.
func (q *quorumTree) addKey(key VerifierKey, url string) (reason string) {
	if err := key.check(); err != nil {
		return err.Error()
	}
	if !validPolicyURL(url) {
		return "URL does not begin with https:// or http://"
	}
	for _, k := range q.keys {
		if string(k.Public) == string(key.Public) {
			return "this public key stands on another line"
		}
		if k.Name == key.Name && k.ID == key.ID {
			return "another key has this name and key ID"
		}
	}
	q.keys = append(q.keys, key)
	return ""
}

func (q *quorumTree) addNode(name string, node quorumNode) (reason string) {
	if !validPolicyWord(name) || name == NoQuorum {
		return "this name cannot be defined"
	}
	if _, ok := q.names[name]; ok {
		return "this name is defined twice"
	}
	q.names[name] = len(q.nodes)
	q.nodes = append(q.nodes, node)
	return ""
}

// validPolicyWord says whether s can stand between separators: one or more of
// the bytes 0x21 to 0x7E and 0x80 to 0xFF.
func validPolicyWord(s string) bool {
	for i := range len(s) {
		if s[i] <= 0x20 || s[i] == 0x7f {
			return false
		}
	}
	return s != ""
}

// validPolicyURL demands a scheme, so that a comment after the key is not taken
// for a URL.
func validPolicyURL(s string) bool {
	for _, scheme := range []string{"https://", "http://"} {
		if rest, ok := strings.CutPrefix(s, scheme); ok {
			return validPolicyWord(rest)
		}
	}
	return s == ""
}

// within says whether the witness stands below the node.
func (q *quorumTree) within(node, witness int) bool {
	if node < 0 {
		return false
	}
	n := q.nodes[node]
	return n.witness == witness ||
		slices.ContainsFunc(n.members, func(m int) bool { return q.within(m, witness) })
}
