package run

import (
	"fmt"
	"slices"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// known is what an executor must know of a run to report on it, also while the log is
// out of reach. It holds nothing that the log does not have, but for what the
// executor itself reported since.
type known struct {
	Run      string            `json:"run"`
	Request  digest            `json:"request"`
	Executor string            `json:"executor"`
	Workflow string            `json:"workflow"` // the text, byte for byte
	Attempt  uint32            `json:"attempt"`
	Seq      uint32            `json:"seq"`               // the last that the author used in the attempt
	Results  map[string]string `json:"results"`           // newest of each step: ok, error or skipped
	Cause    string            `json:"cause,omitempty"`   // of the newest error
	Final    *digest           `json:"final,omitempty"`   // the newest output
	Outcome  *digest           `json:"outcome,omitempty"` // newest that counts, by statement digest
	Begun    map[string]begun  `json:"begun,omitempty"`   // steps under way, by name
	Rolled   [][]byte          `json:"rolled,omitempty"`  // statements of steps that are not in the log, as signed envelopes
	Late     string            `json:"late,omitempty"`    // why evidence comes late now; empty: it does not
}

// begun is a step that is under way.
type begun struct {
	Step   statement.Step `json:"step"`
	Intent *digest        `json:"intent,omitempty"`
}

// digest is a digest that stands in JSON as text.
type digest statement.Digest

// MarshalText returns the text form.
func (d digest) MarshalText() ([]byte, error) { return []byte(statement.Digest(d).String()), nil }

// UnmarshalText reads the text form.
func (d *digest) UnmarshalText(b []byte) error {
	parsed, err := statement.ParseDigest(string(b))
	*d = digest(parsed)
	return err
}

var resultNames = map[uint8]string{register.ResultOK: "ok", register.ResultError: "error", register.ResultSkipped: "skipped"}

// learn takes over what the log has of the run.
func (k *known) learn(t *client.RunTerms, by string) error {
	text, err := t.Workflow.Marshal()
	if err != nil {
		return err
	}
	k.Run, k.Request, k.Executor, k.Workflow = t.ID, digest(t.Request()), t.Asked.Executor, string(text)
	if k.Results == nil {
		k.Results = make(map[string]string)
	}
	if attempt := t.NextAttempt(); attempt > k.Attempt {
		k.Attempt, k.Seq = attempt, 0
	}
	for _, step := range t.State.Steps {
		k.Results[step.Name] = resultNames[step.Result]
	}
	if t.State.Outcome != (register.Hash{}) {
		outcome := digest(t.State.Outcome)
		k.Outcome = &outcome
	}
	if k.Attempt > t.State.Attempt {
		return nil
	}
	for _, s := range t.State.Signers {
		if s.Identity == register.IdentityKey(by) {
			k.Seq = max(k.Seq, s.Next-1)
		}
	}
	return nil
}

// flow parses the workflow.
func (k *known) flow() (*statement.Workflow, error) {
	w, err := statement.ParseWorkflow([]byte(k.Workflow))
	if err != nil {
		return nil, fmt.Errorf("the workflow of run %s: %w", k.Run, err)
	}
	return w, nil
}

// derive is the status that the results give, and the required steps that are not ok:
// the rule of the log, which derives it again.
func derive(flow *statement.Workflow, results map[string]string) (status string, missing []string) {
	done := false
	for _, s := range flow.Steps {
		ok := results[s.Name] == "ok"
		if done = done || ok; s.Required && !ok {
			missing = append(missing, s.Name)
		}
	}
	switch {
	case len(missing) == 0:
		return "success", nil
	case !done:
		return "failed", missing
	}
	return "partial", missing
}

// counts says whether a done by an identity counts for the run: of a step of the
// workflow that is not the release, by the executor or an actor, in time.
func counts(flow *statement.Workflow, step string, by, executor string, attempt uint32) bool {
	i := slices.IndexFunc(flow.Steps, func(s statement.WorkflowStep) bool { return s.Name == step })
	if i < 0 || flow.Steps[i].Release || attempt > flow.MaxAttempts {
		return false
	}
	return by == executor || slices.Contains(flow.Steps[i].Actors, by)
}
