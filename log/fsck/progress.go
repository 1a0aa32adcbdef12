package fsck

import (
	"sync"
	"time"
)

// Progress is how far a check is.
type Progress struct {
	Phase       string // leaves, registers (and indexes, checkpoints) or replay
	Done, Total uint64 // of the phase: leaves; of the registers, parts
	Rows, Bytes int64  // read so far, in all phases
	Elapsed     time.Duration
}

// progressEvery is how often progress is told.
const progressEvery = 200 * time.Millisecond

// progress tells what the passes come to. It is safe for concurrent use.
type progress struct {
	tell  func(Progress)
	count *counter
	start time.Time

	mu   sync.Mutex
	now  Progress
	last time.Time
}

func newProgress(tell func(Progress), count *counter) *progress {
	return &progress{tell: tell, count: count, start: time.Now()}
}

// phase begins a phase.
func (p *progress) phase(name string, total uint64) {
	p.mu.Lock()
	p.now.Phase, p.now.Done, p.now.Total, p.last = name, 0, total, time.Time{}
	p.mu.Unlock()
	p.at(0)
}

// at says how many entries of the phase are done.
func (p *progress) at(done uint64) {
	p.mu.Lock()
	p.now.Done = done
	p.mu.Unlock()
	p.tick()
}

// tick tells the progress if it is time to.
func (p *progress) tick() {
	if p.tell == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.last) < progressEvery {
		return
	}
	p.last = time.Now()
	p.now.Rows, p.now.Bytes, p.now.Elapsed = p.count.rows.Load(), p.count.bytes.Load(), time.Since(p.start)
	p.tell(p.now)
}
