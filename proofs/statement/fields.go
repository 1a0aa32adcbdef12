package statement

import (
	"errors"
	"fmt"
)

// Bounds of lists that no rule bounds more tightly.
const (
	maxList    = 256 // of texts and digests
	maxObjects = 64  // of objects
)

// fields reads typed members of objects. The first member that is missing or wrong sets err (code, mostly E102); from
// then on nothing is read, and what was returned is of no use.
type fields struct {
	*tree
	code string
	err  error
}

func (f *fields) fail(field, reason string) {
	if f.err == nil {
		f.err = &Error{Code: f.code, Field: field, Reason: reason}
	}
}

// want gives a mandatory member of the wanted kind, or 0.
func (f *fields) want(obj ref, name string, kind valueKind, want string) ref {
	if f.err != nil {
		return 0
	}
	at := f.member(obj, name)
	switch {
	case at == 0:
		f.fail(joinPath(f.path(obj), name), "missing; want "+want)
		return 0
	case f.values[at].kind != kind:
		f.wrong(at, want)
		return 0
	}
	return at
}

func (f *fields) wrong(at ref, want string) { f.fail(f.path(at), "want "+want) }

func (f *fields) has(obj ref, name string) bool { return f.err == nil && f.member(obj, name) != 0 }

func (f *fields) object(obj ref, name string) ref { return f.want(obj, name, object, "an object") }

// text reads a string that valid accepts; want says in words what that is.
func (f *fields) text(obj ref, name string, valid func(string) bool, want string) string {
	at := f.want(obj, name, text, want)
	if at == 0 {
		return ""
	}
	s := f.values[at].text
	if !valid(s) {
		f.wrong(at, want)
	}
	return s
}

func (f *fields) optionalText(obj ref, name string, valid func(string) bool, want string) string {
	if !f.has(obj, name) {
		return ""
	}
	return f.text(obj, name, valid, want)
}

func (f *fields) id(obj ref, name string) string { return f.text(obj, name, ValidID, wantID) }

// enum reads one of a closed set, given as in the documents: "a|b|c".
func (f *fields) enum(obj ref, name string, set enum) string {
	return f.text(obj, name, set.has, "one of "+string(set))
}

// integer reads an integer from least to most.
func (f *fields) integer(obj ref, name string, least, most uint64) uint64 {
	if f.err != nil {
		return 0
	}
	if at := f.member(obj, name); at != 0 && f.values[at].kind == integer {
		if n := f.values[at].num; least <= n && n <= most {
			return n
		}
	}
	at := f.want(obj, name, integer, fmt.Sprintf("an integer from %d to %d", least, most))
	if at != 0 {
		f.wrong(at, fmt.Sprintf("an integer from %d to %d", least, most))
	}
	return 0
}

func (f *fields) boolean(obj ref, name string) bool {
	at := f.want(obj, name, boolean, "true or false")
	return at != 0 && f.values[at].text == "true"
}

func (f *fields) uint32(obj ref, name string, least uint32) uint32 {
	return uint32(f.integer(obj, name, uint64(least), 1<<32-1))
}

func (f *fields) time(obj ref, name string) int64 {
	at := f.want(obj, name, text, wantTime)
	if at == 0 {
		return 0
	}
	ms, ok := ParseTime(f.values[at].text)
	if !ok {
		f.wrong(at, wantTime)
	}
	return ms
}

func (f *fields) optionalTime(obj ref, name string) int64 {
	if !f.has(obj, name) {
		return 0
	}
	return f.time(obj, name)
}

// bytes reads canonical standard base64 of bytes in which valid finds no error.
func (f *fields) bytes(obj ref, name string, valid func([]byte) error, want string) []byte {
	at := f.want(obj, name, text, want)
	if at == 0 {
		return nil
	}
	b, ok := decodeBase64(standard, f.values[at].text)
	if !ok {
		f.wrong(at, want+", in standard base64 with padding")
		return nil
	}
	if valid(b) != nil {
		f.wrong(at, want)
	}
	return b
}

// judgedText reads a text that parse judges: its errors keep their code, and their paths stand under that of the member.
func (f *fields) judgedText(obj ref, name, want string, parse func(text []byte) error) string {
	s := f.text(obj, name, func(string) bool { return true }, want)
	if f.err != nil {
		return s
	}
	var inner *Error
	if errors.As(parse([]byte(s)), &inner) {
		at := f.path(f.member(obj, name))
		if inner.Field != "" {
			at += "." + inner.Field
		}
		f.err = &Error{Code: inner.Code, Field: at, Reason: inner.Reason}
	}
	return s
}

// subjectIs demands that the subject is the digest that follows from the predicate; what says in words which that is.
func (f *fields) subjectIs(subject, digest Digest, what string) {
	if f.err == nil && subject != digest {
		f.fail("subject[0].digest.sha256", "want "+what)
	}
}

// enum is a closed set of words, joined by "|".
type enum string

func (e enum) has(s string) bool {
	for rest := string(e); ; {
		n := 0
		for n < len(rest) && rest[n] != '|' {
			n++
		}
		if rest[:n] == s {
			return true
		}
		if n == len(rest) {
			return false
		}
		rest = rest[n+1:]
	}
}
