package statement

import (
	"fmt"
	"slices"
)

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

// optionalDigest: nil if the member is absent.
func (f *fields) optionalDigest(obj ref, name string) *Digest {
	if !f.has(obj, name) {
		return nil
	}
	d := f.digest(obj, name)
	return &d
}

// nullable reads a mandatory member that is a digest or null, which gives nil.
func (f *fields) nullable(obj ref, name string) *Digest {
	if at := f.member(obj, name); at != 0 && f.values[at].kind == null {
		return nil
	}
	d := f.digest(obj, name)
	return &d
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

// digests reads an array of least to most digests, none of them twice. It is never nil.
func (f *fields) digests(obj ref, name string, least, most int) []Digest {
	at := f.want(obj, name, array, "an array of digests")
	if at == 0 {
		return nil
	}
	items := f.elements(at, least, most)
	list := make([]Digest, 0, len(items))
	for _, i := range items {
		d := f.digestAt(i)
		if slices.Contains(list, d) {
			f.fail(f.path(i), "stands twice; want each digest once")
		}
		list = append(list, d)
	}
	return list
}

// objects gives the elements of an array of least to most objects, none of them twice.
func (f *fields) objects(obj ref, name string, least, most int, want string) []ref {
	at := f.want(obj, name, array, "an array of "+want)
	if at == 0 {
		return nil
	}
	items := f.elements(at, least, most)
	seen := make(map[string]bool, len(items))
	for _, i := range items {
		if f.values[i].kind != object {
			f.wrong(i, "an object "+want)
			return nil
		}
		text := string(f.appendCanonical(nil, i))
		if seen[text] {
			f.fail(f.path(i), "stands twice; want each element once")
			return nil
		}
		seen[text] = true
	}
	return items
}
