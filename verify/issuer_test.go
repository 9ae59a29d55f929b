package verify

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const testIssuer = "https://login.example.com"

// testNow is the time in tests that do not let it pass.
var testNow = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

var silent = slog.New(slog.DiscardHandler)

// fields is a JSON object in the making.
type fields map[string]any

// with returns a copy with some members changed; a nil removes one.
func (f fields) with(changes fields) fields {
	f = maps.Clone(f)
	for name, value := range changes {
		if value == nil {
			delete(f, name)
		} else {
			f[name] = value
		}
	}
	return f
}

func (f fields) json() string {
	b, err := json.Marshal(f)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// signingKey signs with one algorithm, whatever the header says.
type signingKey struct {
	id        string
	algorithm jose.SignatureAlgorithm
	public    crypto.PublicKey
	sign      func(input []byte) []byte
}

func newKey(tb testing.TB, id string, algorithm jose.SignatureAlgorithm) *signingKey {
	tb.Helper()
	k := &signingKey{id: id, algorithm: algorithm}
	var err error
	switch algorithm {
	case jose.ES256:
		var private *ecdsa.PrivateKey
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		k.public, k.sign = private.Public(), es256(private)
	case jose.EdDSA:
		var private ed25519.PrivateKey
		_, private, err = ed25519.GenerateKey(rand.Reader)
		k.public = private.Public()
		k.sign = func(input []byte) []byte { return ed25519.Sign(private, input) }
	case jose.RS256, jose.PS256:
		var private *rsa.PrivateKey
		private, err = rsa.GenerateKey(rand.Reader, 2048)
		k.public, k.sign = private.Public(), rsa256(private, algorithm)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

func es256(private *ecdsa.PrivateKey) func([]byte) []byte {
	return func(input []byte) []byte {
		hash := sha256.Sum256(input)
		r, s, err := ecdsa.Sign(rand.Reader, private, hash[:])
		if err != nil {
			panic(err)
		}
		signature := make([]byte, 64)
		r.FillBytes(signature[:32])
		s.FillBytes(signature[32:])
		return signature
	}
}

func rsa256(private *rsa.PrivateKey, algorithm jose.SignatureAlgorithm) func([]byte) []byte {
	return func(input []byte) []byte {
		hash := sha256.Sum256(input)
		var options crypto.SignerOpts = crypto.SHA256
		if algorithm == jose.PS256 {
			options = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}
		}
		signature, err := private.Sign(rand.Reader, hash[:], options)
		if err != nil {
			panic(err)
		}
		return signature
	}
}

func hs256(secret []byte) func([]byte) []byte {
	return func(input []byte) []byte {
		mac := hmac.New(sha256.New, secret)
		mac.Write(input)
		return mac.Sum(nil)
	}
}

func (k *signingKey) jwk() jose.JSONWebKey {
	return jose.JSONWebKey{Key: k.public, KeyID: k.id, Algorithm: string(k.algorithm), Use: "sig"}
}

func (k *signingKey) header() fields {
	return fields{"alg": string(k.algorithm), "typ": "at+jwt", "kid": k.id}
}

// token signs the server's kind of token.
func (k *signingKey) token(claims fields) string {
	return compact(k.header().json(), claims.json(), k.sign)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// compact signs what the tests need: also what no JOSE library would make.
func compact(header, payload string, sign func([]byte) []byte) string {
	input := encode([]byte(header)) + "." + encode([]byte(payload))
	return input + "." + encode(sign([]byte(input)))
}

// goodClaims are those of a token that was issued at testNow.
func goodClaims() fields {
	return fields{
		"iss": testIssuer, "sub": "user-1", "aud": testIssuer, "jti": "token-1",
		"exp": testNow.Add(10 * time.Minute).Unix(), "iat": testNow.Unix(), "auth_time": testNow.Add(-time.Minute).Unix(),
		"client_id": "notes", "scope": "notes:read notes:write", "sid": "session-1",
		"username": "alice", "type": "access",
	}
}

func keySetJSON(keys ...*signingKey) []byte {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, k := range keys {
		set.Keys = append(set.Keys, k.jwk())
	}
	b, err := json.Marshal(set)
	if err != nil {
		panic(err)
	}
	return b
}

// issuer publishes a JWK Set without a network: it is an http.RoundTripper.
// Its answer can be changed while it is used.
type issuer struct {
	mu      sync.Mutex
	handler http.HandlerFunc
	seen    []*http.Request
}

func newIssuer(keys ...*signingKey) *issuer {
	i := &issuer{}
	i.publish(keys...)
	return i
}

func (i *issuer) publish(keys ...*signingKey) {
	body := keySetJSON(keys...)
	i.answer(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) })
}

func (i *issuer) answer(handler http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.handler = handler
}

// fetches is how often the keys were asked for.
func (i *issuer) fetches() int { return len(i.requests()) }

func (i *issuer) requests() []*http.Request {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.seen
}

func (i *issuer) RoundTrip(r *http.Request) (*http.Response, error) {
	i.mu.Lock()
	i.seen = append(i.seen, r)
	handler := i.handler
	i.mu.Unlock()
	recorder := httptest.NewRecorder()
	handler(recorder, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	response := recorder.Result()
	response.Request = r
	return response, nil
}

func (i *issuer) verifier(tb testing.TB, options ...Option) *Verifier {
	tb.Helper()
	defaults := []Option{
		WithHTTPClient(&http.Client{Transport: i}), WithLogger(silent),
		WithClock(func() time.Time { return testNow }),
	}
	v, err := New(testIssuer, append(defaults, options...)...)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func readAll(t *testing.T, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
