package restore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/docketlog/docket/storage"
)

// A Runner does what a plan says.
type Runner struct {
	Plan  *Plan
	Tools Tools
	// Confirm is the origin as a person typed it: no step that cannot be undone is
	// done without it.
	Confirm string
	Now     func() time.Time
	Out     io.Writer // gets a line for each step

	// point is called between any two changes of the disk; an error stands for the end
	// of the process there. Nil outside tests.
	point   func(where string) error
	journal journal
}

// A journal is what was done so far. It lies beside the log, and becomes the record
// of the restore at its end.
type journal struct {
	Plan    *Plan  `json:"plan"`
	Started string `json:"started"`
	Done    []Done `json:"done"`
	Ended   string `json:"ended,omitempty"`
}

// Done is a step that was done.
type Done struct {
	Step string `json:"step"`
	Time string `json:"time"`
}

// ErrUnconfirmed says that nobody typed the origin.
var ErrUnconfirmed = errors.New("steps of this plan cannot be undone: confirm them with the log's name, --confirm and the origin")

// Run does the steps that were not done yet, and returns where the record is. It may
// be called again after any end, and goes on.
func (r *Runner) Run(ctx context.Context) (record string, err error) {
	record = filepath.Join(r.Plan.Inputs.Log, "restored", r.Plan.ID()+".json")
	if _, err := os.Stat(record); err == nil {
		return record, r.clear() // done before
	}
	if err := r.check(); err != nil {
		return "", err
	}
	begun, err := r.readJournal()
	if err != nil {
		return "", err
	}
	now, err := r.again(ctx, begun)
	if err != nil {
		return "", err
	}
	if err := changed(r.Plan.Facts, *now, begun); err != nil {
		return "", err
	}
	if err := r.begin(begun); err != nil {
		return "", err
	}
	for _, s := range r.Plan.Decision.Steps {
		if err := inOrder(ctx.Err, func() error { return r.step(ctx, s) }); err != nil {
			return "", fmt.Errorf("step %s: %w; run the same plan again, it goes on", s.Name, err)
		}
	}
	return record, r.end(record)
}

// clear removes the journal of a restore whose record is there.
func (r *Runner) clear() error {
	if err := os.Remove(r.journalPath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// check says whether the plan may be run at all.
func (r *Runner) check() error {
	if r.Plan.Decision.Kind == Refuse {
		return fmt.Errorf("the plan refuses: %s", r.Plan.Decision.Why)
	}
	if len(r.Plan.Decision.Steps) == 0 {
		return errors.New("the plan has no steps: " + r.Plan.Decision.Why)
	}
	final := false
	for _, s := range r.Plan.Decision.Steps {
		final = final || s.Final
	}
	if final && r.Confirm != r.Plan.Facts.Origin {
		return fmt.Errorf("%w %s", ErrUnconfirmed, r.Plan.Facts.Origin)
	}
	return nil
}

// again gathers the facts anew. Once steps were done, what is in the folder of the log
// is what they left there, and a witness is asked about the backup.
func (r *Runner) again(ctx context.Context, begun bool) (*Facts, error) {
	in := r.Plan.Inputs
	if !begun {
		return Gather(ctx, in, r.Tools)
	}
	in.Log, in.Anchor = filepath.Join(in.Log, "restore.none"), filepath.Join(in.Log, "restore.none")
	if r.Plan.Facts.Asked == fromStore {
		in.Policy = "" // what they were shown has moved; they were asked before the first step
	}
	if err := r.sameAnchor(); err != nil {
		return nil, err
	}
	f, err := Gather(ctx, in, r.Tools)
	if err == nil && in.Policy == "" {
		f.Policy, f.Asked, f.Witnesses, f.Confirmed = r.Plan.Facts.Policy, r.Plan.Facts.Asked, r.Plan.Facts.Witnesses, r.Plan.Facts.Confirmed
	}
	return f, err
}

// sameAnchor demands that the anchor did not move since the plan was made: a server
// that ran meanwhile would have moved it. A plan that makes it again may have moved it
// aside, or have made it; what came after that is newer, and is never moved aside.
func (r *Runner) sameAnchor() error {
	text, err := os.ReadFile(filepath.Join(r.Plan.Inputs.Anchor, "checkpoint"))
	makes := slices.ContainsFunc(r.Plan.Decision.Steps, func(s Step) bool { return s.Name == StepAnchor })
	if errors.Is(err, fs.ErrNotExist) && (makes || r.Plan.Facts.Anchor.State == None) {
		return nil
	}
	if err == nil && digest(text) != r.Plan.Facts.Anchor.SHA256 && !(makes && string(text) == r.Plan.Facts.newest().Note) {
		err = fmt.Errorf("%w: anchor", ErrChanged)
	}
	return err
}

func (r *Runner) journalPath() string {
	return filepath.Join(r.Plan.Inputs.Log, "restore-"+r.Plan.ID()+".json")
}

// readJournal says whether this plan was begun before. Another plan that was begun and
// not ended must be ended first.
func (r *Runner) readJournal() (begun bool, err error) {
	others, err := filepath.Glob(filepath.Join(r.Plan.Inputs.Log, "restore-*.json"))
	if err != nil {
		return false, err
	}
	for _, path := range others {
		if path != r.journalPath() {
			return false, fmt.Errorf("another restore was begun here and not ended: %s has its plan; run that one to its end first. If it can no longer run, because something changed since, move that file to another folder and make a new plan", path)
		}
	}
	b, err := os.ReadFile(r.journalPath())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := json.Unmarshal(b, &r.journal); err != nil {
		return false, fmt.Errorf("%s: %w", r.journalPath(), err)
	}
	return true, nil
}

// begin writes the journal before anything else is changed.
func (r *Runner) begin(begun bool) error {
	if begun {
		return nil
	}
	if err := makeFolder(r.Plan.Inputs.Log); err != nil {
		return err
	}
	r.journal = journal{Plan: r.Plan, Started: r.stamp(), Done: []Done{}}
	return inOrder(r.at("begin"), r.keep, r.at("begun"))
}

func (r *Runner) stamp() string { return r.Now().UTC().Format(time.RFC3339) }

func (r *Runner) writeJournal(path string) error {
	b, err := json.MarshalIndent(r.journal, "", "  ")
	if err != nil {
		return err
	}
	return replaceFile(path, append(b, '\n'))
}

// step does a step unless it was done. Between its end and the line in the journal it
// may be cut off: each step finds what it did itself.
func (r *Runner) step(ctx context.Context, s Step) error {
	for _, d := range r.journal.Done {
		if d.Step == s.Name {
			fmt.Fprintf(r.Out, "%s: done before\n", s.Name)
			return nil
		}
	}
	fmt.Fprintf(r.Out, "%s: %s\n", s.Name, r.text(s))
	does := map[string]func(context.Context) error{
		StepCopy: r.copy, StepConfig: r.config, StepNote: r.note, StepMark: r.mark, StepAnchor: r.anchor, StepAside: r.aside, StepPlace: r.place,
	}[s.Name]
	if does == nil {
		return errors.New("this program does not know the step: make a new plan")
	}
	err := inOrder(r.at("before "+s.Name), func() error { return does(ctx) }, r.at("after "+s.Name))
	if err != nil {
		return err
	}
	r.journal.Done = append(r.journal.Done, Done{s.Name, r.stamp()})
	return inOrder(r.keep, r.at("noted "+s.Name))
}

// end makes the journal the record.
func (r *Runner) end(record string) error {
	r.journal.Ended = r.stamp()
	if err := makeFolder(filepath.Dir(record)); err != nil {
		return err
	}
	return inOrder(r.at("before record"), func() error { return r.writeJournal(record) }, r.at("after record"),
		func() error { return os.Remove(r.journalPath()) }, func() error { return storage.SyncFolder(r.Plan.Inputs.Log) })
}

// keep writes the journal.
func (r *Runner) keep() error { return r.writeJournal(r.journalPath()) }

// at is the point between two changes of the disk that has this name.
func (r *Runner) at(where string) func() error {
	return func() error {
		if r.point == nil {
			return nil
		}
		return r.point(where)
	}
}
