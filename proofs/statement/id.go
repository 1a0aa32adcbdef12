package statement

import (
	"encoding/hex"
	"strings"
)

// The longest ids, in bytes.
const (
	MaxID         = 64  // identities and runs
	MaxDocumentID = 255 // documents, and prefixes of their ids
)

// What the texts of a statement must be, for messages.
const (
	wantID       = "an id of at most 64 bytes: segments of [A-Za-z0-9][A-Za-z0-9._-]* joined by /"
	wantDocument = "a document id of at most 255 bytes: segments of [A-Za-z0-9][A-Za-z0-9._-]* joined by /"
	wantPrefix   = "* or a prefix that ends in /, of at most 255 bytes: segments of [A-Za-z0-9][A-Za-z0-9._-]*, each followed by /"
	wantName     = "a name of 1 to 32 bytes of [a-z0-9-]"
	wantToken    = "1 to 64 bytes of [A-Za-z0-9._-], a letter or digit first"
	wantForeign  = "1 to 255 printable ASCII bytes without space"
	wantPeriod   = "a period like P7Y: P, 1 to 9999, and one of D, W, M, Y"
	wantHost     = "a bare host name, such as log.example.org"
	wantMedia    = "a media type without parameters, such as application/pdf"
)

// ValidID reports whether s is an id of an identity or a run: ASCII segments [A-Za-z0-9][A-Za-z0-9._-]* joined by
// "/", at most 64 bytes. Ids that start with "docket:" are outside the alphabet: only the log makes them.
func ValidID(s string) bool { return len(s) <= MaxID && validSegments(s) }

// PolicyDocument is the reserved document whose releases are the policy documents of a log. Its id is outside the alphabet
// of ids, so no statement can name it: the fold alone writes its register.
const PolicyDocument = "docket:policy"

// WorkflowDocument gives the reserved document whose releases are the texts of a workflow, "docket:workflow/<id>".
func WorkflowDocument(id string) string { return "docket:workflow/" + id }

// TextDocument gives the reserved document of a workflow's text, "docket:text/<hex of its SHA-256>": its one release is the
// statement that brought the text.
func TextDocument(text Digest) string { return "docket:text/" + hex.EncodeToString(text[:]) }

// ReservedDocument reports whether s is the id of a reserved document: of the policy, of a workflow or of a workflow's text.
func ReservedDocument(s string) bool {
	if id, ok := strings.CutPrefix(s, WorkflowDocument("")); ok {
		return ValidID(id)
	}
	if text, ok := strings.CutPrefix(s, "docket:text/"); ok {
		_, ok := parseHex(text)
		return ok
	}
	return s == PolicyDocument
}

// ValidDocumentID reports whether s is an id of a document: as [ValidID], at most 255 bytes.
func ValidDocumentID(s string) bool { return len(s) <= MaxDocumentID && validSegments(s) }

// ValidPrefix reports whether s is a prefix of ids: "*", or segments that each end in "/", at most 255 bytes.
func ValidPrefix(s string) bool {
	if s == "*" {
		return true
	}
	n := len(s) - 1
	return n > 0 && len(s) <= MaxDocumentID && s[n] == '/' && validSegments(s[:n])
}

// InPrefix reports whether id stands under prefix. "*" is everything but the ids that start with "docket:"; a prefix
// that is not valid holds nothing.
func InPrefix(prefix, id string) bool {
	if prefix == "*" {
		return id != "" && !strings.HasPrefix(id, "docket:")
	}
	return strings.HasSuffix(prefix, "/") && len(id) > len(prefix) && strings.HasPrefix(id, prefix)
}

func validSegments(s string) bool {
	first := true
	for i := range len(s) {
		c := s[i]
		switch {
		case isAlphanumeric(c):
			first = false
		case first:
			return false
		case c == '/':
			first = true
		case c != '.' && c != '_' && c != '-':
			return false
		}
	}
	return !first
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// validName: roles and other short names, [a-z0-9-]{1,32}.
func validName(s string) bool {
	for i := range len(s) {
		if c := s[i]; !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-') {
			return false
		}
	}
	return s != "" && len(s) <= 32
}

// validPeriod: "P", 1 to 9999 without leading zero, and one of D, W, M, Y: the periods of ISO 8601 with one part of days or more.
func validPeriod(s string) bool {
	n := len(s) - 2
	if n < 1 || n > 4 || s[0] != 'P' || s[1] == '0' || strings.IndexByte("DWMY", s[n+1]) < 0 {
		return false
	}
	for i := range n {
		if c := s[1+i]; c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// validToken: names of tools, and of foreign systems and kinds; one segment of an id.
func validToken(s string) bool {
	return len(s) <= 64 && !strings.Contains(s, "/") && validSegments(s)
}

func validForeign(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return s != "" && len(s) <= 255
}

// validHost: labels of letters, digits and inner hyphens joined by ".", at most 255 bytes.
func validHost(s string) bool {
	if len(s) > 255 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		n := len(label)
		if n == 0 || !isAlphanumeric(label[0]) || !isAlphanumeric(label[n-1]) {
			return false
		}
		for i := range n {
			if !isAlphanumeric(label[i]) && label[i] != '-' {
				return false
			}
		}
	}
	return true
}

// validMedia: the type and subtype names of RFC 6838 section 4.2, at most 127 bytes in all.
func validMedia(s string) bool {
	kind, sub, ok := strings.Cut(s, "/")
	return ok && len(s) <= 127 && validMediaName(kind) && validMediaName(sub)
}

func validMediaName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !isAlphanumeric(c) && (i == 0 || strings.IndexByte("!#$&-^_.+", c) < 0) {
			return false
		}
	}
	return s != ""
}
