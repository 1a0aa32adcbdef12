package interop

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// The tests below compare the two verifiers on claims whose evidence was altered at
// random: same answer, same exit code, by the same check.

func (v vector) verifier(t *testing.T) proofs.Verifier {
	t.Helper()
	policy, err := proofs.ParsePolicy([]byte(v.text("policy")))
	if err != nil {
		t.Fatal(err)
	}
	genesis, err := hex.DecodeString(v.text("genesis"))
	if err != nil {
		t.Fatal(err)
	}
	return proofs.Verifier{Policy: policy, Genesis: proofs.Hash(genesis)}
}

func (v vector) expect() proofs.Expect {
	file, _ := hex.DecodeString(v.text("file"))
	e := proofs.Expect{Document: v.text("document"), Dev: v["dev"] == true, Now: v.number("now"), MaxAge: v.number("maxAge")}
	copy(e.File[:], file)
	namespaces, _ := v["namespaces"].([]any)
	for _, n := range namespaces {
		e.Namespaces = append(e.Namespaces, n.(string))
	}
	return e
}

// without is a copy, for the facts are made anew.
func (v vector) without(names ...string) vector {
	out := make(vector)
	for name, value := range v {
		if !slices.Contains(names, name) {
			out[name] = value
		}
	}
	return out
}

// asValue is what json makes of a value, for another vector.
func asValue(t *testing.T, v any) (out any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(compactJSON(t, v)))
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

// failedCheck is the first check that failed and is the reason.
func failedCheck(checks []proofs.Check, reason string) any {
	for _, c := range checks {
		if !c.OK && strings.Contains(reason, c.Detail) {
			return string(c.Name)
		}
	}
	return ""
}

// judgedMoment adds what package proofs says of a moment.
func judgedMoment(t *testing.T, v vector) vector {
	t.Helper()
	list, _ := v["staples"].([]any)
	texts, all := []string{v.text("receipt")}, []*proofs.Receipt{}
	for _, s := range list {
		texts = append(texts, s.(string))
	}
	for _, s := range texts {
		r, err := proofs.ParseReceipt([]byte(s))
		if err != nil {
			v["verdict"], v["exit"], v["check"] = "INVALID", proofs.ExitInvalid, "form"
			return v
		}
		all = append(all, r)
	}
	var at *proofs.Moment
	if m, ok := v["at"].(map[string]any); ok {
		at = &proofs.Moment{Size: uint64(vector(m).number("size")), Time: vector(m).number("time")}
	}
	got := v.verifier(t).VerifyAt(all[0], all[1:], at, v.expect())
	v["verdict"], v["exit"], v["check"] = string(got.Kind), got.Exit, failedCheck(got.Checks, got.Reason)
	if got.Exit >= proofs.ExitContradicted {
		return v
	}
	v["version"], v["size"], v["level"] = got.Version, got.Size, string(got.Level)
	for name, b := range map[string]*proofs.Bound{"from": got.From, "until": got.Until} {
		if b != nil {
			v[name] = map[string]any{"index": b.Index, "time": b.Time}
		}
	}
	if in, ok := asValue(t, got).(map[string]any)["inForce"]; ok {
		v["inForce"] = in
	}
	return v
}

var momentFacts = []string{"verdict", "exit", "check", "version", "size", "from", "until", "level", "inForce"}

// TestJSAgreesOnMoments alters a receipt, one of its staples, the moment or the clock.
func TestJSAgreesOnMoments(t *testing.T) {
	nodeProgram(t)
	all := readVectors(t, "moment.jsonl")
	m := &mutator{Rand: rand.New(rand.NewPCG(agreeSeed, 5))}
	collect(&m.others, all)
	var list []vector
	for range agreeRounds / 3 {
		v := all[m.IntN(len(all))].without(momentFacts...)
		staples, _ := v["staples"].([]any)
		switch n := m.IntN(8); {
		case n == 0:
			v["receipt"] = m.alterDocument(t, v.text("receipt"))
		case n == 1:
			v["at"] = m.moment()
		case n == 2 && len(staples) > 0: // the evidence of another vector of the same log, or of another
			other, _ := all[m.IntN(len(all))]["staples"].([]any)
			v["staples"] = append(slices.Clone(staples), other...)
		case len(staples) > 0:
			i := m.IntN(len(staples))
			v["staples"] = slices.Concat(staples[:i], []any{m.alterDocument(t, staples[i].(string))}, staples[i+1:])
		}
		if m.IntN(3) == 0 {
			v["at"], v["now"], v["maxAge"] = m.moment(), vectorTime+m.Int64N(600_000), m.Int64N(100_000)
		}
		list = append(list, judgedMoment(t, asValue(t, v).(map[string]any)))
	}
	tally(t, list, 30, "verdict", "check")
	agree(t, "moment", list)
}

// vectorTime is about when the logs of the vectors begin.
const vectorTime = 1794319331004

func (m *mutator) moment() any {
	switch m.IntN(4) {
	case 0:
		return nil
	case 1:
		return map[string]any{"size": 1 + m.IntN(14)}
	}
	return map[string]any{"time": vectorTime + m.Int64N(400)*1000 + m.Int64N(3)}
}

// tally demands that different things decide, so that all of it is not the form.
func tally(t *testing.T, list []vector, least int, names ...string) {
	t.Helper()
	for _, name := range names {
		counts := make(map[any]int)
		for _, v := range list {
			counts[v[name]]++
		}
		if t.Log(name, counts); name == "check" && len(counts) < least {
			t.Errorf("only %d different checks decide", len(counts))
		}
	}
}

// TestJSAgreesOnAbsence alters staples that answer whether something is there.
func TestJSAgreesOnAbsence(t *testing.T) {
	nodeProgram(t)
	all := readVectors(t, "absence.jsonl")
	m := &mutator{Rand: rand.New(rand.NewPCG(agreeSeed, 6))}
	collectFrom(&m.others, all, "staple")
	var list []vector
	for range agreeRounds {
		v := all[m.IntN(len(all))].without("result", "answer", "exit", "check", "asOf")
		if m.IntN(4) == 0 {
			v["now"], v["maxAge"] = vectorTime+m.Int64N(600_000), m.Int64N(100_000)
		}
		if m.IntN(8) != 0 {
			v["staple"] = m.alterDocument(t, v.text("staple"))
		}
		if m.IntN(8) == 0 {
			other := all[m.IntN(len(all))]
			v["claim"], v["id"] = other["claim"], other["id"]
		}
		list = append(list, judgedAbsence(t, asValue(t, v).(map[string]any)))
	}
	tally(t, list, 8, "answer", "exit", "check")
	agree(t, "absence", list)
}

// judgedAbsence adds what package proofs answers.
func judgedAbsence(t *testing.T, v vector) vector {
	t.Helper()
	staple, err := proofs.ParseReceipt([]byte(v.text("staple")))
	if err != nil {
		v["result"], v["exit"], v["check"] = "refuse", proofs.ExitInvalid, "form"
		return v
	}
	var got proofs.Claim
	if v.text("claim") == string(proofs.ClaimNoDocument) {
		got = v.verifier(t).DocumentAbsent(staple, v.text("id"), v.expect())
	} else {
		digest, err := statement.ParseDigest(v.text("id"))
		if err != nil {
			t.Fatal(err)
		}
		got = v.verifier(t).NeverReleased(staple, digest, v.expect())
	}
	v["exit"], v["check"] = got.Exit, failedCheck(got.Checks, got.Reason)
	if v["result"] = "refuse"; got.Exit != proofs.ExitInvalid {
		v["result"], v["answer"], v["asOf"] = "accept", string(got.Answer), asOf(asValue(t, got).(map[string]any))
	}
	return v
}

// asOf are the members that say what a claim speaks for.
func asOf(claim map[string]any) map[string]any {
	out := make(map[string]any)
	for _, name := range []string{"origin", "size", "rules", "sealTime", "witnessTime", "level", "cosigners", "tolerates"} {
		if value, ok := claim[name]; ok {
			out[name] = value
		}
	}
	return out
}

// TestJSAgreesOnRecords alters staples and histories.
func TestJSAgreesOnRecords(t *testing.T) {
	nodeProgram(t)
	all := readVectors(t, "record.jsonl")
	m := &mutator{Rand: rand.New(rand.NewPCG(agreeSeed, 7))}
	collectFrom(&m.others, all, "staple")
	var list []vector
	for range agreeRounds {
		v := all[m.IntN(len(all))].without("result", "exit", "check", "record", "keyAt", "released")
		events, _ := v["events"].([]any)
		switch n := m.IntN(4); {
		case n == 0:
			v["staple"] = m.alterDocument(t, v.text("staple"))
		case n == 1:
			other := all[m.IntN(len(all))]
			v["staple"], v["now"] = other["staple"], vectorTime+m.Int64N(600_000)
		case len(events) > 0:
			v["events"] = m.alterEvents(asValue(t, events).([]any))
		}
		list = append(list, judgedRecord(t, asValue(t, v).(map[string]any)))
	}
	tally(t, list, 8, "exit", "check")
	agree(t, "record", list)
}

// alterEvents changes the list, or the bytes of one event.
func (m *mutator) alterEvents(events []any) []any {
	i, k := m.IntN(len(events)), m.IntN(len(events))
	switch m.IntN(6) {
	case 0:
		return slices.Delete(events, i, i+1)
	case 1:
		events[i], events[k] = events[k], events[i]
		return events
	case 2:
		return append(events, events[i])
	}
	e := events[i].(map[string]any)
	name := []string{"event", "blind", "body"}[m.IntN(3)]
	b, _ := base64.StdEncoding.DecodeString(e[name].(string))
	e[name] = base64.StdEncoding.EncodeToString(m.alterBytes(b))
	return events
}

// judgedRecord adds what package proofs proves.
func judgedRecord(t *testing.T, v vector) vector {
	t.Helper()
	v["result"], v["exit"] = "refuse", proofs.ExitInvalid
	staple, err := proofs.ParseReceipt([]byte(v.text("staple")))
	if err != nil {
		v["check"] = "form"
		return v
	}
	events, ok := eventsOf(v)
	if !ok {
		v["check"] = string(proofs.CheckHistory)
		if _, _, err := record(t, v, staple, nil); err != nil { // what comes before the history decides
			v["check"] = string(err.(*proofs.CheckError).Name)
		}
		return v
	}
	got, as, err := record(t, v, staple, events)
	var failed *proofs.CheckError
	if errors.As(err, &failed) {
		v["check"] = string(failed.Name)
		return v
	}
	if err != nil {
		t.Fatal(err)
	}
	exit, _ := v.verifier(t).Qualify(as, v.expect())
	v["result"], v["exit"], v["check"] = "accept", exit, map[int]string{proofs.ExitCosigners: "cosigners", proofs.ExitQualified: "age"}[exit]
	out := asValue(t, got).(map[string]any)
	delete(out, "notChecked")
	v["record"] = out
	return v
}

// eventsOf reads the events of a vector; false: one is in no form.
func eventsOf(v vector) (list []proofs.OpenedEvent, ok bool) {
	events, _ := v["events"].([]any)
	for _, e := range events {
		part := func(name string) []byte {
			b, _ := base64.StdEncoding.DecodeString(e.(map[string]any)[name].(string))
			return b
		}
		event, err := register.ParseEvent(part("event"))
		if err != nil || len(part("blind")) != len(proofs.Hash{}) {
			return nil, false
		}
		list = append(list, proofs.OpenedEvent{Event: event, EventOpening: proofs.EventOpening{Blind: proofs.Hash(part("blind")), Body: part("body")}})
	}
	return list, true
}

func record(t *testing.T, v vector, staple *proofs.Receipt, events []proofs.OpenedEvent) (any, proofs.AsOf, error) {
	t.Helper()
	verifier, id := v.verifier(t), v.text("id")
	switch v.text("claim") {
	case "full history":
		typ, err := register.ParseType(v.text("type"))
		if err != nil {
			t.Fatal(err)
		}
		r, err := verifier.FullHistory(staple, typ, id, events)
		return r, r.AsOf, err
	case "all signed":
		r, err := verifier.SignedBy(staple, id, events, uint64(v.number("from")), uint64(v.number("to")))
		return r, r.AsOf, err
	case "identity history":
		r, err := verifier.IdentityHistory(staple, id, events)
		return r, r.AsOf, err
	case "grant spent":
		grant, err := statement.ParseDigest(id)
		if err != nil {
			t.Fatal(err)
		}
		r, err := verifier.GrantSpent(staple, grant, events)
		return r, r.AsOf, err
	}
	r, err := verifier.RunComplete(staple, id, events)
	return r, r.AsOf, err
}
