package password

import (
	"context"
	"errors"
	"sync/atomic"
)

// ErrBusy says that the pool's queue is full.
var ErrBusy = errors.New("password: the hashing queue is full")

// Pool bounds how much hashing runs and waits at once.
type Pool struct {
	slots   chan struct{}
	queue   int64
	waiting atomic.Int64
}

// NewPool makes a pool of workers slots for which at most queue callers wait.
func NewPool(workers, queue int) *Pool {
	return &Pool{slots: make(chan struct{}, workers), queue: int64(queue)}
}

// Do runs work in the caller's goroutine while it holds a slot. It returns
// ErrBusy at once when the queue is full, and ctx's error when that ends first.
func (p *Pool) Do(ctx context.Context, work func()) error {
	select {
	case p.slots <- struct{}{}:
	default:
		if err := p.wait(ctx); err != nil {
			return err
		}
	}
	defer func() { <-p.slots }()
	work()
	return nil
}

func (p *Pool) wait(ctx context.Context) error {
	defer p.waiting.Add(-1)
	if p.waiting.Add(1) > p.queue {
		return ErrBusy
	}
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Waiting is how many callers wait for a slot.
func (p *Pool) Waiting() int { return int(p.waiting.Load()) }

// Running is how many slots are taken.
func (p *Pool) Running() int { return len(p.slots) }
