package statement

import (
	"encoding/base64"
	"strings"
	"time"
)

const timeLayout = "2006-01-02T15:04:05.000Z"

const (
	wantTime        = `a time like "2026-11-10T14:02:11.004Z", UTC with three decimals, after 1970-01-01T00:00:00.000Z`
	wantNonce       = "base64url without padding of 16 to 32 random bytes"
	wantSealedHash  = "base64url without padding of 32 bytes"
	wantTraceparent = "a W3C traceparent of version 00: 00-<32 hex>-<16 hex>-<2 hex>, lower case, ids not all zero"
)

var (
	standard = base64.StdEncoding.Strict()
	urlSafe  = base64.RawURLEncoding.Strict()
)

// FormatTime gives a time in unix milliseconds as statements write it, such as "2026-11-10T14:02:11.004Z".
func FormatTime(ms int64) string { return string(appendTime(nil, ms)) }

// ParseTime reads a time as [FormatTime] gives it, and no other form. Zero and times before 1970 are refused: zero
// stands for an absent time.
func ParseTime(s string) (ms int64, ok bool) {
	t, err := time.Parse(timeLayout, s)
	if err != nil {
		return 0, false
	}
	var again [len(timeLayout)]byte
	ms = t.UnixMilli()
	return ms, ms > 0 && string(appendTime(again[:0], ms)) == s
}

func appendTime(b []byte, ms int64) []byte {
	return time.UnixMilli(ms).UTC().AppendFormat(b, timeLayout)
}

// decodeBase64 reads one canonical form: Go's decoder skips CR and LF, so they are refused here; Strict refuses
// trailing bits.
func decodeBase64(enc *base64.Encoding, s string) ([]byte, bool) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, false
	}
	b, err := enc.DecodeString(s)
	return b, err == nil
}

func validNonce(s string) bool {
	if len(s) < 22 || len(s) > 43 {
		return false
	}
	b, ok := decodeURLSafe(s)
	return ok && len(b) >= 16 && len(b) <= 32
}

func validSealedHash(s string) bool {
	if len(s) != 43 {
		return false
	}
	_, ok := decodeURLSafe(s)
	return ok
}

func decodeURLSafe(s string) ([]byte, bool) { return decodeBase64(urlSafe, s) }

// validTraceparent follows W3C Trace Context, version 00.
func validTraceparent(s string) bool {
	if len(s) != 55 || s[:3] != "00-" || s[35] != '-' || s[52] != '-' {
		return false
	}
	return validTraceID(s[3:35]) && validTraceID(s[36:52]) && nibble(s[53])|nibble(s[54]) <= 15
}

func validTraceID(s string) bool {
	zero := true
	for i := range len(s) {
		if nibble(s[i]) > 15 {
			return false
		}
		zero = zero && s[i] == '0'
	}
	return !zero
}
