package api

import (
	"errors"
	"net/http"

	"github.com/latchstring/latchstring/internal/account"
	"github.com/latchstring/latchstring/internal/store"
)

// Login is POST /login with HTTP Basic. A body is not read.
func (a *API) Login(w http.ResponseWriter, r *http.Request) error {
	answer, err := a.login(r)
	if a.outcome(r, "login", answer.User.ID, err) != nil {
		return err
	}
	return writeTokens(w, answer)
}

func (a *API) login(r *http.Request) (tokens, error) {
	identifier, secret, err := basicCredentials(r)
	if err != nil {
		return tokens{}, err
	}
	origin := a.Origin(r)
	verified, err := a.Accounts.Verify(r.Context(), identifier, secret, origin)
	if err != nil {
		return tokens{}, challenged(r, err)
	}
	issued, err := a.Sessions.Start(r.Context(), verified, ClientID, Scope, origin)
	if err != nil {
		return tokens{}, challenged(r, err)
	}
	return a.mint(issued, store.GrantOwner{Username: verified.Username, Email: verified.Email})
}

// challenged adds the challenge that a 401 must have (RFC 9110 §15.5.2).
func challenged(r *http.Request, err error) error {
	if !errors.Is(err, account.ErrBadCredentials) {
		return err
	}
	refusal := *account.ErrBadCredentials
	refusal.Challenge = challengeFor(r)
	return &refusal
}
