package server

import (
	"encoding/binary"
	"fmt"
	"net/http"

	"github.com/docketlog/docket/log"
)

// MaxContents is how many entries one request for contents may name.
const MaxContents = 1024

// contentsAtOnce is how many of them are in memory at once for one request: an
// entry bundle's, 16 MiB if all are as large as they may be.
const contentsAtOnce = 256

// contentsMediaType is that of contents in a row: for each entry its length, as a
// big-endian number of 4 bytes, and the bytes of the statement as signed. An entry
// without content, as a seal, has length 0.
const contentsMediaType = "application/vnd.docket.contents"

func (s *Server) contentsRoute() route {
	return route{http.MethodGet, "/api/v1/contents/{from}/{to}", reading, s.contents, operation{
		id: "contents", tag: "receipts", summary: "The statements of a range of entries",
		text: fmt.Sprintf("From index `from` up to, not including, `to`: at most %d entries. For each entry a length, 4 bytes, big-endian, and the bytes of its "+
			"statement as signed; length 0 for an entry that has none, as a seal. Signatures and keys are in the leaves, which entry bundles hold.", MaxContents),
		path:    []param{numberParam("from", "Index of the first entry.", 0), numberParam("to", "Index after the last entry.", 9)},
		replies: []reply{{status: http.StatusOK, media: contentsMediaType, text: "Lengths and statements, in the order of the entries."}},
		codes:   []string{"index", "too-many", "not-found", "closing"},
	}}
}

// contents answers with the statements of a range, piece by piece, each from the
// view of its moment: entries never change. What breaks after the first piece cuts
// the connection, so that no part passes for the whole.
func (s *Server) contents(w http.ResponseWriter, r *http.Request) error {
	from, to, err := pathRange(r)
	if err != nil {
		return err
	}
	for at := from; at < to; at += contentsAtOnce {
		end := min(at+contentsAtOnce, to)
		upTo := end
		if at == from {
			upTo = to // what is not there yet is 404, before anything is sent
		}
		piece, err := fromView(s, func(v *log.View) ([][]byte, error) {
			if upTo > v.Size() {
				return nil, fmt.Errorf("%w: entry %d at size %d", log.ErrNotFound, upTo-1, v.Size())
			}
			return v.Contents(at, end)
		})
		if err != nil && at > from {
			s.report("/api/v1/contents/{from}/{to}", err)
			panic(http.ErrAbortHandler)
		}
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", contentsMediaType)
		w.Header().Set("Cache-Control", "no-store")
		for _, content := range piece {
			if _, err := w.Write(append(binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(content)), uint32(len(content))), content...)); err != nil {
				return nil // the client left
			}
		}
	}
	return nil
}

// pathRange reads the range of a path: at least one entry, and not too many.
func pathRange(r *http.Request) (from, to uint64, err error) {
	from, ok1 := decimal(r.PathValue("from"))
	to, ok2 := decimal(r.PathValue("to"))
	switch {
	case !ok1 || !ok2:
		return 0, 0, problem("index", "", "an index is a decimal number without sign or leading zeros")
	case from >= to:
		return 0, 0, problem("index", "", "the range is empty: the second index is that after the last entry")
	case to-from > MaxContents:
		return 0, 0, problem("too-many", "", fmt.Sprintf("%d entries; at most %d are sent at once", to-from, MaxContents))
	}
	return from, to, nil
}
