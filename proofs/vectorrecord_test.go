package proofs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// The claims of whole histories, as their JSON names them.
const (
	claimHistory  = "full history"
	claimSigned   = "all signed"
	claimIdentity = "identity history"
	claimGrant    = "grant spent"
	claimRun      = "run complete"
)

// A recordVector is a staple of one register with all its events, and what follows.
type recordVector struct {
	Comment string        `json:"comment"`
	Claim   string        `json:"claim"`
	Type    string        `json:"type,omitempty"` // of the register, of a full history
	ID      string        `json:"id"`
	Policy  string        `json:"policy"`
	Genesis string        `json:"genesis"` // leaf hash of entry 0, hex
	Staple  string        `json:"staple"`
	Events  []vectorEvent `json:"events,omitempty"`
	From    uint64        `json:"from,omitempty"` // of all that was signed
	To      uint64        `json:"to,omitempty"`
	Dev     bool          `json:"dev,omitempty"`
	Now     int64         `json:"now,omitempty"`
	MaxAge  int64         `json:"maxAge,omitempty"`

	Result string          `json:"result"` // refuse: INVALID
	Exit   int             `json:"exit"`
	Check  string          `json:"check,omitempty"`  // that decides
	Record json.RawMessage `json:"record,omitempty"` // its JSON, but for notChecked
	KeyAt  []vectorKey     `json:"keyAt,omitempty"`

	Released []vectorReleased `json:"released,omitempty"`
}

// A vectorReleased lists the versions of a document with these bytes.
type vectorReleased struct {
	Digest   string   `json:"digest"`
	Versions []uint32 `json:"versions,omitempty"` // absent: never
}

// A vectorEvent is an event with its opening.
type vectorEvent struct {
	Event []byte `json:"event"`
	Blind []byte `json:"blind"`
	Body  []byte `json:"body"`
}

// A vectorKey is the key that spoke for an identity at an entry.
type vectorKey struct {
	Index  uint64 `json:"index"`
	Status string `json:"status,omitempty"` // absent: it had none, or the record ends before
	Key    string `json:"key,omitempty"`
}

// judge is what this package says of a vector: the record, its exit code, and the
// check that decided.
func (v recordVector) judge(t testing.TB) (record json.Marshaler, exit int, check string) {
	t.Helper()
	verifier := vectorVerifier(t, v.Policy, v.Genesis)
	staple, err := ParseReceipt([]byte(v.Staple))
	if err != nil {
		return nil, ExitInvalid, checkForm
	}
	var events []OpenedEvent
	for _, e := range v.Events {
		event, err := register.ParseEvent(e.Event)
		if err != nil || len(e.Blind) != len(Hash{}) {
			return nil, ExitInvalid, string(CheckHistory)
		}
		events = append(events, OpenedEvent{event, EventOpening{Blind: Hash(e.Blind), Body: e.Body}})
	}
	record, as, err := v.claim(t, verifier, staple, events)
	var failed *CheckError
	if errors.As(err, &failed) {
		return nil, ExitInvalid, string(failed.Name)
	}
	if err != nil {
		t.Fatal(err)
	}
	e := Expect{Dev: v.Dev, Now: v.Now, MaxAge: v.MaxAge}
	exit, _ = verifier.Qualify(as, e)
	return record, exit, map[int]string{ExitCosigners: string(CheckCosigners), ExitQualified: string(CheckAge)}[exit]
}

func (v recordVector) claim(t testing.TB, verifier Verifier, staple *Receipt, events []OpenedEvent) (json.Marshaler, AsOf, error) {
	switch v.Claim {
	case claimHistory:
		typ, err := register.ParseType(v.Type)
		if err != nil {
			t.Fatal(err)
		}
		r, err := verifier.FullHistory(staple, typ, v.ID, events)
		return r, r.AsOf, err
	case claimSigned:
		r, err := verifier.SignedBy(staple, v.ID, events, v.From, v.To)
		return r, r.AsOf, err
	case claimIdentity:
		r, err := verifier.IdentityHistory(staple, v.ID, events)
		return r, r.AsOf, err
	case claimGrant:
		grant, err := statement.ParseDigest(v.ID)
		if err != nil {
			t.Fatal(err)
		}
		r, err := verifier.GrantSpent(staple, grant, events)
		return r, r.AsOf, err
	case claimRun:
		r, err := verifier.RunComplete(staple, v.ID, events)
		return r, r.AsOf, err
	}
	t.Fatalf("no claim %q", v.Claim)
	return nil, AsOf{}, nil
}

// withFacts adds the record, and who spoke at the entries that are asked for.
func (v recordVector) withFacts(t testing.TB) recordVector {
	t.Helper()
	record, exit, _ := v.judge(t)
	if v.Record = nil; exit == ExitInvalid {
		return v
	}
	b, err := record.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&members); err != nil {
		t.Fatal(err)
	}
	delete(members, "notChecked")
	v.Record = marshalJSON(members, "")
	for i := range v.Released {
		digest, err := statement.ParseDigest(v.Released[i].Digest)
		if err != nil {
			t.Fatal(err)
		}
		v.Released[i].Versions = record.(HistoryRecord).Released(digest)
	}
	for i, k := range v.KeyAt {
		v.KeyAt[i] = vectorKey{Index: k.Index}
		if s, ok := record.(IdentityRecord).KeyAt(k.Index); ok {
			v.KeyAt[i].Status, v.KeyAt[i].Key = identityStatus(s.Status), statement.Digest(s.Key.Hash()).String()
		}
	}
	return v
}

// A recordCase makes one vector; change alters what would prove all.
type recordCase struct {
	comment, claim string
	typ            register.Type
	id             string
	policy         string // empty: testPolicyText
	expect         Expect
	from, to       uint64
	keyAt          []uint64
	released       []string // contents of files
	change         func(r *Receipt, events []OpenedEvent) []OpenedEvent

	exit  int
	check string
}

func (c recordCase) vector(t testing.TB, l *writtenLog) recordVector {
	t.Helper()
	if c.policy == "" {
		c.policy = testPolicyText()
	}
	staple, events := l.record(c.typ, c.id)
	if c.change != nil {
		events = c.change(staple, events)
	}
	v := recordVector{
		Comment: c.comment, Claim: c.claim, ID: c.id, Policy: c.policy, Genesis: fmt.Sprintf("%x", LeafHash(l.leaves.leaves[0])),
		Staple: string(staple.Marshal()), From: c.from, To: c.to, Dev: c.expect.Dev, Now: c.expect.Now, MaxAge: c.expect.MaxAge,
		Result: vectorAccept, Exit: c.exit, Check: c.check,
	}
	if c.claim == claimHistory {
		v.Type = c.typ.String()
	}
	for i := range events {
		e := &events[i]
		v.Events = append(v.Events, vectorEvent{e.Marshal(), bytes.Clone(e.Blind[:]), e.Body})
	}
	for _, index := range c.keyAt {
		v.KeyAt = append(v.KeyAt, vectorKey{Index: index})
	}
	for _, content := range c.released {
		v.Released = append(v.Released, vectorReleased{Digest: fileDigest(content).String()})
	}
	if c.exit == ExitInvalid {
		v.Result = vectorRefuse
	}
	return v.withFacts(t)
}

func recordVectors(t testing.TB) [][]byte {
	list := everyHistory(t)
	list = append(list, lifeVectors(t)...)
	list = append(list, signedVectors(t)...)
	list = append(list, grantVectors(t)...)
	list = append(list, runRecordVectors(t)...)
	list = append(list, qualifiedRecords(t)...)
	list = append(list, cutHistories(t)...)
	list = append(list, splicedHistories(t)...)
	list = append(list, grantStatements(t)...)
	list = append(list, lyingRecords(t)...)
	member := list[0]
	member.Comment, member.Result, member.Exit, member.Check, member.Record = "a policy inside the staple", vectorRefuse, ExitInvalid, checkForm, nil
	member.Staple = strings.Replace(member.Staple, "{", `{"policy":"quorum none\n",`, 1)
	return lines(append(list, member))
}

func TestVectorsRecord(t *testing.T) {
	for _, v := range vectors[recordVector](t, "record.jsonl") {
		_, exit, check := v.judge(t)
		if exit != v.Exit || check != v.Check || (v.Result == vectorRefuse) != (exit == ExitInvalid) {
			t.Errorf("%s: want %d by %q, got %d by %q", v.Comment, v.Exit, v.Check, exit, check)
		}
		if facts := v.withFacts(t); string(marshalJSON(facts, "")) != string(marshalJSON(v, "")) {
			t.Errorf("%s: facts %s", v.Comment, marshalJSON(facts, ""))
		}
	}
}
