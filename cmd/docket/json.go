package main

import (
	"bytes"
	"encoding/json"
)

// jsonLine is a value as JSON on one line. What commands print is made of strings,
// numbers, bytes and lists of them, and so can always be encoded.
func jsonLine(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return b.Bytes()
}
