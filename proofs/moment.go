package proofs

import (
	"fmt"

	"github.com/docketlog/docket/proofs/statement"
)

// A Moment of a log's past: the tree of a size, or a time.
type Moment struct {
	Size uint64 // after the entries below it; 0: Time says
	Time int64  // Unix milliseconds
}

func (m Moment) String() string {
	if m.Size != 0 {
		return fmt.Sprintf("at size %d", m.Size)
	}
	return "at " + statement.FormatTime(m.Time)
}

// An Answer to a claim.
type Answer string

// The answers.
const (
	Yes       Answer = "yes"
	No        Answer = "no"
	NotKnown  Answer = "unknown"
	NoVerdict Answer = "" // the claim was not judged: something is invalid
)

// Knowledge says by what an answer about a moment is known.
type Knowledge string

// The kinds of knowledge.
const (
	Proven   Knowledge = "proven"         // yes: by the cosigners' clock; of a size, by the order of the entries
	Refuted  Knowledge = "refuted"        // no, by the same
	LogClock Knowledge = "log clock only" // yes or no, by the log's clock alone
	None     Knowledge = "none"           // not known
)

// InForce says whether the version of a verdict was in force at a moment. The clock
// of the log and that of the cosigners are kept apart.
type InForce struct {
	At     Moment
	Answer Answer
	Known  Knowledge
	Log    Answer // by the log's clock; of a size the same as Answer
	Seen   Seen
}

// Seen is what quorums of cosigners saw, by their own clocks: Unix milliseconds, of
// whole seconds; 0 stands for none.
type Seen struct {
	Absent int64 // the last time at which a whole quorum saw a tree without the entry that began it
	Begun  int64 // the first time by which a quorum saw a tree with it
	Still  int64 // the last time at which a whole quorum saw a tree in which nothing had ended it
	Ended  int64 // the first time by which a quorum saw a tree in which it had ended
}

// A sighting says when the quorum saw one signed tree.
type sighting struct {
	size     uint64
	earliest int64 // by then a quorum had seen it
	latest   int64 // until then a whole quorum had seen no larger one
	holds    bool  // the registers under it were judged for the entry
}

// sight notes when the cosigners saw a tree. One that has not the quorum by itself
// says nothing.
func (j *judgement) sight(w view, holds bool) {
	p := j.verifier.Policy
	if p.Quorum == NoQuorum || !w.quorum.Satisfied {
		return
	}
	times := make([]int64, len(w.quorum.Times))
	for i, t := range w.quorum.Times {
		if t.Counted {
			times[i] = t.Time
		}
	}
	latest, _ := p.LatestQuorum(times)
	j.sightings = append(j.sightings, sighting{w.checkpoint.Size, milliseconds(w.quorum.QuorumTime), milliseconds(latest), holds})
}

// seen joins the sightings. That a quorum saw no larger tree excludes an earlier one
// only where two quorums share a cosigner that does not lie.
func (j *judgement) seen() Seen {
	var s Seen
	from, until := j.verdict.From, j.verdict.Until
	least := func(at *int64, t int64) {
		if *at == 0 || t < *at {
			*at = t
		}
	}
	shared := j.verifier.Policy.Tolerance() >= 0
	for _, g := range j.sightings {
		if g.size <= from.Index {
			if shared {
				s.Absent = max(s.Absent, g.latest)
			}
			continue
		}
		if !g.holds {
			continue
		}
		least(&s.Begun, g.earliest)
		if until != nil && g.size > until.Index {
			least(&s.Ended, g.earliest)
		} else if shared {
			s.Still = max(s.Still, g.latest)
		}
	}
	return s
}

// inForce answers for the moment that is asked for.
func (j *judgement) inForce() *InForce {
	at := *j.moment
	f := &InForce{At: at, Seen: j.seen(), Log: answerOf(j.verdict.InForceAt(at.Time))}
	if at.Size != 0 {
		f.Log = answerOf(j.verdict.InForceAtSize(at.Size))
		f.Answer, f.Known = f.Log, map[Answer]Knowledge{Yes: Proven, No: Refuted, NotKnown: None}[f.Log]
		return f
	}
	s := f.Seen
	switch {
	case s.Absent != 0 && at.Time < s.Absent, s.Ended != 0 && at.Time >= s.Ended:
		f.Answer, f.Known = No, Refuted
	case s.Begun != 0 && s.Begun <= at.Time && at.Time < s.Still:
		f.Answer, f.Known = Yes, Proven
	case f.Log == NotKnown && at.Time < s.Still: // later than it began, by the log's clock
		f.Answer, f.Known = Yes, LogClock
	case f.Log == NotKnown:
		f.Answer, f.Known = NotKnown, None
	default:
		f.Answer, f.Known = f.Log, LogClock
	}
	return f
}

func answerOf(in, known bool) Answer {
	switch {
	case !known:
		return NotKnown
	case in:
		return Yes
	}
	return No
}

// String says it in one sentence, without its end.
func (f InForce) String() string {
	word := map[Answer]string{Yes: "IN FORCE", No: "NOT IN FORCE", NotKnown: "UNKNOWN whether in force"}[f.Answer]
	s := fmt.Sprintf("%s %s: %s", word, f.At, f.Known)
	switch {
	case f.Known == None:
		return s + ", the evidence ends before"
	case f.At.Size != 0:
		return s + " by the order of the entries"
	case f.Known != LogClock:
		return s + " by the cosigners' clock"
	}
	return s
}

// lines say what the cosigners saw.
func (s Seen) lines() []string {
	var out []string
	for _, l := range []struct {
		time int64
		text string
	}{
		{s.Absent, "not in the log until %s, by the cosigners' clock"},
		{s.Begun, "in the log by %s, by the cosigners' clock"},
		{s.Still, "not ended until %s, by the cosigners' clock"},
		{s.Ended, "ended by %s, by the cosigners' clock"},
	} {
		if l.time != 0 {
			out = append(out, fmt.Sprintf(l.text, statement.FormatTime(l.time)))
		}
	}
	return out
}
