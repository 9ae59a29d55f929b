package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// oldestPostgres is the oldest major version that is tested, as the server's
// server_version_num has it.
const oldestPostgres = 130000

// migrationLock is the advisory lock that nodes hold while they migrate.
const migrationLock = 0x6c61746368 // "latch"

type postgresDriver struct{ pool *pgxpool.Pool }

func openPostgres(ctx context.Context, url string) (*DB, error) {
	settings, err := postgresSettings(url)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, settings)
	if err != nil {
		return nil, fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	if err := migratePostgres(ctx, pool); err != nil {
		pool.Close()
		return nil, err
	}
	return &DB{Reader: Reader{pgConn{pool}}, driver: &postgresDriver{pool}}, nil
}

func postgresSettings(url string) (*pgxpool.Config, error) {
	settings, err := pgxpool.ParseConfig(url)
	if err != nil {
		// The error quotes the URL, which may hold a password.
		return nil, errors.New("the database setting is not a PostgreSQL URL: write postgres://user:password@host:5432/name")
	}
	if !strings.Contains(url, "pool_max_conns") {
		settings.MaxConns = 16
	}
	defaults := map[string]string{
		"application_name":                    "latchstring",
		"statement_timeout":                   "10s",
		"lock_timeout":                        "5s",
		"idle_in_transaction_session_timeout": "30s",
	}
	for name, value := range defaults {
		if _, set := settings.ConnConfig.RuntimeParams[name]; !set {
			settings.ConnConfig.RuntimeParams[name] = value
		}
	}
	if settings.ConnConfig.ConnectTimeout == 0 {
		settings.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	return settings, nil
}

// migratePostgres migrates on a connection that holds an advisory lock: of two
// nodes that start at once, one migrates and the other finds it done.
func migratePostgres(ctx context.Context, pool *pgxpool.Pool) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	defer conn.Release()
	var version int
	if err := conn.QueryRow(ctx, "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		return fmt.Errorf("ask PostgreSQL for its version: %w", err)
	}
	if version < oldestPostgres {
		return fmt.Errorf("PostgreSQL %d is too old: version %d or newer is needed", version/10000, oldestPostgres/10000)
	}
	if _, err := conn.Exec(ctx, "SET lock_timeout = '60s'; SET statement_timeout = 0"); err != nil {
		return fmt.Errorf("prepare the migration: %w", err)
	}
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(migrationLock)); err != nil {
		return fmt.Errorf("wait for another node's migration: %w", err)
	}
	// The lock ends with its connection, whatever happens in between.
	defer func() { _ = conn.Conn().Close(context.WithoutCancel(ctx)) }()

	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()
	return migrate(ctx, goose.DialectPostgres, db, "migrations/postgres")
}

func (d *postgresDriver) write(ctx context.Context, work func(*Tx) error) error {
	// A unique violation, too, is a lost race: run again, work sees the winner.
	const attempts = 5
	var err error
	for range attempts {
		if err = d.writeOnce(ctx, work); !isRetryable(err) && !isUniqueViolation(err) {
			return err
		}
	}
	return err
}

// writeOnce returns work's own error as it is and the database's as
// unavailable. It needs no stronger isolation than READ COMMITTED: what is
// single-use is one atomic statement.
func (d *postgresDriver) writeOnce(ctx context.Context, work func(*Tx) error) error {
	tx, err := d.pool.BeginTx(ctx, pgx.TxOptions{})
	if err != nil {
		return unavailable(err)
	}
	// After a COMMIT this does nothing; after a panic it undoes everything.
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if err := work(&Tx{Reader{pgConn{tx}}}); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return unavailable(err)
	}
	return nil
}

func (d *postgresDriver) describe(ctx context.Context) (string, error) {
	var version string
	err := d.pool.QueryRow(ctx, "SELECT current_setting('server_version')").Scan(&version)
	return "PostgreSQL " + version, err
}

func (d *postgresDriver) close() error {
	d.pool.Close()
	return nil
}
