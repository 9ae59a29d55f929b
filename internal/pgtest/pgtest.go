package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Variable names the environment variable with the URL of a PostgreSQL server,
// as a user who may create databases.
const Variable = "LATCHSTRING_TEST_POSTGRES"

// patience bounds how long a busy server may take for one database.
const patience = time.Minute

// URL returns the URL of a new, empty database that is dropped when the test
// ends. Without a server the test is skipped, or fails where CI=true.
func URL(t testing.TB) string {
	t.Helper()
	server, err := findServer(os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	if server == nil {
		t.Skip("needs PostgreSQL: run make test, or put scripts/with-postgres before the command")
	}
	database := *server
	name := "test_" + strings.ToLower(rand.Text())
	database.Path = "/" + name
	create(t, server, name)
	return database.String()
}

// findServer reads Variable. The server is nil where there is none and tests
// may be skipped for that.
func findServer(getenv func(string) string) (*url.URL, error) {
	text := getenv(Variable)
	if text == "" && getenv("CI") == "true" {
		return nil, errors.New(Variable + " is not set, and under CI=true that is no reason to skip: run make test, which starts a PostgreSQL")
	}
	if text == "" {
		return nil, nil
	}
	server, err := url.Parse(text)
	if err != nil || server.Scheme != "postgres" && server.Scheme != "postgresql" {
		// The text may hold a password.
		return nil, errors.New(Variable + " is not a PostgreSQL URL: write postgres://user:password@host:5432/postgres")
	}
	return server, nil
}

// create makes a database until the test ends. It is made from template0, to
// which nobody can connect: the other template can't be copied while somebody
// is connected to it (SQLSTATE 55006).
func create(t testing.TB, server *url.URL, name string) {
	t.Helper()
	quoted := pgx.Identifier{name}.Sanitize()
	if err := run(server, "CREATE DATABASE "+quoted+" TEMPLATE template0"); err != nil {
		t.Fatal("create a database for the test:", err)
	}
	t.Cleanup(func() {
		// Connections that the test forgot to close must not keep it.
		if err := run(server, "DROP DATABASE "+quoted+" WITH (FORCE)"); err != nil {
			t.Error("drop the test's database:", err)
		}
	})
}

// run runs one statement on a connection of its own. Its time does not hang on
// the test's context, which has ended when the test cleans up.
func run(server *url.URL, statement string) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, server.String())
	if err != nil {
		return fmt.Errorf("connect to the server in %s: %w", Variable, err)
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	_, err = conn.Exec(ctx, statement)
	return err
}
