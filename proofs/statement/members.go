package statement

import (
	"encoding/base64"
	"strconv"
)

// The writers of this file append one member of an object and the comma after it; closeList replaces the last comma.

func appendName(b []byte, name string) []byte {
	b = append(b, '"')
	b = append(b, name...)
	return append(b, `":`...)
}

func appendText(b []byte, name, s string) []byte {
	return append(appendString(appendName(b, name), s), ',')
}

func appendInteger(b []byte, name string, n uint64) []byte {
	return append(strconv.AppendUint(appendName(b, name), n, 10), ',')
}

func appendTimeMember(b []byte, name string, ms int64) []byte {
	b = append(appendName(b, name), '"')
	return append(appendTime(b, ms), `",`...)
}

func appendDigest(b []byte, name string, d Digest) []byte {
	b = append(appendName(b, name), '"')
	return append(d.appendTo(b), `",`...)
}

func appendBytes(b []byte, name string, raw []byte) []byte {
	b = append(appendName(b, name), '"')
	return append(base64.StdEncoding.AppendEncode(b, raw), `",`...)
}

func appendList(b []byte, name string, list []string) []byte {
	b = append(appendName(b, name), '[')
	for _, s := range list {
		b = append(appendString(b, s), ',')
	}
	return append(closeList(b, ']'), ',')
}
