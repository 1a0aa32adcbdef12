package server

import (
	"encoding/hex"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/statement"
)

// receiptRoutes are receipts and contents.
func (s *Server) receiptRoutes() []route {
	receipt := []reply{receiptReply(http.StatusOK, "The receipt.")}
	return []route{
		{http.MethodGet, "/api/v1/receipts/{digest}", reading, s.receipt, operation{
			id: "receipt", tag: "receipts", summary: "The receipt of a statement, by its digest", text: newestText,
			path: []param{hexParam("digest", "Statement digest.")}, replies: receipt, codes: []string{"digest", "not-found", "closing"},
		}},
		{http.MethodGet, "/api/v1/receipts/index/{index}", reading, s.receiptAt, operation{
			id: "receiptAt", tag: "receipts", summary: "The receipt of an entry, by its index", text: newestText + " A seal has none.",
			path: []param{numberParam("index", "Index of the entry.", 5)}, replies: receipt, codes: []string{"index", "not-found", "closing"},
		}},
		{http.MethodGet, "/api/v1/receipts/leaf/{hash}", reading, s.receiptOfLeaf, operation{
			id: "receiptOfLeaf", tag: "receipts", summary: "The receipt of an entry, by its leaf hash", text: newestText + " A seal has none.",
			path: []param{hexParam("hash", "Leaf hash of the entry.")}, replies: receipt, codes: []string{"leaf-hash", "not-found", "closing"},
		}},
		{http.MethodGet, "/api/v1/receipts/document/{digest}", reading, s.receiptsOf, operation{
			id: "receiptsOf", tag: "receipts", summary: "The receipts of these bytes, by the document digest",
			text: "One receipt for each document that these bytes were released as: that of the newest such release. " +
				"A page may hold fewer receipts than the limit, or none, and still have a `next`.",
			path:    []param{hexParam("digest", "SHA-256 of the document's exact bytes.")},
			query:   []param{cursorParam, limitParam(log.MaxReleases, 20)},
			replies: []reply{jsonReply[receiptsAnswer]("The receipts, newest entry first.")},
			codes:   []string{"digest", "cursor", "closing"},
		}},
		{http.MethodGet, "/api/v1/content/{index}", reading, s.content, operation{
			id: "content", tag: "receipts", summary: "The envelope of the statement at an index", text: "A seal has none.",
			path:    []param{numberParam("index", "Index of the entry.", 5)},
			replies: []reply{{status: http.StatusOK, media: envelopeMediaType, text: "The statement as it was signed, in its DSSE envelope.", schema: schemaOf[envelopeForm]}},
			codes:   []string{"index", "not-found", "closing"},
		}},
		s.contentsRoute(),
	}
}

const (
	newestText        = "Under the newest published checkpoint."
	envelopeMediaType = "application/vnd.dsse.envelope.v1+json"
)

var cursorParam = param{name: "cursor", text: "The `next` of the page before.", schema: huma.Schema{Type: huma.TypeString}}

// receipt answers with the receipt of a statement, named by its digest in
// lower-case hex, under the newest published checkpoint.
func (s *Server) receipt(w http.ResponseWriter, r *http.Request) error {
	digest, err := pathDigest(r)
	if err != nil {
		return err
	}
	return s.staple(w, func(v *log.View) (*proofs.Receipt, error) {
		index, err := v.Find(digest)
		if err != nil {
			return nil, err
		}
		return v.Receipt(index)
	})
}

// receiptAt answers with the receipt of the entry at an index.
func (s *Server) receiptAt(w http.ResponseWriter, r *http.Request) error {
	index, err := pathIndex(r)
	if err != nil {
		return err
	}
	return s.staple(w, func(v *log.View) (*proofs.Receipt, error) { return v.Receipt(index) })
}

// receiptOfLeaf answers with the receipt of the entry with a leaf hash.
func (s *Server) receiptOfLeaf(w http.ResponseWriter, r *http.Request) error {
	hash, err := pathLeafHash(r)
	if err != nil {
		return err
	}
	return s.staple(w, func(v *log.View) (*proofs.Receipt, error) {
		index, err := v.FindLeaf(hash)
		if err != nil {
			return nil, err
		}
		return v.Receipt(index)
	})
}

// receiptsAnswer holds the receipts of one document digest.
type receiptsAnswer struct {
	Digest   string        `json:"digest" pattern:"^[0-9a-f]{64}$"`
	Size     uint64        `json:"size" doc:"The published size as of the first page."`
	Receipts []receiptText `json:"receipts" nullable:"false"`
	Next     string        `json:"next,omitempty" doc:"Cursor of the next page."`
}

// receiptsOf answers with the receipts of the releases of the same bytes.
func (s *Server) receiptsOf(w http.ResponseWriter, r *http.Request) error {
	digest, err := pathDigest(r)
	if err != nil {
		return err
	}
	limit, err := queryLimit(r, 20, log.MaxReleases)
	if err != nil {
		return err
	}
	answer, err := fromView(s, func(v *log.View) (receiptsAnswer, error) {
		query := "receipts of " + digest.String()
		c, err := queryCursor(r, query, v.Size())
		if err != nil {
			return receiptsAnswer{}, err
		}
		return readReceipts(v, digest, c, limit, query)
	})
	if err != nil {
		return err
	}
	return writeJSON(w, "no-store", answer)
}

func readReceipts(v *log.View, digest statement.Digest, c cursor, limit int, query string) (receiptsAnswer, error) {
	answer := receiptsAnswer{Digest: hex.EncodeToString(digest[:]), Size: c.size, Receipts: []receiptText{}}
	entries, more, err := v.Releases(digest, c.below, limit)
	if err != nil {
		return answer, err
	}
	for _, index := range entries {
		r, err := v.Receipt(index)
		if err != nil {
			return answer, err
		}
		answer.Receipts = append(answer.Receipts, r.Marshal())
	}
	if more != 0 {
		answer.Next = cursor{c.size, more}.text(query)
	}
	return answer, nil
}

// content answers with a statement as it was submitted.
func (s *Server) content(w http.ResponseWriter, r *http.Request) error {
	index, err := pathIndex(r)
	if err != nil {
		return err
	}
	e, err := fromView(s, func(v *log.View) (statement.Envelope, error) { return v.Envelope(index) })
	if err != nil {
		return err
	}
	return write(w, envelopeMediaType, "no-store", e.Marshal())
}

func (s *Server) staple(w http.ResponseWriter, read func(*log.View) (*proofs.Receipt, error)) error {
	r, err := fromView(s, read)
	if err != nil {
		return err
	}
	return write(w, proofs.ReceiptMediaType, "no-store", r.Marshal())
}
