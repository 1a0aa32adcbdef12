package proofs

import (
	"encoding/json"

	"github.com/docketlog/docket/proofs/statement"
)

// The structs below are the JSON form of a verdict. Names are stable: members are
// added, never renamed. Times are text, empty ones are absent.
type (
	verdictJSON struct {
		Verdict       Kind               `json:"verdict"`
		Exit          int                `json:"exit"`
		Sentence      string             `json:"sentence"`
		Reason        string             `json:"reason,omitempty"`
		Document      string             `json:"document,omitempty"`
		Version       uint32             `json:"version,omitempty"`
		Digest        string             `json:"digest,omitempty"`
		File          string             `json:"file"`
		Statement     string             `json:"statement,omitempty"`
		Issuer        string             `json:"issuer,omitempty"`
		SignedAt      string             `json:"signedAt,omitempty"`
		Index         *uint64            `json:"index,omitempty"`
		Run           *runJSON           `json:"run,omitempty"`
		Approvals     []approvalJSON     `json:"approvals,omitempty"`
		From          *boundJSON         `json:"from,omitempty"`
		Until         *boundJSON         `json:"until,omitempty"`
		InForce       *inForceJSON       `json:"inForce,omitempty"`
		Origin        string             `json:"origin,omitempty"`
		Size          uint64             `json:"size,omitempty"`
		SealTime      string             `json:"sealTime,omitempty"`
		WitnessTime   string             `json:"witnessTime,omitempty"`
		Rules         string             `json:"rules,omitempty"`
		Level         Level              `json:"level,omitempty"`
		Cosigners     []cosignerJSON     `json:"cosigners"`
		Tolerates     int                `json:"tolerates"`
		Checks        []checkJSON        `json:"checks"`
		NotChecked    []string           `json:"notChecked"`
		Warnings      []string           `json:"warnings"`
		Contradiction *contradictionJSON `json:"contradiction,omitempty"`
	}
	boundJSON struct {
		Index uint64 `json:"index"`
		Time  string `json:"time"`
		Clock string `json:"clock"` // whose; always "log"
	}
	inForceJSON struct {
		Size   uint64    `json:"size,omitempty"` // the moment: a size, or a time
		Time   string    `json:"time,omitempty"`
		Answer Answer    `json:"answer"`
		Known  Knowledge `json:"known"`
		Log    Answer    `json:"log"` // by the log's clock
		Absent string    `json:"absent,omitempty"`
		Begun  string    `json:"begun,omitempty"`
		Still  string    `json:"still,omitempty"`
		Ended  string    `json:"ended,omitempty"`
	}
	runJSON struct {
		ID       string `json:"id"`
		Request  string `json:"request"`
		Workflow string `json:"workflow"`
		Status   string `json:"status"`
		Now      string `json:"now"`
		Claimed  string `json:"claimed,omitempty"`
	}
	approvalJSON struct {
		By        string        `json:"by"`
		Class     string        `json:"class"`
		Role      string        `json:"role"`
		Meaning   string        `json:"meaning"`
		Rule      string        `json:"rule"`
		Level     string        `json:"level"`
		Person    string        `json:"person,omitempty"`
		ActingFor string        `json:"actingFor,omitempty"`
		Delegator string        `json:"delegator,omitempty"`
		Override  *overrideJSON `json:"override,omitempty"`
		Grant     string        `json:"grant"`
		Index     uint64        `json:"index"`
		Time      string        `json:"time"`
	}
	overrideJSON struct {
		Rule     string `json:"rule"`
		Reason   string `json:"reason"`
		ReviewBy string `json:"reviewBy"`
	}
	cosignerJSON struct {
		Name  string `json:"name"`
		Group string `json:"group,omitempty"`
		Time  string `json:"time,omitempty"`
		Valid bool   `json:"valid"`
	}
	checkJSON struct {
		Name   CheckName `json:"name"`
		OK     bool      `json:"ok"`
		Detail string    `json:"detail"`
	}
	contradictionJSON struct {
		Reason   string             `json:"reason"`
		Receipts [2]json.RawMessage `json:"receipts"`
	}
)

// MarshalJSON returns the verdict for programs. A contradiction carries both
// receipts whole, so that the output is the evidence.
func (v Verdict) MarshalJSON() ([]byte, error) {
	out := verdictJSON{
		Verdict: v.Kind, Exit: v.Exit, Sentence: v.Sentence(), Reason: v.Reason,
		Document: v.Document, Version: v.Version, File: v.File.String(),
		Run: v.Run.wire(), From: v.From.wire(), Until: v.Until.wire(), InForce: v.InForce.wire(),
		Origin: v.Origin, Size: v.Size, Rules: v.Rules, Level: v.Level,
		WitnessTime: timeText(v.WitnessTime), Tolerates: v.Tolerates,
		Cosigners: make([]cosignerJSON, 0, len(v.Cosigners)), Checks: make([]checkJSON, 0, len(v.Checks)),
		NotChecked: append([]string{}, v.NotChecked...), Warnings: append([]string{}, v.Warnings...),
	}
	if v.Statement != (statement.Digest{}) {
		out.Digest, out.Statement, out.Index = v.Digest.String(), v.Statement.String(), &v.Index
		out.Issuer, out.SignedAt = v.Issuer, timeText(v.SignedAt)
	}
	if v.Size != 0 {
		out.SealTime = timeText(v.SealTime)
	}
	for _, a := range v.Approvals {
		out.Approvals = append(out.Approvals, a.wire())
	}
	for _, c := range v.Cosigners {
		out.Cosigners = append(out.Cosigners, cosignerJSON{Name: c.Name, Group: c.Group, Time: timeText(c.Time), Valid: c.Valid})
	}
	for _, c := range v.Checks {
		out.Checks = append(out.Checks, checkJSON(c))
	}
	if c := v.Contradiction; c != nil {
		out.Contradiction = &contradictionJSON{Reason: c.Reason, Receipts: [2]json.RawMessage{c.A.Marshal(), c.B.Marshal()}}
	}
	return marshalJSON(out, "  "), nil
}

func (b *Bound) wire() *boundJSON {
	if b == nil {
		return nil
	}
	return &boundJSON{Index: b.Index, Time: statement.FormatTime(b.Time), Clock: "log"}
}

func (f *InForce) wire() *inForceJSON {
	if f == nil {
		return nil
	}
	s := f.Seen
	out := &inForceJSON{
		Size: f.At.Size, Answer: f.Answer, Known: f.Known, Log: f.Log,
		Absent: timeText(s.Absent), Begun: timeText(s.Begun), Still: timeText(s.Still), Ended: timeText(s.Ended),
	}
	if f.At.Size == 0 {
		out.Time = statement.FormatTime(f.At.Time)
	}
	return out
}

func (r *Run) wire() *runJSON {
	if r == nil {
		return nil
	}
	return &runJSON{ID: r.ID, Request: r.Request.String(), Workflow: r.Workflow.String(), Status: r.Status, Now: r.Now, Claimed: r.Claimed}
}

func (a Approval) wire() approvalJSON {
	out := approvalJSON{
		By: a.By, Class: a.Class, Role: a.Role, Meaning: a.Meaning, Rule: a.Rule, Level: a.Level, Person: a.Person,
		Grant: a.Grant.String(), Index: a.Index, Time: timeText(a.Time),
	}
	if a.ActingFor != nil {
		out.ActingFor, out.Delegator = a.ActingFor.String(), a.Delegator
	}
	if o := a.Override; o != nil {
		out.Override = &overrideJSON{Rule: o.Rule, Reason: o.Reason, ReviewBy: timeText(o.ReviewBy)}
	}
	return out
}

func timeText(ms int64) string {
	if ms == 0 {
		return ""
	}
	return statement.FormatTime(ms)
}
