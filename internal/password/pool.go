package password

import (
	"context"
	"errors"
)

// ErrBusy says that all workers hash and the queue is full: try again later.
var ErrBusy = errors.New("too much password hashing at once")

// Pool bounds how much hashing runs at once, and how many wait for it, so that
// no burst of logins takes more memory or CPU than it was given.
type Pool struct {
	// callers holds one entry for each caller that runs or waits.
	callers chan struct{}
	// slots holds one entry for each caller that runs.
	slots chan struct{}
}

// NewPool returns a pool in which workers callers run at once and queue more
// may wait. There is always at least one worker.
func NewPool(workers, queue int) *Pool {
	workers, queue = max(workers, 1), max(queue, 0)
	return &Pool{
		callers: make(chan struct{}, workers+queue),
		slots:   make(chan struct{}, workers),
	}
}

// Do runs work in the caller's goroutine as soon as a worker is free, first
// come first served. It returns ErrBusy at once when the queue is full, and
// ctx's error when ctx ends first; work has not run then.
func (p *Pool) Do(ctx context.Context, work func()) error {
	select {
	case p.callers <- struct{}{}:
		defer func() { <-p.callers }()
	default:
		return ErrBusy
	}
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return ctx.Err()
	}
	// Both may have been ready: nobody waits for the answer any more.
	if err := ctx.Err(); err != nil {
		return err
	}
	work()
	return nil
}

// Running is how many callers run now.
func (p *Pool) Running() int { return len(p.slots) }

// Waiting is how many callers wait now.
func (p *Pool) Waiting() int { return max(len(p.callers)-len(p.slots), 0) }
