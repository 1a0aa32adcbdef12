package server_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
	"github.com/docketlog/docket/proofs/statement"
)

func TestReceiptsOfEveryEntry(t *testing.T) {
	s := newSite(t)
	s.receipt(s.post(s.release("contracts/1")), http.StatusCreated)
	v := s.l.View()
	defer v.Release()
	entries := 0
	for i := range v.Size() {
		e, err := v.Envelope(i)
		if err != nil {
			continue // a seal
		}
		entries++
		r := s.receipt(s.do("GET", receiptPath(e), nil), http.StatusOK)
		if r.Index != i {
			t.Errorf("entry %d for entry %d", r.Index, i)
		}
	}
	if entries != 4 {
		t.Errorf("%d entries", entries)
	}
	zeros := strings.Repeat("0", 64)
	for path, want := range map[string]int{
		zeros: 404, zeros[1:]: 400, zeros + "0": 400, strings.Repeat("A", 64): 400, "sha256:" + zeros: 400, strings.Repeat("g", 64): 400, "x": 400,
		zeros + "/": 404, zeros + "/x": 404, "": 404, "%30" + zeros[1:]: 404,
	} {
		a := s.do("GET", "/api/v1/receipts/"+path, nil)
		code := map[int]string{400: "digest", 404: "not-found"}[want]
		a.refused(t, want, code, "")
	}
	// The leaf hash is no name of an entry, nor is the document's digest.
	leaf, err := v.Leaf(5)
	if err != nil {
		t.Fatal(err)
	}
	for _, digest := range [][32]byte{proofs.LeafHash(leaf), logtest.FileOf([]byte("contracts/1")).Digest} {
		s.do("GET", "/api/v1/receipts/"+hex.EncodeToString(digest[:]), nil).refused(t, 404, "not-found", "")
	}
}

func TestDocumentsAndIdentities(t *testing.T) {
	s := newSite(t)
	s.receipt(s.post(s.release("contracts/1")), http.StatusCreated)
	longest := strings.Repeat("x", statement.MaxDocumentID)
	for path, present := range map[string]bool{
		"documents/contracts/1": true, "documents/contracts/2": false, "documents/contracts": false, "documents/" + longest: false,
		"documents/" + statement.PolicyDocument: true, "documents/0": false, "documents/a.b/c-d/e_f": false,
		"identities/wl/pipeline": true, "identities/svc/log": true, "identities/h/admin": true, "identities/h/nobody": false, "identities/contracts/1": false,
	} {
		r := s.receipt(s.do("GET", "/api/v1/"+path, nil), http.StatusOK)
		kind, id, _ := strings.Cut(path, "/")
		want := map[string]register.Type{"documents": register.TypeDocument, "identities": register.TypeIdentity}[kind]
		if r.Envelope != nil || len(r.Registers) != 1 || r.Registers[0].Type != want || r.Registers[0].ID != id {
			t.Fatalf("%s: %+v", path, r)
		}
		if got := r.Registers[0].Value != nil; got != present {
			t.Errorf("%s: present %v", path, got)
		}
	}
	for path, code := range map[string]string{
		"documents/" + longest + "x": "document", "documents/-": "document", "documents/a:b": "document", "documents/docket:other": "document",
		"documents/a/.b": "document", "documents/_": "document", "documents/a,b": "document", "documents/a@b": "document",
		"identities/" + strings.Repeat("x", 65): "identity", "identities/docket:policy": "identity", "identities/~": "identity",
	} {
		s.do("GET", "/api/v1/"+path, nil).refused(t, http.StatusBadRequest, code, "")
	}
	for _, path := range []string{
		"documents", "documents/", "documents//a", "documents/a/", "documents/a//b", "documents/../log", "documents/a/../b", "documents/.", "documents/..",
		"documents/contracts%2f1", "documents/%63ontracts/1", "documents/contracts/1%00", "documents/a%20b", "documents/%ff",
		"identities", "identities/", "identities/wl%2Fpipeline", "identities/wl//pipeline", "nothing", "", "log/", "LOG",
	} {
		s.do("GET", "/api/v1/"+path, nil).refused(t, http.StatusNotFound, "not-found", "")
	}
}

func TestConsistency(t *testing.T) {
	s := newSite(t)
	heads := map[uint64]proofs.TreeHead{s.size(): s.head()}
	for i := range 4 {
		s.post(s.release(fmt.Sprint("contracts/", i)))
		heads[s.size()] = s.head()
	}
	for older, a := range heads {
		for newer, b := range heads {
			if older > newer {
				continue
			}
			got := s.do("GET", fmt.Sprintf("/api/v1/consistency/%d/%d", older, newer), nil)
			var proof struct {
				Older, Newer uint64
				Hashes       []string
			}
			if err := json.Unmarshal(got.body, &proof); err != nil || proof.Older != older || proof.Newer != newer {
				t.Fatalf("%s: %v", got.body, err)
			}
			var tree tlog.TreeProof
			for _, h := range proof.Hashes {
				b, err := base64.StdEncoding.Strict().DecodeString(h)
				if err != nil || len(b) != 32 {
					t.Fatal(h, err)
				}
				tree = append(tree, tlog.Hash(b))
			}
			if older == newer {
				if len(tree) != 0 || a != b {
					t.Errorf("%d to itself: %d hashes", older, len(tree))
				}
			} else if err := tlog.CheckTree(tree, int64(newer), b.Root, int64(older), a.Root); err != nil {
				t.Errorf("%d to %d: %v", older, newer, err)
			}
			if got.header.Get("Cache-Control") != immutable {
				t.Errorf("Cache-Control %q", got.header.Get("Cache-Control"))
			}
		}
	}
}

func TestConsistencyPathsAreStrict(t *testing.T) {
	s := newSite(t) // size 5
	for path, want := range map[string]int{
		"0/5": 200, "1/4": 200, "5/5": 200, "0/0": 200,
		"5/6": 404, "6/6": 404, "6/5": 404, "5/9223372036854775807": 404, "5": 404, "5/": 404, "": 404, "5/5/": 404, "5/5/5": 404, "//5": 404, "%35/5": 404,
		"05/5": 400, "+5/5": 400, "-1/5": 400, "5/ ": 400, "5/5.0": 400, "5/0x5": 400, "5/5e0": 400, "5/9223372036854775808": 400,
		"18446744073709551616/5": 400, "a/5": 400, "5/5_0": 400,
	} {
		a := s.do("GET", "/api/v1/consistency/"+path, nil)
		if a.status == http.StatusBadRequest && len(a.body) == 0 && path == "5/ " { // no request line at all
			continue
		}
		if a.status != want {
			t.Errorf("%q: %d, want %d", path, a.status, want)
		}
		if cached := a.header.Get("Cache-Control") == immutable; cached != (want == 200) {
			t.Errorf("%q: Cache-Control %q", path, a.header.Get("Cache-Control"))
		}
		if want != 200 {
			a.problem(t)
		}
	}
	// A query never chooses a proof: a cache that ignores it cannot swap one.
	plain, query := s.do("GET", "/api/v1/consistency/1/4", nil), s.do("GET", "/api/v1/consistency/1/4?older=2&newer=5", nil)
	if string(plain.body) != string(query.body) || plain.status != 200 {
		t.Error("a query makes a difference")
	}
}

func TestAboutTheLog(t *testing.T) {
	s := newSite(t)
	var about struct {
		Origin, Key, Genesis, Rules string
		Size                        uint64
	}
	if err := json.Unmarshal(s.do("GET", "/api/v1/log", nil).body, &about); err != nil {
		t.Fatal(err)
	}
	genesis := s.w.Verifier(t, s.l).Genesis
	if about.Origin != s.w.Origin || about.Key != s.l.Key().String() || about.Genesis != hex.EncodeToString(genesis[:]) || about.Size != 5 || about.Rules != statement.Rules {
		t.Errorf("%+v", about)
	}
}
