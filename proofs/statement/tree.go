package statement

import (
	"strconv"
	"strings"
)

// member gives the first member of an object with exactly this name, or 0.
func (t *tree) member(obj ref, name string) ref {
	for i := t.values[obj].first; i != 0; i = t.values[i].next {
		if t.values[i].key == name {
			return i
		}
	}
	return 0
}

// path gives the place of a value, like "predicate.external[0].digest"; empty for the root.
func (t *tree) path(at ref) string {
	if at == 0 {
		return ""
	}
	v := &t.values[at]
	parent := t.path(v.parent)
	if t.values[v.parent].kind == array {
		n := 0
		for i := t.values[v.parent].first; i != at; i = t.values[i].next {
			n++
		}
		return parent + "[" + strconv.Itoa(n) + "]"
	}
	return joinPath(parent, v.key)
}

// joinPath quotes names that are not plain, so that no message carries control characters or long foreign text.
func joinPath(parent, key string) string {
	if !validToken(strings.TrimPrefix(key, "_")) {
		key = strconv.QuoteToASCII(key[:min(len(key), 64)])
	}
	if parent == "" {
		return key
	}
	return parent + "." + key
}

// only refuses (E101) members of an object that are not in names, and members that stand twice. Values that are no
// objects pass: their type is judged later.
func (t *tree) only(obj ref, names []string) error {
	if t.values[obj].kind != object {
		return nil
	}
	var seen uint64
	for i := t.values[obj].first; i != 0; i = t.values[i].next {
		n := indexOf(names, t.values[i].key)
		if n < 0 && len(names) == 0 {
			return formError(t.path(i), "unknown name; want an empty object")
		}
		if n < 0 {
			return formError(t.path(i), "unknown name; want one of "+strings.Join(names, ", "))
		}
		if seen&(1<<n) != 0 {
			return formError(t.path(i), "name stands twice; want it once")
		}
		seen |= 1 << n
	}
	return nil
}

// onlyMember applies only to the named member of obj, if there is one.
func (t *tree) onlyMember(obj ref, name string, names []string) error {
	if at := t.member(obj, name); at != 0 {
		return t.only(at, names)
	}
	return nil
}

// onlyEach applies only to each element of the array that is the named member of obj, if there is one.
func (t *tree) onlyEach(obj ref, name string, names []string) error {
	list := t.member(obj, name)
	if list == 0 || t.values[list].kind != array {
		return nil
	}
	for i := t.values[list].first; i != 0; i = t.values[i].next {
		if err := t.only(i, names); err != nil {
			return err
		}
	}
	return nil
}

func indexOf(names []string, name string) int {
	for i, n := range names {
		if n == name {
			return i
		}
	}
	return -1
}

// noSealedNames refuses (E601) a name in clear that may stand only in a sealed disclosure, at any depth.
func (t *tree) noSealedNames() error {
	for i := range t.values {
		switch t.values[i].key {
		case "personName", "mail", "purpose", "reasonText", "subjectRef", "prompt":
			return &Error{Code: CodeSealedName, Field: t.path(ref(i)),
				Reason: "must not stand in clear; put it into a disclosure and its digest into predicate.sealed"}
		}
	}
	return nil
}
