package store

import (
	"context"
	"database/sql"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// conn is what the two drivers have in common: it runs one statement, on a
// pool or inside a transaction.
type conn interface {
	exec(ctx context.Context, query string, args ...any) (affected int64, err error)
	query(ctx context.Context, query string, args ...any) (rows, error)
}

type rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close()
}

// pgxQuerier is the part of pgx that a pool and a transaction share.
type pgxQuerier interface {
	Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
}

type pgConn struct{ pgxQuerier }

func (c pgConn) exec(ctx context.Context, query string, args ...any) (int64, error) {
	tag, err := c.Exec(ctx, query, args...)
	return tag.RowsAffected(), err
}

func (c pgConn) query(ctx context.Context, query string, args ...any) (rows, error) {
	return c.Query(ctx, query, args...)
}

// preparer is the part of *sql.DB and *sql.Conn that sqliteConn needs.
type preparer interface {
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// sqliteConn prepares each statement once and keeps it; the statements are
// constants of this package, so their number is bounded.
type sqliteConn struct {
	db         preparer
	statements sync.Map // SQL text -> *sql.Stmt
}

func (c *sqliteConn) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := c.statements.Load(query); ok {
		return s.(*sql.Stmt), nil
	}
	s, err := c.db.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	kept, loaded := c.statements.LoadOrStore(query, s)
	if loaded {
		_ = s.Close() // another request prepared it in the meantime
	}
	return kept.(*sql.Stmt), nil
}

func (c *sqliteConn) exec(ctx context.Context, query string, args ...any) (int64, error) {
	s, err := c.prepare(ctx, query)
	if err != nil {
		return 0, err
	}
	result, err := s.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (c *sqliteConn) query(ctx context.Context, query string, args ...any) (rows, error) {
	s, err := c.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	r, err := s.QueryContext(ctx, args...)
	if err != nil {
		return nil, err
	}
	return sqlRows{r}, nil
}

// sqlRows makes *sql.Rows close like pgx.Rows do.
type sqlRows struct{ *sql.Rows }

func (r sqlRows) Close() { _ = r.Rows.Close() }
