package config

import (
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
)

type root struct {
	Config
	Serve   struct{} `cmd:"" help:"Serve."`
	Version struct {
		Data2 string `name:"json" help:"Not a setting."`
	} `cmd:"" help:"Version."`
}

func parser(t *testing.T, out *strings.Builder) *kong.Kong {
	t.Helper()
	k, err := kong.New(&root{}, KongOption(), kong.Name("latchstring"), kong.Writers(out, out), kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestFlags(t *testing.T) {
	tests := []struct {
		argv string
		want map[string]string
	}{
		{"serve", map[string]string{}},
		{"serve --data X", map[string]string{"data": "X"}},
		{"--data X serve", map[string]string{"data": "X"}},
		{"--data X serve --data Y", map[string]string{"data": "Y"}},
		{"serve --listen=localhost:8080", map[string]string{"listen": "localhost:8080"}},
		{"serve --insecure-http", map[string]string{"insecure_http": "true"}},
		{"serve --no-registration", map[string]string{"registration": "false"}},
		{"serve --registration=false", map[string]string{"registration": "false"}},
		{"serve --refresh-lifetime 30d --refresh-grace 0", map[string]string{"refresh_lifetime": "30d", "refresh_grace": "0s"}},
		{"serve --argon2-memory-kib 9000 --hs256-key-file k", map[string]string{"argon2_memory_kib": "9000", "hs256_key_file": "k"}},
		{"serve --trusted-proxies 10.0.0.1,::1 --trusted-proxies 10.1.0.0/16", map[string]string{"trusted_proxies": "10.0.0.1/32,::1/128,10.1.0.0/16"}},
		{"serve --former-public-urls https://a,https://b", map[string]string{"former_public_urls": "https://a,https://b"}},
		{"serve --metrics-listen=", map[string]string{"metrics_listen": ""}},
		{"serve --trusted-proxies=", map[string]string{"trusted_proxies": ""}},
		{"serve --database postgres://u:p@h/d", map[string]string{"database": "postgres://u:p@h/d"}},
		{"version --json x --log-level debug", map[string]string{"log_level": "debug"}},
	}
	for _, test := range tests {
		t.Run(test.argv, func(t *testing.T) {
			ctx, err := parser(t, &strings.Builder{}).Parse(strings.Split(test.argv, " "))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, Flags(ctx)); diff != "" {
				t.Error(diff)
			}
			if _, err := Load(Flags(ctx), nil); err != nil && !strings.Contains(err.Error(), "hs256_key_file") {
				t.Error(err)
			}
		})
	}
}

// TestResolvedIsNoFlag: what a resolver of kong fills in was not given.
func TestResolvedIsNoFlag(t *testing.T) {
	resolver := kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if flag.Name == "data" {
			return "resolved", nil
		}
		return nil, nil
	})
	k, err := kong.New(&root{}, KongOption(), kong.Resolvers(resolver))
	if err != nil {
		t.Fatal(err)
	}
	ctx, err := k.Parse([]string{"serve"})
	if err != nil {
		t.Fatal(err)
	}
	if got := Flags(ctx); len(got) != 0 {
		t.Errorf("flags are %v", got)
	}
}

func TestFlagsRefused(t *testing.T) {
	for argv, want := range map[string]string{
		"serve --secret canary":               "unknown flag --secret",
		"serve --secret=canary":               "unknown flag --secret",
		"serve --hs256-key canary":            "unknown flag --hs256-key",
		"serve --previous-secrets=canary":     "unknown flag --previous-secrets",
		"serve --refresh-grace 10":            "is not a duration",
		"serve --access-token-algorithm none": "must be one of",
		"serve --trusted-proxies 0.0.0.0/0":   "whole internet",
	} {
		_, err := parser(t, &strings.Builder{}).Parse(strings.Split(argv, " "))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v, want %s", argv, err, want)
		}
	}
}

func TestHelpShowsEverySetting(t *testing.T) {
	var out strings.Builder
	_, _ = parser(t, &out).Parse([]string{"serve", "--help"})
	text := strings.Join(strings.Fields(out.String()), " ")
	for _, s := range settings() {
		if got := strings.Contains(text, "[$"+s.env()+"]"); got != s.hasFlag() {
			t.Errorf("--help shows %s: %t, want %t\n", s.key, got, s.hasFlag())
		}
	}
	for _, want := range []string{"Addresses", "(1m to 24h)", "--[no-]registration", `--listen="localhost:8080"`} {
		if !strings.Contains(text, want) {
			t.Errorf("--help has no %s:\n%s", want, out.String())
		}
	}
}
