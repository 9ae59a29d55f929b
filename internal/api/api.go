package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/latchstring/latchstring/internal/account"
	"github.com/latchstring/latchstring/internal/audit"
	"github.com/latchstring/latchstring/internal/grant"
	"github.com/latchstring/latchstring/internal/problem"
	"github.com/latchstring/latchstring/internal/session"
	"github.com/latchstring/latchstring/internal/store"
	"github.com/latchstring/latchstring/internal/token"
)

// ClientID names the built-in client that the login API acts for, and Scope
// what its tokens allow.
const (
	ClientID = "latchstring"
	Scope    = "profile email"
)

// API is the login API. Every method that takes (w, r) is one endpoint; the
// error it returns is written by the caller, the route table.
type API struct {
	DB       *store.DB
	Accounts *account.Accounts
	Sessions *session.Sessions
	Grants   *grant.Grants
	Minter   *token.Minter
	Now      func() time.Time
	// Registration says whether strangers may register.
	Registration bool
	// Origin tells from where a request comes.
	Origin func(*http.Request) audit.Origin
	// Outcome is told how each authentication ended: the act, and "success" or
	// the code of the refusal.
	Outcome func(ctx context.Context, act, outcome, userID string)
}

// person is how a user appears in answers.
type person struct {
	ID       string `json:"id" doc:"Never changes and is never reused; the sub of every token."`
	Username string `json:"username"`
	Email    string `json:"email" doc:"As it was typed; not proven."`
}

// tokens is the answer to a login and to a refresh (RFC 6749 §5.1).
type tokens struct {
	AccessToken      string `json:"access_token" doc:"A JWT (RFC 9068) for Authorization: Bearer."`
	RefreshToken     string `json:"refresh_token" doc:"For POST /login/refresh, once."`
	TokenType        string `json:"token_type" enum:"Bearer"`
	ExpiresIn        int64  `json:"expires_in" doc:"Seconds that the access token lives."`
	RefreshExpiresIn int64  `json:"refresh_expires_in" doc:"Seconds that the refresh token lives unless it is used."`
	Scope            string `json:"scope"`
	User             person `json:"user"`
}

// mint makes the token answer of a grant.
func (a *API) mint(g store.Grant, owner store.GrantOwner) (tokens, error) {
	access, err := a.Minter.MintAccess(token.Access{
		Subject: g.UserID, ClientID: g.ClientID, Scope: g.Scope, SessionID: g.SessionID,
		AuthTime: g.CreatedAt.Unix(), Username: owner.Username,
	})
	if err != nil {
		return tokens{}, err
	}
	refresh, err := a.Minter.MintRefresh(g.UserID, owner.Username, g.ID, g.Generation, g.RotatedAt, g.TokenExpiresAt)
	if err != nil {
		return tokens{}, err
	}
	return tokens{
		AccessToken: access, RefreshToken: refresh, TokenType: "Bearer",
		ExpiresIn:        int64(a.Minter.AccessLifetime() / time.Second),
		RefreshExpiresIn: int64(g.TokenExpiresAt.Sub(a.Now()) / time.Second),
		Scope:            g.Scope,
		User:             person{ID: g.UserID, Username: owner.Username, Email: owner.Email},
	}, nil
}

// outcome reports how an act ended and passes its error on.
func (a *API) outcome(r *http.Request, act, userID string, err error) error {
	result := "success"
	if err != nil {
		result = problem.Of(err).Code
	}
	a.Outcome(r.Context(), act, result, userID)
	return err
}

func writeJSON(w http.ResponseWriter, status int, answer any) error {
	body, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
	return nil
}

// writeTokens is for answers with tokens: no cache keeps them (RFC 6749 §5.1).
func writeTokens(w http.ResponseWriter, answer tokens) error {
	w.Header().Set("Cache-Control", "no-store")
	return writeJSON(w, http.StatusOK, answer)
}

// signedIn proves a Bearer access token: signature and times by itself, and
// that its session lives by the database.
func (a *API) signedIn(ctx context.Context, raw string) (s store.Session, username string, err error) {
	claims, err := a.Minter.VerifyAccess(raw)
	switch {
	case errors.Is(err, token.ErrExpired):
		return s, "", invalidToken("token_expired", "The access token has expired.")
	case errors.Is(err, token.ErrWrongType):
		return s, "", invalidToken("token_wrong_type", "This is not an access token.")
	case err != nil:
		return s, "", invalidToken("token_malformed", "This is not an access token of this server.").Because(err)
	}
	s, username, err = a.DB.LiveSession(ctx, claims.SessionID, a.Now())
	if errors.Is(err, store.ErrNotFound) || (err == nil && s.UserID != claims.Subject) {
		return s, "", invalidToken("token_revoked", "The sign-in of this token has ended.")
	}
	return s, username, err
}
