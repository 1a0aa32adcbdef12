package scenario

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/statement"
)

// step is what intent and done have in common. Its run is the first word, its name
// the second.
func (y *Play) step(line Line) (s statement.Statement, step statement.Step, err error) {
	a := line.args
	n, err := y.ref(line.words[0])
	if err != nil {
		return s, step, err
	}
	step = statement.Step{
		Attempt: a.number("attempt", 1), Seq: a.number("seq", 1), Name: line.words[1], Tool: a["tool"], Target: a["target"],
		Privilege: a["privilege"], In: files(a.list("in")), Branch: a["branch"], Runner: sampleDigest(a.or("runner", "runner")),
		Policy:    statement.Verdict{ID: "guard", Digest: sampleDigest("guard"), Verdict: a.or("verdict", "allow")},
		Assurance: "producer-signed",
	}
	if a.has("model") {
		step.Model = &statement.Model{Name: a["model"], Digest: sampleDigest(a["model"])}
	}
	if a.has("retryOf") {
		before, err := y.ref(a["retryOf"])
		if err != nil {
			return s, step, err
		}
		step.RetryOf = &before.digest
	}
	s.Run, s.Subject = n.statement.Run, n.digest
	if len(step.In) > 0 {
		s.Subject = step.In[0].Digest
	}
	return s, step, nil
}

func (y *Play) intent(author *client.Author, line Line) (statement.Envelope, error) {
	s, step, err := y.step(line)
	if err != nil {
		return statement.Envelope{}, err
	}
	if s.Spends, err = y.refs(line.args.list("spends")); err != nil {
		return statement.Envelope{}, err
	}
	s.Body = &statement.IntendStep{Step: step}
	return author.Sign(s)
}

// done: what an agent was asked is sealed.
func (y *Play) done(author *client.Author, line Line) (statement.Envelope, error) {
	a := line.args
	s, step, err := y.step(line)
	if err != nil {
		return statement.Envelope{}, err
	}
	body := &statement.FinishStep{Step: step, Out: files(a.list("out")), Result: a.or("result", "ok"), Cause: a["cause"], Changes: changes(a.list("changes"))}
	if len(body.Out) > 0 {
		s.Subject = body.Out[0].Digest
	}
	if a.has("intent") {
		n, err := y.ref(a["intent"])
		if err != nil {
			return statement.Envelope{}, err
		}
		body.Intent = &n.digest
	}
	if s.Sealed, err = sealedOf(a); err != nil {
		return statement.Envelope{}, err
	}
	s.Body = body
	return author.Sign(s)
}

// changes reads resource:before:after; "none" is no state.
func changes(words []string) []statement.Change {
	out := make([]statement.Change, len(words))
	for i, w := range words {
		parts := strings.SplitN(w+"::", ":", 4)
		out[i] = statement.Change{Resource: parts[0], Before: stateDigest(parts[1]), After: stateDigest(parts[2])}
	}
	return out
}

func stateDigest(word string) *statement.Digest {
	if word == "none" {
		return nil
	}
	d := sampleDigest(word)
	return &d
}

func (y *Play) outcome(author *client.Author, line Line) (statement.Envelope, error) {
	a := line.args
	n, err := y.ref(line.words[0])
	if err != nil {
		return statement.Envelope{}, err
	}
	s := statement.Statement{Run: n.statement.Run, Subject: n.digest}
	if a.has("out") {
		s.Subject = sampleDigest(a["out"])
	}
	s.Body = &statement.CloseOutcome{Attempt: a.number("attempt", 1), Status: line.words[1], Cause: a["cause"], Missing: a.list("missing"), Assurance: "producer-signed"}
	return author.Sign(s)
}

// versionOf reads "v2".
func versionOf(word string) (uint32, error) {
	n := args{"v": strings.TrimPrefix(word, "v")}.number("v", 0)
	if n == 0 {
		return 0, fmt.Errorf("version %s: want one like v2", word)
	}
	return n, nil
}

func (y *Play) release(author *client.Author, line Line) (statement.Envelope, error) {
	a, file := line.args, Sample(line.args["file"])
	version, err := versionOf(line.words[1])
	if err != nil {
		return statement.Envelope{}, err
	}
	body := &statement.ReleaseDocument{Document: line.words[0], Version: version, Size: uint64(len(file)), Media: "application/pdf", To: a.list("to")}
	if a.has("prev") {
		n, err := y.ref(a["prev"])
		if err != nil {
			return statement.Envelope{}, err
		}
		body.Prev = &n.digest
	}
	return y.document(author, line, statement.Statement{Subject: sha256.Sum256(file), Body: body})
}

func (y *Play) withdraw(author *client.Author, line Line) (statement.Envelope, error) {
	version, err := versionOf(line.words[1])
	if err != nil {
		return statement.Envelope{}, err
	}
	body := &statement.WithdrawDocument{Document: line.words[0], Version: version, Reason: line.args["reason"]}
	return y.document(author, line, statement.Statement{Subject: sampleDigest(line.args["file"]), Body: body})
}

// document signs what is said about a document, in its run and with its grants.
func (y *Play) document(author *client.Author, line Line, s statement.Statement) (statement.Envelope, error) {
	if line.args.has("run") {
		n, err := y.ref(line.args["run"])
		if err != nil {
			return statement.Envelope{}, err
		}
		s.Run = n.statement.Run
	}
	var err error
	if s.Spends, err = y.refs(line.args.list("spends")); err != nil {
		return statement.Envelope{}, err
	}
	return author.Sign(s)
}

// attest reads resource:property, several separated by commas; a third part names
// the file that was seen, a fourth how many.
func (y *Play) attest(author *client.Author, line Line) (statement.Envelope, error) {
	body, s := &statement.AttestObservation{}, statement.Statement{}
	for _, word := range strings.Split(line.words[0], ",") {
		parts := strings.SplitN(word+":::", ":", 5)
		o := statement.Observed{Resource: parts[0], Property: parts[1]}
		if parts[2] != "" {
			d := sampleDigest(parts[2])
			o.Digest, s.Subject = &d, d
		}
		if parts[3] != "" {
			n := args{"n": parts[3]}.number("n", 0)
			o.Count = &n
		}
		body.Observed = append(body.Observed, o)
	}
	if line.args.has("run") {
		n, err := y.ref(line.args["run"])
		if err != nil {
			return statement.Envelope{}, err
		}
		s.Run = n.statement.Run
	}
	if line.args.has("about") {
		n, err := y.ref(line.args["about"])
		if err != nil {
			return statement.Envelope{}, err
		}
		body.About = &n.digest
		if s.Subject == (statement.Digest{}) {
			s.Subject = n.digest
		}
	}
	if line.args.has("file") {
		s.Subject = sampleDigest(line.args["file"])
	}
	s.Body = body
	return author.Sign(s)
}
