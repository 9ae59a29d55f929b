package api

import (
	"errors"
	"net/http"

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
