package config

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func reflectField(t *testing.T, c *Config, key string) reflect.Value {
	t.Helper()
	s, ok := find(key)
	if !ok {
		t.Fatalf("no setting %s", key)
	}
	return s.field(c)
}

func TestChecks(t *testing.T) {
	long := strings.Repeat("x", 33)
	tests := []struct {
		name string
		set  []string // key, value, …
		key  string   // of the problem, "" when all is well
		want string
	}{
		{"data empty", []string{"data", ""}, "data", "is empty"},
		{"database URL", []string{"database", "postgres://u:p@h:5432/d?sslmode=require"}, "", ""},
		{"database by socket", []string{"database", "postgresql:///d?host=/run/postgresql"}, "", ""},
		{"database empty is SQLite", []string{"database", ""}, "", ""},
		{"database of another kind", []string{"database", "mysql://u:canary@h/d"}, "database", "is not a PostgreSQL URL"},
		{"database keywords", []string{"database", "host=h password=canary"}, "database", "is not a PostgreSQL URL"},
		{"database password not encoded", []string{"database", "postgres://u:canary#x@h/d"}, "database", "percent-encoded"},

		{"public_url with a path", []string{"public_url", "https://example.com/login/"}, "", ""},
		{"public_url on IPv6", []string{"public_url", "http://[::1]:8080"}, "", ""},
		{"public_url http elsewhere", []string{"public_url", "http://example.com"}, "public_url", "accepted: an https URL"},
		{"public_url http elsewhere, meant", []string{"public_url", "http://example.com", "insecure_http", "true"}, "", ""},
		{"public_url http that begins like this machine", []string{"public_url", "http://localhost.example.com"}, "public_url", "accepted: an https URL"},
		{"public_url of another scheme", []string{"public_url", "ftp://example.com"}, "public_url", "is not an http"},
		{"public_url without scheme", []string{"public_url", "example.com"}, "public_url", "is not an http"},
		{"public_url without host", []string{"public_url", "https:///x"}, "public_url", "is not an http"},
		{"public_url opaque", []string{"public_url", "https:example.com"}, "public_url", "is not an http"},
		{"public_url in another alphabet", []string{"public_url", "https://exämple.com"}, "public_url", "xn--"},
		{"public_url with query", []string{"public_url", "https://example.com/?a=b"}, "public_url", "query or fragment"},
		{"public_url with empty query", []string{"public_url", "https://example.com?"}, "public_url", "query or fragment"},
		{"public_url with fragment", []string{"public_url", "https://example.com/#"}, "public_url", "query or fragment"},
		{"public_url with a password", []string{"public_url", "https://u:canary@example.com"}, "public_url", "user name or password"},
		{"public_url with a password and a bad port", []string{"public_url", "https://u:canary@example.com:x"}, "public_url", "is not an http"},
		{"public_url with dots", []string{"public_url", "https://example.com/a/../b"}, "public_url", "dotted segments"},
		{"public_url with empty segment", []string{"public_url", "https://example.com//b"}, "public_url", "empty or dotted"},
		{"public_url with a port too high", []string{"public_url", "https://example.com:65536"}, "public_url", "port"},
		{"public_url with port 0", []string{"public_url", "https://example.com:0"}, "public_url", "port"},
		{"public_url with half a port", []string{"public_url", "https://example.com:"}, "public_url", "port"},
		{"former public URLs", []string{"former_public_urls", "http://old.example.com, https://older.example.com"}, "", ""},
		{"former public URL malformed", []string{"former_public_urls", "https://a.example, canary"}, "former_public_urls", "is not an http"},
		{"former public URLs too many", []string{"former_public_urls", strings.Repeat("https://a.example,", 17)}, "former_public_urls", "too many entries; accepted: at most 16"},

		{"listen on all", []string{"listen", ":8080"}, "", ""},
		{"listen on any port", []string{"listen", "127.0.0.1:0"}, "", ""},
		{"listen on IPv6", []string{"listen", "[::1]:8080"}, "", ""},
		{"listen without port", []string{"listen", "localhost"}, "listen", "is not an address"},
		{"listen on a named port", []string{"listen", "localhost:http"}, "listen", "is not an address"},
		{"listen on a port too high", []string{"listen", "localhost:65536"}, "listen", "is not an address"},
		{"listen on a bad host", []string{"listen", "a/b:80"}, "listen", "is not an address"},
		{"listen on a URL", []string{"listen", "http://localhost:80"}, "listen", "is not an address"},
		{"listen empty", []string{"listen", ""}, "listen", "is not an address"},
		{"metrics_listen", []string{"metrics_listen", "localhost:9090"}, "", ""},
		{"metrics_listen malformed", []string{"metrics_listen", "9090"}, "metrics_listen", "is not an address"},
		{"metrics_listen same as listen", []string{"metrics_listen", "localhost:8080"}, "metrics_listen", "same as listen"},

		{"trusted proxies", []string{"trusted_proxies", "10.0.0.1,fd00::/8"}, "", ""},
		{"trusted proxies none", []string{"trusted_proxies", ""}, "", ""},
		{"trusted proxy everybody", []string{"trusted_proxies", "0.0.0.0/0"}, "trusted_proxies", "whole internet"},
		{"trusted proxy everybody IPv6", []string{"trusted_proxies", "::/0"}, "trusted_proxies", "whole internet"},
		{"trusted proxy with host bits", []string{"trusted_proxies", "10.1.2.3/8"}, "trusted_proxies", "you may mean 10.0.0.0/8"},
		{"trusted proxy mapped block", []string{"trusted_proxies", "::ffff:10.0.0.0/104"}, "trusted_proxies", "is not a network"},
		{"trusted proxy with zone", []string{"trusted_proxies", "fe80::1%eth0"}, "trusted_proxies", "is not a network"},
		{"trusted proxy by name", []string{"trusted_proxies", "proxy.example.com"}, "trusted_proxies", "is not a network"},
		{"trusted proxies too many", []string{"trusted_proxies", strings.Repeat("10.0.0.1,", 257)}, "trusted_proxies", "at most 256"},

		{"secret short", []string{"secret", "canary"}, "secret", "has 6 bytes"},
		{"secret empty", []string{"secret", ""}, "secret", "is empty"},
		{"secret of 32 bytes", []string{"secret", strings.Repeat("x", 32)}, "", ""},
		{"secret of 31 bytes", []string{"secret", strings.Repeat("x", 31)}, "secret", "has 31 bytes"},
		{"previous secrets", []string{"previous_secrets", secretA + "\n" + secretB}, "", ""},
		{"previous secrets too many", []string{"previous_secrets", strings.Repeat(secretA+"\n", 17)}, "previous_secrets", "at most 16"},
		{"HS256 without key", []string{"access_token_algorithm", "HS256"}, "hs256_key", "needs it"},
		{"HS256 with key", []string{"access_token_algorithm", "HS256", "hs256_key", secretA, "secret", secretB}, "", ""},
		{"HS256 key without HS256", []string{"hs256_key", secretA}, "hs256_key", "is only for access_token_algorithm HS256"},
		{"HS256 key short", []string{"access_token_algorithm", "HS256", "hs256_key", strings.Repeat("x", 31)}, "hs256_key", "has 31 bytes"},
		{"HS256 key is the secret", []string{"access_token_algorithm", "HS256", "hs256_key", secretA, "secret", secretA}, "hs256_key", "could forge refresh tokens"},
		{"HS256 key was the secret", []string{"access_token_algorithm", "HS256", "hs256_key", secretA, "secret", long, "previous_secrets", secretA}, "hs256_key", "could forge refresh tokens"},
		{"algorithm none", []string{"access_token_algorithm", "none"}, "access_token_algorithm", "ES256, EdDSA, RS256, PS256, HS256"},
		{"algorithm in lower case", []string{"access_token_algorithm", "es256"}, "access_token_algorithm", "accepted: ES256"},

		{"idle longer than absolute", []string{"refresh_lifetime", "7d"}, "refresh_idle_lifetime", "30d is longer than refresh_lifetime, 7d"},
		{"idle equal to absolute", []string{"refresh_lifetime", "30d"}, "", ""},
		{"rotation off", []string{"key_rotation", "0"}, "", ""},
		{"rotation too fast", []string{"key_rotation", "59m"}, "key_rotation", "accepted: 0 (off), or 1h or more"},
		{"rotation hourly", []string{"key_rotation", "1h"}, "", ""},
		{"log format", []string{"log_format", "xml"}, "log_format", "auto, text, json"},
		{"bool", []string{"registration", "yes"}, "registration", "accepted: true or false"},
		{"bool empty", []string{"registration", ""}, "registration", "accepted: true or false"},
		{"duration without unit", []string{"refresh_grace", "10"}, "refresh_grace", "is not a duration"},
		{"duration negative", []string{"refresh_grace", "-1s"}, "refresh_grace", "is not a duration"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			environ := env(t, test.set...)
			if test.key == "" {
				mustLoad(t, nil, environ)
				return
			}
			wantOne(t, problems(t, nil, environ), test.key, "", test.want)
		})
	}
}

// TestEveryLimit tries both ends of every range, and one past them.
func TestEveryLimit(t *testing.T) {
	tried := 0
	for _, s := range settings() {
		lowest, highest := s.tag.Get("min"), s.tag.Get("max")
		if lowest == "" || highest == "" {
			continue
		}
		tried++
		outside := func(text string, step int64) string {
			v := reflect.New(s.typ).Elem()
			v.SetInt(s.bound(text) + step)
			return encode(v)
		}
		t.Run(s.key, func(t *testing.T) {
			for _, good := range []string{lowest, highest} {
				// A long lifetime must not clash with the other one.
				if _, err := Load(nil, env(t, s.key, good)); err != nil && !strings.Contains(err.Error(), "refresh_idle_lifetime") {
					t.Errorf("%s is refused: %v", good, err)
				}
			}
			message := "accepted: " + lowest + " to " + highest
			if _, isInt := reflectField(t, &Config{}, s.key).Interface().(int); isInt {
				wantOne(t, problems(t, nil, env(t, s.key, outside(lowest, -1))), s.key, "environment", message)
			}
			wantRange(t, problems(t, nil, env(t, s.key, outside(highest, 1))), s.key, message)
		})
	}
	if tried < 10 {
		t.Errorf("only %d ranges", tried)
	}
}

func wantRange(t *testing.T, got Problems, key, message string) {
	t.Helper()
	for _, p := range got {
		if p.Key == key && strings.HasSuffix(p.Message, message) {
			return
		}
	}
	t.Errorf("problems are %v, want %s: %s", got, key, message)
}

func TestPublicURLForm(t *testing.T) {
	for given, want := range map[string]string{
		"https://Login.Example.COM":    "https://login.example.com",
		"https://example.com/":         "https://example.com",
		"HTTPS://example.com/a/b//":    "https://example.com/a/b",
		"https://example.com:8443/A":   "https://example.com:8443/A",
		"http://auth_server.localhost": "http://auth_server.localhost",
	} {
		e := mustLoad(t, nil, env(t, "public_url", given))
		if e.Config.PublicURL != want || e.Config.Audience != want {
			t.Errorf("%s becomes %s, audience %s", given, e.Config.PublicURL, e.Config.Audience)
		}
	}
	if got := mustLoad(t, nil, env(t, "listen", "0.0.0.0:9")).Config.PublicURL; got != "http://localhost:9" {
		t.Errorf("default is %s", got)
	}
	if got := mustLoad(t, nil, env(t, "audience", "apps")).Config.Audience; got != "apps" {
		t.Errorf("audience is %s", got)
	}
}

func TestListensOnLoopback(t *testing.T) {
	for listen, want := range map[string]bool{
		"localhost:80": true, "LocalHost:80": true, "a.localhost:80": true, "127.0.0.1:80": true, "127.9.9.9:80": true,
		"[::1]:80": true, "[::ffff:127.0.0.1]:80": true,
		":80": false, "0.0.0.0:80": false, "[::]:80": false, "192.0.2.1:80": false, "example.com:80": false,
		"localhost.example.com:80": false, "notlocalhost:80": false, "localhost": false,
	} {
		if got := (Config{Listen: listen}).ListensOnLoopback(); got != want {
			t.Errorf("%s: %t, want %t", listen, got, want)
		}
	}
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "0d": 0, "90s": 90 * time.Second, "10m": 10 * time.Minute, "1h30m": 90 * time.Minute,
		"30d": 30 * day, "1d12h": 36 * time.Hour, "36500d": 36500 * day, "1.5h": 90 * time.Minute,
	} {
		if got, err := parseDuration(text); got != want || err != nil {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "d", "10", "-1d", "+1d", "1d-1h", "1d+1h", "-5s", "1h1d", "1d1d", "36501d", "99999999999999d", "1.5d", " 1d", "1 d", "1D", "900000h"} {
		if got, err := parseDuration(text); err == nil {
			t.Errorf("%q is taken as %v", text, got)
		}
	}
	for want, d := range map[string]time.Duration{"30d": 30 * day, "10m": 10 * time.Minute, "1h": time.Hour, "36h": 36 * time.Hour, "1h0m5s": time.Hour + 5*time.Second, "10s": 10 * time.Second, "0s": 0} {
		if got := formatDuration(d); got != want {
			t.Errorf("%v is shown as %s, want %s", d, got, want)
		}
	}
}

func FuzzDuration(f *testing.F) {
	for _, seed := range []string{"30d", "1d12h", "10m", "0", "-1s", "1d1d", "9999999d", "1.5h", "2562047h"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := parseDuration(text)
		if err != nil {
			return
		}
		if again, err := parseDuration(formatDuration(d)); again != d || err != nil || d < 0 {
			t.Errorf("%q is %v, shown as %s, read as %v, %v", text, d, formatDuration(d), again, err)
		}
	})
}

// FuzzYAML wants no panic, and no part of a secret in an error.
func FuzzYAML(f *testing.F) {
	for _, seed := range []string{"listen: x", "secret: @", "a: &b [*b]", "? {}\n: 1", "---\n---\n", "trusted_proxies: [1, x]", "key_rotation: 1d", "<<: *x"} {
		f.Add(seed)
	}
	folder := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		l := newLoader()
		l.merge(l.yaml([]byte("secret: 'fuzz-canary'\n"+text), "f.yaml", false))
		l.Data = folder
		l.limits()
		l.derive()
		l.check()
		if strings.Contains(l.problems.Error(), "fuzz-canary") && !strings.Contains(text, "fuzz") {
			t.Errorf("shows the secret: %v", l.problems)
		}
	})
}
