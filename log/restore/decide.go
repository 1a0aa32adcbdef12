package restore

import (
	"fmt"
	"path/filepath"
	"slices"
)

// What a plan can come to.
const (
	GoOn     = "go-on"     // the backup is the newest there is: the log goes on from it
	UseStore = "use-store" // the log's own store is whole and the newest: no restore
	ReadOnly = "read-only" // the log has ended; what is left of it is for reading alone
	Refuse   = "refuse"    // nothing is done
)

// Steps of a plan, in the order in which they are done.
const (
	StepCopy   = "copy"   // the backup's store, beside the place of the log's
	StepConfig = "config" // config.json and log.vkey, if they are missing
	StepNote   = "note"   // the checkpoint under which the store is shown
	StepMark   = "mark"   // config.json says that this log never signs again
	StepAnchor = "anchor" // a new one, with the newest checkpoint that anybody knows
	StepAside  = "aside"  // the old store moves out of the way
	StepPlace  = "place"  // the copy becomes the log's store
)

// A Decision is what follows from facts.
type Decision struct {
	Kind  string `json:"kind"`
	Why   string `json:"why"`
	Lost  *Lost  `json:"lost,omitempty"`
	Steps []Step `json:"steps"`
}

// Lost are entries that were signed and that nothing here holds any more.
type Lost struct {
	From uint64 `json:"from"` // the first index
	To   uint64 `json:"to"`   // the first size that somebody knows of and that is whole again
}

// A Step is one thing to do.
type Step struct {
	Name string `json:"name"`
	Text string `json:"text"`
	// Final says that it cannot be undone by moving something back.
	Final bool `json:"final"`
}

// Decide says what follows from the facts. In doubt it refuses.
func Decide(in Inputs, f *Facts) Decision {
	if why := f.contradiction(); why != "" {
		return Decision{Kind: Refuse, Why: why, Steps: []Step{}}
	}
	if f.claimed() <= f.held() {
		return f.goOn(in)
	}
	return f.ended(in)
}

// held is the size up to which there is a whole store.
func (f *Facts) held() uint64 {
	if f.useStore() {
		return f.Store.Size
	}
	return f.Backup.Size
}

// useStore says whether the log's own store is at least as good as the backup.
func (f *Facts) useStore() bool { return f.Store.State == Whole && f.Store.Size >= f.Backup.Size }

// contradiction says which two things exclude each other; "" if none do.
func (f *Facts) contradiction() string {
	if f.Config == Rekeyed {
		return "log.vkey beside the log names other keys than the backup: the log's keys changed after it was made. A log whose own store is whole needs no restore; else take a backup that was made after that, or restore into an empty folder"
	}
	if f.Config == Other {
		return "the folder of the log is that of another log: name the right one, or an empty one"
	}
	if f.Anchor.State == Other {
		return "the anchor is another log's: name the right folder"
	}
	for i, k := range f.Known {
		if k.Backup == Forked {
			return fmt.Sprintf("the checkpoint of size %d (%s) is of another history than the backup. Both are signed: keep both, they convict the log or show that its key was stolen", k.Size, k.Source)
		}
		if k.Store == Forked {
			return fmt.Sprintf("the checkpoint of size %d (%s) is of another history than the log's own store: find out which other store was written", k.Size, k.Source)
		}
		if i > 0 && f.Known[i-1].Size == k.Size && string(f.Known[i-1].Root) != string(k.Root) {
			return fmt.Sprintf("two checkpoints of size %d (%s, %s) have different roots. Both are signed: keep both", k.Size, f.Known[i-1].Source, k.Source)
		}
	}
	for _, w := range f.Witnesses {
		if w.State == Forked {
			return fmt.Sprintf("the witness %s holds another history: %s", w.URL, w.Detail)
		}
	}
	return ""
}

// doubt says why nobody can tell whether there is something newer; "" if somebody can.
func (f *Facts) doubt() string {
	if f.Policy != "" && !f.Confirmed {
		return "too few witnesses of the policy answered to know that nobody has seen more: wait until they do, and make a new plan"
	}
	if f.ReadOnly {
		return "this log was restored for reading only before: it never signs again. If that was a mistake, restore into an empty folder"
	}
	if f.Ended {
		return "the backup was made of a log that had ended, and that never signs again: bring the checkpoint that was published as its last one (--checkpoint); then it is put in place for reading only"
	}
	anchored, brought, own, others := false, false, uint64(0), "nobody else was asked whether there is something newer"
	for _, k := range f.Known { // by size
		switch k.Source {
		case fromBackup, fromStore:
			own = k.Size
		case fromAnchor:
			anchored = anchored || k.Size >= f.Backup.Size
		default:
			brought = true
		}
	}
	if brought { // who holds an older one knows nothing of what came after it
		others = fmt.Sprintf("what was brought is older than size %d, which is signed here itself", own)
		brought = slices.ContainsFunc(f.Known, func(k Known) bool {
			return k.Size >= own && k.Source != fromAnchor && k.Source != fromBackup && k.Source != fromStore
		})
	}
	if f.Anchor.State == Whole && anchored {
		return "" // nobody was ever shown what it does not hold
	}
	what := "is lost"
	if f.Anchor.State == Whole {
		what = "is older than the backup, so it was put back itself"
	}
	if f.Store.State == Damaged && f.Store.Size > f.Backup.Size {
		return fmt.Sprintf("the anchor %s, and the log's own store is damaged and ends at size %d: that may have been signed and answered, also where no witness saw it. Find the anchor, "+
			"or a checkpoint above size %d that anybody holds (--checkpoint)", what, f.Store.Size, f.Backup.Size)
	}
	if f.Confirmed || brought {
		return ""
	}
	return "the anchor " + what + ", and " + others + ": name a policy with witnesses (--policy), or the newest checkpoints that clients hold (--checkpoint)"
}

// goOn is for a log of which everything is there.
func (f *Facts) goOn(in Inputs) Decision {
	if why := f.doubt(); why != "" {
		return Decision{Kind: Refuse, Why: why, Steps: []Step{}}
	}
	var steps []Step
	if f.Anchor.State != Whole {
		steps = append(steps, Step{StepAnchor, fmt.Sprintf("make the anchor %s again, with the checkpoint of size %d (%s); what is there moves to %s", in.Anchor, f.newest().Size, f.newest().Source, asideName(in.Anchor)), true})
	}
	if f.useStore() {
		return Decision{Kind: UseStore, Steps: list(steps), Why: fmt.Sprintf("the log's own store is whole and ends at size %d; nobody knows more, and the backup ends at %d. Use the store: nothing is restored", f.Store.Size, f.Backup.Size)}
	}
	all := append([]Step{f.copying(in)}, f.config(in)...)
	all = append(append(all, steps...), f.placing(in)...)
	all[len(all)-1].Final = true // the log signs from here on
	return Decision{Kind: GoOn, Steps: all, Why: fmt.Sprintf("the backup ends at size %d, nobody knows more, and it continues every checkpoint that is known: the log goes on from it", f.Backup.Size)}
}

// ended is for a log of which somebody knows more than there is.
func (f *Facts) ended(in Inputs) Decision {
	d := Decision{Kind: ReadOnly, Lost: &Lost{From: f.held(), To: f.claimed()}}
	mark := Step{StepMark, fmt.Sprintf("write into %s that this log is for reading only", filepath.Join(in.Log, "config.json")), true}
	note := func(size uint64) Step {
		return Step{StepNote, fmt.Sprintf("put the checkpoint of size %d into %s", size, filepath.Join(in.Log, "checkpoint")), false}
	}
	what := fmt.Sprintf("the backup ends at size %d", f.Backup.Size)
	if f.useStore() && f.noteOf(f.Store.Size) != nil {
		d.Steps, what = []Step{note(f.Store.Size), mark}, fmt.Sprintf("the log's own store ends at size %d", f.Store.Size)
	} else {
		d.Lost.From = f.Backup.Size
		d.Steps = append(append([]Step{f.copying(in)}, f.config(in)...), note(f.Backup.Size), mark)
		d.Steps = append(d.Steps, f.placing(in)...)
	}
	d.Why = fmt.Sprintf("%s, and %s: entries %d to %d are gone, people hold receipts for them, and a log that went on would contradict those. This log has ended: "+
		"it can be shown for reading only (docket serve --read-only), its receipts go on verifying, and a new log under a new origin takes what comes", what, f.larger(), d.Lost.From, d.Lost.To-1)
	return d
}

// larger says who knows more, and how well that is known.
func (f *Facts) larger() string {
	size := f.claimed()
	if k := f.newest(); k.Size == size {
		return fmt.Sprintf("a checkpoint of size %d is signed (%s)", size, k.Source)
	}
	for _, w := range f.Witnesses {
		if w.State == Ahead && w.Size == size {
			return fmt.Sprintf("the witness %s says that it cosigned size %d. It signs nothing about that: before this log is given up, get its note and bring it with --checkpoint", w.URL, size)
		}
	}
	return fmt.Sprintf("the anchor names size %d, and does not verify: before this log is given up, look for a checkpoint of that size and bring it with --checkpoint", size)
}

// noteOf is the checkpoint of exactly one size; nil if nobody has it.
func (f *Facts) noteOf(size uint64) *Known {
	for i := range f.Known {
		if f.Known[i].Size == size {
			return &f.Known[i]
		}
	}
	return nil
}

func (f *Facts) copying(in Inputs) Step {
	return Step{StepCopy, fmt.Sprintf("copy the store of %s to %s and compare every file", in.Backup, copyName(in)), false}
}

func (f *Facts) config(in Inputs) []Step {
	return []Step{{StepConfig, fmt.Sprintf("put config.json, log.vkey and keys.N of the backup into %s, unless they are there", in.Log), false}}
}

func (f *Facts) placing(in Inputs) (steps []Step) {
	store := filepath.Join(in.Log, "store")
	if f.Store.State != None {
		steps = append(steps, Step{StepAside, fmt.Sprintf("move %s to %s", store, asideName(store)), false})
	}
	return append(steps, Step{StepPlace, fmt.Sprintf("move %s to %s", copyName(in), store), false})
}

func copyName(in Inputs) string { return filepath.Join(in.Log, "store.restore") }

// asideName is where what is in the way goes; the plan's id follows.
func asideName(path string) string { return path + ".before-<id of the plan>" }

func list(steps []Step) []Step {
	if steps == nil {
		return []Step{}
	}
	return steps
}
