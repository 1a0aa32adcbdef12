package main

import (
	"context"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/statement"
)

// works does a run that was opened and approved: wl/pub, who executes it, drafts from
// IN to OUT, releases OUT as version 1 of claims/1 on all grants of the run, wl/gw
// receives it, and wl/pub closes.
func works(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: works DIR RUN IN OUT")
	}
	w := &actor{ts: ts, f: folders{dir: ts.MkAbs(args[0])}, run: args[1]}
	var err error
	w.c, w.config, err = w.f.newClient("")
	ts.Check(err)
	d, err := w.c.Dossier(context.Background(), w.run)
	ts.Check(err)
	in, out := w.file("claim", args[2]), w.file("notice", args[3])
	w.say("wl/pub", out.Digest, nil, &statement.FinishStep{
		Step: statement.Step{
			Attempt: 1, Seq: 1, Name: "draft", Tool: "docket-run", Target: "local", In: []statement.File{in},
			Policy: statement.Verdict{ID: "none", Verdict: "none"}, Assurance: "producer-signed",
		},
		Out: []statement.File{out}, Result: "ok", Changes: []statement.Change{},
	})
	var spends []statement.Digest
	for _, g := range d.Grants {
		spends = append(spends, g.Digest)
	}
	release := w.say("wl/pub", out.Digest, spends, &statement.ReleaseDocument{Document: "claims/1", Version: 1, Size: 1, Media: "text/plain", To: []string{"wl/gw"}})
	w.say("wl/gw", out.Digest, nil, &statement.AttestObservation{
		About: &release, Observed: []statement.Observed{{Resource: "gw/1", Property: "received", Digest: &out.Digest}},
	})
	w.say("wl/pub", out.Digest, nil, &statement.CloseOutcome{Attempt: 1, Status: "success", Missing: []string{}, Assurance: "producer-signed"})
}

type actor struct {
	ts     *testscript.TestScript
	f      folders
	c      *client.Client
	config clientConfig
	run    string
}

func (w *actor) file(slot, path string) statement.File {
	digest, _, err := hashFile(w.ts.MkAbs(path))
	w.ts.Check(err)
	return statement.File{Name: slot, Digest: digest}
}

// say signs a statement of the run and submits it.
func (w *actor) say(by string, subject statement.Digest, spends []statement.Digest, body statement.Body) statement.Digest {
	author, err := w.f.author(w.config.Origin, by)
	w.ts.Check(err)
	e, err := author.Sign(statement.Statement{Run: w.run, Subject: subject, Spends: spends, Body: body})
	w.ts.Check(err)
	_, _, err = w.c.Submit(context.Background(), e)
	w.ts.Check(err)
	return statement.DigestOf(e.Payload)
}
