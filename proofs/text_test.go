package proofs

import (
	"math"
	"strconv"
	"testing"
)

func TestDecimalTakesOneFormOnly(t *testing.T) {
	for _, n := range []uint64{0, 1, 9, 10, 255, 1 << 32, 1<<63 - 2, math.MaxInt64} {
		if got, ok := parseDecimal(strconv.FormatUint(n, 10)); !ok || got != n {
			t.Errorf("parseDecimal(%d) = %d, %v", n, got, ok)
		}
	}
	for name, s := range map[string]string{
		"empty": "", "leading zero": "007", "double zero": "00", "plus": "+7", "minus": "-7", "minus zero": "-0",
		"2^63": "9223372036854775808", "2^64-1": "18446744073709551615", "2^64": "18446744073709551616",
		"twenty digits": "10000000000000000000", "space before": " 7", "space after": "7 ", "underscore": "1_0",
		"hex": "0x7", "exponent": "1e3", "fraction": "1.0", "arabic digit": "٧", "newline": "7\n", "NUL": "7\x00",
	} {
		if n, ok := parseDecimal(s); ok {
			t.Errorf("%s: parseDecimal(%q) = %d", name, s, n)
		}
	}
}

func TestBase64TakesOneFormOnly(t *testing.T) {
	for _, s := range []string{"", "AA==", "AAA=", "AAAA", "+/8="} {
		if _, ok := decodeBase64(s); !ok {
			t.Errorf("decodeBase64(%q) refused", s)
		}
	}
	for name, s := range map[string]string{
		"padding bits of one byte": "AB==", "padding bits of two bytes": "AAB=", "no padding": "AA", "half padding": "AA=",
		"too much padding": "AA===", "newline inside": "AA\nAA", "CR inside": "AA\rAA", "newline after": "AAAA\n",
		"space": "AA AA", "URL alphabet": "-_8=", "padding inside": "AA==AAAA",
	} {
		if b, ok := decodeBase64(s); ok {
			t.Errorf("%s: decodeBase64(%q) = %x", name, s, b)
		}
	}
}

func TestHashHasExactly32Bytes(t *testing.T) {
	for _, n := range []int{0, 3, 31, 33, 64} {
		if _, ok := decodeHash(encodeBase64(make([]byte, n))); ok {
			t.Errorf("hash of %d bytes accepted", n)
		}
	}
	if _, ok := decodeHash(encodeBase64(make([]byte, 32))); !ok {
		t.Error("hash of 32 bytes refused")
	}
}
