package admission

import (
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A release or a withdrawal is direct, below a prefix of the policy, or a matter
// of a run: then the run's workflow says who may, what, and with whose grants.

// release judges document.release: E206, E301, E402, E501, E408, then its grants.
func (e *entry) release(body *statement.ReleaseDocument) ([]Effect, error) {
	d, err := e.permitDocument(body.Document)
	if err != nil {
		return nil, err
	}
	if e.run != nil {
		if err := e.checkInRun(body.Document); err != nil {
			return nil, err
		}
		if err := e.checkDestinations(body.To); err != nil {
			return nil, err
		}
	}
	if err := d.checkNextVersion(body); err != nil {
		return nil, err
	}
	var spent []Effect
	if e.run == nil {
		err = checkSpends(e.c.Statement)
	} else {
		object := statement.DocumentObject{Document: body.Document, Version: body.Version}
		spent, err = e.spend(e.bond(object, e.run.state.Request), e.approvedBy(e.run.flow))
	}
	if err != nil {
		return nil, err
	}
	return append(spent, d.release(e.c, body.Version)...), nil
}

// withdraw judges document.withdraw: E206, E301, E402, E501, E408, then its grants.
func (e *entry) withdraw(body *statement.WithdrawDocument) ([]Effect, error) {
	d, err := e.permitDocument(body.Document)
	if err != nil {
		return nil, err
	}
	if e.run != nil {
		if err := e.checkInRun(body.Document); err != nil {
			return nil, err
		}
	}
	matter, err := e.withdrawalRun(d)
	if err != nil {
		return nil, err
	}
	if err := d.checkCurrent(body, e.c.Statement.Subject); err != nil {
		return nil, err
	}
	var spent []Effect
	if matter == nil {
		err = checkSpends(e.c.Statement)
	} else {
		bond := e.bond(statement.DocumentObject{Document: body.Document, Version: body.Version}, register.Hash{})
		if e.run != nil {
			bond.request = e.run.state.Request
		}
		spent, err = e.spend(bond, e.withdrawnBy(matter.flow))
	}
	if err != nil {
		return nil, err
	}
	return append(spent, d.effect(register.DocumentWithdraw, e.c, body.Version)), nil
}

// permitDocument judges E206 and E301, and reads the register. A run that is
// named is open; none needs to be named below a direct prefix, and for what a
// run released.
func (e *entry) permitDocument(id string) (*document, error) {
	if err := e.by.checkVerb(e.c.Statement.Code); err != nil {
		return nil, err
	}
	if err := e.by.checkNamespace(id); err != nil {
		return nil, err
	}
	if e.c.Statement.Run != "" {
		if err := e.enterRun(); err != nil {
			return nil, err
		}
	}
	d, err := readDocument(e.st, id)
	if err != nil || e.run != nil || inAny(e.policy.Direct, id) {
		return d, err
	}
	if e.c.Statement.Code == statement.DocumentWithdraw {
		if r, err := e.releaseRun(d); r != nil || err != nil {
			return d, err
		}
	}
	return nil, refuse(CodeRun, "predicate.run", "document %q is below no direct prefix of the policy (%v), so a run is demanded", id, e.policy.Direct)
}

// enterRun is E301: the run that the statement names is known, and open, unless
// a grant sets aside how long it lasts.
func (e *entry) enterRun() error {
	r, err := e.readRun()
	if err != nil {
		return err
	}
	if r == nil {
		return refuse(CodeRun, "predicate.run", "run %q is unknown", e.c.Statement.Run)
	}
	overtime, err := e.setsAside("maxDuration")
	if err != nil {
		return err
	}
	e.run = r
	return e.checkOpen(r, CodeRun, overtime)
}

// withdrawalRun is the run whose workflow says how many agree to a withdrawal:
// that of the release; if none released it, that which the withdrawal names; nil:
// it is direct.
func (e *entry) withdrawalRun(d *document) (*run, error) {
	if e.c.Statement.Run == "" && inAny(e.policy.Direct, d.id) {
		return nil, nil
	}
	if r, err := e.releaseRun(d); r != nil || err != nil {
		return r, err
	}
	return e.run, nil
}
