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

// appendOptional writes a text that is absent when it is empty.
func appendOptional(b []byte, name, s string) []byte {
	if s == "" {
		return b
	}
	return appendText(b, name, s)
}

// appendOptionalTime writes a time that is absent when it is 0.
func appendOptionalTime(b []byte, name string, ms int64) []byte {
	if ms == 0 {
		return b
	}
	return appendTimeMember(b, name, ms)
}

// appendOptionalDigest writes a digest that is absent when it is nil.
func appendOptionalDigest(b []byte, name string, d *Digest) []byte {
	if d == nil {
		return b
	}
	return appendDigest(b, name, *d)
}

// appendNullable writes a digest, or null for nil.
func appendNullable(b []byte, name string, d *Digest) []byte {
	if d == nil {
		return append(appendName(b, name), "null,"...)
	}
	return appendDigest(b, name, *d)
}

func appendBoolean(b []byte, name string, v bool) []byte {
	return append(strconv.AppendBool(appendName(b, name), v), ',')
}

func appendDigests(b []byte, name string, list []Digest) []byte {
	b = append(appendName(b, name), '[')
	for _, d := range list {
		b = append(d.appendTo(append(b, '"')), `",`...)
	}
	return append(closeList(b, ']'), ',')
}

// appendObjects writes an array of objects; each writes its members.
func appendObjects[T any](b []byte, name string, list []T, members func(T, []byte) []byte) []byte {
	b = append(appendName(b, name), '[')
	for _, item := range list {
		b = append(closeList(members(item, append(b, '{')), '}'), ',')
	}
	return append(closeList(b, ']'), ',')
}

// appendAbout writes the members of statements that give a reason for an act about another statement.
func appendAbout(b []byte, name string, about Digest, reason string) []byte {
	switch name {
	case "about":
		return appendDigest(b, name, about)
	case "reason":
		return appendText(b, name, reason)
	}
	return b
}
