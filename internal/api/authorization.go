package api

import (
	"encoding/base64"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/latchstring/latchstring/internal/problem"
	"github.com/latchstring/latchstring/internal/token"
)

const (
	basicChallenge = `Basic realm="latchstring", charset="UTF-8"`
	// quietChallenge makes no browser open its password dialog over a script.
	quietChallenge = `X-Basic realm="latchstring", charset="UTF-8"`
	realm          = `Bearer realm="latchstring"`
)

// maxCredentials bounds the decoded Basic credentials, in bytes.
const maxCredentials = 8 << 10

// basicCredentials reads HTTP Basic (RFC 7617). A missing header is a 401 that
// asks for it; anything that is not well-formed Basic is a 400.
func basicCredentials(r *http.Request) (identifier, secret string, err error) {
	headers := r.Header.Values("Authorization")
	if len(headers) == 0 {
		p := problem.New(problem.Unauthenticated, "credentials_missing", "Send username (or email) and password as HTTP Basic.")
		p.Challenge = challengeFor(r)
		return "", "", p
	}
	if len(headers) > 1 {
		return "", "", notBasic("there is more than one Authorization header")
	}
	return parseBasic(headers[0])
}

// parseBasic is strict: one scheme, one space or more, padded base64 of UTF-8
// with a colon and without control characters (RFC 7617 §2).
func parseBasic(header string) (identifier, secret string, err error) {
	scheme, encoded, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return "", "", notBasic("the scheme is not Basic")
	}
	encoded = strings.TrimLeft(encoded, " ")
	if len(encoded) > base64.StdEncoding.EncodedLen(maxCredentials) {
		return "", "", notBasic("the credentials are too long")
	}
	decoded, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || strings.ContainsAny(encoded, "\r\n") {
		return "", "", notBasic("the credentials are not base64")
	}
	if !utf8.Valid(decoded) {
		return "", "", notBasic("the credentials are not UTF-8")
	}
	identifier, secret, found := strings.Cut(string(decoded), ":")
	if !found {
		return "", "", notBasic("the credentials hold no colon")
	}
	if strings.ContainsFunc(string(decoded), func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", "", notBasic("the credentials hold a control character")
	}
	return identifier, secret, nil
}

func notBasic(why string) error {
	return problem.New(problem.Invalid, "malformed_authorization",
		"The Authorization header is not HTTP Basic (RFC 7617): "+why+". Send: Basic base64(username:password).")
}

// challengeFor is the challenge of a failed login. A script in a browser gets
// one that no browser answers with its own dialog.
func challengeFor(r *http.Request) string {
	mode := r.Header.Get("Sec-Fetch-Mode")
	if (mode != "" && mode != "navigate") || r.Header.Get("X-Requested-With") != "" {
		return quietChallenge
	}
	return basicChallenge
}

// bearer reads a Bearer token from the Authorization header alone (RFC 6750
// §2.1; the other two ways are not accepted, RFC 9700 §4.3.2). found is false
// when there is no such header.
func bearer(r *http.Request) (raw string, found bool, err error) {
	headers := r.Header.Values("Authorization")
	if len(headers) == 0 {
		return "", false, nil
	}
	if len(headers) > 1 {
		return "", true, badRequest("there is more than one Authorization header")
	}
	scheme, raw, _ := strings.Cut(headers[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", true, bearerNeeded()
	}
	raw = strings.TrimLeft(raw, " ")
	if !isB64Token(raw) || len(raw) > token.MaxBytes {
		return "", true, badRequest("there is no well-formed token after Bearer")
	}
	return raw, true, nil
}

// bearerNeeded asks for an access token. It has no error code, for no token
// was sent (RFC 6750 §3.1).
func bearerNeeded() error {
	p := problem.New(problem.Unauthenticated, "bearer_needed", "This takes an access token: Authorization: Bearer <access token>.")
	p.Challenge = realm
	return p
}

// isB64Token checks RFC 6750 §2.1's syntax.
func isB64Token(s string) bool {
	body := strings.TrimRight(s, "=")
	return body != "" && !strings.ContainsFunc(body, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-._~+/", r))
	})
}

func badRequest(why string) error {
	p := problem.New(problem.Invalid, "invalid_request", "The Authorization header is malformed: "+why+".")
	p.Challenge = realm + `, error="invalid_request", error_description="` + why + `"`
	return p
}

func invalidToken(code, why string) *problem.Error {
	p := problem.New(problem.Unauthenticated, code, why)
	p.Challenge = realm + `, error="invalid_token", error_description="` + strings.TrimSuffix(why, ".") + `"`
	return p
}
