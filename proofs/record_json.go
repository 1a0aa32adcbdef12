package proofs

import (
	"encoding/hex"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// The structs below are the JSON form of records. Names are stable: members are
// added, never renamed. Register keys are hex.
type (
	recordJSON struct {
		Claim string `json:"claim"`
		ID    string `json:"id"`
		asOfJSON
		NotChecked []string `json:"notChecked"`
	}
	historyJSON struct {
		recordJSON
		Type   string             `json:"type"`
		Events []historyEventJSON `json:"events"`
		State  []byte             `json:"state,omitempty"`
	}
	historyEventJSON struct {
		boundJSON
		Event []byte `json:"event"`
		Blind []byte `json:"blind"`
		Body  []byte `json:"body"`
	}
	activityJSON struct {
		recordJSON
		From   uint64       `json:"from,omitempty"` // index of the first entry that may be listed
		To     uint64       `json:"to,omitempty"`   // and of the first one after it that may not; absent: no end
		Signed []signedJSON `json:"signed"`
	}
	signedJSON struct {
		boundJSON
		Kind      string `json:"kind"`
		Statement string `json:"statement"`
		Run       string `json:"run,omitempty"`
	}
	identityJSON struct {
		recordJSON
		Changes []changeJSON `json:"changes"`
	}
	changeJSON struct {
		boundJSON
		Kind             string `json:"kind"`
		Status           string `json:"status"`
		Class            string `json:"class"`
		Key              string `json:"key"`
		NotAfter         string `json:"notAfter,omitempty"`
		CompromisedSince string `json:"compromisedSince,omitempty"`
		Statement        string `json:"statement"`
	}
	grantJSON struct {
		recordJSON
		Status  string         `json:"status,omitempty"`
		Uses    uint32         `json:"uses"`
		Left    uint32         `json:"left"`
		Granted *boundJSON     `json:"granted,omitempty"`
		Spent   []spendingJSON `json:"spent"`
		Revoked *spendingJSON  `json:"revoked,omitempty"`
	}
	spendingJSON struct {
		boundJSON
		Statement string  `json:"statement"`
		By        string  `json:"by"`
		Left      *uint32 `json:"left,omitempty"`
	}
	runRecordJSON struct {
		recordJSON
		Status   string         `json:"status,omitempty"`
		Claimed  string         `json:"claimed,omitempty"`
		Closed   bool           `json:"closed"`
		Request  string         `json:"request,omitempty"`
		Workflow string         `json:"workflow,omitempty"`
		Attempt  uint32         `json:"attempt"`
		Events   []runEventJSON `json:"events"`
	}
	runEventJSON struct {
		boundJSON
		Kind      string `json:"kind"`
		Statement string `json:"statement"`
		Issuer    string `json:"issuer"`
		Status    string `json:"status"`
		Attempt   uint32 `json:"attempt,omitempty"`
		Seq       uint32 `json:"seq,omitempty"`
		Step      string `json:"step,omitempty"`
		Result    string `json:"result,omitempty"`
		Grant     string `json:"grant,omitempty"`
	}
)

func (a AsOf) record(claim, id string) recordJSON {
	return recordJSON{Claim: claim, ID: id, asOfJSON: a.wire(), NotChecked: a.NotChecked()}
}

// MarshalJSON returns the record for programs.
func (r HistoryRecord) MarshalJSON() ([]byte, error) {
	out := historyJSON{recordJSON: r.record("full history", r.ID), Type: r.Type.String(), Events: []historyEventJSON{}, State: r.State}
	for i := range r.Events {
		e := &r.Events[i]
		at := Bound{Index: e.Index, Time: int64(e.Time)}
		out.Events = append(out.Events, historyEventJSON{*at.wire(), e.Marshal(), e.Blind[:], e.Body})
	}
	return marshalJSON(out, "  "), nil
}

// MarshalJSON returns the record for programs.
func (r ActivityRecord) MarshalJSON() ([]byte, error) {
	out := activityJSON{recordJSON: r.record("all signed", r.ID), From: r.From, To: r.To, Signed: []signedJSON{}}
	for _, s := range r.Signed {
		out.Signed = append(out.Signed, signedJSON{*s.wire(), s.Code.String(), s.Statement.String(), keyText(s.Run)})
	}
	return marshalJSON(out, "  "), nil
}

// MarshalJSON returns the record for programs.
func (r IdentityRecord) MarshalJSON() ([]byte, error) {
	out := identityJSON{recordJSON: r.record("identity history", r.ID), Changes: []changeJSON{}}
	for _, c := range r.Changes {
		out.Changes = append(out.Changes, changeJSON{
			boundJSON: *c.wire(), Kind: identityKind(c.Kind), Status: identityStatus(c.State.Status), Class: className(c.State.Class),
			Key: statement.Digest(c.State.Key.Hash()).String(), NotAfter: instant(c.State.NotAfter),
			CompromisedSince: instant(c.State.CompromisedSince), Statement: c.Statement.String(),
		})
	}
	return marshalJSON(out, "  "), nil
}

// MarshalJSON returns the record for programs.
func (r GrantRecord) MarshalJSON() ([]byte, error) {
	out := grantJSON{recordJSON: r.record("grant spent", r.Grant.String()), Status: r.Status, Uses: r.Uses, Left: r.Left, Spent: []spendingJSON{}}
	if r.Status != "" {
		out.Granted = r.Granted.wire()
	}
	for _, s := range r.Spent {
		out.Spent = append(out.Spent, spendingJSON{*s.wire(), s.Statement.String(), keyText(s.By), &s.Left})
	}
	if v := r.Revoked; v != nil {
		out.Revoked = &spendingJSON{*v.wire(), v.Statement.String(), keyText(v.By), nil}
	}
	return marshalJSON(out, "  "), nil
}

// MarshalJSON returns the record for programs.
func (r RunRecord) MarshalJSON() ([]byte, error) {
	out := runRecordJSON{
		recordJSON: r.record("run complete", r.ID), Status: r.Status, Claimed: r.Claimed, Closed: r.Closed, Attempt: r.Attempt, Events: []runEventJSON{},
	}
	if r.Status != "" {
		out.Request, out.Workflow = r.Request.String(), r.Workflow.String()
	}
	for _, e := range r.Events {
		line := runEventJSON{
			boundJSON: *e.wire(), Kind: e.Code.String(), Statement: e.Statement.String(), Issuer: keyText(e.Issuer), Status: e.Status,
			Attempt: e.Attempt, Seq: e.Seq, Step: e.Step, Result: e.Result,
		}
		if e.Grant != nil {
			line.Grant = keyText(*e.Grant)
		}
		out.Events = append(out.Events, line)
	}
	return marshalJSON(out, "  "), nil
}

// keyText is a register key in hex; empty for none.
func keyText(k register.Key) string {
	if k == (register.Key{}) {
		return ""
	}
	return hex.EncodeToString(k[:])
}

// instant is a time of a register; empty for none.
func instant(ms uint64) string {
	if ms == register.None {
		return ""
	}
	return formatUnsigned(ms)
}

func identityKind(kind uint8) string {
	names := [...]string{
		register.IdentityEnroll: "enroll", register.IdentityRotate: "rotate", register.IdentitySuspend: "suspend",
		register.IdentityResume: "resume", register.IdentityRevoke: "revoke", register.IdentityRetire: "retire",
	}
	if int(kind) >= len(names) {
		return ""
	}
	return names[kind]
}

func identityStatus(status uint8) string {
	names := [...]string{
		register.IdentityActive: "active", register.IdentitySuspended: "suspended", register.IdentityRevoked: "revoked", register.IdentityRetired: "retired",
	}
	if int(status) >= len(names) {
		return ""
	}
	return names[status]
}
