package server

import (
	"github.com/danielgtaylor/huma/v2"

	"github.com/docketlog/docket/proofs"
)

// The forms below describe JSON that package proofs prints; nothing is decoded
// into them.
type (
	receiptForm struct {
		Checkpoint       string         `json:"checkpoint" doc:"A signed note."`
		Envelope         *envelopeForm  `json:"envelope,omitempty" doc:"A staple has none, nor index and inclusion."`
		GenesisInclusion [][]byte       `json:"genesisInclusion" nullable:"false"`
		Inclusion        [][]byte       `json:"inclusion,omitempty" nullable:"false"`
		Index            uint64         `json:"index,omitempty"`
		MediaType        string         `json:"mediaType" enum:"application/vnd.docket.receipt.v1+json"`
		Registers        []registerForm `json:"registers" nullable:"false"`
		Seal             string         `json:"seal"`
		SealInclusion    [][]byte       `json:"sealInclusion" nullable:"false"`
	}
	envelopeForm struct {
		Payload     []byte          `json:"payload" doc:"The statement, byte for byte as signed."`
		PayloadType string          `json:"payloadType" enum:"application/vnd.in-toto+json"`
		Signatures  []signatureForm `json:"signatures" nullable:"false" minItems:"1" maxItems:"1"`
	}
	signatureForm struct {
		KeyID string `json:"keyid,omitempty" maxLength:"128" doc:"Taken and dropped."`
		Sig   []byte `json:"sig" doc:"ECDSA P-256 in DER."`
		SPKI  []byte `json:"spki,omitempty" doc:"The public key in DER."`
	}
	registerForm struct {
		Delegation *envelopeForm `json:"delegation,omitempty" doc:"The delegation by which that was given, if it was in the stead of another."`
		Envelope   *envelopeForm `json:"envelope,omitempty" doc:"The statement that granted, in the register of a grant alone."`
		Events     []eventForm   `json:"events" nullable:"false"`
		ID         string        `json:"id"`
		Path       []byte        `json:"path"`
		State      *stateForm    `json:"state,omitempty"`
		Type       string        `json:"type" enum:"document,digest,run,identity,grant,activity"`
		Value      []byte        `json:"value,omitempty" doc:"There is none in a proof of absence."`
	}
	stateForm struct {
		Blind []byte `json:"blind"`
		State []byte `json:"state"`
	}
	eventForm struct {
		Event   []byte       `json:"event"`
		Opening *openingForm `json:"opening,omitempty"`
		Proof   [][]byte     `json:"proof" nullable:"false"`
	}
	openingForm struct {
		Blind []byte `json:"blind"`
		Body  []byte `json:"body"`
	}
)

// receiptText is a receipt in its one form.
type receiptText []byte

// MarshalJSON implements json.Marshaler.
func (t receiptText) MarshalJSON() ([]byte, error) { return t, nil }

// Schema implements huma.SchemaProvider.
func (receiptText) Schema(r huma.Registry) *huma.Schema { return schemaOf[receiptForm](r) }

func receiptReply(status int, text string) reply {
	return reply{status: status, media: proofs.ReceiptMediaType, text: text, schema: schemaOf[receiptForm]}
}
