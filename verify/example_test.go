package verify_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/latchstring/latchstring/verify"
)

// An app that greets whoever has an access token, and lets those with the scope
// notes:write write.
func Example() {
	login := newLoginServer()
	defer login.Close()

	// This is all that an app needs.
	v, err := verify.New(login.URL)
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /hello", v.Middleware(http.HandlerFunc(hello)))
	mux.Handle("POST /notes", v.Middleware(verify.RequireScope("notes:write")(http.HandlerFunc(hello))))

	app := httptest.NewServer(mux)
	defer app.Close()
	show(http.MethodGet, app.URL+"/hello", login.token("alice"))
	show(http.MethodGet, app.URL+"/hello", "")
	show(http.MethodPost, app.URL+"/notes", login.token("alice"))
	// Output:
	// 200 Hello, alice!
	// 401 Bearer realm="latchstring"
	// 403 Bearer realm="latchstring", error="insufficient_scope", error_description="the token lacks a scope", scope="notes:write"
}

// With Optional, a handler serves people and strangers alike.
func ExampleVerifier_Optional() {
	login := newLoginServer()
	defer login.Close()
	v, err := verify.New(login.URL)
	if err != nil {
		log.Fatal(err)
	}
	app := httptest.NewServer(v.Optional(http.HandlerFunc(hello)))
	defer app.Close()
	show(http.MethodGet, app.URL, "")
	show(http.MethodGet, app.URL, login.token("alice"))
	// Output:
	// 200 Hello, world!
	// 200 Hello, alice!
}

func hello(w http.ResponseWriter, r *http.Request) {
	name := "world"
	if claims, ok := verify.FromContext(r.Context()); ok {
		name = claims.Username
	}
	_, _ = fmt.Fprintf(w, "Hello, %s!", name)
}

// show sends a request and prints the answer: its body, or why there is none.
func show(method, url, token string) {
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		log.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		log.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		body = []byte(response.Header.Get("WWW-Authenticate"))
	}
	fmt.Printf("%d %s\n", response.StatusCode, body)
}

// loginServer stands for a Latchstring server: it publishes a key and signs
// tokens with it.
type loginServer struct {
	*httptest.Server
	key *ecdsa.PrivateKey
}

func newLoginServer() *loginServer {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	public := jose.JSONWebKey{Key: key.Public(), KeyID: "k1", Algorithm: "ES256", Use: "sig"}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/jwks.json", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public}})
	})
	return &loginServer{httptest.NewServer(mux), key}
}

func (s *loginServer) token(username string) string {
	signingKey := jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: s.key, KeyID: "k1"}}
	signer, err := jose.NewSigner(signingKey, (&jose.SignerOptions{}).WithType("at+jwt"))
	if err != nil {
		log.Fatal(err)
	}
	now := time.Now()
	token, err := jwt.Signed(signer).Claims(map[string]any{
		"iss": s.URL, "aud": s.URL, "sub": "0198c5a2-user", "username": username, "type": "access",
		"scope": "notes:read", "iat": now.Unix(), "exp": now.Add(10 * time.Minute).Unix(),
	}).Serialize()
	if err != nil {
		log.Fatal(err)
	}
	return token
}
