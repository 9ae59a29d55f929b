package verify

import (
	"strings"
	"testing"
	"time"
)

func TestNewRefuses(t *testing.T) {
	const url = "the server's public URL"
	tests := []struct {
		name    string
		issuer  string
		options []Option
		want    string
	}{
		{"no issuer", "", nil, url},
		{"issuer without a scheme", "login.example.com", nil, url},
		{"issuer of another scheme", "file:///etc/passwd", nil, url},
		{"issuer with a query", testIssuer + "?a=b", nil, url},
		{"issuer with a fragment", testIssuer + "#a", nil, url},
		{"issuer with credentials", "https://alice:hunter2@login.example.com", nil, url},
		{"keys over plain http", "http://login.example.com", nil, "plain http"},
		{"keys over plain http, a name like loopback", "http://localhost.example.com", nil, "plain http"},
		{"keys URL relative", testIssuer, []Option{WithJWKSURL("/keys")}, "WithJWKSURL needs"},
		{"keys URL and a secret", testIssuer, []Option{WithJWKSURL(testIssuer), WithSharedSecret(make([]byte, 32))}, "leave WithJWKSURL out"},
		{"no algorithm", testIssuer, []Option{WithAlgorithms()}, "one algorithm or more"},
		{"algorithm none", testIssuer, []Option{WithAlgorithms("none")}, `not "none"`},
		{"algorithm HS256 with published keys", testIssuer, []Option{WithAlgorithms("ES256", "HS256")}, `not "HS256"`},
		{"algorithms and a secret", testIssuer, []Option{WithAlgorithms("ES256"), WithSharedSecret(make([]byte, 32))}, "leave WithAlgorithms out"},
		{"secret too short", testIssuer, []Option{WithSharedSecret(make([]byte, 31))}, "31 bytes"},
		{"secret missing", testIssuer, []Option{WithSharedSecret(nil)}, "0 bytes"},
		{"audience empty", testIssuer, []Option{WithAudience("")}, "audience is empty"},
		{"leeway negative", testIssuer, []Option{WithLeeway(-1)}, "leeway"},
		{"leeway too long", testIssuer, []Option{WithLeeway(2*time.Minute + 1)}, "leeway"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(tt.issuer, tt.options...)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error = %v, want one with %q", err, tt.want)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("a password is in the error: %v", err)
			}
		})
	}
}

func TestNewNamesEveryMistake(t *testing.T) {
	_, err := New("", WithAudience(""), WithLeeway(-1), WithSharedSecret(nil))
	if err == nil {
		t.Fatal("accepted")
	}
	if got := strings.Count(err.Error(), "verify: "); got != 4 {
		t.Errorf("%d mistakes named, want issuer, secret, audience and leeway:\n%v", got, err)
	}
}

func TestJWKSURL(t *testing.T) {
	tests := []struct {
		name, issuer string
		options      []Option
		want         string
	}{
		{"from the issuer", testIssuer, nil, testIssuer + "/.well-known/jwks.json"},
		{"from an issuer with a path", testIssuer + "/auth/", nil, testIssuer + "/auth/.well-known/jwks.json"},
		{"loopback by name", "http://localhost:8080", nil, "http://localhost:8080/.well-known/jwks.json"},
		{"loopback by number", "http://[::1]:8080", nil, "http://[::1]:8080/.well-known/jwks.json"},
		{"named", testIssuer, []Option{WithJWKSURL("http://10.0.0.7/keys")}, "http://10.0.0.7/keys"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v, err := New(tt.issuer, tt.options...)
			if err != nil {
				t.Fatal(err)
			}
			if got := v.keys.(*jwks).url; got != tt.want {
				t.Errorf("url = %s, want %s", got, tt.want)
			}
		})
	}
}
