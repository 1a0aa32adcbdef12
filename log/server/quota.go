package server

import (
	"container/list"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxQuotaClients bounds the clients that are remembered; the one that was idle
// longest is forgotten first.
const maxQuotaClients = 10_000

// quotas bound how many statements a second each client submits.
type quotas struct {
	limit   rate.Limit
	burst   int
	mu      sync.Mutex
	clients map[string]*list.Element // of *quotaClient
	recent  *list.List               // newest first
}

type quotaClient struct {
	name    string
	limiter *rate.Limiter
}

// newQuotas returns nil for no bound.
func newQuotas(perSecond int) *quotas {
	if perSecond <= 0 {
		return nil
	}
	return &quotas{
		limit: rate.Limit(perSecond), burst: 2 * perSecond,
		clients: make(map[string]*list.Element), recent: list.New(),
	}
}

// take charges a client for n statements. A client that has all of its burst left
// may send more than that at once, and then waits until it has paid: else no
// large batch ever came in.
func (q *quotas) take(client string, now time.Time, n int) error {
	if q == nil {
		return nil
	}
	limiter := q.limiter(client)
	first := limiter.ReserveN(now, min(n, q.burst))
	if wait := first.DelayFrom(now); wait > 0 {
		first.CancelAt(now)
		p := problem("quota", "", "this client submits more statements a second than the server takes")
		p.retryAfter = int(math.Ceil(wait.Seconds()))
		return p
	}
	for n -= q.burst; n > 0; n -= q.burst {
		limiter.ReserveN(now, min(n, q.burst))
	}
	return nil
}

func (q *quotas) limiter(client string) *rate.Limiter {
	q.mu.Lock()
	defer q.mu.Unlock()
	if e, ok := q.clients[client]; ok {
		q.recent.MoveToFront(e)
		return e.Value.(*quotaClient).limiter
	}
	if q.recent.Len() >= maxQuotaClients {
		oldest := q.recent.Back()
		delete(q.clients, oldest.Value.(*quotaClient).name)
		q.recent.Remove(oldest)
	}
	c := &quotaClient{client, rate.NewLimiter(q.limit, q.burst)}
	q.clients[client] = q.recent.PushFront(c)
	return c.limiter
}
