package client_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

func envelopes(e ...statement.Envelope) []statement.Envelope { return e }

// unusable demands an ErrAnswer that says so.
func unusable(t *testing.T, err error, says string) {
	t.Helper()
	var refused *client.Refused
	if !errors.Is(err, client.ErrAnswer) || errors.As(err, &refused) || !strings.Contains(err.Error(), says) {
		t.Errorf("%v, want an unusable answer: %q", err, says)
	}
}

// invalid demands that a check failed, and which.
func invalid(t *testing.T, err error, check proofs.CheckName) {
	t.Helper()
	var e *client.InvalidError
	if !errors.As(err, &e) {
		t.Fatalf("%v", err)
	}
	if failed, ok := e.Verdict.Failed(); !ok || failed.Name != check || !strings.Contains(err.Error(), string(check)) {
		t.Errorf("%v, want the check %q to fail", err, check)
	}
}

// The entry of somebody else's statement, valid in every proof.
func TestReceiptOfAnotherStatement(t *testing.T) {
	s := newSite(t)
	s.grow("contracts/1")
	other := s.get("/api/v1/receipts/" + s.digest(5).String()[7:])
	staple := s.get("/api/v1/documents/contracts/1")
	c := s.client()
	mine := s.release("contracts/2")
	for name, lie := range map[string][]byte{"another": other, "a staple": staple} {
		t.Run(name, func(t *testing.T) {
			s.answerTo("/api/v1/", lie)
			r, _, err := c.Submit(ctx, mine)
			unusable(t, err, "another statement")
			r2, err := c.Receipt(ctx, statement.DigestOf(mine.Payload))
			unusable(t, err, "another statement")
			if r != nil || r2 != nil {
				t.Error("a receipt was handed out")
			}
		})
	}
	// The document is what was asked for, the bytes are other ones: the receipt is
	// good, and says nothing about the file in hand.
	s.lie = nil
	r, err := c.Receipt(ctx, s.digest(5))
	if err != nil {
		t.Fatal(err)
	}
	if v := c.Verifier.Verify(r, proofs.Expect{File: logtest.FileOf([]byte("mine")).Digest, Document: "contracts/1"}); v.Kind != proofs.Unknown || v.Exit != 20 {
		t.Error(v)
	}
}

// Another log: under another key, under another name, or begun anew under the
// same key and name.
func TestAnotherLog(t *testing.T) {
	s, anew := newSite(t), newSite(t)
	s.grow("contracts/1")
	anew.grow("contracts/1")
	pin := func(name string, key ed25519.PrivateKey) proofs.Verifier {
		vkey, err := proofs.NewVerifierKey(name, proofs.TypeEd25519, key.Public().(ed25519.PublicKey))
		if err != nil {
			t.Fatal(err)
		}
		policy, err := proofs.ParsePolicy([]byte("log " + vkey.String() + "\nquorum none\n"))
		if err != nil {
			t.Fatal(err)
		}
		return proofs.Verifier{Policy: policy, Genesis: s.client().Verifier.Genesis}
	}
	strange := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))
	for name, c := range map[string]struct {
		verifier proofs.Verifier
		check    proofs.CheckName
	}{
		"key":     {pin(logtest.Origin, strange), proofs.CheckCheckpoint},
		"name":    {pin("other.docket.example", strange), proofs.CheckCheckpoint},
		"genesis": {anew.client().Verifier, proofs.CheckGenesis},
	} {
		t.Run(name, func(t *testing.T) {
			cl := s.client()
			cl.Verifier = c.verifier
			d, err := cl.Document(ctx, "contracts/1")
			invalid(t, err, c.check)
			r, _, err2 := cl.Submit(ctx, s.release("contracts/"+name))
			invalid(t, err2, c.check)
			if d != nil || r != nil {
				t.Error("an answer was handed out")
			}
			if _, note, err := cl.Checkpoint(ctx); c.check == proofs.CheckCheckpoint {
				unusable(t, err, "checkpoint")
				if note != nil {
					t.Error("a checkpoint was handed out")
				}
			}
		})
	}
	// A log of the same key and name that was begun anew is a fork for who saw the
	// first one.
	cl := s.client()
	see(t, cl)
	cl.Server = anew.url
	anew.grow(ids("others", 20)...)
	var fork *client.ForkError
	if _, _, err := cl.Checkpoint(ctx); !errors.As(err, &fork) {
		t.Fatalf("%v", err)
	}
	convict(t, s.w.Signer.Key().String(), fork)
}

// Each part of a receipt altered, each proof cut: the check that guards it fails.
func TestReceiptAltered(t *testing.T) {
	s := newSite(t)
	s.grow("contracts/1", "contracts/2", "contracts/3")
	path := "/api/v1/receipts/" + s.digest(5).String()[7:]
	honest := s.get(path)
	c := s.client()
	for name, alter := range map[string]struct {
		with  func(r *proofs.Receipt)
		check proofs.CheckName
	}{
		"checkpoint signature": {func(r *proofs.Receipt) { flipIn(r.Checkpoint, len(r.Checkpoint)-20) }, proofs.CheckCheckpoint},
		"checkpoint root": {func(r *proofs.Receipt) {
			r.Checkpoint = bytes.Replace(r.Checkpoint, []byte("\n9\n"), []byte("\n8\n"), 1)
		}, proofs.CheckCheckpoint},
		"seal text":           {func(r *proofs.Receipt) { r.Seal = append(r.Seal, '\n') }, proofs.CheckSealForm},
		"seal before":         {func(r *proofs.Receipt) { r.Seal = s.leaf(4) }, proofs.CheckSealPosition},
		"seal inclusion":      {func(r *proofs.Receipt) { r.SealInclusion[0][3] ^= 1 }, proofs.CheckSealInclusion},
		"seal inclusion, cut": {func(r *proofs.Receipt) { r.SealInclusion = r.SealInclusion[1:] }, proofs.CheckSealInclusion},
		"genesis":             {func(r *proofs.Receipt) { r.GenesisInclusion[1][3] ^= 1 }, proofs.CheckGenesis},
		"genesis, cut":        {func(r *proofs.Receipt) { r.GenesisInclusion = r.GenesisInclusion[:2] }, proofs.CheckGenesis},
		"index":               {func(r *proofs.Receipt) { r.Index++ }, proofs.CheckEntry},
		"inclusion":           {func(r *proofs.Receipt) { r.Inclusion[2][31] ^= 0x80 }, proofs.CheckEntry},
		"inclusion, cut":      {func(r *proofs.Receipt) { r.Inclusion = r.Inclusion[:1] }, proofs.CheckEntry},
		"inclusion, longer":   {func(r *proofs.Receipt) { r.Inclusion = append(r.Inclusion, proofs.Hash{}) }, proofs.CheckEntry},
		"signature":           {func(r *proofs.Receipt) { flipIn(r.Envelope.Signature, len(r.Envelope.Signature)-1) }, proofs.CheckSignature},
		"key":                 {func(r *proofs.Receipt) { r.Envelope.SPKI = logtest.Key("other").SPKI() }, proofs.CheckSignature},
		"registers, none":     {func(r *proofs.Receipt) { r.Registers = nil }, proofs.CheckRegisters},
		"registers, swapped":  {func(r *proofs.Receipt) { r.Registers[0], r.Registers[1] = r.Registers[1], r.Registers[0] }, proofs.CheckRegisters},
		"register of another": {func(r *proofs.Receipt) { r.Registers[0] = s.register("documents/contracts/2") }, proofs.CheckRegisters},
		"its name, its proof": {func(r *proofs.Receipt) {
			r.Registers[0] = s.register("documents/contracts/2")
			r.Registers[0].ID = "contracts/1"
		}, proofs.CheckDocument},
		"document value":    {func(r *proofs.Receipt) { r.Registers[0].Value.Root[0] ^= 1 }, proofs.CheckDocument},
		"document absent":   {func(r *proofs.Receipt) { r.Registers[0].Value = nil }, proofs.CheckDocument},
		"document event":    {func(r *proofs.Receipt) { r.Registers[0].Events[0].Event.LeafHash[0] ^= 1 }, proofs.CheckDocumentEvents},
		"no document event": {func(r *proofs.Receipt) { r.Registers[0].Events = nil }, proofs.CheckRelease},
		"document state":    {func(r *proofs.Receipt) { r.Registers[0].State.Blind[0] ^= 1 }, proofs.CheckDocumentState},
		"identity value":    {func(r *proofs.Receipt) { r.Registers[1].Value.Last++ }, proofs.CheckIdentity},
		"identity event":    {func(r *proofs.Receipt) { r.Registers[1].Events[0].Event.Index++ }, proofs.CheckIdentityEvents},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := proofs.ParseReceipt(honest)
			if err != nil {
				t.Fatal(err)
			}
			alter.with(r)
			s.answerTo("/api/v1/receipts/", r.Marshal())
			got, err := c.Receipt(ctx, s.digest(5))
			if got != nil {
				t.Error("the receipt was handed out")
			}
			invalid(t, err, alter.check)
		})
	}
}

func flipIn(b []byte, i int) { b[i] ^= 1 }

func (s *site) leaf(index uint64) []byte {
	s.t.Helper()
	v := s.l.View()
	defer v.Release()
	leaf, err := v.Leaf(index)
	if err != nil {
		s.t.Fatal(err)
	}
	return leaf
}

// register returns the register of an honest staple.
func (s *site) register(path string) proofs.RegisterProof {
	s.t.Helper()
	r, err := proofs.ParseReceipt(s.get("/api/v1/" + path))
	if err != nil {
		s.t.Fatal(err)
	}
	return r.Registers[0]
}

// No byte of a receipt can be changed or cut off.
func TestReceiptBytes(t *testing.T) {
	s := newSite(t)
	s.grow("contracts/1")
	honest := s.get("/api/v1/receipts/" + s.digest(5).String()[7:])
	c := s.client()
	for i := 0; i < len(honest); i += 23 {
		for _, lie := range [][]byte{append(append(bytes.Clone(honest[:i]), honest[i]^1), honest[i+1:]...), honest[:i]} {
			s.answerTo("/api/v1/receipts/", lie)
			var bad *client.InvalidError
			if r, err := c.Receipt(ctx, s.digest(5)); r != nil || !errors.Is(err, client.ErrAnswer) && !errors.As(err, &bad) {
				t.Fatalf("byte %d: %v", i, err)
			}
		}
	}
}

// The answer about another document, and the absence of one that is there.
func TestStapleOfAnother(t *testing.T) {
	s := newSite(t)
	s.grow("contracts/1", "contracts/2")
	c := s.client()
	renamed := func(path, id string) []byte {
		r, err := proofs.ParseReceipt(s.get(path))
		if err != nil {
			t.Fatal(err)
		}
		r.Registers[0].ID = id
		return r.Marshal()
	}
	without := func(part func(p *proofs.RegisterProof)) []byte {
		r, err := proofs.ParseReceipt(s.get("/api/v1/documents/contracts/1"))
		if err != nil {
			t.Fatal(err)
		}
		part(&r.Registers[0])
		return r.Marshal()
	}
	two := func() []byte {
		r, err := proofs.ParseReceipt(s.get("/api/v1/documents/contracts/1"))
		if err != nil {
			t.Fatal(err)
		}
		r.Registers = append(r.Registers, s.register("documents/contracts/2"))
		return r.Marshal()
	}
	for name, lie := range map[string]struct {
		body []byte
		says string           // of an answer that is not about the request
		bad  proofs.CheckName // of one whose proof fails
	}{
		"another document":          {s.get("/api/v1/documents/contracts/2"), "not the register", ""},
		"another, renamed":          {renamed("/api/v1/documents/contracts/2", "contracts/1"), "", proofs.CheckRegister},
		"the absence of another":    {s.get("/api/v1/documents/none"), "not the register", ""},
		"its absence, renamed":      {renamed("/api/v1/documents/none", "contracts/1"), "", proofs.CheckRegister},
		"an identity":               {s.get("/api/v1/identities/wl/pipeline"), "not the register", ""},
		"two":                       {two(), "not the register", ""},
		"a receipt":                 {s.get("/api/v1/receipts/" + s.digest(5).String()[7:]), "not the register", ""},
		"no value":                  {without(func(p *proofs.RegisterProof) { p.Value = nil }), "", proofs.CheckRegister},
		"no value, state or events": {without(func(p *proofs.RegisterProof) { p.Value, p.State, p.Events = nil, nil, nil }), "", proofs.CheckRegister},
		"no state":                  {without(func(p *proofs.RegisterProof) { p.State = nil }), "state", ""},
		"another state":             {without(func(p *proofs.RegisterProof) { p.State = s.register("documents/contracts/2").State }), "", proofs.CheckRegister},
		"an altered value":          {without(func(p *proofs.RegisterProof) { p.Value.Root[5] ^= 1 }), "", proofs.CheckRegister},
	} {
		t.Run(name, func(t *testing.T) {
			s.answerTo("/api/v1/documents/", lie.body)
			d, err := c.Document(ctx, "contracts/1")
			if d != nil {
				t.Errorf("handed out: %+v", d)
			}
			if lie.bad != "" {
				invalid(t, err, lie.bad)
				return
			}
			unusable(t, err, lie.says)
		})
	}
	s.lie = nil
	if d, err := c.Document(ctx, "contracts/1"); err != nil || d.State.Version != 1 || d.State.Status != register.DocumentCurrent {
		t.Error(err)
	}
}

// A receipt that is good, under a checkpoint that another request has to be asked
// about: the statement is submitted once, whatever the client thinks of the answer.
func TestSubmitIsSentOnce(t *testing.T) {
	s := newSite(t)
	c := s.client()
	posts := 0
	s.lie = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost {
			posts++
			w.WriteHeader(http.StatusCreated)
			fmt.Fprint(w, "{}")
			return true
		}
		return false
	}
	_, _, err := c.Submit(ctx, s.release("contracts/1"))
	unusable(t, err, "")
	if posts != 1 {
		t.Errorf("%d posts", posts)
	}
}
