package pack

import (
	"testing"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/register"
)

// A log that gives one entry two times, in two registers, or whose clock falls between
// entries of different registers, makes no pack: each register by itself is in order.
func TestTimesOfEntries(t *testing.T) {
	type at struct{ index, time uint64 }
	for _, c := range []struct {
		name string
		a, b []at
		good bool
	}{
		{"one time", []at{{0, 5}, {3, 7}}, []at{{3, 7}, {4, 7}}, true},
		{"none", nil, nil, true},
		{"two times", []at{{0, 5}, {3, 7}}, []at{{3, 8}}, false},
		{"a fall between registers", []at{{0, 5}, {3, 9}}, []at{{4, 8}}, false},
		{"a fall before", []at{{3, 9}}, []at{{2, 10}}, false},
	} {
		j := judgement{times: make(map[uint64]int64)}
		var err error
		for _, events := range [][]at{c.a, c.b} {
			var list []proofs.OpenedEvent
			for _, e := range events {
				list = append(list, proofs.OpenedEvent{Event: register.Event{Index: e.index, Time: e.time}})
			}
			if failed := j.addTimes(list); failed != nil {
				err = failed
			}
		}
		if err == nil {
			err = j.checkTimes()
		}
		if (err == nil) != c.good {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
