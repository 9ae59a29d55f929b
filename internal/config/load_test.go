package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	secretA = "canary-a-canary-a-canary-a-canary-a"
	secretB = "canary-b,canary-b,canary-b,canary-b"
)

// write makes a file in a new folder and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// env makes an environment from pairs of key and value, with an empty data
// folder unless a pair names one.
func env(t *testing.T, pairs ...string) []string {
	t.Helper()
	lines := []string{"HOME=/root", "LATCHSTRING_DATA=" + t.TempDir()}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] == "data" {
			lines = lines[:1]
		}
		lines = append(lines, envPrefix+strings.ToUpper(pairs[i])+"="+pairs[i+1])
	}
	return lines
}

func mustLoad(t *testing.T, flags map[string]string, environ []string) *Effective {
	t.Helper()
	e, err := Load(flags, environ)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return e
}

// problems loads settings that must be refused.
func problems(t *testing.T, flags map[string]string, environ []string) Problems {
	t.Helper()
	e, err := Load(flags, environ)
	found, ok := errors.AsType[Problems](err)
	if !ok || e != nil {
		t.Fatalf("Load = %v, %v; want nil and Problems", e, err)
	}
	if strings.Contains(err.Error(), "canary") {
		t.Errorf("the error shows a secret: %v", err)
	}
	return found
}

// wantOne wants a single problem: its key, and parts of origin and message.
func wantOne(t *testing.T, got Problems, key, origin, message string) {
	t.Helper()
	if len(got) != 1 || got[0].Key != key || !strings.Contains(got[0].Origin, origin) || !strings.Contains(got[0].Message, message) {
		t.Errorf("problems are\n%v\nwant one: %s (…%s…): …%s…", got, key, origin, message)
	}
}

func TestDefaultsWork(t *testing.T) {
	e := mustLoad(t, nil, env(t))
	c := e.Config
	if c.PublicURL != "http://localhost:8080" || c.Audience != c.PublicURL || c.HashWorkers < 1 ||
		c.RefreshLifetime != 90*24*time.Hour || !c.Registration || c.Secret.IsSet() {
		t.Errorf("defaults are %+v", c)
	}
	if e.Origin("public_url") != "default" || c.ConfigFile != "" {
		t.Errorf("origin of public_url is %q, file %q", e.Origin("public_url"), c.ConfigFile)
	}
}

func TestPrecedence(t *testing.T) {
	file := write(t, "l.yaml", "# ours\nlisten: localhost:1\n")
	tests := []struct {
		name            string
		file, env, flag bool
		want, origin    string
	}{
		{"default", false, false, false, "localhost:8080", "default"},
		{"file", true, false, false, "localhost:1", "file " + file + " line 2"},
		{"environment", false, true, false, "localhost:2", "environment LATCHSTRING_LISTEN"},
		{"environment over file", true, true, false, "localhost:2", "environment LATCHSTRING_LISTEN"},
		{"flag", false, false, true, "localhost:3", "flag --listen"},
		{"flag over file", true, false, true, "localhost:3", "flag --listen"},
		{"flag over environment", false, true, true, "localhost:3", "flag --listen"},
		{"flag over all", true, true, true, "localhost:3", "flag --listen"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			environ, flags := env(t), map[string]string{}
			if test.file {
				environ = append(environ, "LATCHSTRING_CONFIG="+file)
			}
			if test.env {
				environ = append(environ, "LATCHSTRING_LISTEN=localhost:2")
			}
			if test.flag {
				flags["listen"] = "localhost:3"
			}
			e := mustLoad(t, flags, environ)
			if got := e.Config.Listen; got != test.want || e.Origin("listen") != test.origin {
				t.Errorf("listen = %q from %q, want %q from %q", got, e.Origin("listen"), test.want, test.origin)
			}
		})
	}
}

func TestConfigFile(t *testing.T) {
	named := write(t, "named.yaml", "data: /from/named\nlog_level: debug\n")
	inData := write(t, fileInData, "log_level: warn\n")
	folder := filepath.Dir(inData)
	t.Run("in the data folder", func(t *testing.T) {
		c := mustLoad(t, map[string]string{"data": folder}, nil).Config
		if c.LogLevel != "warn" || c.ConfigFile != inData {
			t.Errorf("log_level %q, file %q", c.LogLevel, c.ConfigFile)
		}
	})
	t.Run("named instead of the one in the data folder", func(t *testing.T) {
		c := mustLoad(t, map[string]string{"config": named, "data": folder}, nil).Config
		if c.LogLevel != "debug" || c.Data != folder {
			t.Errorf("log_level %q, data %q", c.LogLevel, c.Data)
		}
	})
	t.Run("flag over environment", func(t *testing.T) {
		c := mustLoad(t, map[string]string{"config": named}, env(t, "config", "/nowhere")).Config
		if c.LogLevel != "debug" {
			t.Errorf("log_level %q", c.LogLevel)
		}
	})
	t.Run("sets data", func(t *testing.T) {
		e := mustLoad(t, map[string]string{"config": named}, nil)
		if e.Config.Data != "/from/named" || e.Origin("data") != "file "+named+" line 1" {
			t.Errorf("data %q from %q", e.Config.Data, e.Origin("data"))
		}
	})
	t.Run("missing", func(t *testing.T) {
		got := problems(t, nil, env(t, "config", "/no/such.yaml"))
		wantOne(t, got, "config", "environment LATCHSTRING_CONFIG", "no such file")
	})
	t.Run("named by an empty text", func(t *testing.T) {
		got := problems(t, nil, env(t, "config", ""))
		wantOne(t, got, "config", "environment LATCHSTRING_CONFIG", "cannot be read")
	})
	t.Run("too large", func(t *testing.T) {
		large := write(t, "l.yaml", strings.Repeat("#", maxFile+1))
		wantOne(t, problems(t, map[string]string{"config": large}, nil), "config", "flag --config", "larger than 1048576 bytes")
	})
	t.Run("moves the data folder it was found in", func(t *testing.T) {
		path := write(t, fileInData, "data: /elsewhere\n")
		wantOne(t, problems(t, nil, env(t, "data", filepath.Dir(path))), "data", "line 1", "decides which file")
	})
	t.Run("names another file", func(t *testing.T) {
		path := write(t, "l.yaml", "config: /elsewhere\n")
		wantOne(t, problems(t, nil, env(t, "config", path)), "config", "line 1", "decides which file")
	})
}

func TestYAMLTypes(t *testing.T) {
	path := write(t, "l.yaml", `
listen: "localhost:9"
registration: false
hash_queue: 12
refresh_grace: 0
refresh_lifetime: 1d12h
refresh_idle_lifetime: 36h
trusted_proxies: [10.0.0.0/8, "::1", "::ffff:192.0.2.1"]
former_public_urls:
  - http://LOCALHOST:8080/
  - https://example.com/a,b
previous_secrets: ["`+secretB+`"]
`)
	c := mustLoad(t, nil, env(t, "config", path)).Config
	if c.Listen != "localhost:9" || c.Registration || c.HashQueue != 12 || c.RefreshGrace != 0 || c.RefreshLifetime != 36*time.Hour {
		t.Errorf("loaded %+v", c)
	}
	if got := encode(reflectField(t, &c, "trusted_proxies")); got != "10.0.0.0/8,::1/128,192.0.2.1/32" {
		t.Errorf("trusted_proxies = %s", got)
	}
	if diff := cmp.Diff([]string{"http://localhost:8080", "https://example.com/a,b"}, c.FormerPublicURLs); diff != "" {
		t.Error(diff)
	}
	if len(c.PreviousSecrets) != 1 || c.PreviousSecrets[0].Reveal() != secretB {
		t.Errorf("%d previous secrets", len(c.PreviousSecrets))
	}
}

func TestYAMLRefused(t *testing.T) {
	tests := []struct{ name, yaml, key, message string }{
		{"number for a text", "listen: 8080", "listen", "put it in quotes"},
		{"number for a secret", "secret: 12345678901234567890", "secret", "put it in quotes"},
		{"text for a number", `hash_queue: "12"`, "hash_queue", "is not a whole number"},
		{"fraction for a number", "hash_queue: 1.5", "hash_queue", "is not a whole number"},
		{"hexadecimal", "hash_queue: 0x10", "hash_queue", "is not a whole number"},
		{"text for a bool", "registration: 'true'", "registration", "is not true or false"},
		{"YAML 1.1 bool", "registration: off", "registration", "is not true or false"},
		{"duration without unit", "refresh_grace: 10", "refresh_grace", "is not a duration"},
		{"bool for a duration", "refresh_grace: true", "refresh_grace", "put it in quotes"},
		{"nothing", "listen:", "listen", "has no value"},
		{"list for a text", "listen: [a]", "listen", "is a list"},
		{"mapping for a text", "secret: {canary: canary}", "secret", "is a list or a mapping"},
		{"text for a list", "trusted_proxies: 10.0.0.0/8", "trusted_proxies", "is not a plain list"},
		{"number in a list", "previous_secrets: [12]", "previous_secrets", "entry 1 is not a text"},
		{"list in a list", "former_public_urls: [[a]]", "former_public_urls", "entry 1 is a list"},
		{"bad entry", "trusted_proxies: [10.0.0.1, x]", "trusted_proxies", "entry 2 "},
		{"own tag", "listen: !canary x", "listen", "put it in quotes"},
		{"binary", "secret: !!binary aGVsbG8=", "secret", "put it in quotes"},
		{"duplicate key", "listen: 'localhost:1'\nlisten: 'localhost:2'", "listen", "set twice; first in"},
		{"anchor", "secret: &canary x", "secret", "anchor"},
		{"alias", "data: &canary x\nlisten: *canary", "data", "anchor"},
		{"unknown anchor", "secret: *canary", "config", "is not valid YAML"},
		{"merge key", "<<: {listen: x}", "(unprintable name)", "is not a setting"},
		{"mapping as a key", "? {canary: 1}\n: 2", "(unprintable name)", "is not a setting"},
		{"unknown key", "listn: x", "listn", "did you mean listen?"},
		{"flag's spelling", "public-url: x", "public-url", "did you mean public_url?"},
		{"other case", "Listen: x", "Listen", "did you mean listen?"},
		{"swapped letters", "secert: canary", "secert", "did you mean secret?"},
		{"nothing like it", "colour: canary", "colour", "see the table of settings"},
		{"not a mapping", "canary", "config", "accepted: lines of the form key: value"},
		{"list", "- canary", "config", "accepted: lines of the form key: value"},
		{"two documents", "log_level: info\n---\nsecret: canary", "config", "more than one document"},
		{"rest is no YAML", "log_level: info\n---\n{canary", "config", "is not valid YAML"},
		{"bad syntax", "log_level: info\nsecret: canary: canary", "config", "near line 2"},
		{"tab", "log_level:\n\t- canary", "config", "is not valid YAML"},
		{"not UTF-8", "listen: \xff", "config", "is not valid YAML"},
		{"control character", `listen: "a\nb"`, "listen", "control character"},
		{"too many keys", strings.Repeat("canary: x\n", maxKeys+1), "config", "more than 200 keys"},
		{"too long", "audience: " + strings.Repeat("x", maxText+1), "audience", "is longer than 4096 bytes"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := write(t, "l.yaml", test.yaml+"\n")
			got := problems(t, nil, env(t, "config", path))
			if test.name == "alias" {
				got = got[:1]
			}
			wantOne(t, got, test.key, "file "+path, test.message)
		})
	}
}

func TestAnchorBomb(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c <= 'z'; c++ {
		p := "*" + string(c-1)
		bomb += string(c) + ": &" + string(c) + " [" + strings.Repeat(p+",", 8) + p + "]\n"
	}
	got := problems(t, nil, env(t, "config", write(t, "l.yaml", bomb+"trusted_proxies: *z\n")))
	if last := got[len(got)-1]; last.Key != "trusted_proxies" || !strings.Contains(last.Message, "plain list") {
		t.Errorf("last problem is %v", last)
	}
}

func TestEmptyFile(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "---\n", "{}", "null"} {
		mustLoad(t, nil, env(t, "config", write(t, "l.yaml", text)))
	}
}

func TestUnknownEnvironment(t *testing.T) {
	t.Run("with the nearest", func(t *testing.T) {
		wantOne(t, problems(t, nil, env(t, "listn", "canary")), "LATCHSTRING_LISTN", "environment", "did you mean LATCHSTRING_LISTEN?")
		wantOne(t, problems(t, nil, env(t, "secret_fiel", "canary")), "LATCHSTRING_SECRET_FIEL", "environment", "did you mean LATCHSTRING_SECRET_FILE?")
	})
	t.Run("lower case", func(t *testing.T) {
		wantOne(t, problems(t, nil, append(env(t), "LATCHSTRING_listen=canary")), "LATCHSTRING_listen", "environment", "did you mean LATCHSTRING_LISTEN?")
	})
	t.Run("port that is no service link", func(t *testing.T) {
		wantOne(t, problems(t, nil, env(t, "port", "9090")), "LATCHSTRING_PORT", "environment", "is not a setting")
	})
	t.Run("of our tests", func(t *testing.T) {
		mustLoad(t, nil, env(t, "test_postgres", "postgres://h/d"))
	})
	t.Run("Kubernetes service links", func(t *testing.T) {
		mustLoad(t, nil, env(t, "service_host", "10.0.0.1", "service_port", "80", "service_port_http", "80", "port", "tcp://10.0.0.1:80",
			"port_80_tcp", "tcp://10.0.0.1:80", "port_80_tcp_proto", "tcp", "db_service_host", "10.0.0.2", "db_port", "tcp://10.0.0.2:5432"))
	})
}

func TestFlagsThatAreNone(t *testing.T) {
	wantOne(t, problems(t, map[string]string{"secret": secretA}, env(t)), "secret", "flag", "is not a flag")
	wantOne(t, problems(t, map[string]string{"nonsense": "x"}, env(t)), "nonsense", "flag", "is not a flag")
}

func TestAllProblemsAtOnce(t *testing.T) {
	path := write(t, "l.yaml", "listn: x\nhash_queue: many\n")
	got := problems(t, map[string]string{"log_level": "loud"}, env(t, "config", path, "argon2_time", "0", "lissten", "x"))
	var keys []string
	for _, p := range got {
		keys = append(keys, p.Key)
	}
	want := []string{"LATCHSTRING_LISSTEN", "listn", "hash_queue", "argon2_time", "log_level"}
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Error(diff)
	}
	if err := got.Error(); strings.Count(err, "\n") != 4 || !strings.Contains(err, "argon2_time (environment LATCHSTRING_ARGON2_TIME): \"0\" is not accepted; accepted: 1 to 64") {
		t.Errorf("text is %s", err)
	}
}

func TestSecretFiles(t *testing.T) {
	tests := []struct{ name, content, want string }{
		{"as it is", secretA, secretA},
		{"one newline trimmed", secretA + "\n", secretA},
		{"only one newline trimmed", secretA + "\n\n", secretA + "\n"},
		{"CRLF trimmed", secretA + "\r\n", secretA},
		{"lone CR kept", secretA + "\r", secretA + "\r"},
		{"spaces kept", " " + secretA + " \n", " " + secretA + " "},
		{"not text", strings.Repeat("\x00\xff", 20), strings.Repeat("\x00\xff", 20)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := write(t, "s", test.content)
			e := mustLoad(t, map[string]string{"secret_file": path}, env(t))
			if got := e.Config.Secret.Reveal(); got != test.want {
				t.Errorf("secret = %q, want %q", got, test.want)
			}
			if want := "file " + path + " named by flag --secret-file"; e.Origin("secret") != want {
				t.Errorf("origin %q, want %q", e.Origin("secret"), want)
			}
		})
	}
	t.Run("one secret per line", func(t *testing.T) {
		path := write(t, "s", secretA+"\r\n\n"+secretB+"\n")
		got := mustLoad(t, nil, env(t, "previous_secrets_file", path)).Config.PreviousSecrets
		if diff := cmp.Diff([]Secret{NewSecret(secretA), NewSecret(secretB)}, got); diff != "" {
			t.Error("previous secrets differ")
		}
	})
	t.Run("database", func(t *testing.T) {
		path := write(t, "s", "postgres://u:p@h/d\n")
		if got := mustLoad(t, nil, env(t, "database_file", path)).Config.Database.Reveal(); got != "postgres://u:p@h/d" {
			t.Errorf("database = %q", got)
		}
	})
	t.Run("named in YAML", func(t *testing.T) {
		path := write(t, "l.yaml", "hs256_key_file: "+write(t, "s", secretA)+"\naccess_token_algorithm: HS256\n")
		if got := mustLoad(t, nil, env(t, "config", path)).Config.HS256Key.Reveal(); got != secretA {
			t.Errorf("hs256_key = %q", got)
		}
	})
}

func TestSecretFilesRefused(t *testing.T) {
	good := write(t, "s", secretA)
	tests := []struct {
		name    string
		environ []string
		key     string
		message string
	}{
		{"the secret where its file belongs", env(t, "secret_file", secretA), "secret_file", "cannot be read: no such file"},
		{"folder", env(t, "secret_file", t.TempDir()), "secret_file", "is a directory"},
		{"no name", env(t, "secret_file", ""), "secret_file", "is empty"},
		{"empty", env(t, "secret_file", write(t, "s", "\n")), "secret_file", "its file is empty"},
		{"empty database", env(t, "database_file", write(t, "s", "")), "database_file", "its file is empty"},
		{"endless", env(t, "secret_file", "/dev/zero"), "secret_file", "larger than 65536 bytes"},
		{"long", env(t, "secret_file", write(t, "s", strings.Repeat("canary", 1000))), "secret", "is longer than 4096 bytes"},
		{"short", env(t, "access_token_algorithm", "HS256", "hs256_key_file", write(t, "s", "canary")), "hs256_key", "has 6 bytes; accepted: 32 or more"},
		{"both", env(t, "secret", secretA, "secret_file", good), "secret", "is also given by secret_file (environment LATCHSTRING_SECRET_FILE)"},
		{"both, from two places", env(t, "database_file", good, "config", write(t, "l.yaml", "database: postgres://canary@h/d")), "database", "is also given by database_file"},
		{"short line", env(t, "previous_secrets_file", write(t, "s", secretA+"\ncanary\n")), "previous_secrets", "has 6 bytes"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			wantOne(t, problems(t, nil, test.environ), test.key, "", test.message)
		})
	}
}
