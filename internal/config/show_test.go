package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// canaries loads settings in which every secret holds the word canary.
func canaries(t *testing.T) *Effective {
	t.Helper()
	return mustLoad(t, map[string]string{"database": "postgres://alice:canary@db.example:5432/logins?sslpassword=canary"},
		env(t, "secret", secretA, "previous_secrets", secretB, "access_token_algorithm", "HS256", "hs256_key", secretA+"2", "trusted_proxies", "10.0.0.0/8"))
}

func TestNothingShowsASecret(t *testing.T) {
	e := canaries(t)
	hiding := struct {
		unexported Config
		pointer    *Effective
	}{e.Config, e}
	var out bytes.Buffer
	if err := e.Print(&out); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, value := range []any{e, *e, e.Config, e.Config.Secret, &e.Config.Secret, e.Config.PreviousSecrets, hiding} {
			fmt.Fprintf(&out, verb, value)
		}
	}
	for _, value := range []any{e, *e, e.Config, e.Config.Secret} {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(text)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "value", value)
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "value", value)
	}
	out.WriteString(e.Config.Secret.String() + e.Config.Secret.GoString() + e.Config.DatabaseName())
	if text := out.String(); strings.Contains(text, "canary") || strings.Contains(text, fmt.Sprintf("%x", "canary")) {
		t.Errorf("a secret is shown:\n%s", text)
	}
}

func TestDatabaseName(t *testing.T) {
	for given, want := range map[string]string{
		"":                               "SQLite in d",
		"postgres://h/d":                 "postgres://h/d",
		"postgres://alice@h:1/d":         "postgres://alice@h:1/d",
		"postgres://alice:canary@h/d":    "postgres://alice:(hidden)@h/d",
		"postgres://h/d?password=canary": "postgres://h/d?(hidden)",
		"postgres://a:12/canary@h/d":     "(hidden)",
		"postgres://a:ca@nary@h/d":       "(hidden)",
		"postgres://a:ca#nary@h/d":       "(hidden)",
		"postgres://a:12?canary@h/d":     "(hidden)",
	} {
		if got := (Config{Data: "d", Database: NewSecret(given)}).DatabaseName(); got != want {
			t.Errorf("%s is named %s, want %s", given, got, want)
		}
	}
}

func TestPrint(t *testing.T) {
	var out strings.Builder
	if err := canaries(t).Print(&out); err != nil {
		t.Fatal(err)
	}
	lines := map[string]string{}
	for line := range strings.Lines(out.String()) {
		lines[strings.Fields(line)[0]] = strings.Join(strings.Fields(line)[1:], " ")
	}
	for key, want := range map[string]string{
		"KEY":             "VALUE ORIGIN",
		"database":        "postgres://alice:(hidden)@db.example:5432/logins?(hidden) flag --database",
		"secret":          "(hidden) environment LATCHSTRING_SECRET",
		"secret_file":     "(none) default",
		"refresh_grace":   "10s default",
		"key_rotation":    "90d default",
		"trusted_proxies": "10.0.0.0/8 environment LATCHSTRING_TRUSTED_PROXIES",
		"registration":    "true default",
	} {
		if lines[key] != want {
			t.Errorf("%s: %q, want %q", key, lines[key], want)
		}
	}
	if len(lines) != len(settings())+1 {
		t.Errorf("%d lines, want one per setting and a head", len(lines))
	}
}

func TestPrintReportsAFailingWriter(t *testing.T) {
	if err := mustLoad(t, nil, env(t)).Print(failing{}); !errors.Is(err, errFull) {
		t.Errorf("Print = %v", err)
	}
}

var errFull = errors.New("disk full")

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errFull }

func TestJSON(t *testing.T) {
	text, err := json.Marshal(canaries(t))
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		Key, Origin string
		Value       any
	}
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatal(err)
	}
	got := map[string]any{}
	for _, row := range rows {
		got[row.Key] = row.Value
	}
	for key, want := range map[string]any{
		"secret": "(hidden)", "previous_secrets": "(hidden)", "database_file": "", "hash_queue": 256.0, "registration": true,
		"key_rotation": "90d", "trusted_proxies": []any{"10.0.0.0/8"}, "former_public_urls": []any{},
	} {
		if diff := cmp.Diff(want, got[key]); diff != "" {
			t.Errorf("%s: %s", key, diff)
		}
	}
}

func TestStructIsComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range settings() {
		if s.key == "" || seen[s.key] || s.tag.Get("help") == "" || s.tag.Get("group") == "" || strings.ContainsAny(s.tag.Get("help"), "|$\n") {
			t.Errorf("field %d (%s) needs a name of its own, help without | and $, and a group", s.index, s.key)
		}
		if s.isSecret() && s.key != "database" && s.hasFlag() {
			t.Errorf("%s is a secret with a flag", s.key)
		}
		if _, ok := find(s.key + "_file"); s.isSecret() && !ok {
			t.Errorf("%s is a secret without %s_file", s.key, s.key)
		}
		seen[s.key] = true
	}
}

func TestUpdateReference(t *testing.T) {
	readme := "# x\n" + referenceBegin + "old\n" + referenceEnd + "\nafter\n"
	want := "# x\n" + referenceBegin + Reference() + referenceEnd + "\nafter\n"
	for _, text := range []string{readme, want} {
		got, err := UpdateReference([]byte(text))
		if diff := cmp.Diff(want, string(got)); diff != "" || err != nil {
			t.Errorf("%v %s", err, diff)
		}
	}
	for _, text := range []string{"", referenceBegin, referenceEnd, referenceEnd + "\n" + referenceBegin} {
		if _, err := UpdateReference([]byte(text)); err == nil {
			t.Errorf("no error for %q", text)
		}
	}
}

func TestReadmeIsTrue(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("README.md is not there yet")
	}
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(readme, []byte(referenceBegin)) {
		t.Skip("README.md has no markers for the table of settings yet")
	}
	want, err := UpdateReference(readme)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(readme)); diff != "" {
		t.Errorf("README.md is not what config.UpdateReference makes of it (-want +got):\n%s", diff)
	}
}
