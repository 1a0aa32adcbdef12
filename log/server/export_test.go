package server

// Occupy takes all places for submissions, until leave is called.
func (s *Server) Occupy() (leave func()) {
	var taken []func()
	for _, l := range []lane{s.single, s.batches} {
		for len(l) < cap(l) {
			out, err := l.enter()
			if err != nil {
				panic(err)
			}
			taken = append(taken, out)
		}
	}
	return func() {
		for _, out := range taken {
			out()
		}
	}
}

// InProgress returns the number of submissions in progress.
func (s *Server) InProgress() int { return len(s.single) + len(s.batches) }
