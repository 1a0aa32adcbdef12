package statement

import (
	"slices"
	"strings"
	"sync"
	"testing"
)

// mayLack lists the members that an example may do without; a variant that is not listed is as the example of its kind.
// All others are mandatory.
var mayLack = map[string][]string{
	"identity.enroll":   {"attestation", "notAfter", "sealed", "tools"},
	"identity.rotate":   {"attestation", "notAfter", "tools"},
	"identity.revoke":   {"compromisedSince"},
	"request.open":      {"parent", "traceparent", "trigger.digest"},
	"decision.grant":    {"about", "actingFor", "notBefore", "override"},
	"grant withdraw":    {"run"},
	"grant step":        {},
	"grant access":      {},
	"step.intent":       {"branch", "model", "privilege", "retryOf"},
	"step.done":         {"branch", "intent", "late", "model", "privilege", "retryOf", "sealed"},
	"outcome.close":     {"steps"},
	"document.release":  {"external", "run", "spends", "traceparent"},
	"document.withdraw": {"spends"},
	"attest.observe":    {"about", "observed[0].digest", "observed[1].count", "run"},
	"finding.alert":     {"run"},

	"migrated acknowledgment": {"late"},
}

// mayBeNull lists the members that have a meaning when they are null.
var mayBeNull = map[Code][]string{
	StepDone:        {"changes[0].after", "changes[0].before", "changes[1].after", "changes[1].before"},
	DocumentRelease: {"prev"},
}

// missingAt is where the absence of a member is reported, if not at its own place.
var missingAt = map[string]string{
	"want.document":    "want", // which form of the union is meant, nobody can say
	"want.task":        "want",
	"object.privilege": "object",
	"object.resource":  "object",
	"noInputs":         "inputs",
}

// examples are the fixtures and the variants. Nobody changes them.
var examples = sync.OnceValue(func() map[string]*Statement {
	all := variants()
	for _, s := range fixtures() {
		all[s.Code.String()] = s
	}
	return all
})

// forEachField calls test for every value below the predicate of every example, with the place below the predicate.
func forEachField(t *testing.T, test func(t *testing.T, name string, tr *tree, at ref, place string)) {
	for name, s := range examples() {
		t.Run(name, func(t *testing.T) {
			tr, err := readJSON(string(mustMarshal(t, s)))
			if err != nil {
				t.Fatal(err)
			}
			for i := range tr.values {
				if place, ok := strings.CutPrefix(tr.path(ref(i)), "predicate."); ok {
					test(t, name, tr, ref(i), place)
				}
			}
		})
	}
}

// edited gives the canonical text of a tree after a change to a copy of it.
func (t *tree) edited(change func(*tree)) []byte {
	c := &tree{values: slices.Clone(t.values)}
	change(c)
	return c.appendCanonical(nil, 0)
}

// cut takes a value out of its object or array.
func (t *tree) cut(at ref) {
	parent := &t.values[t.values[at].parent]
	if parent.first == at {
		parent.first = t.values[at].next
		return
	}
	for i := parent.first; i != 0; i = t.values[i].next {
		if t.values[i].next == at {
			t.values[i].next = t.values[at].next
			return
		}
	}
}

// add puts the member "zz" or another into an object, as its first; the canonical form sorts.
func (t *tree) add(obj ref, name string) {
	t.values = append(t.values, value{key: name, kind: integer, num: 1, parent: obj, next: t.values[obj].first})
	t.values[obj].first = ref(len(t.values) - 1)
}

func TestEveryMemberMissing(t *testing.T) {
	forEachField(t, func(t *testing.T, name string, tr *tree, at ref, place string) {
		if tr.values[tr.values[at].parent].kind != object {
			return
		}
		err := parseErr(tr.edited(func(e *tree) { e.cut(at) }))
		optional, ok := mayLack[name]
		if !ok {
			optional = mayLack[examples()[name].Code.String()]
		}
		if !slices.Contains(optional, place) {
			want := place
			if at, ok := missingAt[place]; ok {
				want = at
			}
			checkError(t, err, "E102", "predicate."+want)
		} else if err != nil {
			t.Errorf("without %s: %v", place, err)
		}
	})
	for name, places := range mayLack {
		text := string(mustMarshal(t, examples()[name]))
		for _, place := range places {
			member := place[strings.LastIndex(place, ".")+1:]
			if !strings.Contains(text, `"`+member+`":`) {
				t.Errorf("the example %s has no %s", name, place)
			}
		}
	}
}

// Every value with the type of another: nothing is converted, and null never stands for absent.
func TestEveryValueOfAnotherType(t *testing.T) {
	others := []value{{kind: null, text: "null"}, {kind: boolean, text: "true"}, {kind: integer, num: 7}, {kind: text, text: "7"},
		{kind: array}, {kind: object}}
	forEachField(t, func(t *testing.T, name string, tr *tree, at ref, place string) {
		for _, other := range others {
			if other.kind == tr.values[at].kind || other.kind == null && slices.Contains(mayBeNull[examples()[name].Code], place) {
				continue
			}
			err := parseErr(tr.edited(func(e *tree) {
				v := &e.values[at]
				v.kind, v.text, v.num, v.first = other.kind, other.text, other.num, 0
			}))
			if err == nil {
				t.Errorf("%s as %s accepted", place, other.text)
				continue
			}
			checkError(t, err, "E102", "predicate."+place)
		}
	})
}

// Every text that is empty, too long or not of the alphabet; every integer beyond its bounds.
func TestEveryValueOutOfBounds(t *testing.T) {
	forEachField(t, func(t *testing.T, name string, tr *tree, at ref, place string) {
		if place == "text" {
			return // its refusals have paths of their own
		}
		for _, bad := range []string{"", " ", "a b", "ä", strings.Repeat("a", 256), "a\x00"} {
			if tr.values[at].kind != text {
				break
			}
			checkError(t, parseErr(tr.edited(func(e *tree) { e.values[at].text = bad })), "E102", "predicate."+place)
		}
		if tr.values[at].kind == integer {
			most := uint64(1 << 32)
			if place == "size" {
				return // bounded by the reader of JSON alone
			}
			checkError(t, parseErr(tr.edited(func(e *tree) { e.values[at].num = most })), "E102", "predicate."+place)
			err := parseErr(tr.edited(func(e *tree) { e.values[at].num = most - 1 }))
			if err != nil {
				t.Errorf("%s of 4294967295: %v", place, err)
			}
		}
	})
}

// Every object with a name that it does not have, and with one twice.
func TestEveryObjectIsClosed(t *testing.T) {
	forEachField(t, func(t *testing.T, name string, tr *tree, at ref, place string) {
		if tr.values[at].kind == object {
			checkError(t, parseErr(tr.edited(func(e *tree) { e.add(at, "zz") })), "E101", "predicate."+place+".zz")
			checkError(t, parseErr(tr.edited(func(e *tree) { e.add(at, "mail") })), "E601", "predicate."+place+".mail")
		}
		if tr.values[tr.values[at].parent].kind == object {
			twice := tr.values[at].key
			checkError(t, parseErr(tr.edited(func(e *tree) { e.add(e.values[at].parent, twice) })), "E101", "predicate."+place)
		}
	})
}

// Every array with an element twice, but for the text of a policy or workflow.
func TestEveryElementOnce(t *testing.T) {
	forEachField(t, func(t *testing.T, name string, tr *tree, at ref, place string) {
		if tr.values[at].kind != array || tr.values[at].first == 0 {
			return
		}
		last := tr.values[at].first
		for tr.values[last].next != 0 {
			last = tr.values[last].next
		}
		err := parseErr(tr.edited(func(e *tree) {
			e.values = append(e.values, e.values[last])
			e.values[last].next = ref(len(e.values) - 1)
		}))
		if err == nil || !strings.Contains(err.Error(), "stands twice") {
			t.Errorf("%s with its last element twice: %v", place, err)
		}
	})
}
