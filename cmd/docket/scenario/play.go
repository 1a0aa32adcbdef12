package scenario

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/client/monitor"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
)

// A Player plays stories. Disk, Quarantine and Signer are mandatory.
type Player struct {
	Disk       Disk         // where the log is kept; it must be empty
	Quarantine string       // folder of the statements that are refused
	Signer     *log.Signer  // the log's key, named as the log of the story
	Logger     *slog.Logger // of the server; nil: none
	Say        func(Played) // is told each line as it was played; nil: nobody is

	// Before is called before each line but the first, and After when all are played
	// and the log still runs. What they return ends the play. nil: nothing is done.
	Before func(*Play, Line) error
	After  func(*Play) error
	// Lost is called when a statement got no answer: nil says that it is to be
	// submitted once more. nil: the play ends.
	Lost func(context.Context, *Play, error) error
}

// A Played is a line and what came of it.
type Played struct {
	Line
	Actual Expectation
	Detail string // what the server said of a refusal, or an error
	OK     bool   // as the story says
}

// A Report says how a story went.
type Report struct {
	Lines, Deviations int
	Checks            int // things that were expected, and looked at
	Entries           uint64
	Refusals, Alerts  int

	Policy  []byte      // the verifier policy, a tlog-policy file
	Genesis proofs.Hash // leaf hash of entry 0
	Files   []Kept      // what was released
}

// A Kept is a file that was released, and the newest receipt of it in the story.
type Kept struct {
	Name    string // of the sample file
	Receipt *proofs.Receipt
}

// A Play is a story while it is played.
type Play struct {
	*world
	player   *Player
	host     *host
	client   *client.Client
	auditor  *auditor
	genesis  *admission.Checked
	named    map[string]*admitted
	cosigned map[string][]byte // signature lines by the body of a checkpoint
	detector *monitor.Detector
	refused  *refusal // of the line that is being played
	report   Report
}

// An admitted is a statement that the log took.
type admitted struct {
	envelope  statement.Envelope
	statement *statement.Statement
	digest    statement.Digest
	receipt   *proofs.Receipt
}

// Play plays a story to its end, also past lines that deviate from it. The error
// says that it could not be played, never that it deviated.
func (p *Player) Play(ctx context.Context, s *Story) (report Report, err error) {
	w, err := newWorld(s, p.Signer)
	if err != nil {
		return Report{}, err
	}
	y := &Play{world: w, player: p, auditor: newAuditor(s.Origin), named: make(map[string]*admitted), cosigned: make(map[string][]byte), detector: monitor.New(s.Monitor)}
	y.auditor.refused = y.rejudge
	defer func() {
		if y.host != nil {
			err = errors.Join(err, y.host.close())
		}
	}()
	for _, line := range s.Lines {
		if err := y.line(ctx, line); err != nil {
			return y.report, fmt.Errorf("line %d, row %s: %w", line.Number, line.Row, err)
		}
	}
	if p.After != nil {
		if err := p.After(y); err != nil {
			return y.report, err
		}
	}
	return y.conclude(), y.complete()
}

// conclude adds to the report what the story leaves.
func (y *Play) conclude() Report {
	r := y.report
	r.Entries, r.Policy, r.Genesis = y.auditor.next, y.policy, y.genesis.LeafHash
	for _, l := range y.story.Lines {
		if n := y.named[l.args["as"]]; n != nil && l.verb == "release" {
			r.Files = append(r.Files, Kept{Name: l.args["file"], Receipt: n.receipt})
		}
	}
	return r
}

// complete demands that whatever the story expects was looked at.
func (y *Play) complete() error {
	want := 0
	for _, l := range y.story.Lines {
		want += l.Expect.Checks()
	}
	if y.report.Checks != want {
		return fmt.Errorf("%d things are expected, %d were looked at", want, y.report.Checks)
	}
	return nil
}

// line plays one line.
func (y *Play) line(ctx context.Context, line Line) error {
	y.clock.set(line.Time)
	if before := y.player.Before; before != nil && y.host != nil {
		if err := before(y, line); err != nil {
			return err
		}
	}
	if y.host == nil && line.verb != "policy" {
		return errors.New("a story begins with the policy of its log")
	}
	due := y.detector.Advance(line.Time.UnixMilli())
	played := Played{Line: line}
	actual, err := y.act(ctx, line)
	if err != nil {
		actual.Outcome, played.Detail = "failed", err.Error()
	} else {
		played.Detail, actual.detail = actual.detail, ""
	}
	if actual.Alerts, err = y.watch(ctx, due); err != nil {
		return err
	}
	y.refused = nil
	y.judge(&played, actual)
	if y.player.Say != nil {
		y.player.Say(played)
	}
	return nil
}

// judge holds what came of a line against what the story says: each detail that it
// names, and exactly its alerts.
func (y *Play) judge(p *Played, a actual) {
	p.Actual = Expectation{Outcome: a.Outcome, Alerts: a.Alerts}
	p.OK = a.Outcome == p.Expect.Outcome
	y.report.Checks++
	for _, d := range p.Expect.Details {
		y.report.Checks++
		if slices.Contains(a.Details, d) {
			p.Actual.Details = append(p.Actual.Details, d)
		} else {
			p.OK = false
		}
	}
	if !p.OK {
		p.Actual.Details = a.Details
	}
	y.report.Checks += len(p.Expect.Alerts)
	p.OK = p.OK && slices.Equal(a.Alerts, p.Expect.Alerts)
	y.report.Lines++
	y.report.Alerts += len(a.Alerts)
	if !p.OK {
		y.report.Deviations++
	}
}

// An actual is what came of an act.
type actual struct {
	Expectation
	detail string
}

// create makes the log with its genesis and serves it.
func (y *Play) create(ctx context.Context, e statement.Envelope) error {
	genesis, err := admission.CheckEnvelope(y.story.Origin, e)
	if err != nil {
		return err
	}
	y.genesis = genesis
	return y.start(ctx, genesis)
}

// start serves the log, and connects the client of everybody to it. The client
// remembers the newest checkpoint that it saw over restarts.
func (y *Play) start(ctx context.Context, genesis *admission.Checked) (err error) {
	logger := y.player.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	identity, err := y.logIdentity()
	if err != nil {
		return err
	}
	config := log.Config{
		Origin: y.story.Origin, Mode: log.Sealed, Signer: y.signer, Identity: identity, Now: y.clock.Now, MinFree: 1,
	}
	if y.host, err = newHost(ctx, config, y.player, genesis, logger); err != nil {
		return err
	}
	if y.client != nil {
		y.client.Server = y.host.url
		return nil
	}
	v, err := y.verifier(y.genesis.LeafHash)
	y.client = &client.Client{Server: y.host.url, Verifier: v, Memory: &client.Memory{}}
	return err
}

// Restart stops the log and opens it anew from its disk.
func (y *Play) Restart(ctx context.Context) error {
	err := y.host.close()
	y.host = nil
	if err != nil {
		return err
	}
	return y.start(ctx, nil)
}

// named returns what an earlier line named.
func (y *Play) ref(name string) (*admitted, error) {
	if n, ok := y.named[name]; ok {
		return n, nil
	}
	return nil, fmt.Errorf("%s was not admitted", name)
}

func (y *Play) refs(names []string) (out []statement.Digest, err error) {
	for _, name := range names {
		n, err := y.ref(name)
		if err != nil {
			return nil, err
		}
		out = append(out, n.digest)
	}
	return out, nil
}

// submit submits a statement as everybody does: by the client, which verifies the
// receipt. A refusal is an outcome, no error.
func (y *Play) submit(ctx context.Context, e statement.Envelope, name string) (actual, error) {
	r, duplicate, err := y.send(ctx, e)
	var refused *client.Refused
	if errors.As(err, &refused) {
		y.report.Refusals++
		y.refused = &refusal{statement.DigestOf(e.Payload), refused.Code, refused.Finding}
		return actual{Expectation{Outcome: refused.Code, Details: []string{refused.Field, fmt.Sprintf("status=%d", refused.Status)}}, refused.Detail}, nil
	}
	if err != nil {
		return actual{}, err
	}
	outcome := "OK"
	if duplicate {
		outcome = "same"
	}
	if err := y.keep(e, r, name); err != nil {
		return actual{}, err
	}
	return actual{Expectation: Expectation{Outcome: outcome, Details: []string{fmt.Sprintf("index=%d", r.Index)}}}, nil
}

// send submits until there is an answer. What came in before its answer was lost
// is no duplicate of anything.
func (y *Play) send(ctx context.Context, e statement.Envelope) (*proofs.Receipt, bool, error) {
	for lost := false; ; lost = true {
		r, duplicate, err := y.client.Submit(ctx, e)
		var refused *client.Refused
		if err == nil || errors.As(err, &refused) && refused.Status < 500 || y.player.Lost == nil {
			return r, duplicate && !lost, err
		}
		if err := y.player.Lost(ctx, y, err); err != nil {
			return nil, false, err
		}
	}
}

// keep keeps an admitted statement under the name that its line gives.
func (y *Play) keep(e statement.Envelope, r *proofs.Receipt, name string) error {
	s, err := statement.Parse(e.Payload)
	if err != nil {
		return err
	}
	n := &admitted{e, s, statement.DigestOf(e.Payload), r}
	if s.Code == statement.RequestOpen && y.named[s.Run] == nil {
		y.named[s.Run] = n
	}
	if name != "" {
		y.named[name] = n
	}
	return nil
}

// cosign has a witness cosign the newest checkpoint, and keeps its line.
func (y *Play) cosign(ctx context.Context, name string) error {
	t, err := y.client.NewestTree(ctx)
	if err != nil {
		return err
	}
	line, err := y.witnesses[name].cosign(ctx, t, y.clock.Now().Unix())
	body := string(t.Checkpoint.Marshal())
	y.cosigned[body] = append(y.cosigned[body], line...)
	return err
}

// withCosignatures adds the lines of witnesses to the note of a receipt, once each.
func (y *Play) withCosignatures(r *proofs.Receipt) (*proofs.Receipt, error) {
	n, err := proofs.ParseNote(r.Checkpoint)
	if err != nil {
		return nil, err
	}
	full := *r
	full.Checkpoint = bytes.Clone(r.Checkpoint)
	for line := range bytes.Lines(y.cosigned[string(n.Body)]) {
		if !bytes.Contains(full.Checkpoint, line) {
			full.Checkpoint = append(full.Checkpoint, line...)
		}
	}
	return &full, nil
}

// verify judges a sample file by a kept receipt, and by a newer one that the log
// gives, as docket verify does. With at=receipt the receipt speaks alone.
func (y *Play) verify(ctx context.Context, line Line) (actual, error) {
	n, err := y.ref(line.args["receipt"])
	if err != nil {
		return actual{}, err
	}
	release, ok := n.statement.Body.(*statement.ReleaseDocument)
	if !ok {
		return actual{}, errors.New("the receipt is of no release")
	}
	newest, err := y.client.Receipt(ctx, n.digest)
	if err != nil {
		return actual{}, err
	}
	if newest, err = y.withCosignatures(newest); err != nil {
		return actual{}, err
	}
	expect := proofs.Expect{File: sampleDigest(line.words[0]), Document: line.args.or("doc", release.Document), Now: y.clock.Now().UnixMilli()}
	if line.args["at"] == "receipt" {
		return verdictOf(y.client.Verifier.Verify(n.receipt, expect)), nil
	}
	v := y.client.Verifier.VerifyStapled(n.receipt, newest, expect)
	if v.Level != proofs.LevelLog { // final: it needs nothing newer to be believed
		n.receipt = newest
	}
	return verdictOf(v), nil
}
