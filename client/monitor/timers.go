package monitor

import (
	"cmp"
	"container/heap"
	"encoding/json"
	"slices"
)

// A timer fires when the clock reaches Due, unless what it waits for happened.
type timer struct {
	Due  int64  `json:"due"`
	Seq  uint64 `json:"seq"` // of arming: of two that are due together the older fires first
	Kind string `json:"kind"`
	Ref  string `json:"ref"`            // what it is about, a key of the shelf that Kind is of
	Mark uint64 `json:"mark,omitempty"` // what must still be so, or it is no longer needed
}

// timers are ordered by time, then age.
type timers struct {
	list    []timer
	seq     uint64
	max     int
	dropped uint64
}

func (t *timers) Len() int           { return len(t.list) }
func (t *timers) Less(i, j int) bool { return t.list[i].compare(t.list[j]) < 0 }
func (t *timers) Swap(i, j int)      { t.list[i], t.list[j] = t.list[j], t.list[i] }
func (t *timers) Push(x any)         { t.list = append(t.list, x.(timer)) }

func (t *timers) Pop() any {
	last := t.list[len(t.list)-1]
	t.list = t.list[:len(t.list)-1]
	return last
}

func (a timer) compare(b timer) int {
	return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(a.Seq, b.Seq))
}

// arm adds a timer. When there are too many already, it is not added, and counted.
func (t *timers) arm(due int64, kind, ref string, mark uint64) {
	if len(t.list) >= t.max {
		t.dropped++
		return
	}
	t.seq++
	heap.Push(t, timer{Due: due, Seq: t.seq, Kind: kind, Ref: ref, Mark: mark})
}

// due takes the next timer that is due by now.
func (t *timers) due(now int64) (timer, bool) {
	if len(t.list) == 0 || t.list[0].Due > now {
		return timer{}, false
	}
	return heap.Pop(t).(timer), true
}

type timersJSON struct {
	Seq     uint64  `json:"seq"`
	Dropped uint64  `json:"dropped,omitempty"`
	List    []timer `json:"list"`
}

func (t *timers) MarshalJSON() ([]byte, error) {
	list := slices.Clone(t.list)
	slices.SortFunc(list, timer.compare)
	return json.Marshal(timersJSON{t.seq, t.dropped, list})
}

func (t *timers) UnmarshalJSON(b []byte) error {
	var in timersJSON
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	t.seq, t.dropped, t.list = in.Seq, in.Dropped, in.List // a sorted list is a heap
	return nil
}
