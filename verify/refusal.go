package verify

import (
	"encoding/json"
	"net/http"
)

// refusal is an answer that lets nobody through: an RFC 9457 problem with the
// challenge of RFC 6750 §3.
type refusal struct {
	status     int
	code       string // stable, for machines
	detail     string
	challenge  string
	retryAfter string // seconds
}

const realm = `Bearer realm="latchstring"`

// tokenMissing has no error code in its challenge (RFC 6750 §3.1).
var tokenMissing = refusal{
	status: http.StatusUnauthorized, code: "token_missing", challenge: realm,
	detail: "This needs an access token. Send: Authorization: Bearer <access token>.",
}

// keysUnavailable is no 401: a client must not throw a good token away because
// we are ill.
var keysUnavailable = refusal{
	status: http.StatusServiceUnavailable, code: "keys_unavailable", retryAfter: "5",
	detail: "The token cannot be checked right now. Keep it and try again in a few seconds.",
}

func invalidRequest(why string) refusal {
	return refusal{
		status: http.StatusBadRequest, code: "invalid_request",
		detail:    "The Authorization header is malformed: " + why + ".",
		challenge: challenge("invalid_request", why),
	}
}

func invalidToken(e *invalid) refusal {
	r := refusal{
		status: http.StatusUnauthorized, code: "token_invalid",
		detail:    "The access token is refused: " + e.reason + ".",
		challenge: challenge("invalid_token", e.reason),
	}
	if e.kind == ErrExpired {
		r.code, r.detail = "token_expired", "The access token has expired: "+e.reason+"."
		r.challenge = challenge("invalid_token", "it has expired")
	}
	return r
}

func insufficientScope(scopes string) refusal {
	return refusal{
		status: http.StatusForbidden, code: "insufficient_scope",
		detail:    "The access token lacks a scope that this needs: " + scopes + ".",
		challenge: challenge("insufficient_scope", "the token lacks a scope") + `, scope="` + scopes + `"`,
	}
}

func challenge(code, why string) string {
	return realm + `, error="` + code + `", error_description="` + why + `"`
}

// write sends the refusal.
func (r refusal) write(w http.ResponseWriter) {
	body, err := json.Marshal(map[string]any{
		"title": http.StatusText(r.status), "status": r.status, "detail": r.detail, "code": r.code,
	})
	if err != nil {
		panic(err) // strings and a number always marshal
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	if r.challenge != "" {
		h.Set("WWW-Authenticate", r.challenge)
	}
	if r.retryAfter != "" {
		h.Set("Retry-After", r.retryAfter)
	}
	w.WriteHeader(r.status)
	_, _ = w.Write(body) // net/http drops it where the method is HEAD
}
