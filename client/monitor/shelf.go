package monitor

import "encoding/json"

// A shelf holds a bounded number of things by key. When it is full the oldest
// goes, and the shelf remembers that it does not know everything any more.
type shelf[V any] struct {
	max     int
	items   map[string]V
	order   []string // of the keys, oldest first; those before head are gone
	head    int
	dropped uint64
}

func newShelf[V any](max int) *shelf[V] { return &shelf[V]{max: max, items: make(map[string]V)} }

func (s *shelf[V]) get(key string) (V, bool) {
	v, ok := s.items[key]
	return v, ok
}

func (s *shelf[V]) has(key string) bool {
	_, ok := s.items[key]
	return ok
}

// whole says whether a key that is not here was never here.
func (s *shelf[V]) whole() bool { return s.dropped == 0 }

// put adds a thing, or replaces the one under the key in its place.
func (s *shelf[V]) put(key string, v V) {
	if _, ok := s.items[key]; !ok {
		s.order = append(s.order, key)
	}
	s.items[key] = v
	if len(s.items) > s.max {
		delete(s.items, s.order[s.head])
		s.head++
		s.dropped++
	}
	if s.head > 1024 && s.head > len(s.order)/2 {
		s.order = append([]string(nil), s.order[s.head:]...)
		s.head = 0
	}
}

// keys are all keys, oldest first. The caller does not change them.
func (s *shelf[V]) keys() []string { return s.order[s.head:] }

type shelfJSON[V any] struct {
	Dropped uint64         `json:"dropped,omitempty"`
	Items   []shelfItem[V] `json:"items"`
}

type shelfItem[V any] struct {
	Key  string `json:"k"`
	Item V      `json:"v"`
}

func (s *shelf[V]) MarshalJSON() ([]byte, error) {
	out := shelfJSON[V]{Dropped: s.dropped, Items: make([]shelfItem[V], 0, len(s.items))}
	for _, key := range s.keys() {
		out.Items = append(out.Items, shelfItem[V]{key, s.items[key]})
	}
	return json.Marshal(out)
}

// UnmarshalJSON fills a shelf that newShelf made.
func (s *shelf[V]) UnmarshalJSON(b []byte) error {
	var in shelfJSON[V]
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	*s = *newShelf[V](s.max)
	for _, item := range in.Items {
		s.put(item.Key, item.Item)
	}
	s.dropped += in.Dropped
	return nil
}
