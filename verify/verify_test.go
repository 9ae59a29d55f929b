package verify

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
)

func TestVerifyReadsClaims(t *testing.T) {
	key := newKey(t, "k1", jose.ES256)
	got, err := newIssuer(key).verifier(t).Verify(t.Context(), key.token(goodClaims()))
	if err != nil {
		t.Fatal(err)
	}
	want := &Claims{
		Issuer: testIssuer, Subject: "user-1", Audience: []string{testIssuer}, ClientID: "notes",
		Scopes: []string{"notes:read", "notes:write"}, SessionID: "session-1", Username: "alice", ID: "token-1",
		ExpiresAt: testNow.Add(10 * time.Minute), IssuedAt: testNow, AuthTime: testNow.Add(-time.Minute),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
}

func TestVerifyAcceptsEachAlgorithm(t *testing.T) {
	for _, algorithm := range []jose.SignatureAlgorithm{jose.ES256, jose.EdDSA, jose.RS256, jose.PS256} {
		t.Run(string(algorithm), func(t *testing.T) {
			key := newKey(t, "k1", algorithm)
			token := key.token(goodClaims())
			if _, err := newIssuer(key).verifier(t).Verify(t.Context(), token); err != nil {
				t.Error(err)
			}
			only := newIssuer(key).verifier(t, WithAlgorithms(string(algorithm)))
			if _, err := only.Verify(t.Context(), token); err != nil {
				t.Errorf("with this algorithm alone: %v", err)
			}
		})
	}
}

func TestVerifyAccepts(t *testing.T) {
	key := newKey(t, "k1", jose.ES256)
	other := newKey(t, "other", jose.ES256)
	v := newIssuer(key).verifier(t)
	tests := []struct {
		name    string
		header  fields
		changes fields
	}{
		{name: "as the server makes it"},
		{name: "media type in full", header: fields{"typ": "application/at+jwt"}},
		{name: "media type in capitals", header: fields{"typ": "Application/AT+JWT"}},
		{name: "audience in a list", changes: fields{"aud": []string{"https://other.example.com", testIssuer}}},
		{name: "expired within the leeway", changes: fields{"exp": testNow.Add(-29 * time.Second).Unix()}},
		{name: "issued ahead within the leeway", changes: fields{"iat": testNow.Add(30 * time.Second).Unix()}},
		{name: "not before, ahead within the leeway", changes: fields{"nbf": testNow.Add(30 * time.Second).Unix()}},
		{name: "no optional claims", changes: fields{"iat": nil, "scope": nil, "auth_time": nil, "username": nil, "sid": nil}},
		{name: "a foreign jwk header, not used", header: fields{"jwk": other.jwk()}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			token := compact(key.header().with(tt.header).json(), goodClaims().with(tt.changes).json(), key.sign)
			if _, err := v.Verify(t.Context(), token); err != nil {
				t.Error(err)
			}
		})
	}
}

// RFC 7518 §3.5: the salt is as long as the hash. Only the key's owner can make
// another one, but then one message has signatures of many forms.
func TestVerifyRefusesPSSWithAnotherSaltLength(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for length, reason := range map[int]string{32: "", 1: badSignature, 20: badSignature, 64: badSignature} {
		key := &signingKey{id: "k1", algorithm: jose.PS256, public: private.Public(), sign: func(input []byte) []byte {
			hash := sha256.Sum256(input)
			signature, err := private.Sign(rand.Reader, hash[:], &rsa.PSSOptions{SaltLength: length, Hash: crypto.SHA256})
			if err != nil {
				t.Fatal(err)
			}
			return signature
		}}
		_, err := newIssuer(key).verifier(t).Verify(t.Context(), key.token(goodClaims()))
		if reason != "" {
			checkRefused(t, err, reason)
		} else if err != nil {
			t.Errorf("%d bytes: %v", length, err)
		}
	}
}

// Reasons that several attacks end in.
const (
	notCompact   = "it is no JWT in compact form"
	badAlgorithm = "its algorithm is not accepted"
	badHeader    = "its header cannot be read"
	badExtension = "it needs an extension that is not supported"
	badSignature = "its signature is wrong"
	badClaims    = "its claims cannot be read"
	wrongType    = "it is no access token"
)

// checkRefused wants a refusal with this reason, and never "unavailable".
func checkRefused(t *testing.T, err error, reason string) {
	t.Helper()
	bad, ok := errors.AsType[*invalid](err)
	if !ok || !errors.Is(err, ErrInvalid) || errors.Is(err, ErrUnavailable) {
		t.Fatalf("error = %v, want an ErrInvalid", err)
	}
	if bad.reason != reason {
		t.Errorf("reason = %q, want %q", bad.reason, reason)
	}
}

func TestVerifyRefusesForm(t *testing.T) {
	key := newKey(t, "k1", jose.ES256)
	v := newIssuer(key).verifier(t)
	good := key.token(goodClaims())
	parts := strings.Split(good, ".")
	tests := []struct{ name, token, reason string }{
		{"empty", "", notCompact},
		{"too long", good + strings.Repeat("A", MaxTokenBytes), "it is too long"},
		{"one part", "token", notCompact},
		{"two parts", parts[0] + "." + parts[1], notCompact},
		{"four parts", good + ".AAAA", notCompact},
		{"encrypted, five parts", good + ".AAAA.AAAA", notCompact},
		{"dots alone", "..", badAlgorithm},
		{"JSON serialization", `{"protected":"` + parts[0] + `","payload":"` + parts[1] + `","signature":"` + parts[2] + `"}`, notCompact},
		{"padded", good + "==", notCompact},
		{"standard base64 alphabet", parts[0] + "." + parts[1] + ".+/" + parts[2][2:], notCompact},
		{"line break inside", parts[0] + "\n." + parts[1] + "." + parts[2], notCompact},
		{"space around", " " + good, notCompact},
		{"a second spelling by unused bits", good[:len(good)-1] + nextInAlphabet(good[len(good)-1]), notCompact},
		{"no signature", parts[0] + "." + parts[1] + ".", badSignature},
		{"all-zero signature", parts[0] + "." + parts[1] + "." + encode(make([]byte, 64)), badSignature},
		{"signature cut short", good[:len(good)-2], badSignature},
		{"signature of another payload", parts[0] + "." + encode([]byte(goodClaims().with(fields{"sub": "admin"}).json())) + "." + parts[2], badSignature},
		{"no payload", parts[0] + ".." + parts[2], badSignature},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := v.Verify(t.Context(), tt.token)
			checkRefused(t, err, tt.reason)
		})
	}
}

// nextInAlphabet changes only bits that 64 bytes in base64url leave unused.
func nextInAlphabet(c byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(alphabet[strings.IndexByte(alphabet, c)+1])
}

func TestVerifyRefusesHeader(t *testing.T) {
	key := newKey(t, "k1", jose.ES256)
	rsaKey := newKey(t, "rsa", jose.RS256)
	attacker := newKey(t, "k1", jose.ES256)
	v := newIssuer(key, rsaKey).verifier(t)
	spki, err := x509.MarshalPKIXPublicKey(rsaKey.public)
	if err != nil {
		t.Fatal(err)
	}
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki})
	h := key.header()
	none := func([]byte) []byte { return nil }
	tests := []struct {
		name   string
		header string
		sign   func([]byte) []byte
		reason string
	}{
		{"alg none", h.with(fields{"alg": "none"}).json(), none, badAlgorithm},
		{"alg none in capitals", h.with(fields{"alg": "NONE"}).json(), none, badAlgorithm},
		{"alg empty", h.with(fields{"alg": ""}).json(), key.sign, badAlgorithm},
		{"alg missing", h.with(fields{"alg": nil}).json(), key.sign, badAlgorithm},
		{"alg in small letters", h.with(fields{"alg": "es256"}).json(), key.sign, badAlgorithm},
		{"alg a number", h.with(fields{"alg": 256}).json(), key.sign, badAlgorithm},
		{"alg ES384, not ours", h.with(fields{"alg": "ES384"}).json(), key.sign, badAlgorithm},
		{"confusion: public key (PEM) as HMAC secret", rsaKey.header().with(fields{"alg": "HS256"}).json(), hs256(publicPEM), badAlgorithm},
		{"confusion: public key (DER) as HMAC secret", rsaKey.header().with(fields{"alg": "HS256"}).json(), hs256(spki), badAlgorithm},
		{"confusion: RSA algorithm, EC key's id", h.with(fields{"alg": "RS256"}).json(), rsaKey.sign, "its algorithm is not its key's"},
		{"confusion: PS256 with an RS256 key", rsaKey.header().with(fields{"alg": "PS256"}).json(), rsaKey.sign, "its algorithm is not its key's"},
		{"JWE header", h.with(fields{"alg": "dir", "enc": "A256GCM"}).json(), key.sign, badAlgorithm},
		{"type missing", h.with(fields{"typ": nil}).json(), key.sign, wrongType},
		{"type JWT", h.with(fields{"typ": "JWT"}).json(), key.sign, wrongType},
		{"refresh token", h.with(fields{"typ": "rt+jwt"}).json(), key.sign, wrongType},
		{"type a number", h.with(fields{"typ": 1}).json(), key.sign, wrongType},
		{"type with the prefix twice", h.with(fields{"typ": "application/application/at+jwt"}).json(), key.sign, wrongType},
		{"crit unknown", h.with(fields{"crit": []string{"x"}, "x": 1}).json(), key.sign, badExtension},
		{"crit empty", h.with(fields{"crit": []string{}}).json(), key.sign, badExtension},
		{"crit b64", h.with(fields{"crit": []string{"b64"}, "b64": true}).json(), key.sign, badExtension},
		{"b64 false without crit", h.with(fields{"b64": false}).json(), key.sign, badExtension},
		{"kid missing", h.with(fields{"kid": nil}).json(), key.sign, "it names no key"},
		{"kid empty", h.with(fields{"kid": ""}).json(), key.sign, "it names no key"},
		{"kid a list", h.with(fields{"kid": []string{"k1"}}).json(), key.sign, badHeader},
		{"kid unknown", h.with(fields{"kid": "../../dev/null"}).json(), key.sign, "the issuer has no such key"},
		{"kid of another key", h.with(fields{"kid": "rsa"}).json(), key.sign, "its algorithm is not its key's"},
		{"attacker's key, good kid", h.json(), attacker.sign, badSignature},
		{"attacker's key in jwk", h.with(fields{"jwk": attacker.jwk()}).json(), attacker.sign, badSignature},
		{"attacker's key in jwk, no kid", h.with(fields{"jwk": attacker.jwk(), "kid": nil}).json(), attacker.sign, "it names no key"},
		{"attacker's jku and x5u", h.with(fields{"jku": "https://evil.example/keys", "x5u": "https://evil.example/cert"}).json(), attacker.sign, badSignature},
		{"duplicate alg", `{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"k1"}`, key.sign, badHeader},
		{"duplicate typ", `{"alg":"ES256","typ":"rt+jwt","typ":"at+jwt","kid":"k1"}`, key.sign, badHeader},
		{"duplicate kid by escape", `{"alg":"ES256","typ":"at+jwt","kid":"k1","\u006bid":"k1"}`, key.sign, badHeader},
		{"header an array", `["ES256"]`, key.sign, badHeader},
		{"header null", `null`, key.sign, badHeader},
		{"header cut short", `{"alg":"ES256"`, key.sign, badHeader},
		{"header with trailing data", h.json() + `{}`, key.sign, badHeader},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := v.Verify(t.Context(), compact(tt.header, goodClaims().json(), tt.sign))
			checkRefused(t, err, tt.reason)
		})
	}
}

func TestVerifyNeverFollowsTheTokensLinks(t *testing.T) {
	key := newKey(t, "k1", jose.ES256)
	i := newIssuer(key)
	header := key.header().with(fields{"jku": "https://evil.example/keys", "x5u": "https://evil.example/cert", "kid": "unknown"})
	_, err := i.verifier(t).Verify(t.Context(), compact(header.json(), goodClaims().json(), key.sign))
	checkRefused(t, err, "the issuer has no such key")
	for _, r := range i.requests() {
		if got := r.URL.String(); got != testIssuer+"/.well-known/jwks.json" {
			t.Errorf("fetched %s", got)
		}
	}
}

func TestVerifyRefusesClaims(t *testing.T) {
	key := newKey(t, "k1", jose.ES256)
	v := newIssuer(key).verifier(t)
	change := func(changes fields) string { return goodClaims().with(changes).json() }
	good := goodClaims().json()
	const (
		issuer   = "its issuer is another one"
		audience = "it is for another audience"
		expired  = "get a new one with the refresh token"
	)
	tests := []struct{ name, payload, reason string }{
		{"issuer another", change(fields{"iss": "https://evil.example"}), issuer},
		{"issuer missing", change(fields{"iss": nil}), issuer},
		{"issuer with a slash more", change(fields{"iss": testIssuer + "/"}), issuer},
		{"issuer in capitals", change(fields{"iss": strings.ToUpper(testIssuer)}), issuer},
		{"issuer only begins like ours", change(fields{"iss": testIssuer + ".evil.example"}), issuer},
		{"issuer a list", change(fields{"iss": []string{testIssuer}}), badClaims},
		{"audience another app", change(fields{"aud": "https://other.example.com"}), audience},
		{"audience missing", change(fields{"aud": nil}), audience},
		{"audience an empty list", change(fields{"aud": []string{}}), audience},
		{"audience only begins like ours", change(fields{"aud": testIssuer + "/x"}), audience},
		{"audience with a number", change(fields{"aud": []any{testIssuer, 1}}), badClaims},
		{"audience an object", change(fields{"aud": fields{testIssuer: true}}), badClaims},
		{"use missing", change(fields{"type": nil}), wrongType},
		{"refresh token under an access header", change(fields{"type": "refresh"}), wrongType},
		{"use a list", change(fields{"type": []string{"access"}}), badClaims},
		{"expiry missing", change(fields{"exp": nil}), "it does not say when it expires"},
		{"expiry null", strings.Replace(good, `"exp":`, `"exp":null,"x":`, 1), "it does not say when it expires"},
		{"expiry a string", change(fields{"exp": "9999999999"}), badClaims},
		{"expiry past all calendars", change(fields{"exp": 1e300}), badClaims},
		{"expiry in milliseconds", change(fields{"exp": testNow.UnixMilli()}), badClaims},
		{"expiry negative", change(fields{"exp": -1}), badClaims},
		{"expired", change(fields{"exp": testNow.Add(-30 * time.Second).Unix()}), expired},
		{"expired long ago", change(fields{"exp": 0}), expired},
		{"not valid yet", change(fields{"nbf": testNow.Add(31 * time.Second).Unix()}), "it is not valid yet"},
		{"issued in the future", change(fields{"iat": testNow.Add(31 * time.Second).Unix()}), "it was issued in the future; compare this machine's clock with the issuer's"},
		{"subject missing", change(fields{"sub": nil}), "it does not say whom it is about"},
		{"subject empty", change(fields{"sub": ""}), "it does not say whom it is about"},
		{"subject a number", change(fields{"sub": 1}), badClaims},
		{"subject spelled in capitals", strings.Replace(good, `"sub"`, `"SUB"`, 1), "it does not say whom it is about"},
		{"duplicate subject", strings.Replace(good, `"sub":`, `"sub":"admin","sub":`, 1), badClaims},
		{"duplicate subject by escape", strings.Replace(good, `"sub":`, `"\u0073ub":"admin","sub":`, 1), badClaims},
		{"duplicate of a claim that is not read", strings.Replace(good, `"sub":`, `"x":1,"x":2,"sub":`, 1), badClaims},
		{"invalid UTF-8", strings.Replace(good, "alice", "al\xffce", 1), badClaims},
		{"trailing data", good + `{}`, badClaims},
		{"no JSON", "alice", badClaims},
		{"an array", `[]`, badClaims},
		{"null", `null`, issuer},
		{"empty", "", badClaims},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := v.Verify(t.Context(), compact(key.header().json(), tt.payload, key.sign))
			checkRefused(t, err, tt.reason)
			if got, want := errors.Is(err, ErrExpired), tt.reason == expired; got != want {
				t.Errorf("is ErrExpired: %v, want %v", got, want)
			}
		})
	}
}

func TestVerifyOptions(t *testing.T) {
	key := newKey(t, "k1", jose.ES256)
	tests := []struct {
		name    string
		option  Option
		changes fields
		reason  string // "" is accepted
	}{
		{"own audience", WithAudience("notes-api"), fields{"aud": "notes-api"}, ""},
		{"own audience in place of the issuer", WithAudience("notes-api"), nil, "it is for another audience"},
		{"no leeway", WithLeeway(0), fields{"exp": testNow.Unix()}, "get a new one with the refresh token"},
		{"no leeway, one second left", WithLeeway(0), fields{"exp": testNow.Unix() + 1}, ""},
		{"algorithm not among the chosen", WithAlgorithms("EdDSA", "RS256"), nil, badAlgorithm},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := newIssuer(key).verifier(t, tt.option)
			_, err := v.Verify(t.Context(), key.token(goodClaims().with(tt.changes)))
			if tt.reason != "" {
				checkRefused(t, err, tt.reason)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSharedSecret(t *testing.T) {
	secret := []byte(strings.Repeat("s", 32))
	i := newIssuer()
	v := i.verifier(t, WithSharedSecret(secret))
	key := newKey(t, "k1", jose.ES256)
	// The server names no key in this mode.
	header := fields{"alg": "HS256", "typ": "at+jwt"}
	tests := []struct{ name, token, reason string }{
		{"good", compact(header.json(), goodClaims().json(), hs256(secret)), ""},
		{"another secret", compact(header.json(), goodClaims().json(), hs256([]byte(strings.Repeat("x", 32)))), badSignature},
		{"empty secret", compact(header.json(), goodClaims().json(), hs256(nil)), badSignature},
		{"alg none", compact(header.with(fields{"alg": "none"}).json(), goodClaims().json(), hs256(secret)), badAlgorithm},
		{"HS512", compact(header.with(fields{"alg": "HS512"}).json(), goodClaims().json(), hs256(secret)), badAlgorithm},
		{"signed by a key pair", key.token(goodClaims()), badAlgorithm},
		{"refresh token", compact(header.with(fields{"typ": "rt+jwt"}).json(), goodClaims().json(), hs256(secret)), wrongType},
		{"refresh token under an access header", compact(header.json(), goodClaims().with(fields{"type": "refresh"}).json(), hs256(secret)), wrongType},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := v.Verify(t.Context(), tt.token)
			if tt.reason != "" {
				checkRefused(t, err, tt.reason)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	if n := i.fetches(); n != 0 {
		t.Errorf("keys were fetched %d times; a shared secret replaces them", n)
	}
}

func TestErrorsHoldNothingOfTheToken(t *testing.T) {
	key := newKey(t, "canary-kid", jose.ES256)
	v := newIssuer(newKey(t, "k1", jose.ES256)).verifier(t)
	for _, claims := range []fields{goodClaims(), goodClaims().with(fields{"exp": 1})} {
		token := key.token(claims.with(fields{"sub": "canary-sub"}))
		for _, sent := range []string{token, token + "=", token[1:]} {
			_, err := v.Verify(t.Context(), sent)
			if err == nil || strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), sent[:8]) {
				t.Errorf("error = %v", err)
			}
		}
	}
}
