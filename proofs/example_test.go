package proofs_test

import (
	"fmt"

	"github.com/docketlog/docket/proofs"
)

const exampleCheckpoint = `log.example
3
1Pksj7uJcg6ztVZ3x9fvrd/rENEaGoSguo8aIzN/qpU=

— log.example HMdY+VgLk9bRaJS2+Q34FJLSDoqRICYi3TXOQrjm27JKaqh8TvpCKnTAa1+OIcFzKn1QFpP3BhLRFuOqlWZJngTCVgg=
— witness.example/w1 3xwKNQAAAABpIODglqt/BZZZhYiaEkjfVfB1A0wlN4UawuyCtOZfvSBMhHHpEttbF5fjbmTK4qQxG39Wd6kImo2gRe9rJEALxi3uDg==
`

func ExampleOpenCheckpoint() {
	key, err := proofs.ParseVerifierKey("log.example+1cc758f9+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c")
	if err != nil {
		fmt.Println(err)
		return
	}
	cp, note, err := proofs.OpenCheckpoint([]byte(exampleCheckpoint), []proofs.VerifierKey{key})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cp.Origin, "has", cp.Size, "leaves;", len(note.Signatures), "signatures")
	// Output: log.example has 3 leaves; 2 signatures
}

func ExamplePolicy_Open() {
	policy, err := proofs.ParsePolicy([]byte(`
log log.example+1cc758f9+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c
witness w1 witness.example/w1+df1c0a35+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU
witness w2 witness.example/w2+bfff2874+BO1JKMYo0cLG6ukDOJBZlWEpWSc6XGP5NjbBRhSshzfR
group g any w1 w2
quorum g
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	now := int64(1763762500) // the verifier's clock
	cp, quorum, err := policy.Open([]byte(exampleCheckpoint), now)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cp.Size, quorum.Satisfied, quorum.QuorumTime, quorum.Members)
	for _, warning := range policy.Warnings() {
		fmt.Println("warning:", warning)
	}
	// Output:
	// 3 true 1763762400 [w1]
	// warning: the quorum cannot exclude a fork even when no witness is faulty
}

func ExampleVerifyInclusion() {
	// A tree of two leaves: the proof of each is the hash of the other.
	a, b := proofs.LeafHash([]byte("a")), proofs.LeafHash([]byte("b"))
	head := proofs.TreeHead{Size: 2, Root: proofs.NodeHash(a, b)}
	fmt.Println(proofs.VerifyInclusion(b, 1, head, []proofs.Hash{a}))
	fmt.Println(proofs.VerifyInclusion(b, 1, head, nil))
	// Output:
	// <nil>
	// proof: 0 hashes for index 1 in size 2, want 1
}

func ExampleTile_Path() {
	for _, n := range []uint64{272, 273, 274} {
		tile := proofs.Tile{Level: 0, N: n, Width: proofs.WidthAt(0, n, 70000)}
		if tile.State(70000) == proofs.TileAbsent {
			fmt.Println(n, "is absent")
			continue
		}
		fmt.Println(tile.Path())
	}
	// Output:
	// tile/0/272
	// tile/0/273.p/112
	// 274 is absent
}
