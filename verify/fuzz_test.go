package verify

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// FuzzVerify: nothing but the server's own token is accepted, and every refusal
// is a verdict.
func FuzzVerify(f *testing.F) {
	key := newKey(f, "k1", jose.ES256)
	v := newIssuer(key).verifier(f)
	good := key.token(goodClaims())
	for _, seed := range []string{
		good, "", "..", "a.b.c", good + ".", strings.Replace(good, ".", "\n.", 1), good[:len(good)-1],
		compact(`{"alg":"none"}`, goodClaims().json(), func([]byte) []byte { return nil }),
		compact(`{"alg":"ES256","typ":"at+jwt","kid":"k1","crit":["b64"],"b64":false}`, `{}`, key.sign),
		compact(`{"alg":"ES256","typ":"at+jwt","kid":"k1","jwk":{"kty":"EC"}}`, `{}`, key.sign),
		`{"payload":"","protected":"","signature":""}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		claims, err := v.Verify(t.Context(), token)
		switch {
		case err == nil && token != good:
			t.Errorf("accepted %q", token)
		case err != nil && (claims != nil || !errors.Is(err, ErrInvalid)):
			t.Errorf("claims = %v, error = %v", claims, err)
		}
	})
}

// FuzzClaims: whatever a correct signature covers, the claims that come out
// passed the checks.
func FuzzClaims(f *testing.F) {
	v := newIssuer().verifier(f)
	for _, seed := range []string{
		goodClaims().json(), `{}`, `null`, `[]`, `{"aud":[[]]}`, `{"exp":1e999}`, `{"exp":-1}`,
		goodClaims().with(fields{"aud": []string{"x", testIssuer}}).json(),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		c, err := v.readClaims(body)
		if err != nil {
			return
		}
		if c.Issuer != testIssuer || c.Subject == "" || !c.ExpiresAt.After(testNow.Add(-v.leeway)) || c.IssuedAt.After(testNow.Add(v.leeway)) {
			t.Errorf("accepted %q as %+v", body, c)
		}
	})
}

// FuzzKeySet: only public keys for our algorithms, each with an id, come out.
func FuzzKeySet(f *testing.F) {
	f.Add(keySetJSON(newKey(f, "a", jose.ES256), newKey(f, "b", jose.EdDSA), newKey(f, "c", jose.RS256), newKey(f, "d", jose.PS256)))
	for _, seed := range []string{`{}`, `{"keys":null}`, `{"keys":[null,1,{}]}`, `{"keys":[{"kty":"oct","k":"AAAA","kid":"a","alg":"ES256"}]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		set, err := parseKeySet(body)
		if err != nil && set != nil {
			t.Errorf("keys with the error %v", err)
		}
		for id, k := range set {
			key := k.key
			if pss, ok := key.(strictPSS); ok {
				key = pss.key
			}
			if id == "" || !fits(key, jose.SignatureAlgorithm(k.algorithm)) {
				t.Errorf("key %q of type %T for %q", id, k.key, k.algorithm)
			}
		}
	})
}

// FuzzAuthorization: a token that is found is a b64token of bounded size, and
// is all that stood after the scheme.
func FuzzAuthorization(f *testing.F) {
	for _, seed := range []string{"", "Bearer", "Bearer ", "Bearer a", "bearer  a==", "Basic YTpi", "Bearer a b", "Bearer a,Bearer b", "Bearer =", "Bearer \x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		token, found, err := bearer(http.Header{"Authorization": {value}})
		if found != (token != "") || found && err != nil {
			t.Fatalf("token = %q, found = %v, error = %v", token, found, err)
		}
		if !found {
			return
		}
		scheme, rest, _ := strings.Cut(value, " ")
		if !strings.EqualFold(scheme, "bearer") || strings.TrimLeft(rest, " ") != token {
			t.Errorf("%q gave %q", value, token)
		}
		if len(token) > MaxTokenBytes || strings.ContainsAny(token, " ,;\"\\\r\n\t\x00") {
			t.Errorf("token = %q", token)
		}
	})
}
