package pgtest

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

func TestFindServer(t *testing.T) {
	const server = "postgres://me@/postgres?host=/tmp/socket&port=5432"
	for name, test := range map[string]struct {
		variable, ci string
		want         string // "" is no server
		wantErr      string // "" is no error
	}{
		"server":              {variable: server, want: server},
		"server under CI":     {variable: server, ci: "true", want: server},
		"long scheme":         {variable: "postgresql://localhost/x", want: "postgresql://localhost/x"},
		"none":                {},
		"none, CI is false":   {ci: "false"},
		"none under CI":       {ci: "true", wantErr: "run make test"},
		"keywords and values": {variable: "host=localhost password=hunter2", wantErr: "not a PostgreSQL URL"},
		"not a URL":           {variable: "postgres://me:hunter2@[::1/x", wantErr: "not a PostgreSQL URL"},
		"another database":    {variable: "mysql://me:hunter2@localhost/x", wantErr: "not a PostgreSQL URL"},
	} {
		t.Run(name, func(t *testing.T) {
			env := map[string]string{Variable: test.variable, "CI": test.ci}
			found, err := findServer(func(name string) string { return env[name] })
			checkError(t, err, test.wantErr)
			got := ""
			if found != nil {
				got = found.String()
			}
			if got != test.want {
				t.Errorf("server %q, want %q", got, test.want)
			}
		})
	}
}

// checkError wants an error that holds the text and no password, or none.
func checkError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil {
		if want != "" {
			t.Errorf("no error, want one with %q", want)
		}
		return
	}
	if want == "" || !strings.Contains(err.Error(), want) {
		t.Errorf("error %q, want one with %q", err, want)
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error holds the password: %q", err)
	}
}

func TestURLIsAnEmptyDatabase(t *testing.T) {
	conn := connect(t, URL(t))
	var tables int
	err := conn.QueryRow(t.Context(),
		"SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')").Scan(&tables)
	if err != nil {
		t.Fatal(err)
	}
	if tables != 0 {
		t.Errorf("%d tables, want none", tables)
	}
}

func TestEachURLIsItsOwnDatabase(t *testing.T) {
	one, other := URL(t), URL(t)
	if _, err := connect(t, one).Exec(t.Context(), "CREATE TABLE mine ()"); err != nil {
		t.Fatal(err)
	}
	if _, err := connect(t, other).Exec(t.Context(), "CREATE TABLE mine ()"); err != nil {
		t.Error("the table of one database is in the other:", err)
	}
}

// The connection of the subtest stays open: a test that forgets to close one
// must not leave its database behind.
func TestDatabaseGoesWithItsTest(t *testing.T) {
	observer := connect(t, URL(t))
	var name string
	t.Run("leak", func(sub *testing.T) {
		leaked := connect(t, URL(sub))
		if err := leaked.QueryRow(sub.Context(), "SELECT current_database()").Scan(&name); err != nil {
			sub.Fatal(err)
		}
		if diff := cmp.Diff(1, count(sub, observer, name)); diff != "" {
			sub.Errorf("databases of this name while the test runs (-want +got):\n%s", diff)
		}
	})
	if diff := cmp.Diff(0, count(t, observer, name)); diff != "" {
		t.Errorf("databases of this name after the test (-want +got):\n%s", diff)
	}
}

func count(t *testing.T, conn *pgx.Conn, database string) (n int) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_database WHERE datname = $1", database).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// Tests of other packages make databases at the same time, and somebody may
// have a psql open on the template.
func TestManyAtOnceWhileTheTemplateIsInUse(t *testing.T) {
	URL(t) // skips where there is no server
	server, err := findServer(os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	server.Path = "/template1"
	connect(t, server.String())
	t.Run("many", func(t *testing.T) {
		for range 20 {
			t.Run("one", func(t *testing.T) {
				t.Parallel()
				connect(t, URL(t))
			})
		}
	})
}

// connect opens a connection until the test ends, which may find it cut.
func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}
