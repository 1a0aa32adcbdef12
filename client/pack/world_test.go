package pack_test

import (
	"context"
	"crypto/sha256"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/docketlog/docket/client"
	gather "github.com/docketlog/docket/client/pack"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/log/server"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/pack"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
	"github.com/docketlog/docket/storage/storagetest"
)

var ctx = context.Background()

// A world is a log with a run R1 that released version 1 of claims/1 on two grants, one
// of them by a delegate, and another run beside it.
type world struct {
	t testing.TB
	*logtest.Flow
	w   *logtest.World
	l   *log.Log
	url string

	open, legal, risk, release *admission.Checked
	page                       statement.Digest
}

func newWorld(t testing.TB) *world {
	t.Helper()
	x := &world{t: t, w: logtest.NewWorld(), page: sha256.Sum256([]byte("page"))}
	store, anchor := storagetest.Open(t)
	x.w.Create(t, store, anchor).Close()
	x.l = x.w.Open(t, store, anchor)
	h := httptest.NewServer(server.New(x.l))
	t.Cleanup(func() { h.Close(); x.l.Close() })
	x.url, x.Flow = h.URL, logtest.NewFlow(t, x.w, x.l)
	x.tell()
	return x
}

func (x *world) tell() {
	in := statement.Digest(sha256.Sum256([]byte("claim")))
	x.say(x.Open("R0", "", statement.WantTask{Task: "other"}))
	delegation := x.say(x.Say("h/legal", statement.Statement{Subject: sha256.Sum256(logtest.Key("h/plat").SPKI()), Body: &statement.GrantDecision{
		For: statement.DecisionGrant, Object: statement.DelegationObject{Role: "legal", Namespaces: []string{"claims/"}}, To: "h/plat", Meaning: "responsibility",
		Role: "legal", Rule: "leave-1", Policy: x.Policy, NotAfter: x.w.Clock.Now().Add(time.Hour).UnixMilli(), Uses: 2, Level: "direct",
	}}))
	x.open = x.say(x.Open("R1", "", statement.WantDocument{Document: "claims/1"}, in))
	x.say(x.Done(logtest.Work{Run: "R1", Step: "fetch", Seq: 1, In: []statement.Digest{in}, Out: []statement.Digest{in}}))
	x.say(x.Done(logtest.Work{Run: "R1", Step: "render", Seq: 2, In: []statement.Digest{in}, Out: []statement.Digest{x.page}}))
	body := *x.Approve("h/plat", "legal", x.open, "claims/1", 1, x.page).Statement.Body.(*statement.GrantDecision)
	body.ActingFor = &delegation.Digest
	x.legal = x.say(x.Say("h/plat", statement.Statement{Run: "R1", Subject: x.page, Body: &body}))
	x.risk = x.say(x.Approve("h/risk", "risk", x.open, "claims/1", 1, x.page))
	x.release = x.say(x.Publish("R1", "claims/1", 1, nil, x.page, x.legal, x.risk))
	x.say(x.Close("R1", 1, "success", x.page))
}

// say submits a statement and moves the clock.
func (x *world) say(c *admission.Checked) *admission.Checked {
	x.t.Helper()
	if r := logtest.Submit(x.t, x.l, c)[0]; r.Refusal != nil {
		x.t.Fatalf("%s by %s: %v", c.Statement.Code, c.Statement.Issuer, r.Refusal)
	}
	x.w.Clock.Add(time.Minute)
	return c
}

func (x *world) verifier() proofs.Verifier { return x.w.Verifier(x.t, x.l) }

func (x *world) client() *client.Client {
	return &client.Client{Server: x.url, Verifier: x.verifier(), Memory: &client.Memory{}}
}

func (x *world) pack(t register.Type, id string) []byte {
	x.t.Helper()
	b, err := gather.Gatherer{Client: x.client()}.Gather(ctx, pack.Name{Type: t, ID: id})
	if err != nil {
		x.t.Fatal(err)
	}
	return b
}

// expect is a verifier of a development folder.
var expect = pack.Expect{Dev: true}
