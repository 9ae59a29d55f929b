package server

import (
	"sync"
	"time"

	"github.com/latchstring/latchstring/internal/problem"
)

// maxNetworks bounds how many networks a limiter remembers.
const maxNetworks = 1 << 16

// limiter allows a number of requests a minute per network, on this node. A
// network's debt is kept as the time at which it is paid off.
type limiter struct {
	perMinute int

	mu   sync.Mutex // guards paid
	paid map[string]time.Time
}

// newLimiter returns nil, which stands for no limit, for 0.
func newLimiter(perMinute int) *limiter {
	if perMinute == 0 {
		return nil
	}
	return &limiter{perMinute: perMinute, paid: map[string]time.Time{}}
}

func (l *limiter) admit(network string, now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	cost := time.Minute / time.Duration(l.perMinute)
	paid := l.paid[network]
	if paid.Before(now) {
		paid = now
	}
	if wait := paid.Add(cost).Sub(now) - time.Minute; wait > 0 {
		p := problem.New(problem.TooMany, "too_many_requests", "Too many requests from your network in a minute. Wait a moment.")
		p.RetryAfter = wait
		return p
	}
	if len(l.paid) >= maxNetworks {
		l.forget(now)
	}
	l.paid[network] = paid.Add(cost)
	return nil
}

// forget drops the networks without debt; if all have some, it drops all, for
// a bound on memory comes before a bound on requests.
func (l *limiter) forget(now time.Time) {
	for network, paid := range l.paid {
		if !paid.After(now) {
			delete(l.paid, network)
		}
	}
	if len(l.paid) >= maxNetworks {
		clear(l.paid)
	}
}
