package register_test

import (
	"crypto/sha256"
	"fmt"

	"github.com/docketlog/docket/proofs/register"
)

// rows is a LeafReader over leaves in key order; a store scans its T rows instead.
type rows []register.Leaf

func (r rows) Leaves(prefix register.Key, depth int, yield func(register.Leaf) bool) error {
	for _, l := range r {
		if depth == 0 || l.Key[0]>>(8-min(depth, 8)) == prefix[0]>>(8-min(depth, 8)) { // enough for this example
			if !yield(l) {
				break
			}
		}
	}
	return nil
}

// A document is released; the proof shows that it is version 1, and that another document does not exist.
func Example() {
	key := register.DocumentKey("contract-7")
	payload := []byte(`{"nonce":"000102030405060708090a0b0c0d0e0f"}`)
	body := register.DocumentBody{Version: 1, Digest: register.SHA256Digest(sha256.Sum256([]byte("hello\n")))}

	var rec register.Record
	row, err := rec.Append(key, register.TypeDocument, register.NewEvent{
		Kind: register.DocumentRelease, Index: 17, Time: 1763762400123, Payload: payload, Body: body.Marshal(),
	})
	if err != nil {
		panic(err)
	}
	after := rows{{Key: key, ValueHash: rec.Value().Hash()}}
	tree, _, err := register.New(8).Update(rows{}, after)
	if err != nil {
		panic(err)
	}
	path, err := tree.Prove(after, key)
	if err != nil {
		panic(err)
	}
	absent, err := tree.Prove(after, register.DocumentKey("contract-8"))
	if err != nil {
		panic(err)
	}

	// The verifier has the root from a seal, and the rest from a receipt.
	value, event := rec.Value(), row.Event(register.TypeDocument, 0)
	fmt.Println(path.VerifyInclusion(key, value.Hash(), tree.Root()))
	fmt.Println(value.VerifyEvent(event, nil))
	fmt.Println(event.VerifyBody(register.EventBlind(key, 0, payload), body.Marshal()))
	fmt.Println(absent.VerifyAbsence(register.DocumentKey("contract-8"), tree.Root()))
	// Output:
	// <nil>
	// <nil>
	// <nil>
	// <nil>
}
