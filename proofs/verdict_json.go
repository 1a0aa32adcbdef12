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
		From          *boundJSON         `json:"from,omitempty"`
		Until         *boundJSON         `json:"until,omitempty"`
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
		From: v.From.wire(), Until: v.Until.wire(),
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

func timeText(ms int64) string {
	if ms == 0 {
		return ""
	}
	return statement.FormatTime(ms)
}
