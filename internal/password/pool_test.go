package password

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// occupy starts a caller that holds a worker until release is closed.
func occupy(t *testing.T, p *Pool, release <-chan struct{}) {
	t.Helper()
	go func() {
		if err := p.Do(t.Context(), func() { <-release }); err != nil {
			t.Errorf("Do = %v", err)
		}
	}()
	synctest.Wait()
}

func wantLoad(t *testing.T, p *Pool, running, waiting int) {
	t.Helper()
	if p.Running() != running || p.Waiting() != waiting {
		t.Errorf("%d running and %d waiting, want %d and %d", p.Running(), p.Waiting(), running, waiting)
	}
}

func TestPoolRunsInTheCaller(t *testing.T) {
	p := NewPool(1, 0)
	ran := false // no lock: the race detector would tell of another goroutine
	if err := p.Do(t.Context(), func() { ran = true; wantLoad(t, p, 1, 0) }); err != nil || !ran {
		t.Errorf("Do = %v, ran %v", err, ran)
	}
	wantLoad(t, p, 0, 0)
}

func TestPoolBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPool(2, 3)
		release := make(chan struct{})
		for range 5 {
			occupy(t, p, release)
		}
		wantLoad(t, p, 2, 3)
		if err := p.Do(t.Context(), func() { t.Error("ran past the queue") }); !errors.Is(err, ErrBusy) {
			t.Errorf("Do on a full queue = %v, want ErrBusy", err)
		}
		close(release)
		synctest.Wait()
		wantLoad(t, p, 0, 0)
	})
}

func TestPoolFirstComeFirstServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPool(1, 10)
		release := make(chan struct{})
		occupy(t, p, release)
		var order []int // guarded by the pool's one worker
		for i := range 10 {
			go p.Do(t.Context(), func() { order = append(order, i) })
			synctest.Wait()
		}
		close(release)
		synctest.Wait()
		if want := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}; !slices.Equal(order, want) {
			t.Errorf("served in the order %v, want %v", order, want)
		}
	})
}

func TestPoolCancelledWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPool(1, 1)
		release := make(chan struct{})
		occupy(t, p, release)
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error, 1)
		go func() { failed <- p.Do(ctx, func() { t.Error("ran after its end") }) }()
		synctest.Wait()
		wantLoad(t, p, 1, 1)
		cancel()
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Errorf("Do = %v, want context.Canceled", err)
		}
		wantLoad(t, p, 1, 0)
		occupy(t, p, release) // its place in the queue is free again
		wantLoad(t, p, 1, 1)
		close(release)
		synctest.Wait()
		wantLoad(t, p, 0, 0)
	})
}

func TestPoolCancelledBefore(t *testing.T) {
	p := NewPool(1, 0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 { // a free worker and an ended context: never a matter of luck
		if err := p.Do(ctx, func() { t.Error("ran after its end") }); !errors.Is(err, context.Canceled) {
			t.Errorf("Do = %v, want context.Canceled", err)
		}
	}
	wantLoad(t, p, 0, 0)
}

func TestPoolSurvivesPanic(t *testing.T) {
	p := NewPool(1, 0)
	func() {
		defer func() { _ = recover() }()
		_ = p.Do(t.Context(), func() { panic("hash") })
	}()
	if err := p.Do(t.Context(), func() {}); err != nil {
		t.Errorf("Do after a panic = %v", err)
	}
}

func TestPoolSizes(t *testing.T) {
	p := NewPool(0, -1)
	err := p.Do(t.Context(), func() {
		if err := p.Do(t.Context(), func() {}); !errors.Is(err, ErrBusy) {
			t.Errorf("second caller: %v, want ErrBusy", err)
		}
	})
	if err != nil {
		t.Errorf("one caller: %v", err)
	}
}

// TestPoolLoginStorm: a thousand logins at once hash no more than workers at a
// time, and everyone is either served or told to come back.
func TestPoolLoginStorm(t *testing.T) {
	const workers, queue, callers = 3, 50, 1000
	p := NewPool(workers, queue)
	var running, served, busy atomic.Int64
	var wg sync.WaitGroup
	start := make(chan struct{})
	for range callers {
		wg.Go(func() {
			<-start
			err := p.Do(t.Context(), func() {
				if n := running.Add(1); n > workers {
					t.Errorf("%d hash at once, want at most %d", n, workers)
				}
				if _, err := (Argon2{MemoryKiB: 64, Time: 1, Threads: 1}).Hash("p"); err != nil {
					t.Error(err)
				}
				running.Add(-1)
				served.Add(1)
			})
			switch {
			case errors.Is(err, ErrBusy):
				busy.Add(1)
			case err != nil:
				t.Errorf("Do = %v", err)
			}
			if w := p.Waiting(); w > workers+queue {
				t.Errorf("%d waiting", w)
			}
		})
	}
	close(start)
	wg.Wait()
	if served.Load()+busy.Load() != callers || served.Load() < workers+queue {
		t.Errorf("%d served and %d told to come back, of %d", served.Load(), busy.Load(), callers)
	}
	wantLoad(t, p, 0, 0)
}
