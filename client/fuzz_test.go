package client_test

import (
	"net/http"
	"slices"
	"testing"
)

// FuzzAnswers: whatever a server answers to one request of an otherwise honest exchange,
// a client neither panics nor hangs, and hands nothing out beside an error.
func FuzzAnswers(f *testing.F) {
	s := newSite(f)
	s.grow("contracts/1")
	names := make([]string, 0, len(readers))
	for name := range readers {
		names = append(names, name)
	}
	slices.Sort(names)
	for i := range names {
		f.Add(uint8(i), uint8(0), 200, "application/json", []byte(`{"entries":[{"index":3}],"receipts":[],"events":[],"checkpoints":[],"next":"x"}`))
	}
	f.Add(uint8(0), uint8(1), 404, "application/problem+json", []byte(`{"code":"E408","status":409,"indices":[1e99]}`))
	f.Add(uint8(3), uint8(1), 200, "", s.get("/checkpoint"))
	f.Fuzz(func(t *testing.T, which, nth uint8, status int, media string, body []byte) {
		if status < 200 || status > 599 {
			return
		}
		left := int(nth % 4)
		s.t = t
		s.lie = func(w http.ResponseWriter, r *http.Request) bool {
			if left--; left != -1 {
				return false
			}
			w.Header().Set("Content-Type", media)
			w.WriteHeader(status)
			_, _ = w.Write(body)
			return true
		}
		defer func() { s.lie = nil }()
		name := names[int(which)%len(names)]
		if got, err := readers[name](s.client(), s); got && err != nil {
			t.Errorf("%s: something is handed out beside %v", name, err)
		}
	})
}
