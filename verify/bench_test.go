package verify

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

func BenchmarkVerify(b *testing.B) {
	for _, algorithm := range []jose.SignatureAlgorithm{jose.ES256, jose.EdDSA, jose.RS256, jose.PS256} {
		b.Run(string(algorithm), func(b *testing.B) {
			key := newKey(b, "k1", algorithm)
			v, token := newIssuer(key).verifier(b), key.token(goodClaims())
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Verify(b.Context(), token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkMiddleware(b *testing.B) {
	key := newKey(b, "k1", jose.ES256)
	served := 0
	h := newIssuer(key).verifier(b).Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served++ }))
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer "+key.token(goodClaims()))
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	if served != b.N {
		b.Fatalf("%d of %d requests got through", served, b.N)
	}
}

// BenchmarkUnknownKey is what a stranger's token with a made-up key id costs.
func BenchmarkUnknownKey(b *testing.B) {
	key := newKey(b, "k1", jose.ES256)
	v, token := newIssuer(key).verifier(b), newKey(b, "made-up", jose.ES256).token(goodClaims())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Verify(b.Context(), token); err == nil {
			b.Fatal("accepted")
		}
	}
}
