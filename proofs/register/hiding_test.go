package register

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"testing"
)

// TestProofsHideTheDigest: what a proof without openings shows lets nobody test a guess of the document digest. The blinds are a function
// of the payload alone beside public things, and the payload's nonce is in nothing that is shown.
func TestProofsHideTheDigest(t *testing.T) {
	document := []byte("the offer is 4,711,000")
	key := DocumentKey("offer")
	release := func(nonce string) (Record, EventRow, DocumentBody) {
		payload := fmt.Appendf(nil, `{"digest":"%x","nonce":"%s"}`, sha256.Sum256(document), nonce)
		body := DocumentBody{Version: 1, Digest: SHA256Digest(sha256.Sum256(document)), Statement: sha256.Sum256(payload)}
		var r Record
		row, err := r.Append(key, TypeDocument, NewEvent{Kind: DocumentRelease, Index: 5, Time: 6, LeafHash: h("leaf"), Payload: payload, Body: body.Marshal()})
		if err != nil {
			t.Fatal(err)
		}
		return r, row, body
	}
	rec, row, body := release("nonce A")
	event, value := row.Event(TypeDocument, 0), rec.Value()

	// Everything that is shown without openings.
	src := leaves{{key, value.Hash()}}
	tree, _, src := mustUpdate(t, New(8), nil, src)
	path, err := tree.Prove(src, key)
	if err != nil {
		t.Fatal(err)
	}
	shown := bytes.Join([][]byte{event.Marshal(), value.Marshal(), path.Marshal()}, nil)
	blind, state := rec.StateOpening()
	digest := sha256.Sum256(document)
	for name, secret := range map[string][]byte{
		"document digest": digest[:], "statement digest": body.Statement[:], "body": row.Body, "state": state,
		"event blind": row.Blind[:], "state blind": blind[:],
	} {
		if bytes.Contains(shown, secret) {
			t.Errorf("the %s is shown", name)
		}
	}

	// A guesser who knows the document, the statement digest, the id and every public field still lacks the blind: all that can be derived
	// without the payload fails to open the hashes, although the body is guessed right.
	publics := [][]byte{nil, key[:], event.LeafHash[:], value.Root[:], digest[:], body.Statement[:], event.Marshal(), value.Marshal()}
	for _, p := range publics {
		for _, guess := range []Hash{EventBlind(key, 0, p), sha256.Sum256(p), StateBlind(sha256.Sum256(p)), BodyHash(Hash{}, p)} {
			if event.VerifyBody(guess, row.Body) == nil {
				t.Error("a blind derived from public parts opens the body")
			}
			if value.VerifyState(guess, state) == nil || value.VerifyState(StateBlind(guess), state) == nil {
				t.Error("a blind derived from public parts opens the state")
			}
		}
	}
	if event.VerifyBody(row.Blind, row.Body) != nil || value.VerifyState(blind, state) != nil {
		t.Error("the openings do not open")
	}

	// The nonce alone changes both hashes, also when the statement digest in body and state is kept the same.
	other, otherRow, _ := release("nonce B")
	if BodyHash(otherRow.Blind, row.Body) == event.BodyHash || StateHash(StateBlind(other.Blind), state) == value.StateHash {
		t.Error("hashes do not depend on the nonce")
	}
	// One entry has another blind in each register and at each seq: an opening of one says nothing about another.
	blinds := map[Hash]bool{}
	for _, k := range []Key{key, DigestKey(body.Digest), ActivityKey("x"), IdentityKey("x")} {
		for seq := range uint64(3) {
			blinds[EventBlind(k, seq, []byte("payload"))] = true
		}
	}
	if len(blinds) != 12 {
		t.Error("two registers or two seqs share a blind")
	}
	if blind == row.Blind {
		t.Error("the state's blind is the event's: opening one would open the other")
	}
}

// TestBlindSearch runs the search itself: over many digests and the blinds that a guesser has, no guess opens the event.
func TestBlindSearch(t *testing.T) {
	key := DocumentKey("offer")
	secret := []byte(`{"nonce":"unknown to the guesser"}`)
	at := func(i int) DocumentBody {
		return DocumentBody{Version: 1, Digest: SHA256Digest(h(fmt.Sprint("offer ", i)))}
	}
	const n = 20000
	row := EventRow{Kind: DocumentRelease, Blind: EventBlind(key, 0, secret), Body: at(n / 2).Marshal()}
	event := row.Event(TypeDocument, 0)
	for i := range n {
		guess := at(i).Marshal()
		for _, blind := range []Hash{{}, Hash(key), EventBlind(key, 0, nil), EventBlind(key, 0, guess), event.LeafHash} {
			if event.VerifyBody(blind, guess) == nil {
				t.Fatalf("guess %d opens the event", i)
			}
		}
	}
}
