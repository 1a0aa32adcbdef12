package server_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/docketlog/docket/proofs"
)

// TestCheckpointsOfThePast reads all notes page by page: each verifies, and each
// is consistent with the one before it, by other code.
func TestCheckpointsOfThePast(t *testing.T) {
	s := newSite(t)
	notes := map[uint64]string{s.size(): string(s.do("GET", "/checkpoint", nil).body)}
	for i := range 6 {
		s.w.Clock.Add(time.Second)
		s.releases(fmt.Sprint("a/", i), 1)
		notes[s.size()] = string(s.do("GET", "/checkpoint", nil).body)
	}
	var before proofs.TreeHead
	seen := 0
	for after := uint64(0); ; {
		var page struct {
			Size        uint64
			Checkpoints []struct {
				Size        uint64
				Time        int64
				Note        string
				Consistency []string
			}
			Next uint64
		}
		a := s.do("GET", fmt.Sprintf("/api/v1/checkpoints?after=%d&limit=3", after), nil)
		if err := json.Unmarshal(a.body, &page); err != nil || page.Size != s.size() || len(page.Checkpoints) > 3 {
			t.Fatalf("%v: %s", err, a.body)
		}
		for _, c := range page.Checkpoints {
			seen++
			open, _, err := proofs.OpenCheckpoint([]byte(c.Note), []proofs.VerifierKey{s.l.Key()})
			if err != nil || open.Size != c.Size || open.Size <= before.Size {
				t.Fatalf("%+v: %v", c, err)
			}
			if want, ok := notes[c.Size]; ok && want != c.Note {
				t.Errorf("size %d was served as\n%s, and now as\n%s", c.Size, want, c.Note)
			}
			if before.Size == 0 {
				if c.Consistency != nil {
					t.Errorf("consistency from nothing: %v", c.Consistency)
				}
			} else if err := tlog.CheckTree(treeProof(t, c.Consistency), int64(c.Size), open.Root, int64(before.Size), before.Root); err != nil {
				t.Errorf("%d to %d: %v", before.Size, c.Size, err)
			}
			before = open.TreeHead
			one := s.do("GET", fmt.Sprint("/api/v1/checkpoints/", c.Size), nil)
			if one.status != 200 || string(one.body) != c.Note || one.header.Get("Cache-Control") != immutable || one.header.Get("Content-Type") != "text/plain; charset=utf-8" {
				t.Errorf("size %d: %d %v %s", c.Size, one.status, one.header, one.body)
			}
			s.sealTime(c.Size, c.Time)
		}
		if page.Next == 0 {
			break
		}
		after = page.Next
	}
	if seen != 8 || before != s.head() { // genesis too
		t.Errorf("%d notes up to %+v", seen, before)
	}
}

// sealTime demands the time of the seal that ends a tree.
func (s *site) sealTime(size uint64, time int64) {
	s.t.Helper()
	v := s.l.View()
	defer v.Release()
	leaf, err := v.Leaf(size - 1)
	if err != nil || !strings.Contains(string(leaf), fmt.Sprintf("\ntime %d\n", time)) {
		s.t.Errorf("size %d: time %d, seal %q, %v", size, time, leaf, err)
	}
}

func treeProof(t *testing.T, hashes []string) (proof tlog.TreeProof) {
	t.Helper()
	for _, h := range hashes {
		b, err := base64.StdEncoding.Strict().DecodeString(h)
		if err != nil || len(b) != 32 {
			t.Fatal(h, err)
		}
		proof = append(proof, tlog.Hash(b))
	}
	return proof
}

func TestCheckpointsAreStrict(t *testing.T) {
	s := newSite(t) // sizes 2 and 5 were signed
	for target, want := range map[string]string{
		"checkpoints/5": "", "checkpoints/2": "", "checkpoints?after=5": "", "checkpoints?after=3": "",
		"checkpoints/4": "not-found", "checkpoints/0": "not-found", "checkpoints/6": "not-found", "checkpoints/9223372036854775807": "not-found",
		"checkpoints/05": "size", "checkpoints/-5": "size", "checkpoints/5.0": "size", "checkpoints/9223372036854775808": "size",
		"checkpoints?after=6": "not-found", "checkpoints?after=05": "query", "checkpoints?after=-1": "query", "checkpoints?limit=1001": "query", "checkpoints?size=5": "query",
		"checkpoints/": "not-found",
	} {
		a := s.do("GET", "/api/v1/"+target, nil)
		if want == "" {
			if a.status != 200 {
				t.Errorf("%s: %d %s", target, a.status, a.body)
			}
			continue
		}
		if p := a.problem(t); p.Code != want {
			t.Errorf("%s: %s, want %s", target, p.Code, want)
		}
	}
	// From a size that was not signed the proof begins all the same.
	var page struct {
		Checkpoints []struct{ Consistency []string }
	}
	if err := json.Unmarshal(s.do("GET", "/api/v1/checkpoints?after=3", nil).body, &page); err != nil || len(page.Checkpoints) != 1 || len(page.Checkpoints[0].Consistency) == 0 {
		t.Errorf("%+v, %v", page, err)
	}
}

// Inclusion of each leaf in each tree, by other code; above the published size
// there is nothing.
func TestInclusionAndLeafIndex(t *testing.T) {
	s := newSite(t)
	heads := map[uint64]proofs.TreeHead{s.size(): s.head()}
	s.releases("a/1", 3)
	heads[s.size()] = s.head()
	v := s.l.View()
	defer v.Release()
	for size, head := range heads {
		for index := range size {
			leaf, err := v.Leaf(index)
			if err != nil {
				t.Fatal(err)
			}
			hash := proofs.LeafHash(leaf)
			a := s.do("GET", fmt.Sprintf("/api/v1/inclusion/%d/%d", index, size), nil)
			var got struct {
				Index, Size uint64
				LeafHash    []byte
				Hashes      []string
			}
			if err := json.Unmarshal(a.body, &got); err != nil || got.Index != index || got.Size != size || string(got.LeafHash) != string(hash[:]) || a.header.Get("Cache-Control") != immutable {
				t.Fatalf("%s: %v", a.body, err)
			}
			if err := tlog.CheckRecord(tlog.RecordProof(treeProof(t, got.Hashes)), int64(size), head.Root, int64(index), tlog.Hash(hash)); err != nil {
				t.Errorf("leaf %d in size %d: %v", index, size, err)
			}
			s.leafAt(hash, index)
		}
	}
	for path, code := range map[string]string{
		"inclusion/0/12": "not-found", "inclusion/11/11": "not-found", "inclusion/5/5": "not-found", "inclusion/0/0": "not-found", "inclusion/01/5": "index", "inclusion/1/+5": "size",
		"leaf-index/" + strings.Repeat("0", 64): "not-found", "leaf-index/" + strings.Repeat("A", 64): "leaf-hash", "leaf-index/": "not-found",
		"receipts/index/11": "not-found", "receipts/index/4": "not-found", "receipts/index/x": "index", "receipts/leaf/" + strings.Repeat("0", 64): "not-found",
		"content/4": "not-found", "content/11": "not-found", "content/x": "index",
	} {
		if p := s.do("GET", "/api/v1/"+path, nil).problem(t); p.Code != code {
			t.Errorf("%s: %s, want %s", path, p.Code, code)
		}
	}
}

// leafAt demands that a leaf is found by its hash; that of an entry leads to its
// receipt and its content.
func (s *site) leafAt(hash proofs.Hash, index uint64) {
	s.t.Helper()
	name := hex.EncodeToString(hash[:])
	var found struct {
		Hash        string
		Index, Size uint64
	}
	if err := json.Unmarshal(s.do("GET", "/api/v1/leaf-index/"+name, nil).body, &found); err != nil || found.Hash != name || found.Index != index || found.Size != s.size() {
		s.t.Errorf("leaf %d: %+v, %v", index, found, err)
	}
	v := s.l.View()
	defer v.Release()
	e, err := v.Envelope(index)
	if err != nil {
		s.do("GET", "/api/v1/receipts/leaf/"+name, nil).refused(s.t, http.StatusNotFound, "not-found", "")
		return
	}
	for _, path := range []string{"leaf/" + name, fmt.Sprint("index/", index)} {
		if r := s.receipt(s.do("GET", "/api/v1/receipts/"+path, nil), http.StatusOK); r.Index != index {
			s.t.Errorf("%s leads to entry %d", path, r.Index)
		}
	}
	content := s.do("GET", fmt.Sprint("/api/v1/content/", index), nil)
	if string(content.body) != string(e.Marshal()) || content.header.Get("Content-Type") != "application/vnd.dsse.envelope.v1+json" || content.header.Get("Cache-Control") != "no-store" {
		s.t.Errorf("content %d: %v %s", index, content.header, content.body)
	}
}
