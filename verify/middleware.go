package verify

import (
	"errors"
	"net/http"
	"strings"
)

// Middleware lets only requests with a valid access token through to next,
// with the token's claims in the context. Others get a 401, a 400 for a
// malformed request (RFC 6750 §3.1), or a 503 while the issuer's keys cannot be
// had.
func (v *Verifier) Middleware(next http.Handler) http.Handler {
	return v.authenticate(next, func(w http.ResponseWriter, _ *http.Request) { tokenMissing.write(w) })
}

// Optional is Middleware, except that a request without a token goes through
// without claims. One with a bad token does not.
func (v *Verifier) Optional(next http.Handler) http.Handler {
	return v.authenticate(next, next.ServeHTTP)
}

// authenticate hands requests without a token to anonymous, and those with a
// valid one to next.
func (v *Verifier) authenticate(next http.Handler, anonymous http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, found, err := bearer(r.Header)
		if err != nil {
			refusalOf(err).write(w)
			return
		}
		if !found {
			anonymous(w, r)
			return
		}
		claims, err := v.Verify(r.Context(), token)
		if err != nil {
			refusalOf(err).write(w)
			return
		}
		next.ServeHTTP(w, r.WithContext(withClaims(r.Context(), claims)))
	})
}

// RequireScope makes middleware that lets only tokens with all the scopes
// through; others get a 403. It stands behind a Verifier's middleware:
//
//	v.Middleware(verify.RequireScope("notes:write")(handler))
//
// It panics if there is no scope, or one that is no scope-token of RFC 6749
// §3.3.
func RequireScope(scopes ...string) func(http.Handler) http.Handler {
	if len(scopes) == 0 {
		panic("verify: RequireScope needs a scope")
	}
	for _, scope := range scopes {
		if !isScopeToken(scope) {
			panic("verify: RequireScope takes scopes of printable ASCII without spaces, quotes and backslashes")
		}
	}
	refused := insufficientScope(strings.Join(scopes, " "))
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			claims, ok := FromContext(r.Context())
			switch {
			case !ok:
				tokenMissing.write(w)
			case !claims.hasScopes(scopes):
				refused.write(w)
			default:
				next.ServeHTTP(w, r)
			}
		})
	}
}

func (c *Claims) hasScopes(scopes []string) bool {
	for _, scope := range scopes {
		if !c.HasScope(scope) {
			return false
		}
	}
	return true
}

func isScopeToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || r == '"' || r == '\\'
	})
}

// malformed is an Authorization header that breaks the rules.
type malformed string

func (m malformed) Error() string { return "verify: " + string(m) }

// bearer reads the token from the Authorization header, the only place it is
// taken from (RFC 6750 §2.1; RFC 9700 §4.3.2 tells against the others). found
// is false if there is none, or one of another scheme.
func bearer(h http.Header) (token string, found bool, err error) {
	values := h.Values("Authorization")
	switch len(values) {
	case 0:
		return "", false, nil
	case 1:
		return parseBearer(values[0])
	default:
		return "", false, malformed("there is more than one Authorization header")
	}
}

func parseBearer(value string) (token string, found bool, err error) {
	scheme, token, _ := strings.Cut(value, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", false, nil
	}
	token = strings.TrimLeft(token, " ")
	switch {
	case len(token) > MaxTokenBytes:
		return "", false, malformed("the token is too long")
	case !isB64Token(token):
		return "", false, malformed("there is no well-formed token after Bearer")
	}
	return token, true, nil
}

// isB64Token checks RFC 6750 §2.1's syntax.
func isB64Token(s string) bool {
	body := strings.TrimRight(s, "=")
	return body != "" && !strings.ContainsFunc(body, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-._~+/", r))
	})
}

// refusalOf is the answer to an error of bearer or Verify. Whatever is not
// known to be the client's fault is ours, and is no reason to drop a token.
func refusalOf(err error) refusal {
	if m, ok := errors.AsType[malformed](err); ok {
		return invalidRequest(string(m))
	}
	if bad, ok := errors.AsType[*invalid](err); ok {
		return invalidToken(bad)
	}
	return keysUnavailable
}
