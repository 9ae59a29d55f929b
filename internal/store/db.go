package store

import (
	"context"
	"errors"
	"time"
)

// DB is one open database. It is safe for concurrent use.
type DB struct {
	Reader
	driver driver
}

// driver is the seam between the two databases.
type driver interface {
	// write runs work in one transaction and returns when it is durable.
	write(ctx context.Context, work func(*Tx) error) error
	describe(ctx context.Context) (string, error)
	close() error
}

// Reader reads rows, from a pool or inside a transaction.
type Reader struct{ c conn }

// Tx is one transaction; it lives inside DB.Write.
type Tx struct{ Reader }

// Open opens the database at url and brings its schema up to date, under a
// lock, so that several nodes may start at once. An empty url means SQLite in
// folder; otherwise url is postgres://… .
func Open(ctx context.Context, url, folder string) (*DB, error) {
	if url == "" {
		return openSQLite(ctx, folder)
	}
	return openPostgres(ctx, url)
}

// Close waits for running writes and closes the database.
func (db *DB) Close() error { return db.driver.close() }

// Write runs work as one transaction and returns when it is durable. When work
// returns an error nothing of it is kept and Write returns that error. On
// PostgreSQL work may be run again after a deadlock, so it must only assign to
// what it captures.
//
// On SQLite work runs on the writer's goroutine, together with others: it must
// not hash, wait or call Write.
func (db *DB) Write(ctx context.Context, work func(*Tx) error) error {
	return db.driver.write(ctx, work)
}

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	_, err := db.Fact(ctx, "secret_check")
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// Describe names the database and its version, for the log.
func (db *DB) Describe(ctx context.Context) (string, error) { return db.driver.describe(ctx) }

// exec runs a statement and returns how many rows it touched.
func (r Reader) exec(ctx context.Context, query string, args ...any) (int64, error) {
	n, err := r.c.exec(ctx, query, args...)
	if err != nil {
		return 0, unavailable(err)
	}
	return n, nil
}

// one scans the first row of a statement, or returns ErrNotFound.
func (r Reader) one(ctx context.Context, dest []any, query string, args ...any) error {
	found := false
	err := r.each(ctx, func(scan func(...any) error) error {
		if found {
			return nil
		}
		found = true
		return scan(dest...)
	}, query, args...)
	if err == nil && !found {
		return ErrNotFound
	}
	return err
}

// each calls row for every row of a statement.
func (r Reader) each(ctx context.Context, row func(scan func(...any) error) error, query string, args ...any) error {
	rows, err := r.c.query(ctx, query, args...)
	if err != nil {
		return unavailable(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return unavailable(err)
		}
	}
	if err := rows.Err(); err != nil {
		return unavailable(err)
	}
	return nil
}

// instant scans integer microseconds into a time; NULL becomes the zero time.
type instant struct{ t *time.Time }

func (i instant) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*i.t = time.Time{}
	case int64:
		*i.t = time.UnixMicro(v).UTC()
	default:
		return errors.New("store: a time column holds no integer")
	}
	return nil
}

// micros is how a time is stored; the zero time becomes NULL.
func micros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// optional scans a nullable text; NULL becomes "".
type optional struct{ s *string }

func (o optional) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*o.s = ""
	case string:
		*o.s = v
	case []byte:
		*o.s = string(v)
	default:
		return errors.New("store: a text column holds no text")
	}
	return nil
}

func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}
