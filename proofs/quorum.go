package proofs

import (
	"errors"
	"math"
	"slices"
)

// ErrQuorum says that fewer cosigners signed than the verifier policy demands.
var ErrQuorum = errors.New("the quorum of the verifier policy is not met")

// A QuorumResult says what the cosignatures of one checkpoint amount to under a
// verifier policy. All times are the cosigners', in POSIX seconds.
type QuorumResult struct {
	Satisfied  bool
	QuorumTime int64         // smallest time at which the quorum is satisfied; 0 when unsatisfied or NoQuorum
	Times      []WitnessTime // one per witness of the policy, in its order
	Members    []string      // witnesses of the quorum whose cosignature counts, in policy order
	Tolerates  int           // how many faulty witnesses cannot hide a fork: see Policy.Tolerance
}

// A WitnessTime says when a witness cosigned.
type WitnessTime struct {
	Name    string // in the policy
	Time    int64  // of its earliest cosignature; 0 without one, or when it has no time
	Counted bool   // false without a cosignature, without a time, or after the latest time allowed
}

// Open verifies a signed checkpoint under the policy: at least one log of the
// policy signed it (see OpenCheckpoint), and its cosignatures are evaluated (see
// Evaluate). A quorum that is not met is no error here: look at the result.
func (p *Policy) Open(note []byte, latest int64) (Checkpoint, QuorumResult, error) {
	if err := p.Check(); err != nil {
		return Checkpoint{}, QuorumResult{}, err
	}
	cp, n, err := OpenCheckpoint(note, p.LogKeys())
	if err != nil {
		return Checkpoint{}, QuorumResult{}, err
	}
	result, err := p.Evaluate(n, latest)
	if err != nil {
		return Checkpoint{}, QuorumResult{}, err
	}
	return cp, result, nil
}

// Evaluate verifies the cosignatures of all witnesses of the policy and evaluates
// the quorum. It does not look at log signatures: use Open, or OpenCheckpoint
// before. Cosignatures later than latest (POSIX seconds; the verifier's clock
// and the skew that it allows; math.MaxInt64 for no bound) and those without a
// time do not count. One cosignature that does not verify is an error.
func (p *Policy) Evaluate(n Note, latest int64) (QuorumResult, error) {
	q, err := p.compile()
	if err != nil {
		return QuorumResult{}, err
	}
	cp, err := ParseCheckpoint(n.Body)
	if err != nil {
		return QuorumResult{}, err
	}
	result := QuorumResult{Tolerates: q.forks(q.root) - 1}
	times := make([]int64, len(p.Witnesses))
	for i, w := range p.Witnesses {
		time, err := VerifyCosignature(w.Key, n, cp)
		if err != nil && !errors.Is(err, ErrUnsigned) && !errors.Is(err, ErrNoTime) {
			return QuorumResult{}, err
		}
		counted := err == nil && time <= latest
		result.Times = append(result.Times, WitnessTime{Name: w.Name, Time: time, Counted: counted})
		if !counted {
			continue
		}
		times[i] = time
		if q.within(q.root, i) {
			result.Members = append(result.Members, w.Name)
		}
	}
	result.QuorumTime, result.Satisfied = q.earliest(times)
	return result, nil
}

// EarliestQuorum returns the smallest time at which the quorum is satisfied, when
// each witness of the policy speaks at its time (0 = never). With each witness's
// smallest time over the checkpoints of more than i leaves, it says by when entry
// i was in the log. With NoQuorum it returns 0 and true.
func (p *Policy) EarliestQuorum(times []int64) (int64, bool) {
	q, err := p.compile()
	if err != nil || len(times) != len(p.Witnesses) {
		return 0, false
	}
	return q.earliest(times)
}

// LatestQuorum is the mirror of EarliestQuorum: the largest time up to which a
// whole quorum speaks. With each witness's largest time over the checkpoints of
// at most i leaves, it says until when entry i was not in the log.
func (p *Policy) LatestQuorum(times []int64) (int64, bool) {
	q, err := p.compile()
	if err != nil || len(times) != len(p.Witnesses) {
		return 0, false
	}
	mirrored := make([]int64, len(times))
	for i, time := range times {
		if time > 0 {
			mirrored[i] = math.MaxInt64 - time + 1 // 1 to MaxInt64
		}
	}
	time, ok := q.earliest(mirrored)
	if time > 0 {
		time = math.MaxInt64 - time + 1
	}
	return time, ok
}

// Tolerance returns how many faulty witnesses the quorum tolerates against forks:
// as long as no more lie, two inconsistent checkpoints cannot both have a
// quorum. 2 of 3 tolerates 0, 3 of 3 tolerates 2. It is -1 when a fork needs no
// faulty witness at all, as with 1 of 2 or NoQuorum.
func (p *Policy) Tolerance() int {
	q, err := p.compile()
	if err != nil {
		return -1
	}
	return q.forks(q.root) - 1
}

// Blocks says whether the witnesses that are marked can stop the quorum: then
// each possible quorum holds one of them. NoQuorum is never blocked.
func (p *Policy) Blocks(witnesses []bool) bool {
	q, err := p.compile()
	return err == nil && len(witnesses) == len(p.Witnesses) && q.root >= 0 && q.blocked(q.root, witnesses)
}

func (q *quorumTree) earliest(times []int64) (int64, bool) {
	if q.root < 0 {
		return 0, true
	}
	return q.time(q.root, times)
}

// time returns the smallest time at which the node is satisfied: for a group
// with threshold k the k-th smallest of its members' times.
func (q *quorumTree) time(node int, times []int64) (int64, bool) {
	n := q.nodes[node]
	if n.witness >= 0 {
		return times[n.witness], times[n.witness] > 0
	}
	var satisfied []int64
	for _, m := range n.members {
		if t, ok := q.time(m, times); ok {
			satisfied = append(satisfied, t)
		}
	}
	if len(satisfied) < n.threshold {
		return 0, false
	}
	slices.Sort(satisfied)
	return satisfied[n.threshold-1], true
}

// forks returns the least number of witnesses that two satisfying sets share. In
// a group of n with threshold k at least m = 2k-n members are in both sets; the
// others can be split.
//
//	n = 5, k = 3:  set A = 1 2 3        set B = 3 4 5        m = 1
//
// The keys of one witness, such as the old one and the new one while it changes
// them, stand in a group any: that is one witness, whichever of them signed.
func (q *quorumTree) forks(node int) int {
	if node < 0 {
		return 0
	}
	n := q.nodes[node]
	if n.witness >= 0 || n.threshold == 1 && q.oneOperator(node) {
		return 1
	}
	shared := make([]int, len(n.members))
	for i, m := range n.members {
		shared[i] = q.forks(m)
	}
	slices.Sort(shared)
	sum := 0
	for _, least := range shared[:max(0, 2*n.threshold-len(n.members))] {
		sum += least
	}
	return sum
}

// blocked says whether the node cannot be satisfied without the marked witnesses.
func (q *quorumTree) blocked(node int, marked []bool) bool {
	n := q.nodes[node]
	if n.witness >= 0 {
		return marked[n.witness]
	}
	free := 0
	for _, m := range n.members {
		if !q.blocked(m, marked) {
			free++
		}
	}
	return free < n.threshold
}

// doubleOperator returns a key name that occurs below two members of a group.
func (q *quorumTree) doubleOperator(node int) (string, bool) {
	seen := make(map[string]int) // key name -> member
	for _, m := range q.nodes[node].members {
		for _, name := range q.operators(m, nil) {
			if first, ok := seen[name]; ok && first != m {
				return name, true
			}
			seen[name] = m
		}
	}
	return "", false
}

// operators appends the key names of the witnesses below a node.
func (q *quorumTree) operators(node int, names []string) []string {
	n := q.nodes[node]
	if n.witness >= 0 {
		return append(names, n.key.Name)
	}
	for _, m := range n.members {
		names = q.operators(m, names)
	}
	return names
}

// oneOperator says whether all witnesses below a node have one key name.
func (q *quorumTree) oneOperator(node int) bool {
	names := q.operators(node, nil)
	return !slices.ContainsFunc(names, func(name string) bool { return name != names[0] })
}
