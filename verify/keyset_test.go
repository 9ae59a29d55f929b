package verify

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// jwkFields is a JWK whose members can be changed.
func jwkFields(t *testing.T, jwk jose.JSONWebKey) fields {
	t.Helper()
	b, err := json.Marshal(jwk)
	if err != nil {
		t.Fatal(err)
	}
	var f fields
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestParseKeySetChoosesKeys(t *testing.T) {
	es, ed, rs := newKey(t, "k", jose.ES256), newKey(t, "k", jose.EdDSA), newKey(t, "k", jose.RS256)
	ec, okp, rsaKey := jwkFields(t, es.jwk()), jwkFields(t, ed.jwk()), jwkFields(t, rs.jwk())
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaOf := func(bits uint) fields {
		n := new(big.Int).SetBit(big.NewInt(1), int(bits)-1, 1)
		return jwkFields(t, jose.JSONWebKey{Key: &rsa.PublicKey{N: n, E: 65537}, KeyID: "k", Algorithm: "RS256"})
	}
	tests := []struct {
		name string
		key  fields
		used bool
	}{
		{"ES256", ec, true},
		{"EdDSA", okp, true},
		{"RS256", rsaKey, true},
		{"PS256", rsaKey.with(fields{"alg": "PS256"}), true},
		{"no use", ec.with(fields{"use": nil}), true},
		{"operation verify", ec.with(fields{"use": nil, "key_ops": []string{"verify"}}), true},
		{"RSA of 2048 bits", rsaOf(2048), true},
		{"RSA of 4096 bits", rsaOf(4096), true},

		{"for encryption", ec.with(fields{"use": "enc"}), false},
		{"operations without verify", ec.with(fields{"use": nil, "key_ops": []string{"encrypt"}}), false},
		{"no operation", ec.with(fields{"key_ops": []string{}}), false},
		{"no id", ec.with(fields{"kid": nil}), false},
		{"no algorithm", ec.with(fields{"alg": nil}), false},
		{"algorithm of another type", ec.with(fields{"alg": "RS256"}), false},
		{"algorithm of another curve", ec.with(fields{"alg": "ES384"}), false},
		{"ES256 on P-384", jwkFields(t, jose.JSONWebKey{Key: p384.Public(), KeyID: "k", Algorithm: "ES256"}), false},
		{"RSA key for ES256", rsaKey.with(fields{"alg": "ES256"}), false},
		{"RSA key for RS512", rsaKey.with(fields{"alg": "RS512"}), false},
		{"RSA of 1024 bits", rsaOf(1024), false},
		{"RSA of 2047 bits", rsaOf(2047), false},
		{"RSA of 4097 bits", rsaOf(4097), false},
		{"RSA with exponent 1", rsaKey.with(fields{"e": "AQ"}), false},
		{"point off the curve", ec.with(fields{"x": ec["y"], "y": ec["x"]}), false},
		{"symmetric", jwkFields(t, jose.JSONWebKey{Key: make([]byte, 32), KeyID: "k", Algorithm: "HS256"}), false},
		{"symmetric that says ES256", jwkFields(t, jose.JSONWebKey{Key: make([]byte, 32), KeyID: "k", Algorithm: "ES256"}), false},
		{"private", jwkFields(t, jose.JSONWebKey{Key: private, KeyID: "k", Algorithm: "ES256"}), false},
		{"unknown type", fields{"kty": "XYZ", "kid": "k", "alg": "ES256"}, false},
		{"no type", ec.with(fields{"kty": nil}), false},
		{"id a number", ec.with(fields{"kid": 1}), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bystander := jwkFields(t, newKey(t, "bystander", jose.EdDSA).jwk())
			set, err := parseKeySet([]byte(fields{"keys": []any{tt.key, bystander}}.json()))
			if err != nil {
				t.Fatal(err)
			}
			want := []string{"bystander"}
			if tt.used {
				want = []string{"bystander", "k"}
			}
			if got := slices.Sorted(maps.Keys(set)); !slices.Equal(got, want) {
				t.Errorf("keys = %q, want %q", got, want)
			}
		})
	}
}

func TestParseKeySetRefuses(t *testing.T) {
	key := newKey(t, "k1", jose.ES256)
	many := make([]*signingKey, 0, maxKeys+1)
	for n := range maxKeys + 1 {
		many = append(many, &signingKey{id: fmt.Sprint("k", n), algorithm: jose.ES256, public: key.public})
	}
	if _, err := parseKeySet(keySetJSON(many[:maxKeys]...)); err != nil {
		t.Errorf("%d keys: %v", maxKeys, err)
	}
	one := string(keySetJSON(key))
	tests := []struct{ name, body, want string }{
		{"too many keys", string(keySetJSON(many...)), "101 keys"},
		{"two keys with one id", string(keySetJSON(key, newKey(t, "k1", jose.EdDSA))), `two keys with the id "k1"`},
		{"duplicate keys member", strings.Replace(one, `{"keys":`, `{"keys":[],"keys":`, 1), "duplicate"},
		{"no keys member", `{}`, `no "keys"`},
		{"keys null", `{"keys":null}`, `no "keys"`},
		{"keys an object", `{"keys":{}}`, "read the JWK Set"},
		{"a page", `<!doctype html>`, "read the JWK Set"},
		{"cut short", one[:len(one)-1], "read the JWK Set"},
		{"trailing data", one + one, "read the JWK Set"},
		{"empty", "", "read the JWK Set"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseKeySet([]byte(tt.body))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v, want one with %q", err, tt.want)
			}
		})
	}
}
