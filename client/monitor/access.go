package monitor

import (
	"slices"

	"github.com/docketlog/docket/proofs/statement"
)

// maxAlive bounds the accesses to one resource, and those of one run, that are
// remembered together.
const maxAlive = 64

// giveAccess begins the watch over an access: an intent spent its grant.
func (d *Detector) giveAccess(e Entry, name string) {
	g, ok := d.m.Grants.get(name)
	if !ok || g.Resource == "" {
		return
	}
	s := e.Statement
	a := &access{
		Run: s.Run, Intent: e.mention(), Executor: s.Issuer, Resource: g.Resource, Privilege: g.Privilege,
		Due: g.NotAfter + d.seconds("AL-09.removalSeconds"),
	}
	d.m.Accesses.put(name, a)
	alive, _ := d.m.Resources.get(g.Resource)
	if alive = append(slices.Clone(alive), name); len(alive) > maxAlive {
		alive = alive[1:]
	}
	d.m.Resources.put(g.Resource, alive)
	if r, ok := d.m.Runs.get(s.Run); ok && len(r.Accesses) < maxAlive {
		r.Accesses = append(r.Accesses, name)
	}
	d.m.Timers.arm(a.Due, "access", name, 0)
}

// expireAccess is AL-09 at notAfter and five minutes.
func (d *Detector) expireAccess(t timer) {
	a, ok := d.m.Accesses.get(t.Ref)
	g, known := d.m.Grants.get(t.Ref)
	if !ok || !known {
		return
	}
	about := subject{a.Run, a.Executor}
	switch {
	case !a.Removed:
		d.raise("AL-09", "removal", High, t.Due, "", about, g.Given, a.Intent)
	case a.Present.Text != "":
		d.raise("AL-09", "present", High, t.Due, "", about, a.Present, g.Given)
	}
}

// observeWider is AL-09 for a done under a grant of access: it changes that
// resource, with that privilege, and nothing else.
func (d *Detector) observeWider(e Entry, body *statement.FinishStep, said *intent) {
	if said == nil {
		return
	}
	for _, name := range said.Grants {
		a, ok := d.m.Accesses.get(name)
		if !ok {
			continue
		}
		wider := body.Privilege != "" && body.Privilege != a.Privilege ||
			slices.ContainsFunc(body.Changes, func(c statement.Change) bool { return c.Resource != a.Resource })
		if g, ok := d.m.Grants.get(name); ok && wider {
			d.raise("AL-09", "wider", High, e.Time, "", subject{a.Run, e.Statement.Issuer}, e.mention(), g.Given)
		}
		for _, c := range body.Changes {
			if c.Resource == a.Resource && !a.Changed && body.Result == "ok" {
				a.Changed, a.Before = true, ""
				if c.Before != nil {
					a.Before = c.Before.String()
				}
			}
		}
	}
}

// observeRemoval notes what a done took back: the resource is as it was before the
// access, or gone.
func (d *Detector) observeRemoval(r *run, body *statement.FinishStep) {
	if body.Result != "ok" {
		return
	}
	for _, name := range r.Accesses {
		a, ok := d.m.Accesses.get(name)
		if !ok || body.Intent != nil && body.Intent.String() == a.Intent.Text {
			continue
		}
		for _, c := range body.Changes {
			back := c.After == nil || a.Changed && a.Before != "" && c.After.String() == a.Before
			a.Removed = a.Removed || c.Resource == a.Resource && back
		}
	}
}

// observeThere takes what an attest says of a resource: present or absent.
func (d *Detector) observeThere(e Entry, seen statement.Observed) {
	alive, _ := d.m.Resources.get(seen.Resource)
	for _, name := range alive {
		a, ok := d.m.Accesses.get(name)
		g, known := d.m.Grants.get(name)
		if !ok || !known || !d.independent(e.Statement.Issuer, a.Executor) {
			continue
		}
		switch {
		case seen.Property == "absent":
			a.Removed, a.Present = true, mention{}
		case e.Time < g.NotAfter || d.otherwiseAllowed(seen.Resource, name, e.Time):
		case e.Time < a.Due:
			a.Present = e.mention()
		default:
			d.raise("AL-09", "present", High, e.Time, "", subject{a.Run, a.Executor}, e.mention(), g.Given)
		}
	}
}

// otherwiseAllowed says whether another grant gives access to a resource now.
func (d *Detector) otherwiseAllowed(resource, name string, now int64) bool {
	alive, _ := d.m.Resources.get(resource)
	return slices.ContainsFunc(alive, func(other string) bool {
		a, ok := d.m.Accesses.get(other)
		return ok && other != name && now < a.Due
	})
}
