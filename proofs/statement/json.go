package statement

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Bounds of every JSON text that is read here. The deepest statement needs depth 5 and some 1,500
// values, the widest workflow document some 2,800.
const (
	maxDepth  = 16
	maxValues = 4096
)

// maxInteger is the largest integer that every JSON reader keeps exactly (RFC 7493 section 2.2).
const maxInteger = 1<<53 - 1

type valueKind uint8

const (
	null valueKind = iota
	boolean
	integer
	text
	array
	object
)

// ref names a value of a tree by its position. 0 is the root; since the root is nobody's child, it also says "none".
type ref int32

// value is one JSON value. Children of arrays and objects are chained in the order of the text, duplicates included.
type value struct {
	key                 string // its name, if it is a member of an object
	text                string // of a string, unescaped; of a boolean
	num                 uint64 // of an integer
	parent, first, next ref
	kind                valueKind
}

// tree is a JSON text as read: exact names, nothing dropped, nothing converted.
type tree struct{ values []value }

// readJSON reads one JSON text (RFC 8259) and refuses what has more than one meaning: integers only, without sign,
// fraction or exponent, at most 2^53-1; valid UTF-8; no lone surrogate escapes; nothing after the end. Duplicate names
// are kept for the caller to refuse.
func readJSON(s string) (*tree, error) {
	r := reader{src: s, tree: tree{values: make([]value, 0, 48)}}
	r.skipSpace()
	if r.value(0, "", 0, 0) {
		r.skipSpace()
		if r.pos < len(s) {
			r.fail("want nothing after the end of the JSON text")
		}
	}
	if r.err != "" {
		return nil, formError(r.path(r.last()), fmt.Sprintf("byte %d: %s", r.pos, r.err))
	}
	return &r.tree, nil
}

type reader struct {
	tree
	src string
	pos int
	err string // the first error; set at most once, for every function stops at it
}

func (r *reader) fail(reason string) bool {
	r.err = reason
	return false
}

func (r *reader) last() ref { return ref(max(len(r.values)-1, 0)) }

func (r *reader) skipSpace() {
	for r.pos < len(r.src) {
		switch r.src[r.pos] {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return
		}
	}
}

// take consumes c if it is next.
func (r *reader) take(c byte) bool {
	if r.pos < len(r.src) && r.src[r.pos] == c {
		r.pos++
		return true
	}
	return false
}

// value reads one value and chains it to its parent, after its elder sibling prev (0: it is the first child).
func (r *reader) value(parent ref, key string, prev ref, depth int) bool {
	if depth > maxDepth {
		return r.fail("nested too deeply; want at most " + strconv.Itoa(maxDepth) + " levels")
	}
	if len(r.values) == maxValues {
		return r.fail("too many values; want at most " + strconv.Itoa(maxValues))
	}
	at := ref(len(r.values))
	r.values = append(r.values, value{key: key, parent: parent})
	if prev != 0 {
		r.values[prev].next = at
	} else if at != 0 {
		r.values[parent].first = at
	}
	if r.pos == len(r.src) {
		return r.fail("the text ends where a value should stand")
	}
	switch c := r.src[r.pos]; {
	case c == '"':
		s, ok := r.string()
		r.values[at].kind, r.values[at].text = text, s
		return ok
	case '0' <= c && c <= '9':
		return r.integer(at)
	case c == '{':
		r.values[at].kind = object
		return r.object(at, depth)
	case c == '[':
		r.values[at].kind = array
		return r.array(at, depth)
	}
	return r.word(at)
}

func (r *reader) object(at ref, depth int) bool {
	r.pos++
	r.skipSpace()
	if r.take('}') {
		return true
	}
	for prev := ref(0); ; r.skipSpace() {
		if r.pos == len(r.src) || r.src[r.pos] != '"' {
			return r.fail("want a member name in double quotes")
		}
		key, ok := r.string()
		if !ok {
			return false
		}
		r.skipSpace()
		if !r.take(':') {
			return r.fail("want a colon after the member name")
		}
		r.skipSpace()
		child := ref(len(r.values))
		if !r.value(at, key, prev, depth+1) {
			return false
		}
		prev = child
		r.skipSpace()
		if r.take('}') {
			return true
		}
		if !r.take(',') {
			return r.fail("want a comma or } after a member")
		}
	}
}

func (r *reader) array(at ref, depth int) bool {
	r.pos++
	r.skipSpace()
	if r.take(']') {
		return true
	}
	for prev := ref(0); ; r.skipSpace() {
		child := ref(len(r.values))
		if !r.value(at, "", prev, depth+1) {
			return false
		}
		prev = child
		r.skipSpace()
		if r.take(']') {
			return true
		}
		if !r.take(',') {
			return r.fail("want a comma or ] after an element")
		}
	}
}

func (r *reader) integer(at ref) bool {
	start := r.pos
	var n uint64
	for ; r.pos < len(r.src) && '0' <= r.src[r.pos] && r.src[r.pos] <= '9'; r.pos++ {
		n = n*10 + uint64(r.src[r.pos]-'0')
		if n > maxInteger {
			return r.fail("number too large; want an integer of at most 2^53-1")
		}
	}
	if r.src[start] == '0' && r.pos > start+1 {
		return r.fail("want an integer without leading zeros")
	}
	if r.pos < len(r.src) {
		switch r.src[r.pos] {
		case '.', 'e', 'E':
			return r.fail("want an integer without fraction or exponent")
		}
	}
	r.values[at].kind, r.values[at].num = integer, n
	return true
}

func (r *reader) word(at ref) bool {
	for _, w := range [...]struct {
		text string
		kind valueKind
	}{{"null", null}, {"true", boolean}, {"false", boolean}} {
		if rest := r.src[r.pos:]; len(rest) >= len(w.text) && rest[:len(w.text)] == w.text {
			r.pos += len(w.text)
			r.values[at].kind, r.values[at].text = w.kind, w.text
			return true
		}
	}
	if r.src[r.pos] == '-' {
		return r.fail("want an integer without sign")
	}
	return r.fail("want a JSON value")
}

// string reads a string. Without escapes, which is the rule, the result is a part of the source.
func (r *reader) string() (string, bool) {
	start, ascii := r.pos+1, true
	for i := start; i < len(r.src); i++ {
		switch c := r.src[i]; {
		case c == '"':
			r.pos = i + 1
			if s := r.src[start:i]; ascii || utf8.ValidString(s) {
				return s, true
			}
			return "", r.fail("want valid UTF-8")
		case c == '\\':
			return r.escaped(start, i)
		case c < ' ':
			r.pos = i
			return "", r.fail("control character in a string; want it escaped")
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	r.pos = len(r.src)
	return "", r.fail("the text ends inside a string")
}
