package server

import (
	"encoding/hex"
	"net/http"

	"github.com/docketlog/docket/log"
)

// maxCheckpoints is the largest number of checkpoints of one answer.
const maxCheckpoints = 1000

// checkpointRoutes are the signed notes of the past.
func (s *Server) checkpointRoutes() []route {
	return []route{
		{http.MethodGet, "/api/v1/checkpoints", public, s.checkpoints, operation{
			id: "checkpoints", tag: "proofs", summary: "All notes that the log signed, oldest first",
			text: "Each comes with the consistency proof from the one before it; the first with that from `after`, if `after` is not 0.",
			query: []param{
				numberParam("after", "Only sizes above this one; 0 if it is not given.", 0), limitParam(maxCheckpoints, 100),
			},
			replies: []reply{jsonReply[checkpointsAnswer]("A page of notes; `next` is there when more follow.")},
			codes:   []string{"not-found", "closing"},
		}},
		{http.MethodGet, "/api/v1/checkpoints/{size}", public, s.checkpointAt, operation{
			id: "checkpointAt", tag: "proofs", summary: "The signed note of one size",
			path:    []param{numberParam("size", "Size of the tree.", 5)},
			replies: []reply{{status: http.StatusOK, media: "text/plain; charset=utf-8", text: "The note, byte for byte as signed; it never changes."}},
			codes:   []string{"size", "not-found", "closing"},
		}},
		{http.MethodGet, "/api/v1/leaf-index/{hash}", public, s.leafIndex, operation{
			id: "leafIndex", tag: "proofs", summary: "The index of a leaf, by its leaf hash",
			path:    []param{hexParam("hash", "Leaf hash: SHA-256 of a zero byte and the leaf.")},
			replies: []reply{jsonReply[leafIndexAnswer]("The first leaf with this hash.")},
			codes:   []string{"leaf-hash", "not-found", "closing"},
		}},
	}
}

// checkpointsAnswer is a page of the notes that the log signed.
type checkpointsAnswer struct {
	Size        uint64             `json:"size" doc:"The published size."`
	Checkpoints []checkpointAnswer `json:"checkpoints" nullable:"false"`
	Next        uint64             `json:"next,omitempty" doc:"The after of the next page."`
}

type checkpointAnswer struct {
	Size        uint64   `json:"size"`
	Time        int64    `json:"time" doc:"Of its seal: the log's clock, unix milliseconds."`
	Note        string   `json:"note"`
	Consistency [][]byte `json:"consistency,omitempty" nullable:"false" doc:"Consistency proof from the note before, or from after."`
}

func (s *Server) checkpoints(w http.ResponseWriter, r *http.Request) error {
	after, err := queryNumber(r, "after", 0, 0, 1<<53)
	if err != nil {
		return err
	}
	limit, err := queryLimit(r, 100, maxCheckpoints)
	if err != nil {
		return err
	}
	answer, err := fromView(s, func(v *log.View) (checkpointsAnswer, error) { return readCheckpoints(v, after, limit) })
	if err != nil {
		return err
	}
	return writeJSON(w, "no-store", answer)
}

func readCheckpoints(v *log.View, after uint64, limit int) (checkpointsAnswer, error) {
	answer := checkpointsAnswer{Size: v.Size(), Checkpoints: []checkpointAnswer{}}
	if after > v.Size() {
		return answer, notFound("after is above the published size")
	}
	signed, err := v.Checkpoints(after, limit+1)
	if err != nil {
		return answer, err
	}
	if len(signed) > limit {
		signed = signed[:limit]
		answer.Next = signed[limit-1].Size
	}
	sizes := []uint64{after}
	for _, c := range signed {
		sizes = append(sizes, c.Size)
	}
	chain, err := v.ConsistencyChain(sizes)
	if err != nil {
		return answer, err
	}
	for i, c := range signed {
		answer.Checkpoints = append(answer.Checkpoints, checkpointAnswer{c.Size, c.Time, string(c.Note), bytesOf(chain[i])})
	}
	return answer, nil
}

// checkpointAt answers with the note of exactly one size.
func (s *Server) checkpointAt(w http.ResponseWriter, r *http.Request) error {
	size, err := pathSize(r, "size")
	if err != nil {
		return err
	}
	c, err := fromView(s, func(v *log.View) (log.SignedCheckpoint, error) { return v.CheckpointAt(size) })
	if err != nil {
		return err
	}
	return write(w, "text/plain; charset=utf-8", immutable, c.Note)
}

// leafIndexAnswer is where a leaf stands.
type leafIndexAnswer struct {
	Hash  string `json:"hash" pattern:"^[0-9a-f]{64}$"`
	Index uint64 `json:"index"`
	Size  uint64 `json:"size" doc:"The published size."`
}

func (s *Server) leafIndex(w http.ResponseWriter, r *http.Request) error {
	hash, err := pathLeafHash(r)
	if err != nil {
		return err
	}
	answer, err := fromView(s, func(v *log.View) (leafIndexAnswer, error) {
		index, err := v.FindLeaf(hash)
		return leafIndexAnswer{hex.EncodeToString(hash[:]), index, v.Size()}, err
	})
	if err != nil {
		return err
	}
	return writeJSON(w, "no-store", answer)
}
