package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/latchstring/latchstring/internal/audit"
	"github.com/latchstring/latchstring/internal/password"
	"github.com/latchstring/latchstring/internal/problem"
	"github.com/latchstring/latchstring/internal/store"
)

// ErrBadCredentials is the one answer to an unknown identifier, a wrong
// password and a disabled account.
var ErrBadCredentials = problem.New(problem.Unauthenticated, "bad_credentials",
	"The username, email or password is not right. Check the spelling; after several wrong attempts wait a moment.")

// Verified is a person whose password was just proven.
type Verified struct {
	store.User
	// rehash is the same password in the present format, or "".
	rehash string
}

// Verify proves a password. The identifier is matched as a username, then as
// an email address. It takes the same time whether the account exists or not,
// and no attempt gets around the throttle. Refusals are ErrBadCredentials,
// TooMany and Unavailable problems.
func (a *Accounts) Verify(ctx context.Context, identifier, secret string, origin audit.Origin) (Verified, error) {
	name, isName := LookupUsername(identifier)
	key, isEmail := LookupEmail(identifier)
	if !isName && !isEmail {
		name = identifier // matches nobody, and is throttled like any other
	}
	typed := name
	if isEmail {
		typed = key
	}
	at, err := a.look(ctx, typed, origin)
	if err != nil {
		return Verified{}, err
	}
	var v Verified
	if poolErr := a.Pool.Do(ctx, func() { v, err = a.prove(ctx, name, key, secret, &at) }); poolErr != nil {
		return Verified{}, busy(poolErr)
	}
	if errors.Is(err, ErrBadCredentials) {
		if chargeErr := a.recordFailure(ctx, v.User, at, origin); chargeErr != nil {
			return Verified{}, chargeErr
		}
	}
	if err != nil {
		return Verified{}, err
	}
	return v, nil
}

// prove runs inside a hashing slot. With ErrBadCredentials it returns the
// account that was tried, for the audit log.
func (a *Accounts) prove(ctx context.Context, name, key, secret string, at *attempt) (Verified, error) {
	if err := a.admit(ctx, at); err != nil {
		return Verified{}, err
	}
	u, err := a.DB.UserByIdentifier(ctx, name, key)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return Verified{}, err
	}
	encoded := u.PasswordHash
	if encoded == "" {
		encoded = a.dummies.pick(a.Throttle.mac("dummy", name, key), a.Hashing)
	}
	plain, usable := a.candidate(secret)
	match, err := password.Verify(encoded, plain)
	if err != nil {
		return Verified{}, fmt.Errorf("verify the password of account %s: %w", u.ID, err)
	}
	v := Verified{User: u}
	if !match || !usable || u.ID == "" || u.Disabled() {
		return v, ErrBadCredentials
	}
	if a.Hashing.NeedsRehash(encoded) {
		if v.rehash, err = a.Hashing.Hash(plain); err != nil {
			return Verified{}, fmt.Errorf("hash the password anew: %w", err)
		}
	}
	return v, nil
}

// candidate normalizes what was typed. What can be nobody's password is still
// hashed, bounded, so that it costs the same.
func (a *Accounts) candidate(secret string) (plain string, usable bool) {
	if len(secret) > a.Policy.MaxBytes {
		return secret[:a.Policy.MaxBytes], false
	}
	plain, err := password.Normalize(secret)
	if err != nil {
		return secret, false
	}
	return plain, true
}

func (a *Accounts) recordFailure(ctx context.Context, u store.User, at attempt, origin audit.Origin) error {
	// A client that hangs up must not get its attempt for free.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return a.DB.Write(ctx, func(tx *store.Tx) error {
		if err := a.chargeFailure(ctx, tx, at); err != nil {
			return err
		}
		return audit.Record(ctx, tx, a.Now(), origin, audit.Event{Kind: audit.LoginFailed, Failed: true, UserID: u.ID})
	})
}

// Admit is the account's part of a sign-in's transaction: it fails with
// ErrBadCredentials if the password was changed or the account disabled since
// it was verified, stores the new hash if one was made, clears the counters
// and remembers the network.
func (a *Accounts) Admit(ctx context.Context, tx *store.Tx, v Verified, origin audit.Origin) error {
	current := v.PasswordHash
	if v.rehash != "" {
		err := tx.ReplaceHash(ctx, v.ID, v.PasswordHash, v.rehash, a.Hashing.Scheme())
		switch {
		case err == nil:
			current = v.rehash
		case !errors.Is(err, store.ErrNotFound):
			return err
		}
	}
	if err := tx.RecordLogin(ctx, v.ID, current, a.Now()); err != nil {
		if errors.Is(err, store.ErrNotFound) {
			return ErrBadCredentials
		}
		return err
	}
	if err := a.clearFailures(ctx, tx, v.User); err != nil {
		return err
	}
	return a.rememberPlaces(ctx, tx, v.User, origin)
}
