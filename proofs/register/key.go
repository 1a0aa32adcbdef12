package register

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// A Type is the type of a register. It is part of the register's key, value and events.
type Type uint8

// The six register types.
const (
	TypeDocument Type = 1 // by document id: what is authoritative
	TypeDigest   Type = 2 // by typed digest: where these bytes were released, or whose key they are
	TypeRun      Type = 3 // by run id: what was asked for, done and claimed
	TypeIdentity Type = 4 // by identity id: key and status
	TypeGrant    Type = 5 // by statement digest: what it is for, and the uses left
	TypeActivity Type = 6 // by identity id: everything that the identity signed
)

var typeNames = [...]string{1: "document", 2: "digest", 3: "run", 4: "identity", 5: "grant", 6: "activity"}

// String returns the type's name, as in "document".
func (t Type) String() string {
	if !t.valid() {
		return fmt.Sprintf("type %d", uint8(t))
	}
	return typeNames[t]
}

func (t Type) valid() bool { return t >= TypeDocument && t <= TypeActivity }

// ParseType returns the type with this name.
func ParseType(name string) (Type, error) {
	for t := TypeDocument; t <= TypeActivity; t++ {
		if typeNames[t] == name {
			return t, nil
		}
	}
	return 0, formatError("register type", "unknown name %q", name)
}

// A Key places a register in the tree: SHA-256("docket/v1/register-key\n" ‖ u8 type ‖ lp(field)). Its bits, most significant first, are
// the way from the root.
type Key [32]byte

// String returns the key in hexadecimal.
func (k Key) String() string { return hex.EncodeToString(k[:]) }

// Compare orders keys as byte strings, which is also their order in the tree.
func (k Key) Compare(other Key) int { return bytes.Compare(k[:], other[:]) }

// bit returns bit i, 0 <= i < 256, counted from the most significant.
func (k *Key) bit(i int) byte { return k[i>>3] >> (7 - i&7) & 1 }

// sharesPrefix reports whether the first n bits of both keys are equal.
func (k *Key) sharesPrefix(other *Key, n int) bool {
	full := n >> 3
	if !bytes.Equal(k[:full], other[:full]) {
		return false
	}
	rest := n & 7
	return rest == 0 || (k[full]^other[full])>>(8-rest) == 0
}

// DocumentKey returns the key of a document's register.
func DocumentKey(id string) Key { return newKey(TypeDocument, []byte(id)) }

// DigestKey returns the key of a digest's register.
func DigestKey(d TypedDigest) Key { return newKey(TypeDigest, d[:]) }

// RunKey returns the key of a run's register.
func RunKey(id string) Key { return newKey(TypeRun, []byte(id)) }

// IdentityKey returns the key of the register that holds an identity's key and status.
func IdentityKey(id string) Key { return newKey(TypeIdentity, []byte(id)) }

// GrantKey returns the key of a grant's register; statement is the digest of the statement that grants.
func GrantKey(statement Hash) Key { return newKey(TypeGrant, statement[:]) }

// ActivityKey returns the key of the register that lists what an identity signed.
func ActivityKey(id string) Key { return newKey(TypeActivity, []byte(id)) }

// newKey hashes a type and its field. Admitted ids have at most 255 bytes. A field too long for its length prefix gets a key of type 0,
// which no register has: it is absent in every tree.
func newKey(t Type, field []byte) Key {
	b := append([]byte("docket/v1/register-key\n"), byte(t))
	if len(field) > maxLP {
		b[len(b)-1] = 0
		return sha256.Sum256(append(b, field...))
	}
	return sha256.Sum256(appendLP(b, field))
}
