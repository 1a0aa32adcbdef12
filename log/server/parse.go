package server

import (
	"net/http"
	"strconv"
	"time"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

// Each of these reads one parameter in its one form: a second spelling would be
// a second path for the same thing, in each cache.

// decimal reads a number below 2^63 without sign or leading zeros.
func decimal(s string) (uint64, bool) {
	n, err := strconv.ParseUint(s, 10, 63)
	return n, err == nil && s == strconv.FormatUint(n, 10)
}

func pathSize(r *http.Request, name string) (uint64, error) {
	n, ok := decimal(r.PathValue(name))
	if !ok {
		return 0, problem("size", "", "a size is a decimal number without sign or leading zeros")
	}
	return n, nil
}

func pathIndex(r *http.Request) (uint64, error) {
	n, ok := decimal(r.PathValue("index"))
	if !ok {
		return 0, problem("index", "", "an index is a decimal number without sign or leading zeros")
	}
	return n, nil
}

func pathDigest(r *http.Request) (statement.Digest, error) {
	digest, err := statement.ParseDigest("sha256:" + r.PathValue("digest"))
	if err != nil {
		return digest, problem("digest", "", "a digest is 64 lower-case hex digits")
	}
	return digest, nil
}

func pathLeafHash(r *http.Request) (proofs.Hash, error) {
	hash, err := statement.ParseDigest("sha256:" + r.PathValue("hash"))
	if err != nil {
		return proofs.Hash{}, problem("leaf-hash", "", "a leaf hash is 64 lower-case hex digits")
	}
	return proofs.Hash(hash), nil
}

// pathRegister reads the name of a register of this type.
func pathRegister(r *http.Request, t register.Type) (id string, err error) {
	switch t {
	case register.TypeDigest, register.TypeGrant:
		digest, err := pathDigest(r)
		return digest.String(), err
	case register.TypeRun:
		id := r.PathValue("id")
		return id, checkRun(id, "")
	case register.TypeDocument:
		id := r.PathValue("id")
		return id, checkDocument(id, "")
	}
	id = r.PathValue("id")
	return id, checkIdentity(id, "")
}

func checkDocument(id, field string) error {
	if !statement.ValidDocumentID(id) && !statement.ReservedDocument(id) {
		return problem("document", field, "not a document id: segments of letters, digits, '.', '_' and '-', joined by '/'")
	}
	return nil
}

func checkIdentity(id, field string) error {
	if !statement.ValidID(id) {
		return problem("identity", field, "not an identity id: segments of letters, digits, '.', '_' and '-', joined by '/'")
	}
	return nil
}

func checkRun(id, field string) error {
	if !statement.ValidID(id) {
		return problem("run", field, "not a run id: segments of letters, digits, '.', '_' and '-', joined by '/'")
	}
	return nil
}

// queryNumber reads a number of the query, or usual if it is not given.
func queryNumber(r *http.Request, name string, usual, low, high uint64) (uint64, error) {
	text := r.URL.Query().Get(name)
	if text == "" && !r.URL.Query().Has(name) {
		return usual, nil
	}
	n, ok := decimal(text)
	if !ok || n < low || n > high {
		return 0, problem("query", name, "want a decimal number from "+strconv.FormatUint(low, 10)+" to "+strconv.FormatUint(high, 10)+", without sign or leading zeros")
	}
	return n, nil
}

func queryLimit(r *http.Request, usual, most uint64) (int, error) {
	n, err := queryNumber(r, "limit", usual, 1, most)
	return int(n), err
}

// queryTime reads a time of RFC 3339 in whole milliseconds, unix ms; 0 if it is
// not given.
func queryTime(r *http.Request, name string) (int64, error) {
	if !r.URL.Query().Has(name) {
		return 0, nil
	}
	t, err := time.Parse(time.RFC3339, r.URL.Query().Get(name))
	if err != nil || t.UnixMilli() <= 0 || t.Nanosecond()%int(time.Millisecond) != 0 {
		return 0, problem("query", name, "want a time after 1970 such as 2026-11-10T09:00:00Z or 2026-11-10T09:00:00.125Z; a '+' in a query is %2B")
	}
	return t.UnixMilli(), nil
}
