package statement

import (
	"encoding/base64"
	"errors"
)

// MaxEnvelope is the most bytes of an envelope.
const MaxEnvelope = 128 << 10

const maxKeyID = 128

var errPayloadSize = errors.New("payload is empty or larger than 65536 bytes")

// Envelope is a statement with its signature, as submitted and as kept beside the tree: a DSSE 1.0.2 envelope of
// payload type [PayloadType] with exactly one signature.
type Envelope struct {
	Payload   []byte // the statement, byte for byte as signed
	Signature []byte // ASN.1 DER
	SPKI      []byte // the signer's key as the envelope claims it, or nil; never trusted without its identity register
}

// ParseEnvelope reads an envelope. Names are exact, none twice and none unknown, base64 is standard and canonical, but
// the order of members and white space are free: an envelope's bytes name nothing. Errors are of type [*Error]: E104 for
// what concerns the signature, else E101. The signature is judged by its form only ([CheckSignature]), the SPKI by length
// and header; the payload is not parsed. keyid is accepted and dropped: it is not authenticated.
func ParseEnvelope(b []byte) (Envelope, error) {
	if len(b) > MaxEnvelope {
		return Envelope{}, formError("", "want at most 131072 bytes")
	}
	t, err := readJSON(string(b))
	if err != nil {
		return Envelope{}, err
	}
	if t.values[0].kind != object {
		return Envelope{}, formError("", "want an object, a DSSE envelope")
	}
	if err := t.only(0, []string{"payload", "payloadType", "signatures"}); err != nil {
		return Envelope{}, err
	}
	if err := t.onlyEach(0, "signatures", []string{"keyid", "sig", "spki"}); err != nil {
		return Envelope{}, err
	}
	f := &fields{tree: t, code: CodeForm}
	f.text(0, "payloadType", func(s string) bool { return s == PayloadType }, `"`+PayloadType+`"`)
	e := Envelope{Payload: f.bytes(0, "payload", checkPayloadSize, "the statement, 1 to 65536 bytes")}
	e.readSignature(f)
	if f.err != nil {
		return Envelope{}, f.err
	}
	return e, nil
}

func checkPayloadSize(payload []byte) error {
	if len(payload) == 0 || len(payload) > MaxPayload {
		return errPayloadSize
	}
	return nil
}

func (e *Envelope) readSignature(f *fields) {
	f.code = CodeSignature
	list := f.want(0, "signatures", array, "an array of exactly one signature")
	if list == 0 {
		return
	}
	for _, i := range f.elements(list, 1, 1) {
		if f.values[i].kind != object {
			f.wrong(i, "an object {sig, spki}")
			return
		}
		e.Signature = f.bytes(i, "sig", CheckSignature, wantSignature)
		if f.has(i, "spki") {
			e.SPKI = f.bytes(i, "spki", checkSPKI, wantSPKI)
		}
		f.optionalText(i, "keyid", func(s string) bool { return len(s) <= maxKeyID }, "at most 128 bytes; it is ignored")
	}
}

// Marshal gives the envelope as compact JSON with sorted names. It does not check the fields.
func (e Envelope) Marshal() []byte {
	b := make([]byte, 0, 128+base64.StdEncoding.EncodedLen(len(e.Payload)+len(e.Signature)+len(e.SPKI)))
	b = appendBytes(append(b, '{'), "payload", e.Payload)
	b = appendText(b, "payloadType", PayloadType)
	b = append(b, `"signatures":[{`...)
	b = appendBytes(b, "sig", e.Signature)
	if e.SPKI != nil {
		b = appendBytes(b, "spki", e.SPKI)
	}
	return append(closeList(b, '}'), "]}"...)
}
