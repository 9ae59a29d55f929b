package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
)

// maxBatch bounds how many transactions share one COMMIT, and with it how long
// a single one can wait for the others.
const maxBatch = 256

// groupWriter owns the one connection that writes to SQLite. It commits the
// transactions that wait together: a savepoint each, one COMMIT, one fsync.
type groupWriter struct {
	c    *sqliteConn
	conn *sql.Conn
	jobs chan *writeJob
	done chan struct{}

	mu      sync.RWMutex // guards stopped against a send on jobs
	stopped bool
}

type writeJob struct {
	ctx      context.Context
	work     func(*Tx) error
	err      error
	panicked any
	finished chan struct{}
}

var errClosed = errors.New("the database is closed")

func startGroupWriter(ctx context.Context, db *sql.DB) (*groupWriter, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect to SQLite: %w", err)
	}
	w := &groupWriter{
		c:    &sqliteConn{db: conn},
		conn: conn,
		jobs: make(chan *writeJob, maxBatch),
		done: make(chan struct{}),
	}
	go w.run()
	return w, nil
}

// stop lets the waiting transactions finish and closes the connection.
func (w *groupWriter) stop() error {
	w.mu.Lock()
	already := w.stopped
	w.stopped = true
	w.mu.Unlock()
	if already {
		return nil
	}
	close(w.jobs)
	<-w.done
	return w.conn.Close()
}

// write waits until work is committed. A caller that gives up before its turn
// leaves nothing behind; once work has begun its outcome is always awaited.
func (w *groupWriter) write(ctx context.Context, work func(*Tx) error) error {
	job := &writeJob{ctx: ctx, work: work, finished: make(chan struct{})}
	if err := w.enqueue(job); err != nil {
		return unavailable(err)
	}
	<-job.finished
	if job.panicked != nil {
		panic(job.panicked)
	}
	return job.err
}

func (w *groupWriter) enqueue(job *writeJob) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.stopped {
		return errClosed
	}
	select {
	case w.jobs <- job:
		return nil
	case <-job.ctx.Done():
		return job.ctx.Err()
	}
}

func (w *groupWriter) run() {
	defer close(w.done)
	batch := make([]*writeJob, 0, maxBatch)
	for job := range w.jobs {
		batch = w.gather(append(batch[:0], job))
		w.commit(batch)
		for _, j := range batch {
			close(j.finished)
		}
		clear(batch)
	}
}

// gather adds the jobs that wait already; it never waits for more.
func (w *groupWriter) gather(batch []*writeJob) []*writeJob {
	for len(batch) < maxBatch {
		select {
		case job, ok := <-w.jobs:
			if !ok {
				return batch
			}
			batch = append(batch, job)
		default:
			return batch
		}
	}
	return batch
}

// commit runs every job of the batch in one SQLite transaction. When the
// transaction as a whole fails, every job that had succeeded fails with it.
func (w *groupWriter) commit(batch []*writeJob) {
	// The batch serves many callers: no single one's cancellation ends it.
	ctx := context.Background()
	if _, err := w.c.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		fail(batch, err)
		return
	}
	for _, job := range batch {
		if err := w.runJob(ctx, job); err != nil {
			w.rollback(ctx)
			fail(batch, err)
			return
		}
	}
	if _, err := w.c.exec(ctx, "COMMIT"); err != nil {
		w.rollback(ctx)
		fail(batch, err)
	}
}

// runJob runs one job inside its savepoint. The error it returns is the
// transaction's; the job's own is in job.err.
func (w *groupWriter) runJob(ctx context.Context, job *writeJob) error {
	if err := job.ctx.Err(); err != nil {
		job.err = unavailable(err)
		return nil
	}
	if _, err := w.c.exec(ctx, "SAVEPOINT job"); err != nil {
		return err
	}
	job.run(w.c)
	if job.err == nil && job.panicked == nil {
		_, err := w.c.exec(ctx, "RELEASE job")
		return err
	}
	if _, err := w.c.exec(ctx, "ROLLBACK TO job"); err != nil {
		return err
	}
	_, err := w.c.exec(ctx, "RELEASE job")
	return err
}

func (job *writeJob) run(c conn) {
	defer func() { job.panicked = recover() }()
	job.err = job.work(&Tx{Reader{c}})
}

// rollback ends a failed transaction; SQLite may have ended it already.
func (w *groupWriter) rollback(ctx context.Context) {
	_, _ = w.c.exec(ctx, "ROLLBACK")
}

func fail(batch []*writeJob, err error) {
	for _, job := range batch {
		if job.err == nil {
			job.err = unavailable(err)
		}
	}
}
