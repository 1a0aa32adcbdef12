package pack

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// lastTime is the last millisecond of the year 9999: later ones have no one form as text.
const lastTime = 253402300799999

// report reads the story out of the parts.
func (p *Pack) report() (*report, error) {
	cp, err := p.checkpoint()
	if err != nil {
		return nil, err
	}
	staple := p.histories[p.Subject].Staple
	seal, err := statement.ParseSeal(staple.Seal)
	if err != nil {
		return nil, err
	}
	if seal.Time > lastTime {
		return nil, fmt.Errorf("the seal says %d ms: a time beyond the year 9999 is in no pack", seal.Time)
	}
	r := &report{
		Size: cp.Size, Origin: cp.Origin, Root: cp.Root[:], Sealed: seal.Time, Signed: signatures(staple.Checkpoint, cp.Origin),
		NotClaimed: notClaimed, Identity: p.Subject.Type == register.TypeIdentity,
	}
	r.Title = fmt.Sprintf("Evidence on %v %s", p.Subject.Type, p.Subject.ID)
	times := p.clock()
	core := p.core()
	for _, i := range core {
		r.add(p, p.row(i, times))
	}
	for _, n := range p.names() {
		h := p.histories[n]
		switch {
		case n.Type == register.TypeGrant && len(h.Events) > 0:
			r.Grants = append(r.Grants, p.grantRow(h, times))
		case n.Type == register.TypeIdentity && len(h.Events) > 0:
			r.People = append(r.People, p.person(h))
		}
	}
	slices.SortFunc(r.Grants, func(a, b grantRow) int { return cmp.Compare(a.Index, b.Index) })
	for _, i := range p.entries() {
		switch p.makers[i].Statement.Code {
		case statement.PolicySet, statement.WorkflowDefine, statement.WorkflowRetire:
			r.Texts = append(r.Texts, p.row(i, times))
		}
	}
	if r.Identity {
		r.divide(p.Subject.ID)
	}
	r.Sentence = p.sentence(r)
	return r, nil
}

// divide puts what an identity signed apart from what others said of it.
func (r *report) divide(id string) {
	all := slices.Concat(r.Asked, r.Approved, r.Executed, r.Released, r.Others)
	slices.SortFunc(all, func(a, b row) int { return cmp.Compare(a.Index, b.Index) })
	r.Others = nil
	for _, x := range all {
		if x.By == id {
			r.Said = append(r.Said, x)
		} else {
			r.Others = append(r.Others, x)
		}
	}
}

// clock gives the log's time of each entry that made an event.
func (p *Pack) clock() map[uint64]int64 {
	times := make(map[uint64]int64)
	for _, n := range p.names() {
		for _, e := range p.histories[n].Events {
			times[e.Index] = int64(e.Time)
		}
	}
	return times
}

func (p *Pack) row(i uint64, times map[uint64]int64) row {
	s := p.makers[i].Statement
	what, detail := words(s)
	return row{Index: i, Time: times[i], At: s.At, By: s.Issuer, What: what, Detail: detail, Digest: s.Subject.String()}
}

// add puts a row where people look for it.
func (r *report) add(p *Pack, x row) {
	s := p.makers[x.Index].Statement
	switch s.Code {
	case statement.RequestOpen, statement.RequestCancel:
		r.Asked = append(r.Asked, x)
	case statement.DecisionGrant, statement.DecisionDeny, statement.DecisionRevoke:
		r.Approved = append(r.Approved, x)
	case statement.StepIntent, statement.StepDone, statement.OutcomeClose:
		r.Executed = append(r.Executed, x)
	case statement.DocumentRelease, statement.DocumentWithdraw:
		x.Until = p.ended(s, x.Index)
		r.Released = append(r.Released, x)
	default:
		r.Others = append(r.Others, x)
	}
}

// ended says what the document's history says of the end of this entry's release.
func (p *Pack) ended(s *statement.Statement, index uint64) string {
	b, ok := s.Body.(*statement.ReleaseDocument)
	if !ok {
		return ""
	}
	for _, e := range p.eventsOf(b.Document, index) {
		if e.Index > index {
			how := "superseded"
			if e.Kind == register.DocumentWithdraw {
				how = "withdrawn"
			}
			return fmt.Sprintf("%s at %s (entry %d)", how, clockWords(int64(e.Time)), e.Index)
		}
	}
	return "still the current version"
}

// eventsOf gives the events of a document that tell how the release of this entry ended:
// its history, or what the receipt shows of it, in a pack without that history.
func (p *Pack) eventsOf(document string, index uint64) (events []register.Event) {
	if h := p.histories[Name{register.TypeDocument, document}]; h != nil {
		for _, e := range h.Events {
			events = append(events, e.Event)
		}
		return events
	}
	for _, r := range p.receipts[index].Registers {
		if r.Type == register.TypeDocument && r.ID == document {
			for _, e := range r.Events {
				events = append(events, e.Event)
			}
		}
	}
	return events
}

// sentence is the first thing that a reader sees.
func (p *Pack) sentence(r *report) string {
	id := p.Subject.ID
	h := p.histories[p.Subject]
	if len(h.Events) == 0 {
		return fmt.Sprintf("Up to its entry %d, the log %s had no %v with the name %s.", r.Size-1, r.Origin, p.Subject.Type, id)
	}
	switch p.Subject.Type {
	case register.TypeRun:
		return p.runSentence(r)
	case register.TypeIdentity:
		activity := p.histories[Name{register.TypeActivity, id}]
		n := 0
		if activity != nil {
			n = len(activity.Events)
		}
		return fmt.Sprintf("%s is %s, and signed %s that the log %s took in; all of them are listed here.",
			id, standing(h), count(n, "statement"), r.Origin)
	}
	return p.documentSentence(r)
}

// documentSentence is about the newest release of the document.
func (p *Pack) documentSentence(r *report) string {
	var newest row
	entries := p.made(p.Subject)
	for _, x := range r.Released {
		if slices.Contains(entries, x.Index) && x.Until != "" {
			newest = x
		}
	}
	s := p.makers[newest.Index].Statement
	b, ok := s.Body.(*statement.ReleaseDocument)
	if !ok {
		return "The history of the document begins with no release."
	}
	return fmt.Sprintf("Version %d of %s was released by %s at %s; it is %s, as far as the log %s went when this was made (%d entries).",
		b.Version, b.Document, s.Issuer, clockWords(newest.Time), was(newest.Until), r.Origin, r.Size)
}

// was turns the end of a release into a part of a sentence.
func was(until string) string {
	if strings.HasPrefix(until, "still") {
		return until
	}
	return "no longer in force: " + until
}

func (p *Pack) runSentence(r *report) string {
	var b strings.Builder
	if len(r.Asked) > 0 {
		fmt.Fprintf(&b, "%s asked for %s", r.Asked[0].By, r.Asked[0].Detail)
	}
	var by []string
	for _, x := range r.Approved {
		if s := p.makers[x.Index].Statement; s.Code == statement.DecisionGrant && !slices.Contains(by, s.Issuer) {
			by = append(by, s.Issuer)
		}
	}
	switch {
	case len(by) > 0:
		fmt.Fprintf(&b, "; %s approved", strings.Join(by, " and "))
	default:
		b.WriteString("; nobody approved anything")
	}
	if n := len(r.Executed); n > 0 {
		fmt.Fprintf(&b, "; %s on record", count(n, "piece")+" of work")
	}
	for _, x := range r.Released {
		fmt.Fprintf(&b, "; %s %s at %s", x.By, x.What, clockWords(x.Time))
		if x.Until != "" {
			fmt.Fprintf(&b, ", %s", x.Until)
		}
	}
	return fmt.Sprintf("%s. The run is %s, as far as the log %s went when this was made (%d entries).", b.String(), p.runStatus(), r.Origin, r.Size)
}

// runStatus is the status after the newest event of the subject.
func (p *Pack) runStatus() string {
	events := p.histories[p.Subject].Events
	body, err := register.ParseRunBody(events[len(events)-1].Body)
	if err != nil {
		return "unknown"
	}
	return map[uint8]string{
		register.RunOpen: "open", register.RunSuccess: "successful", register.RunPartial: "done in part", register.RunFailed: "failed",
		register.RunAborted: "aborted", register.RunCancelled: "cancelled", register.RunDenied: "denied",
	}[body.Status]
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
