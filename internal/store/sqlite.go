package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // database/sql driver "sqlite"
)

// FileName is the SQLite database inside the data folder.
const FileName = "latchstring.db"

// readers bounds the connections that read; each keeps its own page cache.
const readers = 4

type sqliteDriver struct {
	readers *sql.DB
	writers *sql.DB
	writer  *groupWriter
}

func openSQLite(ctx context.Context, folder string) (*DB, error) {
	path := filepath.Join(folder, FileName)
	if err := ensurePrivate(path); err != nil {
		return nil, err
	}
	if err := migrateSQLite(ctx, folder, path); err != nil {
		return nil, err
	}
	writers, err := openSQLiteFile(path, 1)
	if err != nil {
		return nil, err
	}
	writer, err := startGroupWriter(ctx, writers)
	if err != nil {
		return nil, errors.Join(err, writers.Close())
	}
	pool, err := openSQLiteFile(path, readers)
	if err != nil {
		return nil, errors.Join(err, writer.stop(), writers.Close())
	}
	return &DB{
		Reader: Reader{&sqliteConn{db: pool}},
		driver: &sqliteDriver{readers: pool, writers: writers, writer: writer},
	}, nil
}

// ensurePrivate makes the file with mode 0600 before SQLite would make it
// with whatever the umask says; its -wal and -shm files inherit the mode.
func ensurePrivate(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open the SQLite database: %w", err)
	}
	return f.Close()
}

func openSQLiteFile(path string, connections int) (*sql.DB, error) {
	pragmas := url.Values{"_pragma": {
		"busy_timeout(10000)",
		"journal_mode(wal)",
		"synchronous(full)",
		"foreign_keys(on)",
		"cache_size(-2000)",
		"trusted_schema(off)",
	}}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+pragmas.Encode())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// migrateSQLite migrates under a lock of its own file, so that a command and a
// server that start together do not migrate twice.
func migrateSQLite(ctx context.Context, folder, path string) error {
	lock, err := sql.Open("sqlite", "file:"+(&url.URL{Path: filepath.Join(folder, "migrate.lock")}).EscapedPath()+"?_pragma=busy_timeout(60000)")
	if err != nil {
		return fmt.Errorf("open the migration lock: %w", err)
	}
	defer lock.Close()
	lock.SetMaxOpenConns(1)
	if _, err := lock.ExecContext(ctx, "BEGIN EXCLUSIVE"); err != nil {
		return fmt.Errorf("wait for the migration lock in %s: %w", folder, err)
	}
	db, err := openSQLiteFile(path, 1)
	if err != nil {
		return err
	}
	defer db.Close()
	return migrate(ctx, goose.DialectSQLite3, db, "migrations/sqlite")
}

func (d *sqliteDriver) write(ctx context.Context, work func(*Tx) error) error {
	return d.writer.write(ctx, work)
}

func (d *sqliteDriver) describe(ctx context.Context) (string, error) {
	var version string
	err := d.readers.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version)
	return "SQLite " + version, err
}

func (d *sqliteDriver) close() error {
	return errors.Join(d.writer.stop(), d.readers.Close(), d.writers.Close())
}
