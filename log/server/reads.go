package server

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// receipt answers with the receipt of a statement, named by its digest in
// lower-case hex, under the newest published checkpoint.
func (s *Server) receipt(w http.ResponseWriter, r *http.Request) error {
	digest, err := statement.ParseDigest("sha256:" + r.PathValue("digest"))
	if err != nil {
		return badRequest("digest", "", "a statement digest is 64 lower-case hex digits")
	}
	return s.staple(w, func(v *log.View) (*proofs.Receipt, error) {
		index, err := v.Find(digest)
		if err != nil {
			return nil, err
		}
		return v.Receipt(index)
	})
}

// document answers with the register of a document, or the proof that it has
// none: both are 200, since both are answers.
func (s *Server) document(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if !statement.ValidDocumentID(id) && id != statement.PolicyDocument {
		return badRequest("document", "", "not a document id: segments of letters, digits, '.', '_' and '-', joined by '/'")
	}
	return s.staple(w, func(v *log.View) (*proofs.Receipt, error) { return v.Document(id) })
}

// identity answers with the register of an identity, or the proof that it has
// none.
func (s *Server) identity(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if !statement.ValidID(id) {
		return badRequest("identity", "", "not an identity id: segments of letters, digits, '.', '_' and '-', joined by '/'")
	}
	return s.staple(w, func(v *log.View) (*proofs.Receipt, error) { return v.Identity(id) })
}

func (s *Server) staple(w http.ResponseWriter, read func(*log.View) (*proofs.Receipt, error)) error {
	body, err := s.fromView(func(v *log.View) ([]byte, error) {
		r, err := read(v)
		if err != nil {
			return nil, err
		}
		return r.Marshal(), nil
	})
	if err != nil {
		return err
	}
	return write(w, proofs.ReceiptMediaType, "no-store", body)
}

// consistency answers with the hashes that prove the tree of the older size a
// prefix of that of the newer one. The two sizes stand in the path, so the
// answer never changes.
func (s *Server) consistency(w http.ResponseWriter, r *http.Request) error {
	older, err1 := strconv.ParseUint(r.PathValue("older"), 10, 63)
	newer, err2 := strconv.ParseUint(r.PathValue("newer"), 10, 63)
	if err1 != nil || err2 != nil || r.PathValue("older") != strconv.FormatUint(older, 10) || r.PathValue("newer") != strconv.FormatUint(newer, 10) {
		return badRequest("size", "", "a size is a decimal number without sign or leading zeros")
	}
	v, err := s.view()
	if err != nil {
		return err
	}
	defer v.Release()
	hashes, err := v.Consistency(older, newer)
	if err != nil {
		return err
	}
	return writeJSON(w, immutable, map[string]any{"older": older, "newer": newer, "hashes": encodeHashes(hashes)})
}

func encodeHashes(hashes []proofs.Hash) []string {
	out := make([]string, len(hashes))
	for i, h := range hashes {
		out[i] = base64.StdEncoding.EncodeToString(h[:])
	}
	return out
}

// about describes the log to a person who sets up a verifier policy, and who
// compares it with what the operator published elsewhere.
func (s *Server) about(w http.ResponseWriter, r *http.Request) error {
	v, err := s.view()
	if err != nil {
		return err
	}
	defer v.Release()
	genesis, err := v.Leaf(0)
	if err != nil {
		return err
	}
	hash := proofs.LeafHash(genesis)
	return writeJSON(w, "no-store", map[string]any{
		"origin":  s.log.Origin(),
		"key":     s.log.Key().String(),
		"genesis": hex.EncodeToString(hash[:]),
		"rules":   statement.Rules,
		"size":    v.Size(),
	})
}
