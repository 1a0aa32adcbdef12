package proofs

import (
	"bytes"
	"encoding/json"
)

// Marshal returns the receipt as a file, in the one form that ParseReceipt
// takes. It does not check the limits.
func (r *Receipt) Marshal() []byte {
	out := receiptJSON{
		Checkpoint:       string(r.Checkpoint),
		GenesisInclusion: bytesOf(r.GenesisInclusion),
		MediaType:        ReceiptMediaType,
		Registers:        make([]registerJSON, len(r.Registers)),
		Seal:             string(r.Seal),
		SealInclusion:    bytesOf(r.SealInclusion),
	}
	if r.Envelope != nil {
		inclusion := bytesOf(r.Inclusion)
		out.Envelope, out.Index, out.Inclusion = r.Envelope.Marshal(), &r.Index, &inclusion
	}
	for i := range r.Registers {
		out.Registers[i] = r.Registers[i].wire()
	}
	return marshalJSON(out, "")
}

func (p *RegisterProof) wire() registerJSON {
	out := registerJSON{Events: make([]eventJSON, len(p.Events)), ID: p.ID, Path: p.Path.Marshal(), Type: p.Type.String()}
	if p.Value != nil {
		out.Value = p.Value.Marshal()
	}
	if p.Envelope != nil {
		out.Envelope = p.Envelope.Marshal()
	}
	if p.Delegation != nil {
		out.Delegation = p.Delegation.Marshal()
	}
	if p.State != nil {
		out.State = &stateJSON{Blind: p.State.Blind[:], State: p.State.State}
	}
	for i := range p.Events {
		e := &p.Events[i]
		out.Events[i] = eventJSON{Event: e.Event.Marshal(), Proof: bytesOf(e.Proof)}
		if e.Opening != nil {
			out.Events[i].Opening = &openingJSON{Blind: e.Opening.Blind[:], Body: e.Opening.Body}
		}
	}
	return out
}

// bytesOf returns an empty list for no hashes, never nil: JSON null is no list.
func bytesOf(hashes []Hash) [][]byte {
	return append([][]byte{}, byteSlices(hashes)...)
}

// marshalJSON prints without the escapes that are meant for HTML.
func marshalJSON(v any, indent string) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	if err := encoder.Encode(v); err != nil {
		panic("proofs: " + err.Error()) // only plain structs are printed
	}
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'})
}
