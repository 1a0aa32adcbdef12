package proofs

import (
	"errors"
	"fmt"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// An authority is what a document register says about one release: where it
// began, and what ended it.
type authority struct {
	began register.Event  // the release
	ended *register.Event // the event after it; nil: it is the newest
}

// A documentClaim judges the event that an entry wrote to its document's register.
type documentClaim struct {
	entry   entry
	history *history
	at      int                   // position of the entry's event among those shown
	last    register.DocumentBody // of the newest release before the entry, once checkVersion passed; zero: none
}

// openDocument verifies the document register of a release or withdrawal: claim
// "authority at release" of docs/spec/receipt.md, but for the signer's key. The
// time is that of the entry by the log's clock.
func openDocument(l *checkList, e entry, h *history) (a authority, time uint64, ok bool) {
	c := documentClaim{entry: e, history: h}
	l.run(CheckDocument, func() (string, error) { return h.String(), h.checkRegister() })
	l.run(CheckDocumentEvents, func() (string, error) {
		return fmt.Sprintf("%d shown", len(h.proof.Events)), h.checkEvents()
	})
	l.run(CheckRelease, func() (_ string, err error) {
		if c.at, err = c.find(); err != nil {
			return "", err
		}
		return fmt.Sprintf("event %d", c.event().Seq), c.checkEvent()
	})
	l.run(CheckDocumentNext, func() (string, error) {
		return c.describeNext(), h.checkNeighbours(c.at)
	})
	l.run(CheckVersion, func() (string, error) {
		return fmt.Sprintf("version %d", e.document.version), c.checkVersion()
	})
	l.run(CheckDocumentState, func() (string, error) { return "as its events make it", c.checkState() })
	if l.failed != nil {
		return authority{}, 0, false
	}
	return c.authority(), c.event().Time, true
}

func (c *documentClaim) event() *register.Event { return &c.history.proof.Events[c.at].Event }

// find returns the position of the event of the entry. Its place in the register
// is derived from the entry's index, never from the order of the receipt.
func (c *documentClaim) find() (int, error) {
	for i := range c.history.proof.Events {
		if c.history.proof.Events[i].Event.Index == c.entry.index {
			return i, nil
		}
	}
	return 0, fmt.Errorf("no event of entry %d is shown", c.entry.index)
}

// derived returns the body that the statement gives its event.
func (c *documentClaim) derived() register.DocumentBody {
	return register.DocumentBody{
		Version: c.entry.document.version, Digest: register.SHA256Digest(c.entry.statement.Subject), Statement: c.entry.digest,
		Run: c.entry.document.run,
	}
}

// checkEvent: kind, leaf hash and blinded body are those that the statement
// makes. Nothing of it is read from the receipt, so that an event opened to the
// right bytes under another statement's leaf does not pass.
func (c *documentClaim) checkEvent() error {
	e := c.event()
	if e.Kind != c.entry.document.kind {
		return fmt.Errorf("event %d is of kind %d, a %s makes kind %d", e.Seq, e.Kind, c.entry.statement.Code, c.entry.document.kind)
	}
	if e.LeafHash != c.entry.leafHash {
		return fmt.Errorf("event %d names another leaf at index %d", e.Seq, e.Index)
	}
	return e.VerifyBody(c.blind(), c.derived().Marshal())
}

func (c *documentClaim) blind() Hash {
	return register.EventBlind(c.history.key, c.event().Seq, c.entry.payload)
}

// before returns the opened event that stands n places before the entry's.
func (c *documentClaim) before(n int) (kind uint8, body register.DocumentBody, err error) {
	if c.at < n {
		return 0, body, fmt.Errorf("the event %d before event %d is not shown", n, c.event().Seq)
	}
	opening, err := c.history.opened(c.at - n)
	if err != nil {
		return 0, body, err
	}
	body, err = register.ParseDocumentBody(opening.Body)
	return c.history.proof.Events[c.at-n].Event.Kind, body, err
}

// checkVersion: version and prev continue the register.
func (c *documentClaim) checkVersion() error {
	if c.withdraws() {
		return c.checkWithdrawal()
	}
	return c.checkRelease()
}

func (c *documentClaim) withdraws() bool { return c.entry.document.kind == register.DocumentWithdraw }

// checkRelease: the events before are the last release and, if it was withdrawn,
// its withdrawal. Only these two kinds write the register.
func (c *documentClaim) checkRelease() error {
	d := c.entry.document
	if c.event().Seq == 0 {
		if d.version != 1 || d.prev != nil {
			return errors.New("the first release of a document has version 1 and no prev")
		}
		return nil
	}
	kind, last, err := c.before(1)
	if err != nil {
		return err
	}
	places := 1
	if kind == register.DocumentWithdraw {
		withdrawn := last
		if kind, last, err = c.before(2); err != nil {
			return err
		}
		if kind != register.DocumentRelease || withdrawn.Version != last.Version || withdrawn.Digest != last.Digest {
			return fmt.Errorf("the withdrawal before event %d does not follow its release", c.event().Seq)
		}
		places = 2
	}
	if places != c.at {
		return fmt.Errorf("%d events before event %d are shown, want %d", c.at, c.event().Seq, places)
	}
	if d.version != last.Version+1 {
		return fmt.Errorf("version %d does not follow version %d", d.version, last.Version)
	}
	if d.chained && (d.prev == nil || *d.prev != statement.Digest(last.Statement)) {
		return fmt.Errorf("prev is not the statement that released version %d", last.Version)
	}
	c.last = last
	return nil
}

// checkWithdrawal: what is withdrawn is the release right before.
func (c *documentClaim) checkWithdrawal() error {
	kind, last, err := c.before(1)
	if err != nil {
		return err
	}
	if c.at != 1 {
		return fmt.Errorf("%d events before event %d are shown, want 1", c.at, c.event().Seq)
	}
	if kind != register.DocumentRelease || last.Version != c.derived().Version || last.Digest != c.derived().Digest {
		return fmt.Errorf("the event before does not release version %d with the digest that is withdrawn", c.derived().Version)
	}
	c.last = last
	return nil
}

// checkState: while the entry's event is the newest, the register's state is
// derived from it; else an opening, if there is one, must open it.
func (c *documentClaim) checkState() error {
	value, opening := c.history.proof.Value, c.history.proof.State
	if opening != nil {
		if err := value.VerifyState(opening.Blind, opening.State); err != nil {
			return err
		}
	}
	if !c.history.newest(c.at) {
		return nil
	}
	body := c.derived()
	state := register.DocumentState{Status: register.DocumentCurrent, Version: body.Version, Digest: body.Digest, Statement: body.Statement}
	if c.withdraws() {
		state.Status, state.Statement = register.DocumentWithdrawn, c.last.Statement
	}
	return value.VerifyState(register.StateBlind(c.blind()), state.Marshal())
}

// authority returns the interval of the version that the statement is about.
func (c *documentClaim) authority() authority {
	if c.withdraws() {
		return authority{began: c.history.proof.Events[c.at-1].Event, ended: c.event()}
	}
	return authority{began: *c.event(), ended: c.history.next(c.at)}
}

func (c *documentClaim) describeNext() string {
	if next := c.history.next(c.at); next != nil {
		return fmt.Sprintf("event %d follows", next.Seq)
	}
	return "it is the newest event"
}
