package deeds

import (
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
)

// pose shows a tree of changed leaves under the log's true key, which no log of docket
// would open: checkpoint, tiles and contents are of it, all else is as before.
func (o *operator) pose(change func(leaves, contents [][]byte) (l, c [][]byte)) *pose {
	o.t.Helper()
	v := o.log.View()
	defer v.Release()
	var leaves [][]byte
	for i := range v.Size() {
		leaf, err := v.Leaf(i)
		if err != nil {
			o.t.Fatal(err)
		}
		leaves = append(leaves, leaf)
	}
	contents, err := v.Contents(0, v.Size())
	if err != nil {
		o.t.Fatal(err)
	}
	p := &pose{t: o.t, w: o.w}
	leaves, p.contents = change(leaves, contents)
	for _, leaf := range leaves {
		if err := p.Append(leaf); err != nil {
			o.t.Fatal(err)
		}
	}
	o.lie(func(honest http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !p.answers(w, r) {
				honest.ServeHTTP(w, r)
			}
		})
	})
	return p
}

// A pose is a tree that is shown.
type pose struct {
	t *testing.T
	w *logtest.World
	logtest.Tree
	contents [][]byte
}

func (p *pose) note() ([]byte, error) {
	head, err := p.Head(uint64(len(p.Leaves)))
	if err != nil {
		return nil, err
	}
	return p.w.Signer.Sign(proofs.Checkpoint{Origin: p.w.Origin, TreeHead: head})
}

// receipt is a receipt under the tree that is shown, as good as it can be made of one
// under the true tree; with the lines of cosigners.
func (p *pose) receipt(r *proofs.Receipt, lines []byte) *proofs.Receipt {
	p.t.Helper()
	note, err := p.note()
	if err != nil {
		p.t.Fatal(err)
	}
	made := *r
	last := uint64(len(p.Leaves)) - 1
	made.Checkpoint, made.Seal = append(note, lines...), p.Leaves[last]
	made.SealInclusion, made.GenesisInclusion, made.Inclusion = p.inclusion(last), p.inclusion(0), p.inclusion(r.Index)
	return &made
}

func (p *pose) inclusion(index uint64) (out []proofs.Hash) {
	p.t.Helper()
	proof, err := tlog.ProveRecord(int64(len(p.Leaves)), int64(index), p)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, h := range proof {
		out = append(out, proofs.Hash(h))
	}
	return out
}

// answers says whether the pose has an answer.
func (p *pose) answers(w http.ResponseWriter, r *http.Request) bool {
	var body []byte
	var err error
	var from, to int
	switch path := r.URL.Path; {
	case path == "/checkpoint":
		body, err = p.note()
	case strings.HasPrefix(path, "/tile/"):
		body, err = p.Tile(path, uint64(len(p.Leaves)))
	case strings.HasPrefix(path, "/api/v1/contents/"):
		if _, err = fmt.Sscanf(path, "/api/v1/contents/%d/%d", &from, &to); err == nil && to <= len(p.contents) {
			body = p.contentsOf(from, to)
		}
	default:
		return false
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return true
	}
	_, _ = w.Write(body)
	return true
}

func (p *pose) contentsOf(from, to int) (b []byte) {
	for i := from; i < to; i++ {
		c := p.contents[i]
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(c))), c...)
	}
	return b
}
