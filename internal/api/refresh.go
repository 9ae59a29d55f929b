package api

import (
	"errors"
	"net/http"

	"github.com/latchstring/latchstring/internal/grant"
	"github.com/latchstring/latchstring/internal/problem"
	"github.com/latchstring/latchstring/internal/token"
)

// Refresh is POST /login/refresh.
func (a *API) Refresh(w http.ResponseWriter, r *http.Request) error {
	answer, err := a.refresh(w, r)
	if a.outcome(r, "refresh", answer.User.ID, err) != nil {
		return err
	}
	return writeTokens(w, answer)
}

func (a *API) refresh(w http.ResponseWriter, r *http.Request) (tokens, error) {
	raw, err := refreshToken(w, r)
	if err != nil {
		return tokens{}, err
	}
	claims, err := a.Minter.VerifyRefresh(raw)
	if err != nil {
		return tokens{}, refreshRefused(err)
	}
	rotated, err := a.Grants.Rotate(r.Context(), claims.GrantID, claims.Generation, a.Origin(r))
	if err != nil {
		return tokens{}, refreshRefused(err)
	}
	return a.mint(rotated.Grant, rotated.Owner)
}

func refreshToken(w http.ResponseWriter, r *http.Request) (string, error) {
	fields, err := readFields(w, r, "refresh_token")
	if err != nil {
		return "", err
	}
	raw := fields["refresh_token"]
	if raw == "" {
		return "", problem.BadFields(problem.Field{
			Name: "refresh_token", Code: "missing", Message: "Send the refresh_token of the last login or refresh.",
		})
	}
	return raw, nil
}

// refreshRefusals is what a client is told, and may do, for each error.
var refreshRefusals = []struct {
	err          error
	code, detail string
}{
	{token.ErrExpired, "token_expired", "The refresh token has expired. Sign in again."},
	{token.ErrWrongType, "token_wrong_type", "This is an access token; a refresh needs the refresh_token of the last answer."},
	{token.ErrMalformed, "token_malformed", "This is not a refresh token of this server."},
	{token.ErrInvalid, "token_malformed", "This is not a refresh token of this server."},
	{grant.ErrExpired, "token_expired", "The sign-in has reached its end. Sign in again."},
	{grant.ErrRevoked, "token_revoked", "The sign-in was ended. Sign in again."},
	{grant.ErrReused, "token_reused", "This refresh token was used before, so it may have been stolen; its whole sign-in was ended. Sign in again."},
	{grant.ErrDisabled, "account_disabled", "The account is disabled. Ask the operator."},
}

// refreshRefused maps what is wrong with the token to a 401; what is wrong
// with us stays what it is, so that no client throws a good token away.
func refreshRefused(err error) error {
	for _, refusal := range refreshRefusals {
		if errors.Is(err, refusal.err) {
			p := invalidToken(refusal.code, refusal.detail)
			return p.Because(err)
		}
	}
	return err
}
