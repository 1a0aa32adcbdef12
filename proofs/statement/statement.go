package statement

import (
	"bytes"
	"encoding/hex"
)

// Limits of a statement's bytes and of what it may name.
const (
	MaxPayload = 64 << 10 // bytes of a statement
	MaxSpends  = 16       // grants that one statement may spend

	maxExternal = 16
	maxSealed   = 64
)

const statementType = "https://in-toto.io/Statement/v1"

// Statement is one signed claim: the part that all kinds have in common, and the body of its kind.
type Statement struct {
	Code    Code
	Subject Digest // SHA-256 of the exact bytes concerned
	Log     string // origin of the log it is made for
	Nonce   string // base64url of 16 to 32 random bytes
	At      int64  // the signer's clock, unix milliseconds
	Issuer  string // identity id of the signer

	Run         string     // id of the run it belongs to; empty: absent
	Traceparent string     // W3C trace context; empty: absent
	Late        string     // evidence only, why it comes late: offline, outage or migration; empty: absent
	External    []External // things in other systems; empty: absent
	Sealed      []string   // digests of sealed disclosures, sorted; empty: absent
	Spends      []Digest   // grants it spends, by statement digest

	Body Body
}

// External names a thing in another system, and the digest of what it was.
type External struct {
	System, Kind, ID string
	Digest           Digest
}

// Body holds the fields of one kind. There is one type for each kind and op that is built, such as [*SetPolicy] for
// policy.set, [*EnrollIdentity] for identity.enroll and [*ReleaseDocument] for document.release.
type Body interface {
	code() Code
	// appendMember writes the named member of the predicate and a comma, or nothing if the member is absent.
	appendMember(b []byte, name string) []byte
}

// CodeOf gives the kind and op that a body is of.
func CodeOf(body Body) Code { return body.code() }

// Parse reads a statement from the bytes that were signed. All errors are of type [*Error]: E101 if the bytes are more
// than [MaxPayload], not JSON, not their own canonical form, of a kind that is unknown or not built, or hold a name that
// is unknown or stands twice; E601 if a sealed-only name stands in clear; E102 if a field is missing or wrong.
//
// Nothing here says that the statement is authentic, or meant for this log: the signature, Log, Issuer and all that
// registers must answer are the caller's to judge. The result keeps a copy of payload.
func Parse(payload []byte) (*Statement, error) {
	t, err := readCanonical(payload)
	if err != nil {
		return nil, err
	}
	code, err := knownNames(t)
	if err != nil {
		return nil, err
	}
	f := &fields{tree: t, code: CodeField}
	s := readStatement(f, code)
	if f.err != nil {
		return nil, f.err
	}
	if !bytes.Equal(s.append(make([]byte, 0, len(payload))), payload) {
		return nil, formError("", "not the bytes that formatting the statement gives")
	}
	return s, nil
}

// Marshal gives the one form of the statement's bytes: those to sign. It fails with the same errors as [Parse].
func (s *Statement) Marshal() ([]byte, error) {
	if s.Body == nil || s.Body.code() != s.Code {
		return nil, &Error{Code: CodeField, Field: "predicate", Reason: "want the body of " + s.Code.String()}
	}
	if err := s.onlyOwn(); err != nil {
		return nil, err
	}
	b := s.append(make([]byte, 0, 1024))
	if _, err := Parse(b); err != nil {
		return nil, err
	}
	return b, nil
}

// onlyOwn refuses members of the common part that this kind does not have: formatting would drop them in silence.
func (s *Statement) onlyOwn() error {
	shape := shapeOf(s.Code)
	if s.Late != "" && indexOf(shape.names, "late") < 0 {
		return formError("predicate.late", s.Code.String()+" is authority and never late; want it empty")
	}
	if len(s.Spends) > 0 && indexOf(shape.names, "spends") < 0 {
		return formError("predicate.spends", s.Code.String()+" spends no grant; want it empty")
	}
	return nil
}

// readCanonical reads a JSON text that must be its own canonical form and free of sealed-only names.
func readCanonical(payload []byte) (*tree, error) {
	if len(payload) > MaxPayload {
		return nil, formError("", "want at most 65536 bytes")
	}
	src := string(payload)
	t, err := readJSON(src)
	if err != nil {
		return nil, err
	}
	if err := t.checkCanonical(src); err != nil {
		return nil, err
	}
	return t, t.noSealedNames()
}

// knownNames finds the kind and refuses every name that this kind does not have, and names that stand twice.
func knownNames(t *tree) (Code, error) {
	if t.values[0].kind != object {
		return 0, formError("", "want an object, an in-toto Statement v1")
	}
	if err := t.only(0, []string{"_type", "predicate", "predicateType", "subject"}); err != nil {
		return 0, err
	}
	code, err := statementCode(t)
	if err != nil {
		return 0, err
	}
	if err := t.onlyEach(0, "subject", []string{"digest"}); err != nil {
		return 0, err
	}
	subjects := t.member(0, "subject")
	for i := t.values[subjects].first; subjects != 0 && i != 0; i = t.values[i].next {
		if err := t.onlyMember(i, "digest", []string{"sha256"}); err != nil {
			return 0, err
		}
	}
	predicate := t.member(0, "predicate")
	if predicate == 0 {
		return code, nil // missing: judged with the fields
	}
	return code, shapeOf(code).onlyKnown(t, predicate)
}

// statementCode judges the two type names at the top.
func statementCode(t *tree) (Code, error) {
	f := &fields{tree: t, code: CodeField}
	anyText := func(string) bool { return true }
	kind := f.text(0, "_type", anyText, `"`+statementType+`"`)
	predicateType := f.text(0, "predicateType", anyText, "a predicate type")
	if f.err != nil {
		return 0, f.err
	}
	if kind != statementType {
		return 0, formError("_type", `want "`+statementType+`"`)
	}
	code, err := ParsePredicateType(predicateType)
	if err != nil {
		return 0, formError("predicateType", err.Error())
	}
	if !code.Built() {
		return 0, formError("predicateType", notBuilt(code))
	}
	return code, nil
}

func notBuilt(c Code) string {
	return c.String() + " is not built in these rules; want another kind, one with a page of its own in docs/spec/kinds"
}

func readStatement(f *fields, code Code) *Statement {
	shape := shapeOf(code)
	s := &Statement{Code: code, Subject: readSubject(f)}
	p := f.object(0, "predicate")
	s.readCommon(f, p, shape)
	s.Body = shape.read(f, p, s.Subject)
	return s
}

func readSubject(f *fields) Digest {
	list := f.want(0, "subject", array, `one entry {"digest":{"sha256":"<hex>"}}`)
	if list == 0 {
		return Digest{}
	}
	items := f.elements(list, 1, 1)
	if len(items) == 0 {
		return Digest{}
	}
	entry := items[0]
	if f.values[entry].kind != object {
		f.wrong(entry, `{"digest":{"sha256":"<hex>"}}`)
	}
	at := f.want(f.object(entry, "digest"), "sha256", text, wantHex)
	if at == 0 {
		return Digest{}
	}
	d, ok := parseHex(f.values[at].text)
	if !ok {
		f.wrong(at, wantHex)
	}
	return d
}

// append writes the statement as RFC 8785 orders and spells it, without any check.
func (s *Statement) append(b []byte) []byte {
	b = append(b, `{"_type":"`+statementType+`","predicate":{`...)
	for _, name := range shapeOf(s.Code).names {
		b = s.appendMember(b, name)
	}
	b = closeList(b, '}')
	b = append(b, `,"predicateType":"`+predicateTypePrefix...)
	b = append(b, s.Code.String()...)
	b = append(b, predicateTypeSuffix+`","subject":[{"digest":{"sha256":"`...)
	b = hex.AppendEncode(b, s.Subject[:])
	return append(b, `"}}]}`...)
}
