package restore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// format names the form of a plan.
const format = "docket/restore/1"

// A Plan is what somebody reads, and then has done.
type Plan struct {
	Format   string   `json:"format"`
	Made     string   `json:"made"` // RFC 3339, UTC
	Inputs   Inputs   `json:"inputs"`
	Facts    Facts    `json:"facts"`
	Decision Decision `json:"decision"`
}

// Make gathers the facts and decides. It changes nothing.
func Make(ctx context.Context, in Inputs, t Tools, now time.Time) (*Plan, error) {
	facts, err := Gather(ctx, in, t)
	if err != nil {
		return nil, err
	}
	return &Plan{Format: format, Made: now.UTC().Format(time.RFC3339), Inputs: in, Facts: *facts, Decision: Decide(in, facts)}, nil
}

// Marshal returns the one form of a plan.
func (p *Plan) Marshal() []byte {
	b, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		panic("restore: plan: " + err.Error()) // strings and numbers
	}
	return append(b, '\n')
}

// ID names a plan: what moves aside has it in its name.
func (p *Plan) ID() string { return digest(p.Marshal())[:12] }

// ParsePlan reads a plan in its one form, whose decision follows from its facts.
func ParsePlan(b []byte) (*Plan, error) {
	p := new(Plan)
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(p); err != nil {
		return nil, fmt.Errorf("no restore plan: %w", err)
	}
	if p.Format != format {
		return nil, fmt.Errorf("the plan is of the form %q, and this program knows %q only; make a new one", p.Format, format)
	}
	if !bytes.Equal(p.Marshal(), b) {
		return nil, errors.New("the plan is not as it was written: make a new one; none is edited")
	}
	if len(p.Facts.Known) == 0 || !reflect.DeepEqual(p.Decision, Decide(p.Inputs, &p.Facts)) {
		return nil, errors.New("the plan's decision does not follow from its facts: make a new one; none is edited")
	}
	return p, nil
}

// Text is the plan for people.
func (p *Plan) Text() string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	say("restore plan %s for log %s, made %s", p.ID(), p.Facts.Origin, p.Made)
	say("\nfacts")
	p.facts(say)
	say("\ndecision: %s\n  %s.", p.Decision.Kind, p.Decision.Why)
	if l := p.Decision.Lost; l != nil {
		say("  lost: entries %d to %d, %d of them. They are not here; whoever holds a receipt can still prove his.", l.From, l.To-1, l.To-l.From)
	}
	if len(p.Decision.Steps) == 0 {
		say("\nnothing is to be done")
		return b.String()
	}
	say("\nsteps, each done once, in this order; nothing is deleted")
	for i, s := range p.Decision.Steps {
		final := ""
		if s.Final {
			final = "   (cannot be undone)"
		}
		say("  %d. %s: %s%s", i+1, s.Name, strings.ReplaceAll(s.Text, "<id of the plan>", p.ID()), final)
	}
	say("\nBefore it, and before the server is started after it: no other server may run with this log's key, on any machine.")
	return b.String()
}

func (p *Plan) facts(say func(string, ...any)) {
	f := &p.Facts
	say("  backup     size %d, made %s, every row checked   [%s]", f.Backup.Size, f.Backup.Made, p.Inputs.Backup)
	say("  own store  %s   [%s]", found(f.Store.State, f.Store.Size, f.Store.Detail), p.Inputs.Log)
	say("  config     %s   [%s]", f.Config, p.Inputs.Log)
	say("  anchor     %s   [%s]", strings.TrimSpace(f.Anchor.State+" "+f.Anchor.Detail), p.Inputs.Anchor)
	for _, k := range f.Known {
		say("  signed     size %d, root %x; the backup %s   [%s]", k.Size, k.Root, how(k.Backup), k.Source)
	}
	if f.Policy == "" {
		say("  witnesses  nobody was asked")
	}
	for _, w := range f.Witnesses {
		say("  witness    %s   [%s]", strings.TrimSpace(fmt.Sprintf("%s, size %d. %s", w.State, w.Size, w.Detail)), w.URL)
	}
	if f.Policy != "" {
		say("  quorum     confirmed: %v, about the checkpoint of the %s   [%s]", f.Confirmed, f.Asked, p.Inputs.Policy)
	}
}

func found(state string, size uint64, detail string) string {
	switch state {
	case None:
		return "there is none"
	case Whole:
		return fmt.Sprintf("whole, size %d", size)
	}
	return fmt.Sprintf("damaged, size %d: %s", size, detail)
}

func how(state string) string {
	return map[string]string{Same: "continues it", Ahead: "ends before it", Forked: "has another history"}[state]
}

// ErrChanged says that a plan rests on what is no longer so.
var ErrChanged = errors.New("this has changed since the plan was made, so nothing was done; make a new plan")

// changed compares what a plan rests on with what is there now; what witnesses said
// in words does not count. Once steps were done, what they change is not compared.
func changed(plan, now Facts, begun bool) error {
	for _, f := range []*Facts{&plan, &now} {
		f.Witnesses = slices.Clone(f.Witnesses)
		for i := range f.Witnesses {
			f.Witnesses[i].Detail = ""
		}
		if begun {
			f.Store, f.Config, f.ReadOnly, f.Anchor, f.Known = StoreFact{}, "", false, AnchorFact{}, brought(f.Known)
		}
	}
	a, b := reflect.ValueOf(plan), reflect.ValueOf(now)
	for i := range a.NumField() {
		if !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			return fmt.Errorf("%w: %s", ErrChanged, a.Type().Field(i).Tag.Get("json"))
		}
	}
	return nil
}

// brought are the checkpoints that people brought as files, and the backup's.
func brought(all []Known) (out []Known) {
	for _, k := range all {
		if k.Source != fromStore && k.Source != fromAnchor {
			k.Store = ""
			out = append(out, k)
		}
	}
	return out
}
