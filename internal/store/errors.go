package store

import (
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/latchstring/latchstring/internal/problem"
)

// ErrNotFound says that no row matched.
var ErrNotFound = errors.New("store: no such row")

// unavailable wraps what a driver said. It is a 503 with Retry-After, never a
// refusal of the credential: a client must keep a good token while we are ill.
func unavailable(err error) error {
	p := problem.New(problem.Unavailable, "database_unavailable",
		"The database does not answer at the moment. Keep what you have and try again.")
	p.RetryAfter = 5 * time.Second
	return p.Because(err)
}

// isUniqueViolation reports that a write collided with an existing row.
func isUniqueViolation(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == "23505"
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}

// isRetryable reports that PostgreSQL asks for the transaction to be run
// again: a serialization failure or a deadlock.
func isRetryable(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40001" || e.Code == "40P01")
}
