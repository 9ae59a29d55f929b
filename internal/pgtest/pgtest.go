// Package pgtest finds a PostgreSQL for tests.
package pgtest

import (
	"context"
	"crypto/rand"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// URL is the address of a new, empty database that lives as long as the test.
func URL(t testing.TB) string {
	t.Helper()
	server := os.Getenv("LATCHSTRING_TEST_POSTGRES")
	if server == "" {
		const missing = "LATCHSTRING_TEST_POSTGRES is not set; run the tests with: make test"
		if os.Getenv("CI") == "true" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	name := "test_" + strings.ToLower(rand.Text())
	run(t, server, "CREATE DATABASE "+name+" TEMPLATE template0")
	t.Cleanup(func() { run(t, server, "DROP DATABASE "+name+" WITH (FORCE)") })
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

func run(t testing.TB, server, query string) {
	t.Helper()
	ctx := context.Background() // t.Context has ended when clean-up runs
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, query); err != nil {
		t.Fatal(err)
	}
}
