// Package storetest opens databases for tests: every test that touches rows
// runs on SQLite and on PostgreSQL.
package storetest

import (
	"testing"

	"github.com/latchstring/latchstring/internal/pgtest"
	"github.com/latchstring/latchstring/internal/store"
)

// Place says where one empty database is. Each Open is like another node.
type Place struct {
	URL    string // "" is SQLite in Folder
	Folder string
}

// Each runs test once on an empty SQLite and once on an empty PostgreSQL.
func Each(t *testing.T, test func(t *testing.T, place Place)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); test(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); test(t, Postgres(t)) })
}

// SQLite is an empty SQLite database.
func SQLite(t testing.TB) Place { return Place{Folder: t.TempDir()} }

// Postgres is an empty PostgreSQL database, or a skip where there is none.
func Postgres(t testing.TB) Place { return Place{URL: pgtest.URL(t), Folder: t.TempDir()} }

// Open opens the database until the test ends.
func (p Place) Open(t testing.TB) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), p.URL, p.Folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error("close the database:", err)
		}
	})
	return db
}
