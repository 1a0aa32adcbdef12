package admission

import (
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// A matter is what a grant for a document or a step is about: the run whose workflow says
// who decides, and from whose parties those who decide are apart.
type matter struct {
	run   *run
	about register.Hash // the request that the grant binds; zero: a withdrawal, by the workflow of its release
	place string        // what the namespaces of those who decide must hold
	field string        // where the statement names place
}

// matterOf finds what a grant is about: E401. Its statement names a run, or, for
// a withdrawal, a version that a run released.
func (e *entry) matterOf(body *statement.GrantDecision, runID string) (*matter, error) {
	m := &matter{}
	if object, ok := body.Object.(statement.DocumentObject); ok {
		m.place, m.field = object.Document, "predicate.object.document"
		if body.About == nil {
			return m, e.matterOfRelease(m, body.For, object)
		}
	}
	var err error
	if m.run, err = e.readRunOf(runID); err != nil {
		return nil, err
	}
	if err := m.run.checkAbout(runID, *body.About); err != nil {
		return nil, err
	}
	m.about = m.run.state.Request
	if body.For == statement.StepIntent {
		m.place, m.field = m.run.place(), "predicate.run"
	}
	return m, nil
}

// place is where the work of a run is: at the document that it wants, else at its
// workflow.
func (r *run) place() string {
	if want, ok := r.request.Want.(statement.WantDocument); ok {
		return want.Document
	}
	return r.flow.ID
}

// matterOfRelease: a withdrawal may name no run. Then it is a matter of the run
// that released the version, open or closed.
func (e *entry) matterOfRelease(m *matter, action statement.Code, object statement.DocumentObject) error {
	if action != statement.DocumentWithdraw {
		return refuse(CodeRequest, "predicate.about", "missing: a grant for a %s is about the request of its run", action)
	}
	d, err := readDocument(e.st, object.Document)
	if err != nil {
		return err
	}
	if m.run, err = e.releaseRun(d); err != nil {
		return err
	}
	if m.run == nil || d.state.Version != object.Version {
		return refuse(CodeRequest, "predicate.about", "missing: version %d of document %q is not the newest release, or no run released it; name the request of a run that withdraws it",
			object.Version, object.Document)
	}
	return nil
}

// checkAbout is E401: a decision names a run, and its request.
func (r *run) checkAbout(id string, about statement.Digest) error {
	if r == nil {
		return refuse(CodeRequest, "predicate.run", "run %q is unknown", id)
	}
	if statement.Digest(r.state.Request) != about {
		return refuse(CodeRequest, "predicate.about", "the request of run %q is %s", r.id, statement.Digest(r.state.Request)).at(r.last)
	}
	return nil
}

// checkUndecided is E401: nobody decides any more on a run that is closed. A
// grant may set the time aside that a run lasts.
func (e *entry) checkUndecided(m *matter, body *statement.GrantDecision) error {
	if m.about == (register.Hash{}) {
		return nil
	}
	return e.checkOpen(m.run, CodeRequest, sets(body, "maxDuration"))
}

// releaseRun is the run that released the newest version of a document; nil:
// none did.
func (e *entry) releaseRun(d *document) (*run, error) {
	if d.state == nil {
		return nil, nil
	}
	id, err := e.fold.releasedIn(e.st, d.state.Statement)
	if err != nil || id == "" {
		return nil, err
	}
	return e.readRunOf(id)
}
