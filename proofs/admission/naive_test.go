package admission

import (
	"crypto/sha256"
	"slices"

	"github.com/docketlog/docket/proofs/register"
)

// naiveRoot hashes the register tree by its definition (docs/spec/registers.md):
// leaves in key order, a lone leaf at the shallowest place where it is alone,
// the root always a parent. It shares no code with package register but the
// value's 106 bytes.
func naiveRoot(records map[register.Key]*register.Record) [32]byte {
	var keys []register.Key
	for key := range records {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, register.Key.Compare)
	left, right := splitAt(keys, 0)
	return naiveParent(naiveNode(records, left, 1), naiveNode(records, right, 1))
}

func naiveNode(records map[register.Key]*register.Record, keys []register.Key, depth int) [32]byte {
	switch len(keys) {
	case 0:
		return [32]byte{}
	case 1:
		value := sha256.Sum256(records[keys[0]].Value().Marshal())
		return sha256.Sum256(slices.Concat([]byte{2}, keys[0][:], value[:]))
	}
	left, right := splitAt(keys, depth)
	return naiveParent(naiveNode(records, left, depth+1), naiveNode(records, right, depth+1))
}

func naiveParent(left, right [32]byte) [32]byte {
	return sha256.Sum256(slices.Concat([]byte{3}, left[:], right[:]))
}

// splitAt divides sorted keys by their bit at a depth.
func splitAt(keys []register.Key, depth int) (left, right []register.Key) {
	i := slices.IndexFunc(keys, func(k register.Key) bool { return k[depth/8]>>(7-depth%8)&1 == 1 })
	if i < 0 {
		return keys, nil
	}
	return keys[:i], keys[i:]
}
