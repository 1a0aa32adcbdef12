package statement

import "fmt"

// maxList bounds every list whose length no rule bounds more tightly.
const maxList = 256

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

func (f *fields) digest(obj ref, name string) Digest {
	at := f.want(obj, name, text, wantDigest)
	if at == 0 {
		return Digest{}
	}
	return f.digestAt(at)
}

func (f *fields) digestAt(at ref) Digest {
	d, err := ParseDigest(f.values[at].text)
	if f.values[at].kind != text || err != nil {
		f.wrong(at, wantDigest)
	}
	return d
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

// list reads an array of at least least and at most most strings that valid accepts, none of them twice. It is never
// nil, so that an empty list differs from an absent one.
func (f *fields) list(obj ref, name string, least, most int, valid func(string) bool, want string) []string {
	at := f.want(obj, name, array, "an array, each element "+want)
	if at == 0 {
		return nil
	}
	items := f.elements(at, least, most)
	list := make([]string, 0, len(items))
	for _, i := range items {
		s := f.values[i].text
		if f.values[i].kind != text || !valid(s) {
			f.wrong(i, want)
			return nil
		}
		if indexOf(list, s) >= 0 {
			f.fail(f.path(i), "stands twice; want each element once")
			return nil
		}
		list = append(list, s)
	}
	return list
}

// elements gives the elements of an array of least to most elements.
func (f *fields) elements(at ref, least, most int) []ref {
	n := 0
	for i := f.values[at].first; i != 0; i = f.values[i].next {
		n++
	}
	if n < least || n > most {
		f.wrong(at, fmt.Sprintf("%d to %d elements", least, most))
		return nil
	}
	items := make([]ref, 0, n)
	for i := f.values[at].first; i != 0; i = f.values[i].next {
		items = append(items, i)
	}
	return items
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
