package scenario

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/docketlog/docket/proofs"
)

// maxText is the size from which a text is no story.
const maxText = 1 << 20

// Parse reads a story. It is strict: each word must be known, each name must be
// given by a line before, each value must be of its sort, and time must not go
// back. Errors are of type [*TextError].
func Parse(text string) (*Story, error) {
	if len(text) > maxText {
		return nil, &TextError{1, fmt.Sprintf("the text has more than %d bytes", maxText)}
	}
	lines, err := logicals(text)
	if err != nil {
		return nil, err
	}
	p := &parser{Story: &Story{cast: make(map[string]declaration)}}
	for _, l := range lines {
		if err := p.line(l); err != nil {
			return nil, &TextError{l.number, err.Error()}
		}
	}
	if p.Origin == "" || p.Monitor == "" || len(p.Lines) == 0 {
		return nil, &TextError{1, "a story names its log and its monitor, and has at least one line"}
	}
	return p.Story, nil
}

// A parser is what is known while a text is read.
type parser struct {
	*Story
	day     time.Time
	defined []string // names that lines gave
}

var rowLabel = regexp.MustCompile(`^[0-9]{1,2}[a-z]{0,2}$`)

// line reads one logical line.
func (p *parser) line(l logical) error {
	switch first := l.words[0]; {
	case first == "log" || first == "witness" || first == "quorum" || first == "monitor" || first == "day":
		if len(l.words) != 2 {
			return fmt.Errorf("%s takes one word", first)
		}
		return p.setting(first, l.words[1])
	case rowLabel.MatchString(first):
		return p.act(l)
	default:
		return p.declare(l.words)
	}
}

// setting reads a word that stands for the whole story, or for the lines after it.
func (p *parser) setting(name, value string) error {
	switch name {
	case "day":
		day, err := time.Parse("2006-01-02", value)
		if err != nil || day.Before(p.day) {
			return fmt.Errorf("day %s: want one like 2026-11-10, not before the last", value)
		}
		p.day = day
		return nil
	case "witness":
		if slices.Contains(p.Witnesses, value) || p.Quorum != 0 {
			return fmt.Errorf("witness %s: each once, before the quorum", value)
		}
		p.Witnesses = append(p.Witnesses, value)
		return nil
	case "quorum":
		n := int(args{"n": value}.number("n", 0))
		if p.Quorum != 0 || n < 1 || n > len(p.Witnesses) {
			return fmt.Errorf("quorum %s: once, 1 to %d of the witnesses", value, len(p.Witnesses))
		}
		p.Quorum = n
		return nil
	}
	if name == "monitor" {
		if p.Monitor != "" {
			return fmt.Errorf("there is one monitor, %s", p.Monitor)
		}
		p.Monitor = value
		return p.checkDeclared("identity", value)
	}
	if p.Origin != "" || !proofs.ValidOrigin(value) {
		return fmt.Errorf("log %s: one bare host name", value)
	}
	p.Origin = value
	return nil
}

// declare reads a part of the cast.
func (p *parser) declare(words []string) error {
	u, ok := declarations[words[0]]
	if !ok {
		return fmt.Errorf("unknown word %s: want log, witness, quorum, monitor, day, identity, member, workflow, policy, or a row like 17 or 17b", words[0])
	}
	plain, named, err := split(words[1:])
	if err != nil {
		return err
	}
	if err := p.read(u, plain, named, nil); err != nil {
		return err
	}
	d := declaration{kind: words[0], name: plain[0], args: named}
	if d.kind == "member" { // an identity that the genesis policy makes
		d.kind = "identity"
	}
	key := d.kind + " " + d.name
	if _, ok := p.cast[key]; ok {
		return fmt.Errorf("%s is declared twice", key)
	}
	p.cast[key] = d
	return nil
}

// act reads "ROW TIME SIGNER VERB WORDS -> EXPECTATION".
func (p *parser) act(l logical) error {
	arrow := slices.Index(l.words, "->")
	if arrow < 4 || p.day.IsZero() {
		return fmt.Errorf("want a day before it, and: ROW TIME SIGNER ACT -> EXPECTATION")
	}
	at, err := time.Parse("15:04:05", l.words[1])
	if err != nil {
		return fmt.Errorf("time %s: want one like 09:01:00", l.words[1])
	}
	line := Line{Number: l.number, Row: l.words[0], Signer: l.words[2], verb: l.words[3], Act: strings.Join(l.words[3:arrow], " ")}
	line.Time = p.day.Add(time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute + time.Duration(at.Second())*time.Second)
	if n := len(p.Lines); n > 0 && line.Time.Before(p.Lines[n-1].Time) {
		return fmt.Errorf("time goes back, from %s", p.Lines[n-1].Time.Format(time.DateTime))
	}
	if line.words, line.args, err = split(l.words[4:arrow]); err != nil {
		return err
	}
	if err := p.check(line); err != nil {
		return err
	}
	if line.Expect, err = parseExpectation(l.words[arrow+1:]); err != nil {
		return err
	}
	if form := outcomes(line.verb); !form.MatchString(line.Expect.Outcome) {
		return fmt.Errorf("%s cannot come of %s: want one of %s", line.Expect.Outcome, line.verb, form)
	}
	p.define(line)
	p.Lines = append(p.Lines, line)
	return nil
}

// check checks who acts, and the words of the act.
func (p *parser) check(line Line) error {
	u, ok := usageOf(line.verb)
	if !ok {
		return fmt.Errorf("unknown act %s", line.verb)
	}
	_, signs := signed[line.verb]
	switch {
	case signs || line.verb == "again":
		if err := p.checkDeclared("identity", line.Signer); err != nil {
			return err
		}
	case line.verb == "cosign":
		if !slices.Contains(p.Witnesses, line.Signer) {
			return fmt.Errorf("%s is no witness", line.Signer)
		}
	case line.Signer != "outsider" && line.Signer != "auditor" && line.Signer != "clock":
		return fmt.Errorf("%s signs nothing: outsider, auditor or clock does it", line.verb)
	}
	return p.read(u, line.words, line.args, p.defined)
}

// define notes the names that a line gives: as=, and a request's run.
func (p *parser) define(line Line) {
	if name := line.args["as"]; name != "" {
		p.defined = append(p.defined, name)
	}
	if line.verb == "open" && !slices.Contains(p.defined, line.words[0]) {
		p.defined = append(p.defined, line.words[0])
	}
}

// parseExpectation reads "OUTCOME DETAIL...; AL-NN SEVERITY; ...".
func parseExpectation(words []string) (e Expectation, err error) {
	parts := strings.Split(strings.Join(words, " "), ";")
	fields := strings.Fields(parts[0])
	if len(fields) == 0 {
		return e, fmt.Errorf("nothing is expected: say OK, same, an E-code, a verdict or a state")
	}
	e.Outcome, e.Details = fields[0], fields[1:]
	for _, part := range parts[1:] {
		alert := strings.TrimSpace(part)
		if !alertForm.MatchString(alert) {
			return e, fmt.Errorf("%q is no alert: want one like AL-05 high", alert)
		}
		e.Alerts = append(e.Alerts, alert)
	}
	slices.Sort(e.Alerts)
	return e, nil
}

var alertForm = regexp.MustCompile(`^AL-[0-9]{2} (info|low|med|high|crit)$`)
