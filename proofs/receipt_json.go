package proofs

import (
	"bytes"
	"encoding/json"

	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// Limits of a receipt file. Each holds far more than a receipt needs.
const (
	MaxReceipt          = 1 << 20 // bytes of the file
	MaxReceiptRegisters = 48      // registers of a receipt
	MaxReceiptEvents    = 64      // events shown of one register

	maxReceiptProof   = 64 // hashes of one inclusion proof
	maxReceiptOpening = 8 << 10
	maxReceiptRun     = 40 << 10  // the state of a run: the largest has 39,769 bytes
	maxReceiptIndex   = 1<<53 - 1 // an integer that every JSON reader keeps
)

// The structs below list their members in the order of their names, so that
// encoding/json prints the canonical form of RFC 8785.
type (
	receiptJSON struct {
		Checkpoint       string          `json:"checkpoint"`
		Envelope         json.RawMessage `json:"envelope,omitempty"`
		GenesisInclusion [][]byte        `json:"genesisInclusion"`
		Inclusion        *[][]byte       `json:"inclusion,omitempty"`
		Index            *uint64         `json:"index,omitempty"`
		MediaType        string          `json:"mediaType"`
		Registers        []registerJSON  `json:"registers"`
		Seal             string          `json:"seal"`
		SealInclusion    [][]byte        `json:"sealInclusion"`
	}
	registerJSON struct {
		Delegation json.RawMessage `json:"delegation,omitempty"`
		Envelope   json.RawMessage `json:"envelope,omitempty"`
		Events     []eventJSON     `json:"events"`
		ID         string          `json:"id"`
		Path       []byte          `json:"path"`
		State      *stateJSON      `json:"state,omitempty"`
		Type       string          `json:"type"`
		Value      []byte          `json:"value,omitempty"`
	}
	stateJSON struct {
		Blind []byte `json:"blind"`
		State []byte `json:"state"`
	}
	eventJSON struct {
		Event   []byte       `json:"event"`
		Opening *openingJSON `json:"opening,omitempty"`
		Proof   [][]byte     `json:"proof"`
	}
	openingJSON struct {
		Blind []byte `json:"blind"`
		Body  []byte `json:"body"`
	}
)

// ParseReceipt reads a receipt file and takes only what Marshal prints: JSON in
// the canonical form of RFC 8785, without a newline at the end. Unknown, missing
// and repeated names, other spellings of a name, white space, other forms of
// base64 and anything above the limits are refused with a *FormatError, or with
// the error of the part that is wrong. Nothing is verified.
func ParseReceipt(b []byte) (*Receipt, error) {
	if len(b) > MaxReceipt {
		return nil, formatError("receipt", "%d bytes, at most %d are allowed", len(b), MaxReceipt)
	}
	var in receiptJSON
	decoder := json.NewDecoder(bytes.NewReader(b))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&in); err != nil {
		return nil, formatError("receipt", "%v", err)
	}
	r, err := in.receipt()
	if err != nil {
		return nil, err
	}
	// encoding/json takes repeated names, names in other letter cases, white
	// space and line breaks in base64: the one form of the file refuses them all.
	if !bytes.Equal(r.Marshal(), b) {
		return nil, formatError("receipt", "not in canonical form: want JSON as RFC 8785 prints it, each name once, nothing after it")
	}
	return r, nil
}

func (in *receiptJSON) receipt() (*Receipt, error) {
	if in.MediaType != ReceiptMediaType {
		return nil, formatError("receipt", "mediaType is %.80q, want %q", in.MediaType, ReceiptMediaType)
	}
	if len(in.Checkpoint) > MaxNote || len(in.Seal) > statement.MaxLeaf {
		return nil, formatError("receipt", "checkpoint of %d or seal of %d bytes is too large", len(in.Checkpoint), len(in.Seal))
	}
	r := &Receipt{Checkpoint: []byte(in.Checkpoint), Seal: []byte(in.Seal)}
	if err := in.entry(r); err != nil {
		return nil, err
	}
	var ok, ok2 bool
	r.GenesisInclusion, ok = hashesOf(in.GenesisInclusion)
	r.SealInclusion, ok2 = hashesOf(in.SealInclusion)
	if !ok || !ok2 {
		return nil, formatError("receipt", "an inclusion proof is not a list of at most %d hashes of 32 bytes", maxReceiptProof)
	}
	if len(in.Registers) > MaxReceiptRegisters {
		return nil, formatError("receipt", "%d registers, at most %d are allowed", len(in.Registers), MaxReceiptRegisters)
	}
	for i := range in.Registers {
		p, err := in.Registers[i].register()
		if err != nil {
			return nil, err
		}
		r.Registers = append(r.Registers, p)
	}
	return r, nil
}

// entry reads envelope, index and inclusion: all three, or none in a staple.
func (in *receiptJSON) entry(r *Receipt) error {
	if in.Envelope == nil && in.Index == nil && in.Inclusion == nil {
		return nil
	}
	if in.Envelope == nil || in.Index == nil || in.Inclusion == nil {
		return formatError("receipt", "envelope, index and inclusion stand together; a staple has none of them")
	}
	envelope, err := statement.ParseEnvelope(in.Envelope)
	if err != nil {
		return err
	}
	if *in.Index > maxReceiptIndex {
		return formatError("receipt", "index %d is above 2^53-1", *in.Index)
	}
	inclusion, ok := hashesOf(*in.Inclusion)
	if !ok {
		return formatError("receipt", "inclusion is not a list of at most %d hashes of 32 bytes", maxReceiptProof)
	}
	r.Envelope, r.Index, r.Inclusion = &envelope, *in.Index, inclusion
	return nil
}

func (in *registerJSON) register() (RegisterProof, error) {
	typ, err := register.ParseType(in.Type)
	if err != nil {
		return RegisterProof{}, err
	}
	if in.ID == "" || len(in.ID) > statement.MaxDocumentID {
		return RegisterProof{}, formatError("receipt", "id of a register has %d bytes, want 1 to %d", len(in.ID), statement.MaxDocumentID)
	}
	p := RegisterProof{Type: typ, ID: in.ID}
	if p.Path, err = register.ParsePath(in.Path); err != nil {
		return RegisterProof{}, err
	}
	if in.Value != nil {
		value, err := register.ParseValue(in.Value)
		if err != nil {
			return RegisterProof{}, err
		}
		p.Value = &value
	}
	if err := in.opened(&p); err != nil {
		return RegisterProof{}, err
	}
	if len(in.Events) > MaxReceiptEvents {
		return RegisterProof{}, formatError("receipt", "%d events of one register, at most %d are allowed", len(in.Events), MaxReceiptEvents)
	}
	for i := range in.Events {
		e, err := in.Events[i].event()
		if err != nil {
			return RegisterProof{}, err
		}
		p.Events = append(p.Events, e)
	}
	return p, nil
}

// opened reads what discloses more than the value: the statements behind a grant,
// and the state.
func (in *registerJSON) opened(p *RegisterProof) (err error) {
	if in.Delegation != nil && in.Envelope == nil || in.Envelope != nil && p.Type != register.TypeGrant {
		return formatError("receipt", "a grant alone has an envelope, and with it a delegation; a %v register has none", p.Type)
	}
	if p.Envelope, err = envelopeOf(in.Envelope); err != nil {
		return err
	}
	if p.Delegation, err = envelopeOf(in.Delegation); err != nil {
		return err
	}
	if in.State == nil {
		return nil
	}
	limit := maxReceiptOpening
	if p.Type == register.TypeRun {
		limit = maxReceiptRun
	}
	blind, ok := openingOf(in.State.Blind, in.State.State, limit)
	if !ok {
		return formatError("receipt", "state of a register is not a blind of 32 bytes and at most %d bytes", limit)
	}
	p.State = &StateOpening{Blind: blind, State: in.State.State}
	return nil
}

// envelopeOf reads an optional envelope.
func envelopeOf(b json.RawMessage) (*statement.Envelope, error) {
	if b == nil {
		return nil, nil
	}
	envelope, err := statement.ParseEnvelope(b)
	return &envelope, err
}

func (in *eventJSON) event() (EventProof, error) {
	event, err := register.ParseEvent(in.Event)
	if err != nil {
		return EventProof{}, err
	}
	proof, ok := hashesOf(in.Proof)
	if !ok {
		return EventProof{}, formatError("receipt", "proof of an event is not a list of at most %d hashes of 32 bytes", maxReceiptProof)
	}
	e := EventProof{Event: event, Proof: proof}
	if in.Opening != nil {
		blind, ok := openingOf(in.Opening.Blind, in.Opening.Body, maxReceiptOpening)
		if !ok {
			return EventProof{}, formatError("receipt", "opening of an event is not a blind of 32 bytes and at most %d bytes", maxReceiptOpening)
		}
		e.Opening = &EventOpening{Blind: blind, Body: in.Opening.Body}
	}
	return e, nil
}

// hashesOf returns nil for an empty list: there is one form of no hashes.
func hashesOf(in [][]byte) ([]Hash, bool) {
	if len(in) > maxReceiptProof {
		return nil, false
	}
	var hashes []Hash
	for _, h := range in {
		if len(h) != len(Hash{}) {
			return nil, false
		}
		hashes = append(hashes, Hash(h))
	}
	return hashes, true
}

// openingOf checks an opening and returns its blind. No body and no state is empty.
func openingOf(blind, content []byte, limit int) (Hash, bool) {
	if len(blind) != len(Hash{}) || len(content) == 0 || len(content) > limit {
		return Hash{}, false
	}
	return Hash(blind), true
}
