package api

import (
	"errors"
	"net/http"

	"github.com/latchstring/latchstring/internal/problem"
	"github.com/latchstring/latchstring/internal/store"
	"github.com/latchstring/latchstring/internal/token"
)

// Logout is POST /login/logout with a refresh_token or a Bearer access token.
// What has ended already, or expired, is logged out: 204 again.
func (a *API) Logout(w http.ResponseWriter, r *http.Request) error {
	sessionID, userID, err := a.sessionToEnd(w, r)
	if err == nil && sessionID != "" {
		err = a.Sessions.End(r.Context(), sessionID, userID, a.Origin(r))
	}
	if a.outcome(r, "logout", userID, err) != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// sessionToEnd is the session of the token that was sent; "" when that token
// was ours and its session is gone.
func (a *API) sessionToEnd(w http.ResponseWriter, r *http.Request) (sessionID, userID string, err error) {
	raw, found, err := bearer(r)
	if err != nil {
		return "", "", err
	}
	if found {
		return a.sessionOfAccess(raw)
	}
	if raw, err = refreshToken(w, r); err != nil {
		return "", "", err
	}
	return a.sessionOfRefresh(r, raw)
}

func (a *API) sessionOfAccess(raw string) (sessionID, userID string, err error) {
	claims, err := a.Minter.VerifyAccess(raw)
	switch {
	case errors.Is(err, token.ErrExpired):
		return "", "", invalidToken("token_expired", "The access token has expired. Log out with the refresh token.")
	case err != nil:
		return "", "", invalidToken("token_malformed", "This is not an access token of this server.").Because(err)
	}
	return claims.SessionID, claims.Subject, nil
}

func (a *API) sessionOfRefresh(r *http.Request, raw string) (sessionID, userID string, err error) {
	claims, err := a.Minter.VerifyRefresh(raw)
	switch {
	case errors.Is(err, token.ErrExpired):
		return "", "", nil
	case err != nil:
		return "", "", refreshRefused(err)
	}
	current, _, err := a.DB.Grant(r.Context(), claims.GrantID)
	if errors.Is(err, store.ErrNotFound) {
		return "", claims.Subject, nil
	}
	return current.SessionID, claims.Subject, err
}

// Hello is GET /hello_world.
func (a *API) Hello(w http.ResponseWriter, r *http.Request) error {
	type greeting struct {
		Message string `json:"message"`
	}
	raw, found, err := bearer(r)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Vary", "Authorization")
	if !found {
		return writeJSON(w, http.StatusOK, greeting{"Hello, world!"})
	}
	_, username, err := a.signedIn(r.Context(), raw)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, greeting{"Hello, " + username + "!"})
}

// Self is GET /api/v1/users/{id} for the person whose token it is.
func (a *API) Self(w http.ResponseWriter, r *http.Request) error {
	raw, found, err := bearer(r)
	if err != nil {
		return err
	}
	if !found {
		p := problem.New(problem.Unauthenticated, "bearer_needed", "This takes an access token: Authorization: Bearer <access token>.")
		p.Challenge = realm
		return p
	}
	s, _, err := a.signedIn(r.Context(), raw)
	if err != nil {
		return err
	}
	if s.UserID != r.PathValue("id") {
		return problem.New(problem.NotFound, "user_not_found", "There is no such account, or it is not yours to see.")
	}
	u, err := a.DB.User(r.Context(), s.UserID)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return writeJSON(w, http.StatusOK, registered{person{u.ID, u.Username, u.Email}, u.CreatedAt})
}
