package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/statement"
)

// A pendingStatement is where a signed statement lies until the log has answered:
// if the reply is lost, the same statement is sent again and gets the entry that
// it has, never a second one.
type pendingStatement struct {
	path   string
	origin string                            // of the log
	fits   func(s *statement.Statement) bool // whether one that lies there is for this run
	other  string                            // what is said of one that is not
	again  string                            // what to do to have its answer
}

// pendingOf returns the place for statements of a kind about a document or an
// identity. Ids have '/', which is no part of a file's name; '+' is in no id.
func (f folders) pendingOf(code statement.Code, id, origin string, fits func(s *statement.Statement) bool) *pendingStatement {
	name := code.String() + "+" + fileName(id, "+") + ".dsse"
	return &pendingStatement{
		path: filepath.Join(f.client(), "pending", name), origin: origin, fits: fits,
		other: "says something else, or is for another log",
		again: "run the same command again as it was then",
	}
}

// load returns the statement that an earlier run signed for the same purpose and
// got no answer to, or nil. One for another purpose is not touched: only its owner
// knows what became of it.
func (p *pendingStatement) load() (*statement.Envelope, error) {
	b, err := readFile(p.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	stuck := func(what string) error {
		return fmt.Errorf("%s %s: its outcome is unknown; %s, or remove it", p.path, what, p.again)
	}
	e, err := statement.ParseEnvelope(b)
	if err != nil {
		return nil, stuck("cannot be read: " + err.Error())
	}
	s, err := statement.Parse(e.Payload)
	if err != nil {
		return nil, stuck("cannot be read: " + err.Error())
	}
	if s.Log != p.origin || !p.fits(s) {
		return nil, stuck(p.other)
	}
	return &e, nil
}

// resume sends a pending statement again; nil: there is none, or it was never
// admitted and is too old by now, and a new one takes its place.
func (p *pendingStatement) resume(ctx context.Context, c *client.Client) (*proofs.Receipt, error) {
	e, err := p.load()
	if e == nil || err != nil {
		return nil, err
	}
	r, err := p.send(ctx, c, *e)
	if tooOld(err) {
		return nil, nil
	}
	return r, err
}

// tooOld says that a statement waited too long: it was never admitted, and a new
// one takes its place.
func tooOld(err error) bool {
	var refused *client.Refused
	return errors.As(err, &refused) && refused.Code == admission.CodeSkew
}

// submit keeps a new statement and sends it.
func (p *pendingStatement) submit(ctx context.Context, c *client.Client, e statement.Envelope) (*proofs.Receipt, error) {
	if err := os.MkdirAll(filepath.Dir(p.path), 0o700); err != nil {
		return nil, err
	}
	if err := client.WriteFile(p.path, e.Marshal(), 0o600); err != nil {
		return nil, err
	}
	return p.send(ctx, c, e)
}

// send submits a statement that lies at the path, and removes it once it is known
// what became of it.
func (p *pendingStatement) send(ctx context.Context, c *client.Client, e statement.Envelope) (*proofs.Receipt, error) {
	r, _, err := p.answer(ctx, c, e)
	if err != nil {
		return nil, err
	}
	return r, removePending(p.path)
}

// answer is send, but leaves a statement that was admitted where it lies: for who
// has to keep the receipt first.
func (p *pendingStatement) answer(ctx context.Context, c *client.Client, e statement.Envelope) (r *proofs.Receipt, duplicate bool, err error) {
	r, duplicate, err = c.Submit(ctx, e)
	if client.RefusedForGood(err) {
		// The statement is not in the log and never will be: nothing to resume.
		return nil, false, errors.Join(err, removePending(p.path))
	}
	if err != nil {
		return nil, false, fmt.Errorf("%w\ndocket: the signed statement is kept in %s: run the same command again", err, p.path)
	}
	return r, duplicate, nil
}

// removePending removes a statement that has its answer. Another run of the same
// command may have got it first: what is gone is as it should be.
func removePending(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
