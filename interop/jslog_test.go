package interop

import (
	"encoding/hex"
	"testing"
	"time"

	"github.com/docketlog/docket/interop/site"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/admission"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// receiptOf is the receipt of a statement under the newest tree.
func receiptOf(t *testing.T, s *site.Site, c *admission.Checked) *proofs.Receipt {
	t.Helper()
	v := s.Log.View()
	defer v.Release()
	index, err := v.Find(c.Digest)
	if err != nil {
		t.Fatal(err)
	}
	r, err := v.Receipt(index)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestJSJudgesTheLog: receipts of every entry of a real log, direct and in a run, and
// their staples under its newest tree: the verifier in JavaScript says of each what
// package proofs says.
func TestJSJudgesTheLog(t *testing.T) {
	nodeProgram(t)
	w, s := newSealed(t, 4, func(*site.Site) {})
	o := w.NewOffice(t, s.Log)
	const document = "contracts/7"
	one, two := []byte("one"), []byte("two")
	admit := func(list ...*admission.Checked) {
		for _, c := range list {
			if r := logtest.Submit(t, s.Log, c)[0]; r.Refusal != nil {
				t.Fatalf("%s: %v", c.Statement.Code, r.Refusal)
			}
			w.Clock.Add(time.Second)
		}
	}
	r1 := o.Request("R1", document)
	legal, delegation := o.Approve("h/legal", "legal", statement.DocumentRelease, r1, document, 1, one), o.Delegate("h/risk", "h/deputy", "risk")
	admit(r1, legal, delegation)
	deputy := o.ApproveFor(delegation, "h/deputy", "risk", statement.DocumentRelease, r1, document, 1, one)
	v1 := o.ReleaseIn(r1, document, 1, nil, one, legal, deputy)
	admit(deputy, v1, o.Close(r1, one))
	early := receiptOf(t, s, v1)
	r2 := o.Request("R2", document)
	second := []*admission.Checked{
		o.Approve("h/legal", "legal", statement.DocumentRelease, r2, document, 2, two), o.Approve("h/risk", "risk", statement.DocumentRelease, r2, document, 2, two),
	}
	v2 := o.ReleaseIn(r2, document, 2, v1, two, second...)
	admit(append(append([]*admission.Checked{r2}, second...), v2)...)

	policy := "log " + w.Signer.Key().String() + "\nquorum none\n"
	v := s.Log.View()
	defer v.Release()
	genesis := w.Verifier(t, s.Log).Genesis
	var list []vector
	add := func(comment string, r, staple *proofs.Receipt, file []byte) vector {
		digest := logtest.FileOf(file).Digest
		line := vector{"comment": comment, "policy": policy, "genesis": hex.EncodeToString(genesis[:]), "receipt": string(r.Marshal()),
			"file": hex.EncodeToString(digest[:]), "dev": true}
		if staple != nil {
			line["staple"] = string(staple.Marshal())
		}
		list = append(list, judged(t, line))
		return line
	}
	for i := range head(s).Size {
		if r, err := v.Receipt(i); err == nil { // a seal has none
			parsed, err := statement.Parse(r.Envelope.Payload)
			if err != nil {
				t.Fatal(err)
			}
			add(parsed.Code.String(), r, nil, one)
		}
	}
	if got := add("version 2", receiptOf(t, s, v2), nil, two); got["exit"] != 0 || got["verdict"] != "AUTHORITATIVE" {
		t.Errorf("version 2: %v %v", got["verdict"], got["exit"])
	}
	if got := add("version 1, as it was", early, nil, one); got["exit"] != 0 {
		t.Errorf("version 1 at its time: exit %v", got["exit"])
	}
	if got := add("version 1, by a newer receipt", early, receiptOf(t, s, v1), one); got["exit"] != 10 || got["verdict"] != "WAS AUTHORITATIVE" {
		t.Errorf("version 1 now: %v %v", got["verdict"], got["exit"])
	}
	if len(list) < 20 {
		t.Errorf("only %d receipts", len(list))
	}
	agree(t, "receipt", list)
	late := receiptOf(t, s, v1)
	agree(t, "moment", momentsOf(t, list[0], early, late, one))
	agree(t, "record", recordsOf(t, v, list[0], late, receiptOf(t, s, v2)))
}

// momentsOf asks about each size, and around the two times of a version.
func momentsOf(t *testing.T, like vector, early, late *proofs.Receipt, file []byte) (list []vector) {
	t.Helper()
	digest := logtest.FileOf(file).Digest
	policy := like.verifier(t)
	whole := policy.VerifyStapled(early, late, proofs.Expect{File: digest, Dev: true})
	if whole.From == nil || whole.Until == nil {
		t.Fatalf("%s", whole)
	}
	var moments []any
	for size := range whole.Size + 2 {
		moments = append(moments, map[string]any{"size": size + 1})
	}
	for _, b := range []*proofs.Bound{whole.From, whole.Until} {
		for d := int64(-1); d <= 1; d++ {
			moments = append(moments, map[string]any{"time": b.Time + d})
		}
	}
	answers := make(map[string]int)
	for _, at := range moments {
		for _, staples := range [][]any{nil, {string(late.Marshal())}} {
			v := vector{"comment": "a real log", "policy": like["policy"], "genesis": like["genesis"], "receipt": string(early.Marshal()), "staples": staples,
				"file": hex.EncodeToString(digest[:]), "dev": true, "at": at}
			v = judgedMoment(t, asValue(t, v).(map[string]any))
			answers[v["inForce"].(map[string]any)["answer"].(string)]++
			list = append(list, v)
		}
	}
	if answers["yes"] == 0 || answers["no"] == 0 || answers["unknown"] == 0 {
		t.Errorf("answers %v", answers)
	}
	return list
}

// recordsOf are the whole histories of all registers that receipts show.
func recordsOf(t *testing.T, view *log.View, like vector, receipts ...*proofs.Receipt) (list []vector) {
	t.Helper()
	claims := map[register.Type]string{register.TypeIdentity: "identity history", register.TypeGrant: "grant spent", register.TypeRun: "run complete"}
	for _, r := range receipts {
		for _, p := range r.Registers {
			h, err := view.History(p.Type, p.ID, 0, log.MaxHistoryPage)
			if err != nil {
				t.Fatal(err)
			}
			var events []any
			for _, e := range h.Events {
				events = append(events, map[string]any{"event": e.Marshal(), "blind": e.Blind[:], "body": e.Body})
			}
			for _, claim := range []string{"full history", claims[p.Type]} {
				if claim == "" {
					continue
				}
				v := vector{"comment": p.Type.String(), "claim": claim, "type": p.Type.String(), "id": p.ID, "policy": like["policy"], "genesis": like["genesis"],
					"staple": string(r.Marshal()), "events": events, "dev": true}
				v = judgedRecord(t, asValue(t, v).(map[string]any))
				if v["exit"] != 0 {
					t.Errorf("%s of %s %s: exit %v by %v", claim, p.Type, p.ID, v["exit"], v["check"])
				}
				list = append(list, v)
			}
		}
	}
	return list
}
