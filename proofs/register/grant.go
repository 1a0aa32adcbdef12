package register

import "encoding/binary"

// Kinds of grant events.
const (
	GrantGranted uint8 = 1
	GrantSpent   uint8 = 2
	GrantRevoked uint8 = 3
)

// Status of a grant. That a grant is too old is computed, never recorded.
const (
	GrantOpen   uint8 = 1
	GrantUsedUp uint8 = 2
	GrantTaken  uint8 = 3 // revoked
)

// A GrantedBody is the body of a GrantGranted event, and what a grant's state repeats:
//
//	object32 ‖ subject dig33 ‖ to identity32 ‖ grantor identity32 ‖ delegator identity32 ‖ request32 ‖ u64 notBefore ‖ u64 notAfter ‖ u32 uses
type GrantedBody struct {
	Object    Hash // see ObjectHash: kind and op, and all terms
	Subject   TypedDigest
	To        Key    // register key of the identity that may spend it
	Grantor   Key    // register key of the identity that granted it
	Delegator Key    // register key of the identity in whose stead, or zero
	Request   Hash   // statement digest of the request that it is about, or zero
	NotBefore uint64 // unix ms, the first at which it may be spent; 0: at once
	NotAfter  uint64 // unix ms, the first at which it is too old
	Uses      uint32 // in a state: uses left
}

// Marshal returns the 213 bytes.
func (b GrantedBody) Marshal() []byte { return b.append(make([]byte, 0, 213)) }

func (b GrantedBody) append(out []byte) []byte {
	out = append(append(out, b.Object[:]...), b.Subject[:]...)
	out = append(append(out, b.To[:]...), b.Grantor[:]...)
	out = append(append(out, b.Delegator[:]...), b.Request[:]...)
	out = binary.BigEndian.AppendUint64(out, b.NotBefore)
	out = binary.BigEndian.AppendUint64(out, b.NotAfter)
	return binary.BigEndian.AppendUint32(out, b.Uses)
}

func (d *decoder) granted() GrantedBody {
	return GrantedBody{
		Object: d.hash(), Subject: d.typedDigest(), To: d.hash(), Grantor: d.hash(), Delegator: d.hash(), Request: d.hash(),
		NotBefore: d.u64(), NotAfter: d.u64(), Uses: d.u32(),
	}
}

// check judges all but the number of uses.
func (b GrantedBody) check(what string) error {
	if b.To == (Key{}) || b.Grantor == (Key{}) {
		return formatError(what, "nobody to spend it, or nobody who granted it")
	}
	if b.NotBefore >= b.NotAfter {
		return formatError(what, "ends before it begins")
	}
	return b.Subject.check(what)
}

// ParseGrantedBody parses the body of a GrantGranted event.
func ParseGrantedBody(in []byte) (GrantedBody, error) {
	const what = "granted body"
	d := decoder{b: in}
	b := d.granted()
	if err := d.end(what); err != nil {
		return GrantedBody{}, err
	}
	if b.Uses == 0 {
		return GrantedBody{}, formatError(what, "no uses")
	}
	if err := b.check(what); err != nil {
		return GrantedBody{}, err
	}
	return b, nil
}

// A SpentBody is the body of a GrantSpent event: u32 left ‖ by identity32 ‖ statement32.
type SpentBody struct {
	Left      uint32 // uses after it
	By        Key    // register key of the identity that spent it
	Statement Hash   // digest of the statement that it was spent on
}

// Marshal returns the 68 bytes.
func (b SpentBody) Marshal() []byte {
	out := binary.BigEndian.AppendUint32(make([]byte, 0, 68), b.Left)
	return append(append(out, b.By[:]...), b.Statement[:]...)
}

// ParseSpentBody parses the body of a GrantSpent event.
func ParseSpentBody(in []byte) (SpentBody, error) {
	d := decoder{b: in}
	b := SpentBody{Left: d.u32(), By: d.hash(), Statement: d.hash()}
	if err := d.end("spent body"); err != nil {
		return SpentBody{}, err
	}
	return b, nil
}

// A RevokedBody is the body of a GrantRevoked event: by identity32 ‖ statement32.
type RevokedBody struct {
	By        Key  // register key of the identity that took the grant back
	Statement Hash // digest of its statement
}

// Marshal returns the 64 bytes.
func (b RevokedBody) Marshal() []byte {
	return append(append(make([]byte, 0, 64), b.By[:]...), b.Statement[:]...)
}

// ParseRevokedBody parses the body of a GrantRevoked event.
func ParseRevokedBody(in []byte) (RevokedBody, error) {
	d := decoder{b: in}
	b := RevokedBody{By: d.hash(), Statement: d.hash()}
	if err := d.end("revoked body"); err != nil {
		return RevokedBody{}, err
	}
	return b, nil
}
