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
	max     int            // of one kind
	of      map[string]int // how many there are, by kind
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

// arm adds a timer. When there are too many of its kind already, the oldest of that
// kind are forgotten, as is what they are about.
func (t *timers) arm(due int64, kind, ref string, mark uint64) {
	if t.of[kind] >= t.max {
		t.forget(kind)
	}
	t.seq++
	heap.Push(t, timer{Due: due, Seq: t.seq, Kind: kind, Ref: ref, Mark: mark})
	t.counted(kind, 1)
}

func (t *timers) counted(kind string, n int) {
	if t.of == nil {
		t.of = make(map[string]int)
	}
	t.of[kind] += n
}

// forget drops the oldest eighth of a kind, at least one: a pass over all is not made
// for each.
func (t *timers) forget(kind string) {
	var ages []uint64
	for _, x := range t.list {
		if x.Kind == kind {
			ages = append(ages, x.Seq)
		}
	}
	slices.Sort(ages)
	n := max(1, len(ages)/8)
	last := ages[n-1]
	t.list = slices.DeleteFunc(t.list, func(x timer) bool { return x.Kind == kind && x.Seq <= last })
	heap.Init(t)
	t.counted(kind, -n)
	t.dropped += uint64(n)
}

// due takes the next timer that is due by now.
func (t *timers) due(now int64) (timer, bool) {
	if len(t.list) == 0 || t.list[0].Due > now {
		return timer{}, false
	}
	next := heap.Pop(t).(timer)
	t.counted(next.Kind, -1)
	return next, true
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
	t.seq, t.dropped, t.list, t.of = in.Seq, in.Dropped, in.List, nil // a sorted list is a heap
	for _, x := range t.list {
		t.counted(x.Kind, 1)
	}
	return nil
}
