package server

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/docketlog/docket/proofs/statement"
)

// Limits of a list of tokens.
const (
	MinToken   = 32      // characters of a token
	MaxToken   = 256     // characters of a token
	MaxClients = 1000    // lines
	MaxTokens  = 1 << 20 // bytes of the file
)

// Tokens are the clients of a server. Only hashes of tokens are kept.
type Tokens struct{ clients []tokenClient }

type tokenClient struct {
	name   string
	hash   [32]byte
	scopes []access
}

var scopeNames = map[string]access{"read": reading, "submit": submitting, "metrics": measuring, "backup": backingUp}

// ParseTokens reads a list of tokens: a client a line, with its name, its token of
// 32 to 256 characters, and what it may do (read, submit, metrics, backup; nothing stands
// for read and submit), separated by spaces. Empty lines and those that begin
// with '#' are comments. A name may stand on several lines, so that tokens can be
// changed without a pause; a token may not. Errors name the line, never a token.
func ParseTokens(b []byte) (*Tokens, error) {
	if len(b) > MaxTokens {
		return nil, fmt.Errorf("%d bytes, at most %d are allowed", len(b), MaxTokens)
	}
	t := new(Tokens)
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, MaxTokens+1)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		c, err := parseToken(line)
		if err == nil && t.find(c.hash) != nil {
			err = errors.New("the token stands on an earlier line: each client has its own")
		}
		if err == nil && len(t.clients) == MaxClients {
			err = fmt.Errorf("at most %d clients are allowed", MaxClients)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		t.clients = append(t.clients, c)
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(t.clients) == 0 {
		return nil, errors.New("there is no client in it: docket token new makes a line")
	}
	return t, nil
}

func parseToken(line string) (c tokenClient, err error) {
	fields := strings.Fields(line)
	if strings.Join(fields, " ") != line || len(fields) < 2 {
		return c, errors.New("want a name, a token, and read, submit, metrics or backup, with one space between them")
	}
	if c.name = fields[0]; !statement.ValidID(c.name) {
		return c, errors.New("the name is none: want segments of letters, digits, '.', '_' and '-', joined by '/'")
	}
	if !validToken(fields[1]) {
		return c, fmt.Errorf("the token is none: want %d to %d letters, digits, '-', '_', '.', '~', '+', '/' or '='", MinToken, MaxToken)
	}
	c.hash = sha256.Sum256([]byte(fields[1]))
	for _, name := range fields[2:] {
		scope, ok := scopeNames[name]
		if !ok || slices.Contains(c.scopes, scope) {
			return c, errors.New("after the token stand read, submit, metrics and backup, each at most once")
		}
		c.scopes = append(c.scopes, scope)
	}
	if c.scopes == nil {
		c.scopes = []access{reading, submitting}
	}
	return c, nil
}

// validToken says whether a token is one of RFC 6750, section 2.1, of the right
// length.
func validToken(s string) bool {
	const marks = "-._~+/="
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte(marks, c) >= 0) {
			return false
		}
	}
	return len(s) >= MinToken && len(s) <= MaxToken
}

// NewToken returns a line for a list of tokens with a fresh token of 256 random
// bits. No scopes stand for read and submit.
func NewToken(name string, scopes ...string) (string, error) {
	if len(scopes) == 0 {
		scopes = []string{"read", "submit"}
	}
	var secret [32]byte
	if _, err := rand.Read(secret[:]); err != nil {
		return "", err
	}
	line := strings.Join(append([]string{name, base64.RawURLEncoding.EncodeToString(secret[:])}, scopes...), " ")
	_, err := parseToken(line)
	return line, err
}

// find looks at all clients, equally long for each token.
func (t *Tokens) find(hash [32]byte) (found *tokenClient) {
	for i := range t.clients {
		if subtle.ConstantTimeCompare(t.clients[i].hash[:], hash[:]) == 1 {
			found = &t.clients[i]
		}
	}
	return found
}

// authorize names the client whose token a request carries.
func (t *Tokens) authorize(h http.Header, a access) (string, error) {
	values := h.Values("Authorization")
	if len(values) != 1 {
		return "", problem("token", "", "send Authorization: Bearer <token>, once")
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") || len(token) > MaxToken {
		return "", problem("token", "", "send Authorization: Bearer <token>")
	}
	c := t.find(sha256.Sum256([]byte(token)))
	if c == nil {
		return "", problem("token", "", "this server does not know the token")
	}
	if !slices.Contains(c.scopes, a) {
		return "", problem("scope", "", "the token of this client is for other resources")
	}
	return c.name, nil
}
