package register

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
)

// Hash is a SHA-256 hash.
type Hash = [32]byte

// None stands for "no value" where zero is a value: an identity without end, an identity not compromised.
const None uint64 = math.MaxUint64

// First bytes of what is hashed. The log and the histories use RFC 6962 (0x00, 0x01), the register tree the two after them, so that no
// node of one tree is a node of the other.
const (
	historyLeafPrefix = 0x00
	historyNodePrefix = 0x01
	treeLeafPrefix    = 0x02
	treeParentPrefix  = 0x03
)

// leafHash returns the register tree's hash of a leaf.
func leafHash(l Leaf) Hash { return hashPair(treeLeafPrefix, (*Hash)(&l.Key), &l.ValueHash) }

// hashPair returns SHA-256(prefix ‖ a ‖ b), which is every node of every tree: 65 bytes on the stack: two SHA-256 blocks, no allocation.
func hashPair(prefix byte, a, b *Hash) Hash {
	var buf [65]byte
	buf[0] = prefix
	copy(buf[1:33], a[:])
	copy(buf[33:], b[:])
	return sha256.Sum256(buf[:])
}

// EventBlind returns the blind of event seq of the register with this key, made by the statement with this payload (its bytes as signed).
// Whoever has the payload can derive it; the payload's nonce (at least 128 random bits) keeps it from everybody else.
func EventBlind(key Key, seq uint64, payload []byte) Hash {
	h := sha256.New()
	h.Write([]byte("docket/v1/event-blind\n"))
	h.Write(key[:])
	h.Write(binary.BigEndian.AppendUint64(nil, seq))
	h.Write(payload)
	return Hash(h.Sum(nil))
}

// BodyHash returns the hash of an event body behind its blind.
func BodyHash(blind Hash, body []byte) Hash { return blinded("docket/v1/event-body\n", blind, body) }

// StateBlind returns the blind of a register's state; blind is that of its newest event.
func StateBlind(blind Hash) Hash { return blinded("docket/v1/state-blind\n", blind, nil) }

// StateHash returns the hash of a state behind its blind (StateBlind).
func StateHash(stateBlind Hash, state []byte) Hash {
	return blinded("docket/v1/register-state\n", stateBlind, state)
}

func blinded(label string, blind Hash, content []byte) Hash {
	var buf [256]byte // every label, blind and built body fits: no allocation
	b := append(buf[:0], label...)
	b = append(b, blind[:]...)
	b = append(b, content...)
	return sha256.Sum256(b)
}

// ObjectHash returns the hash of what a grant is for: action is "kind.op", object the JCS (RFC 8785) bytes of the grant's object, each of
// at most 65,535 bytes.
func ObjectHash(action string, object []byte) Hash {
	b := []byte("docket/v1/object\n")
	b = appendLP(b, []byte(action))
	b = appendLP(b, object)
	return sha256.Sum256(b)
}

// TermsHash returns the hash of an identity's terms: the JCS bytes of those of class, owner, roles, verbs, namespaces, tools and notAfter
// that its statement has.
func TermsHash(terms []byte) Hash {
	return sha256.Sum256(append([]byte("docket/v1/terms\n"), terms...))
}
