package register

import (
	"encoding/binary"
	"math"
)

// Kinds of digest events.
const (
	DigestReleased uint8 = 1 // these bytes were released as a version of a document
	DigestKeyed    uint8 = 2 // this is the digest of an identity's key
)

// A ReleasedBody is the body of a DigestReleased event: document32 ‖ u32 version.
type ReleasedBody struct {
	Document Key // register key of the document
	Version  uint32
}

// Marshal returns the 36 bytes.
func (b ReleasedBody) Marshal() []byte {
	return binary.BigEndian.AppendUint32(append(make([]byte, 0, 36), b.Document[:]...), b.Version)
}

// ParseReleasedBody parses the body of a DigestReleased event.
func ParseReleasedBody(in []byte) (ReleasedBody, error) {
	const what = "released body"
	d := decoder{b: in}
	b := ReleasedBody{Document: d.hash(), Version: d.u32()}
	if err := d.end(what); err != nil {
		return ReleasedBody{}, err
	}
	if b.Version == 0 {
		return ReleasedBody{}, formatError(what, "versions count from 1")
	}
	return b, nil
}

// A KeyBody is the body of a DigestKeyed event: u8 key type ‖ identity32.
type KeyBody struct {
	KeyType  uint8
	Identity Key // register key of the identity
}

// Marshal returns the 33 bytes.
func (b KeyBody) Marshal() []byte {
	return append(append(make([]byte, 0, 33), b.KeyType), b.Identity[:]...)
}

// ParseKeyBody parses the body of a DigestKeyed event.
func ParseKeyBody(in []byte) (KeyBody, error) {
	const what = "key body"
	d := decoder{b: in}
	b := KeyBody{KeyType: d.u8(), Identity: d.hash()}
	if err := d.end(what); err != nil {
		return KeyBody{}, err
	}
	if b.KeyType != KeyTypeSPKI {
		return KeyBody{}, formatError(what, "unknown key type %d", b.KeyType)
	}
	if b.Identity == (Key{}) {
		return KeyBody{}, formatError(what, "no identity")
	}
	return b, nil
}

// A DigestState is the state of a digest register: u32 releases ‖ u8 key type ‖ identity32.
type DigestState struct {
	Releases uint32
	KeyType  uint8 // 0: not the digest of a key
	Identity Key   // whose key, zero if none
}

// Marshal returns the 37 bytes.
func (s DigestState) Marshal() []byte {
	out := binary.BigEndian.AppendUint32(make([]byte, 0, 37), s.Releases)
	return append(append(out, s.KeyType), s.Identity[:]...)
}

// ParseDigestState parses a digest register's state.
func ParseDigestState(in []byte) (DigestState, error) {
	const what = "digest state"
	d := decoder{b: in}
	s := DigestState{Releases: d.u32(), KeyType: d.u8(), Identity: d.hash()}
	if err := d.end(what); err != nil {
		return DigestState{}, err
	}
	if s.KeyType != 0 && s.KeyType != KeyTypeSPKI {
		return DigestState{}, formatError(what, "unknown key type %d", s.KeyType)
	}
	if (s.KeyType == 0) != (s.Identity == Key{}) {
		return DigestState{}, formatError(what, "key type and identity do not go together")
	}
	if s.Releases == 0 && s.KeyType == 0 {
		return DigestState{}, formatError(what, "neither released nor a key")
	}
	return s, nil
}

// nextDigest: releases are counted; a key belongs to one identity, once and for ever.
func nextDigest(state []byte, kind uint8, body []byte) ([]byte, error) {
	var s DigestState // zero for a new register
	var err error
	if state != nil {
		if s, err = ParseDigestState(state); err != nil {
			return nil, err
		}
	}
	switch kind {
	case DigestReleased:
		if _, err := ParseReleasedBody(body); err != nil {
			return nil, err
		}
		if s.Releases == math.MaxUint32 {
			return nil, transitionError("digest released more than %d times", uint32(math.MaxUint32))
		}
		s.Releases++
	case DigestKeyed:
		b, err := ParseKeyBody(body)
		if err != nil {
			return nil, err
		}
		if s.KeyType != 0 {
			return nil, transitionError("this key was enrolled before")
		}
		s.KeyType, s.Identity = b.KeyType, b.Identity
	}
	return s.Marshal(), nil
}
