package proofs

import (
	"strings"
	"testing"

	fnote "github.com/transparency-dev/formats/note"
)

func TestVerifierKeyRoundTrip(t *testing.T) {
	for _, typ := range []uint8{TypeEd25519, TypeEd25519Cosignature, TypeMLDSA44} {
		for _, name := range []string{"a", "log.example", "witness.example/w1", "Kelvin-K", strings.Repeat("n", 255)} {
			key := newSigner(name, typ, 1).key
			got, err := ParseVerifierKey(key.String())
			if err != nil || got.String() != key.String() || got.ID != key.ID || got.Type != typ {
				t.Errorf("%s: %v", key, err)
			}
		}
	}
}

// One byte of leading zeros in the key ID must not be lost.
func TestKeyIDIsPrintedWith8Digits(t *testing.T) {
	for i := 0; ; i++ {
		key := newSigner("log.example", TypeEd25519, byte(i)).key
		if i > 200 {
			key = newSigner("log.example/"+strings.Repeat("x", i-200), TypeEd25519, byte(i)).key
		}
		if key.ID>>28 != 0 {
			continue
		}
		id := strings.Split(key.String(), "+")[1]
		if len(id) != 8 || id[0] != '0' {
			t.Fatalf("key ID %q", id)
		}
		_, err := ParseVerifierKey(strings.Replace(key.String(), "+0", "+", 1))
		wantError(t, err, "key ID")
		return
	}
}

func TestVerifierKeyIsCanonical(t *testing.T) {
	const good = "log.example+1cc758f9+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"
	mustKey(t, good)
	type256 := newSigner("log.example", TypeEd25519, 1).key
	raw := func(typ byte, n int) string { return encodeBase64(append([]byte{typ}, type256.Public[:n]...)) }
	for name, s := range map[string]string{
		"empty": "", "name only": "log.example", "no key": "log.example+1cc758f9", "empty key": "log.example+1cc758f9+",
		"another key ID":         strings.Replace(good, "1cc758f9", "1cc758f8", 1),
		"key ID of another type": "log.example+1cc758f9+" + raw(4, 32),
		"key ID of another name": strings.Replace(good, "log.example", "log.examplf", 1),
		"key ID in upper case":   strings.Replace(good, "1cc758f9", "1CC758F9", 1),
		"key ID of 7 digits":     strings.Replace(good, "1cc758f9", "cc758f9", 1),
		"key ID of 9 digits":     strings.Replace(good, "1cc758f9", "01cc758f9", 1),
		"key ID with 0x":         strings.Replace(good, "1cc758f9", "0x1cc758f9", 1),
		"no key ID":              strings.Replace(good, "1cc758f9", "", 1),
		"public key of 31 bytes": "log.example+1cc758f9+" + raw(1, 31),
		"type only":              "log.example+1cc758f9+AQ==",
		"ECDSA":                  "log.example+1cc758f9+" + raw(2, 32),
		"type 0":                 "log.example+1cc758f9+" + raw(0, 32),
		"RFC 6962 tree head":     "log.example+1cc758f9+" + raw(5, 32),
		"ML-DSA of 32 bytes":     "log.example+1cc758f9+" + raw(6, 32),
		"type 255":               "log.example+1cc758f9+" + raw(255, 32),
		"padding bits":           good[:len(good)-1] + "d",
		"newline after":          good + "\n", "newline inside": good[:40] + "\n" + good[40:], "space before": " " + good, "space after": good + " ",
		"space in the name":     strings.Replace(good, "log.", "log ", 1),
		"em space in the name":  strings.Replace(good, "log.", "log\u2003", 1),
		"NEL in the name":       strings.Replace(good, "log.", "log\u0085", 1),
		"newline in the name":   strings.Replace(good, "log.", "log\n", 1),
		"bad UTF-8 in the name": strings.Replace(good, "log.", "log\xff", 1),
		"empty name":            strings.TrimPrefix(good, "log.example"),
		"surplus part":          good + "+AA==",
		"very long":             good + strings.Repeat("A", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			if key, err := ParseVerifierKey(s); err == nil {
				t.Errorf("%q accepted as %+v", s, key)
			}
		})
	}
}

// formats takes a cosigner's key with a wrong key ID: ours must not.
func TestKeyIDOfCosignersIsRecomputed(t *testing.T) {
	for _, typ := range []uint8{TypeEd25519Cosignature, TypeMLDSA44} {
		parts := strings.SplitN(newSigner("w.example", typ, 1).key.String(), "+", 3)
		wrong := parts[0] + "+00000000+" + parts[2]
		if _, err := fnote.NewVerifierForCosignatureV1(wrong); err != nil {
			t.Logf("formats refuses it too: %v", err)
		}
		_, err := ParseVerifierKey(wrong)
		wantError(t, err, "key ID")
	}
}

func TestNewVerifierKeyRefuses(t *testing.T) {
	public := make([]byte, 32)
	for name, test := range map[string]struct {
		name   string
		typ    uint8
		public []byte
		want   string
	}{
		"name of 256 bytes":   {strings.Repeat("n", 256), TypeEd25519, public, "no key name"},
		"empty name":          {"", TypeEd25519, public, "no key name"},
		"plus":                {"a+b", TypeEd25519, public, "no key name"},
		"type 2":              {"a", 2, public, "0x02 is not supported"},
		"no public key":       {"a", TypeEd25519, nil, "0 bytes"},
		"33 bytes":            {"a", TypeEd25519Cosignature, make([]byte, 33), "33 bytes"},
		"ML-DSA, 1311 bytes":  {"a", TypeMLDSA44, make([]byte, 1311), "1311 bytes"},
		"ML-DSA-65, 1952":     {"a", TypeMLDSA44, make([]byte, 1952), "1952 bytes"},
		"Ed25519, 1312 bytes": {"a", TypeEd25519, make([]byte, 1312), "1312 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewVerifierKey(test.name, test.typ, test.public)
			wantError(t, err, test.want)
		})
	}
}

func TestNewVerifierKeyCopiesThePublicKey(t *testing.T) {
	public := make([]byte, 32)
	key, _ := NewVerifierKey("a", TypeEd25519, public)
	public[0] = 1
	if key.Public[0] != 0 || key.check() != nil {
		t.Error("the key shares its bytes with the caller")
	}
}

// One Ed25519 key is two verifier keys, as 0x01 and as 0x04, with two key IDs;
// no set may hold both, nor one key under two names.
func TestSetsHoldEachPublicKeyOnce(t *testing.T) {
	log, same := newSigner("a", TypeEd25519, 1).key, newSigner("a", TypeEd25519Cosignature, 1).key
	if log.ID == same.ID {
		t.Fatal("one key ID for two types")
	}
	other, alien := newSigner("b", TypeEd25519, 1).key, newSigner("b", TypeEd25519, 2).key
	forged := newSigner("a", TypeEd25519, 3).key
	forged.ID = log.ID
	for name, keys := range map[string][]VerifierKey{
		"two types": {log, same}, "two names": {log, other}, "the same key twice": {log, log}, "a key ID made by hand": {log, forged},
		"zero value": {{}}, "public key of no length": {{Name: "a", Type: 1, ID: log.ID}},
	} {
		if checkKeys(keys) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := checkKeys([]VerifierKey{log, alien}); err != nil {
		t.Error(err)
	}
}

func TestVerifyRefusesKeysOfOddTypesAndLengths(t *testing.T) {
	for _, key := range []VerifierKey{{}, {Type: 1}, {Type: 4, Public: make([]byte, 31)}, {Type: 6, Public: make([]byte, 5)}, {Type: 2, Public: make([]byte, 32)}} {
		if key.verify(nil, make([]byte, 64)) {
			t.Errorf("%+v verifies", key)
		}
	}
}
