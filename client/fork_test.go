package client_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs/statement"
)

// convict checks the evidence of a fork as a third party does, with nothing but
// the log's key and x/mod.
func convict(t *testing.T, key string, fork *client.ForkError) {
	t.Helper()
	verifier, err := note.NewVerifier(key)
	if err != nil {
		t.Fatal(err)
	}
	heads := make([]tlog.Tree, 2)
	for i, text := range [][]byte{fork.Seen, fork.Shown} {
		n, err := note.Open(text, note.VerifierList(verifier))
		if err != nil {
			t.Fatalf("evidence %d: %v", i, err)
		}
		lines := strings.Split(n.Text, "\n")
		size, err1 := strconv.ParseInt(lines[1], 10, 64)
		root, err2 := base64.StdEncoding.DecodeString(lines[2])
		if lines[0] != verifier.Name() || err1 != nil || err2 != nil || len(root) != 32 {
			t.Fatalf("evidence %d: %q", i, n.Text)
		}
		heads[i] = tlog.Tree{N: size, Hash: tlog.Hash(root)}
	}
	older, newer := heads[0], heads[1]
	if older.N > newer.N {
		older, newer = newer, older
	}
	if older.Hash == newer.Hash {
		t.Fatal("the evidence is one tree")
	}
	if older.N == newer.N {
		return // one size, two roots
	}
	var proof tlog.TreeProof
	for _, h := range fork.Proof {
		proof = append(proof, h)
	}
	if err := tlog.CheckTree(proof, newer.N, newer.Hash, older.N, fork.Root); err != nil || tlog.Hash(fork.Root) == older.Hash {
		t.Fatalf("the larger tree is not shown to begin with another one: %v", err)
	}
	if err := tlog.CheckTree(proof, newer.N, newer.Hash, older.N, older.Hash); err == nil {
		t.Fatal("the proof holds for both")
	}
}

// A second log with the same key and another history: restored from a copy, or
// kept on purpose. Sizes are chosen so that the older one is, and is not, a power
// of two, as the proofs of these differ in form.
func TestFork(t *testing.T) {
	for _, c := range []struct{ seen, shown int }{ // statements after the common size 5
		{1, 1}, {1, 3}, {2, 2}, {2, 3}, {2, 7}, {10, 20}, {3, 300},
	} {
		for name, read := range readers {
			t.Run(fmt.Sprintf("%d of one, %d of the other, %s", c.seen, c.shown, name), func(t *testing.T) {
				s := newSite(t)
				other := s.fork()
				s.grow(ids("contracts", c.seen)...)
				other.grow(ids("others", c.shown)...)
				cl := s.client()
				_, seen := see(t, cl)
				cl.Server = other.url
				got, err := read(cl, s)
				var fork *client.ForkError
				if !errors.As(err, &fork) || got {
					t.Fatalf("got %v, %v", got, err)
				}
				if !bytes.Equal(fork.Seen, seen) || !bytes.Equal(fork.Shown, other.get("/checkpoint")) {
					t.Error("the evidence is not what was seen and shown")
				}
				if (fork.Proof != nil) != (c.seen != c.shown) {
					t.Errorf("a proof of %d hashes", len(fork.Proof))
				}
				convict(t, s.w.Signer.Key().String(), fork)
				if j, err := client.EvidenceOf(err).Judge(cl.Verifier, 0); err != nil || !j.Convicts {
					t.Errorf("the evidence: %+v, %v", j, err)
				}

				// It is not forgotten: the client goes on with the first history.
				cl.Server = s.url
				if _, kept := see(t, cl); !bytes.Equal(kept, seen) {
					t.Error("the second history was kept")
				}
			})
		}
	}
}

func ids(prefix string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s/%d", prefix, i)
	}
	return out
}

// A submission that comes in at the second log: no receipt is kept.
func TestForkOnSubmit(t *testing.T) {
	s := newSite(t)
	other := s.fork()
	s.grow("contracts/1")
	c := s.client()
	see(t, c)
	c.Server = other.url
	var fork *client.ForkError
	r, duplicate, err := c.Submit(ctx, s.release("contracts/2"))
	if !errors.As(err, &fork) || r != nil || duplicate {
		t.Fatalf("%v", err)
	}
	convict(t, s.w.Signer.Key().String(), fork)
	results, err := c.SubmitMany(ctx, []statement.Envelope{s.release("contracts/3"), s.release("contracts/4")})
	if err != nil || len(results) != 2 {
		t.Fatal(err)
	}
	for _, got := range results {
		if !errors.As(got.Err, &fork) || got.Receipt != nil {
			t.Errorf("%+v", got)
		}
	}
}

// The second history may be the smaller one, if another request saw more in the
// meantime.
func TestForkBehindWhatOthersSaw(t *testing.T) {
	s := newSite(t)
	other := s.fork()
	c := s.client()
	see(t, c)
	s.grow(ids("contracts", 8)...)
	other.grow("others/1")
	forked := other.get("/checkpoint")
	s.lie = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/checkpoint" {
			return false
		}
		s.lie = nil
		see(t, c) // another request, answered honestly
		w.Write(forked)
		return true
	}
	_, _, err := c.Checkpoint(ctx)
	var fork *client.ForkError
	if !errors.As(err, &fork) || !bytes.Equal(fork.Shown, forked) {
		t.Fatalf("%v", err)
	}
	convict(t, s.w.Signer.Key().String(), fork)
}

// A log that forked does not hand out the proof that convicts it. What the client
// then has are two signed notes without a proof: it says that, and keeps none.
func TestForkWithoutProof(t *testing.T) {
	page := []byte("<html>gateway</html>")
	for name, lie := range map[string]func(w http.ResponseWriter){
		"not found": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(404)
			w.Write([]byte(`{"status":404,"code":"not-found","detail":"not in the log"}`))
		},
		"refused": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(409)
			w.Write([]byte(`{"status":409,"code":"E408","detail":"no"}`))
		},
		"a page":      func(w http.ResponseWriter) { w.Write(page) },
		"other sizes": func(w http.ResponseWriter) { w.Write([]byte(`{"older":7,"newer":9,"hashes":[]}`)) },
		"no hashes":   func(w http.ResponseWriter) { w.Write([]byte(`{"older":7,"newer":11,"hashes":[]}`)) },
		"short hash":  func(w http.ResponseWriter) { w.Write([]byte(`{"older":7,"newer":11,"hashes":["AAAA"]}`)) },
		"too many": func(w http.ResponseWriter) {
			w.Write([]byte(`{"older":7,"newer":11,"hashes":["` + strings.Repeat(strings.Repeat("A", 43)+`=","`, 99) + strings.Repeat("A", 43) + `="]}`))
		},
		"made up": func(w http.ResponseWriter) {
			w.Write([]byte(`{"older":7,"newer":11,"hashes":["` + strings.Repeat(strings.Repeat("A", 43)+`=","`, 4) + strings.Repeat("A", 43) + `="]}`))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			other := s.fork()
			s.grow("contracts/1")
			other.grow("others/1", "others/2", "others/3", "others/4", "others/5")
			c := s.client()
			_, seen := see(t, c)
			c.Server = other.url
			other.lie = func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasPrefix(r.URL.Path, "/api/v1/consistency/") {
					return false
				}
				lie(w)
				return true
			}
			// The submission came in, wherever that was: it was not refused.
			r, _, err := c.Submit(ctx, s.release("contracts/2"))
			unproven(t, err, seen, other.get("/checkpoint"))
			if r != nil {
				t.Error("a receipt was handed out")
			}
			if _, note, err := c.Checkpoint(ctx); note != nil {
				t.Error("a checkpoint was handed out")
			} else {
				unproven(t, err, seen, other.get("/checkpoint"))
			}
		})
	}
}

// A gateway's page, a busy server and one that stops say nothing about the log: no
// note is evidence, and no statement was refused.
func TestNoProofIsNoWord(t *testing.T) {
	for name, lie := range map[string]func(w http.ResponseWriter){
		"a gateway": func(w http.ResponseWriter) { w.WriteHeader(502); fmt.Fprint(w, "<html>") },
		"no page":   func(w http.ResponseWriter) { w.WriteHeader(404) },
		"busy": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(429)
			fmt.Fprint(w, `{"status":429,"code":"quota"}`)
		},
		"stopped": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(503)
			fmt.Fprint(w, `{"status":503,"code":"stopped"}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			c := s.client()
			see(t, c)
			s.lie = func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasPrefix(r.URL.Path, "/api/v1/consistency/") {
					return false
				}
				lie(w)
				return true
			}
			_, _, err := c.Submit(ctx, s.release("contracts/1"))
			var evidence *client.UnprovenError
			var refused *client.Refused
			if !errors.Is(err, client.ErrAnswer) || errors.As(err, &evidence) || errors.As(err, &refused) {
				t.Errorf("%v", err)
			}
			s.lie = nil
			see(t, c)
		})
	}
}

// unproven demands an error with both notes that accuses nobody and refuses
// nothing.
func unproven(t *testing.T, err error, seen, shown []byte) {
	t.Helper()
	var (
		e       *client.UnprovenError
		fork    *client.ForkError
		refused *client.Refused
	)
	if !errors.As(err, &e) || !errors.Is(err, client.ErrAnswer) || errors.As(err, &fork) || errors.As(err, &refused) {
		t.Fatalf("%v", err)
	}
	if !bytes.Equal(e.Seen, seen) || !bytes.Equal(e.Shown, shown) || e.Reason == "" {
		t.Errorf("%+v", e)
	}
}

// An honest log behind something that alters proofs: no misconduct of the log.
func TestConsistencyProofAltered(t *testing.T) {
	s := newSite(t)
	s.grow("contracts/1")
	c := s.client()
	_, seen := see(t, c)
	s.grow(ids("others", 5)...) // 7 -> 13
	honest := string(s.get("/api/v1/consistency/7/13"))
	hash := honest[strings.Index(honest, `["`)+2:][:44]
	for name, text := range map[string]string{
		"a bit":       strings.Replace(honest, hash, flip(t, hash), 1),
		"one missing": strings.Replace(honest, `"`+hash+`",`, "", 1),
		"one more":    strings.Replace(honest, `["`, `["`+hash+`","`, 1),
		"swapped":     strings.Replace(strings.Replace(honest, `["`+hash+`","`, `["`, 1), `"]`, `","`+hash+`"]`, 1),
		"other sizes": string(s.get("/api/v1/consistency/5/13")),
		"other newer": string(s.get("/api/v1/consistency/7/12")),
		"renamed":     strings.Replace(string(s.get("/api/v1/consistency/6/13")), `"older":6`, `"older":7`, 1),
		"cut":         honest[:len(honest)/2],
	} {
		t.Run(name, func(t *testing.T) {
			if text == honest {
				t.Fatal("not altered")
			}
			s.answerTo("/api/v1/consistency/", []byte(text))
			_, note, err := c.Checkpoint(ctx)
			unproven(t, err, seen, s.get("/checkpoint"))
			if note != nil {
				t.Error("a checkpoint was handed out")
			}
		})
	}
	s.lie = nil
	see(t, c)
}

func flip(t *testing.T, hash string) string {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(hash)
	if err != nil {
		t.Fatal(err)
	}
	b[7] ^= 4
	return base64.StdEncoding.EncodeToString(b)
}

// A proof that did not come is no lie at all: the request is made again.
func TestConsistencyProofUnreachable(t *testing.T) {
	s := newSite(t)
	c := s.client()
	see(t, c)
	s.grow("contracts/1")
	s.lie = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/api/v1/consistency/") {
			panic(http.ErrAbortHandler)
		}
		return false
	}
	_, note, err := c.Checkpoint(ctx)
	if !errors.Is(err, client.ErrUnreachable) || errors.Is(err, client.ErrAnswer) || note != nil {
		t.Errorf("%v", err)
	}
}
