package proofs

import "testing"

func TestInForce(t *testing.T) {
	open := Verdict{From: &Bound{Index: 3, Time: 30}, Size: 10, SealTime: 100}
	ended := open
	ended.Until = &Bound{Index: 6, Time: 60}
	for _, c := range []struct {
		name      string
		v         Verdict
		size      uint64
		time      int64
		in, known bool
	}{
		{"no interval", Verdict{Size: 10, SealTime: 100}, 5, 50, false, false},
		{"right before", open, 3, 29, false, true},
		{"right after", open, 4, 30, true, true},
		{"at the end of what is known", open, 10, 100, true, true},
		{"later than what is known", open, 11, 101, false, false},
		{"before the end", ended, 6, 59, true, true},
		{"at the end", ended, 7, 60, false, true},
		{"ended, later than what is known", ended, 99, 999, false, true},
	} {
		if in, known := c.v.InForceAtSize(c.size); in != c.in || known != c.known {
			t.Errorf("%s: size %d gives %v, %v", c.name, c.size, in, known)
		}
		if in, known := c.v.InForceAt(c.time); in != c.in || known != c.known {
			t.Errorf("%s: time %d gives %v, %v", c.name, c.time, in, known)
		}
	}
}
