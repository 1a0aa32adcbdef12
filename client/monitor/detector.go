package monitor

import (
	"encoding/json"
	"fmt"

	"github.com/docketlog/docket/proofs/statement"
)

// Bounds of what a detector remembers. Past one the oldest is forgotten.
const (
	maxIdentities = 20_000
	maxWorkflows  = 1_000
	maxRuns       = 20_000
	maxGrants     = 20_000
	maxDocuments  = 50_000
	maxWaiting    = 20_000 // releases, intents, accesses: each
	maxRecent     = 16_384 // statements, for AL-20
	maxFired      = 16_384 // alerts
	maxTimers     = 25_000 // of one kind: a flood of runs hides no access that is not taken back
)

// memory is all that a detector knows. Its JSON form is the state that a monitor
// keeps: the same memory has one form.
type memory struct {
	Version int    `json:"version"`
	Clock   int64  `json:"clock"` // by the caller
	Next    uint64 `json:"next"`  // index from which on nothing was observed
	Policy  string `json:"policy"`

	Watching bool `json:"watching,omitempty"` // self was enrolled, also if its identity was forgotten since

	Identities  *shelf[*identity]   `json:"identities"`
	Workflows   *shelf[string]      `json:"workflows"` // texts by digest
	Runs        *shelf[*run]        `json:"runs"`
	RunOf       *shelf[string]      `json:"runOf"` // runs by the statements in them
	Grants      *shelf[*grant]      `json:"grants"`
	Documents   *shelf[*document]   `json:"documents"`
	Bytes       *shelf[[]placement] `json:"bytes"` // releases by digest
	Releases    *shelf[*release]    `json:"releases"`
	ReleaseOf   *shelf[string]      `json:"releaseOf"` // newest of these bytes to a destination
	Intents     *shelf[*intent]     `json:"intents"`
	Overridden  *shelf[[]string]    `json:"overridden"`  // grants with an override by what spent them
	Retirements *shelf[string]      `json:"retirements"` // identities by their identity.retire
	Accesses    *shelf[*access]     `json:"accesses"`    // by grant
	Resources   *shelf[[]string]    `json:"resources"`   // grants of access by resource
	Recent      *shelf[signed]      `json:"recent"`      // by statement
	Fired       *shelf[bool]        `json:"fired"`       // by dedup
	Alerts      *shelf[string]      `json:"alerts"`      // first evidence by finding.alert
	Timers      *timers             `json:"timers"`
}

const stateVersion = 1

// A Detector finds what the rules of docs/spec/alerts.md look for. It is not safe
// for concurrent use.
type Detector struct {
	self       string
	m          memory
	policy     *statement.Policy
	thresholds map[string]uint32
	flows      map[string]*statement.Workflow // parsed, of m.Workflows
	out        []Alert
}

// New returns a detector that has seen nothing. self is the identity that files
// its alerts, or empty: what that identity files is marked as known, and what was
// before its enrollment, and that, raises nothing.
func New(self string) *Detector {
	return &Detector{self: self, flows: make(map[string]*statement.Workflow), m: memory{
		Version:     stateVersion,
		Identities:  newShelf[*identity](maxIdentities),
		Workflows:   newShelf[string](maxWorkflows),
		Runs:        newShelf[*run](maxRuns),
		RunOf:       newShelf[string](maxRuns),
		Grants:      newShelf[*grant](maxGrants),
		Documents:   newShelf[*document](maxDocuments),
		Bytes:       newShelf[[]placement](maxDocuments),
		Releases:    newShelf[*release](maxWaiting),
		ReleaseOf:   newShelf[string](maxWaiting),
		Intents:     newShelf[*intent](maxWaiting),
		Overridden:  newShelf[[]string](maxWaiting),
		Retirements: newShelf[string](maxIdentities),
		Accesses:    newShelf[*access](maxWaiting),
		Resources:   newShelf[[]string](maxWaiting),
		Recent:      newShelf[signed](maxRecent),
		Fired:       newShelf[bool](maxFired),
		Alerts:      newShelf[string](maxFired),
		Timers:      &timers{max: maxTimers},
	}}
}

// Next is the index from which on the detector has seen nothing.
func (d *Detector) Next() uint64 { return d.m.Next }

// Clock is the newest time that the detector was told, in unix milliseconds.
func (d *Detector) Clock() int64 { return d.m.Clock }

// Skip tells that there is nothing to observe below an index: a seal is no
// statement.
func (d *Detector) Skip(next uint64) { d.m.Next = max(d.m.Next, next) }

// Advance moves the clock and returns what did not happen in time. A time before
// that of the clock changes nothing.
func (d *Detector) Advance(now int64) []Alert {
	d.advance(now)
	return d.take()
}

func (d *Detector) advance(now int64) {
	d.m.Watching = d.m.Watching || d.self == "" || d.m.Identities.has(d.self)
	for {
		t, ok := d.m.Timers.due(now)
		if !ok {
			break
		}
		d.m.Clock = max(d.m.Clock, t.Due)
		d.expire(t)
	}
	d.m.Clock = max(d.m.Clock, now)
}

// Observe looks at the next entry of the log, and returns first what was due by
// its time, then what it raises. An entry that was observed before raises nothing.
// Entries come in log order; those of kinds that nothing is known of pass.
func (d *Detector) Observe(e Entry) []Alert {
	if e.Index < d.m.Next {
		return nil
	}
	d.advance(e.Time)
	d.m.Next = e.Index + 1
	if !d.ownFinding(e) {
		d.observe(e)
	}
	return d.take()
}

// ownFinding marks an alert that was filed already as known, so that a monitor
// which lost its newest state does not file it twice. It raises nothing itself.
func (d *Detector) ownFinding(e Entry) bool {
	a, ok := e.Statement.Body.(*statement.AlertFinding)
	if !ok || e.Statement.Issuer != d.self {
		return false
	}
	d.m.Fired.put(a.Dedup, true)
	d.observeUse(e)
	d.observeAlert(e, a)
	return true
}

func (d *Detector) take() []Alert {
	out := d.out
	d.out = nil
	return out
}

// raise makes an alert, once. What is the same is told by the rule and the index of
// its first evidence; again tells apart what is raised later about the same.
func (d *Detector) raise(rule, condition, severity string, occurred int64, again string, about subject, evidence ...mention) {
	a := Alert{
		Rule: rule, Condition: condition, Version: RuleVersion, Severity: severity, First: evidence[0].Index,
		Occurred: occurred, Detected: d.m.Clock, Run: about.run, Identity: about.identity,
		Dedup: fmt.Sprintf("%s/%d", rule, evidence[0].Index),
	}
	if again != "" {
		a.Dedup += "/" + again
	}
	if d.m.Fired.has(a.Dedup) || !d.m.Watching {
		return
	}
	d.m.Fired.put(a.Dedup, true)
	for _, m := range evidence {
		if digest := m.digest(); len(a.Evidence) < MaxEvidence && !contains(a.Evidence, digest) {
			a.Evidence = append(a.Evidence, digest)
		}
	}
	d.out = append(d.out, a)
}

// subject is what an alert is about.
type subject struct{ run, identity string }

func contains(list []statement.Digest, digest statement.Digest) bool {
	for _, d := range list {
		if d == digest {
			return true
		}
	}
	return false
}

// MarshalJSON gives the detector's memory.
func (d *Detector) MarshalJSON() ([]byte, error) { return json.Marshal(&d.m) }

// UnmarshalJSON replaces the memory of a detector that [New] made by what
// MarshalJSON gave.
func (d *Detector) UnmarshalJSON(b []byte) error {
	fresh := New(d.self)
	if err := json.Unmarshal(b, &fresh.m); err != nil {
		return fmt.Errorf("state of a monitor: %w", err)
	}
	if fresh.m.Version != stateVersion {
		return fmt.Errorf("state of a monitor: version %d; this one reads %d: remove it, and the log is read again", fresh.m.Version, stateVersion)
	}
	if fresh.m.Policy != "" {
		p, err := statement.ParsePolicy([]byte(fresh.m.Policy))
		if err != nil {
			return fmt.Errorf("state of a monitor: policy: %w", err)
		}
		fresh.policy = p
		fresh.readThresholds(p)
	}
	*d = *fresh
	return nil
}

// flow is the workflow with this text, or nil if it is not known.
func (d *Detector) flow(text string) *statement.Workflow {
	if f, ok := d.flows[text]; ok {
		return f
	}
	source, ok := d.m.Workflows.get(text)
	if !ok {
		return nil
	}
	f, err := statement.ParseWorkflow([]byte(source))
	if err != nil {
		return nil
	}
	if len(d.flows) >= maxWorkflows {
		clear(d.flows)
	}
	d.flows[text] = f
	return f
}
