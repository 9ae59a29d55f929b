package account

import (
	"context"
	"errors"
	"time"

	"github.com/latchstring/latchstring/internal/audit"
	"github.com/latchstring/latchstring/internal/problem"
	"github.com/latchstring/latchstring/internal/store"
)

// Find returns the account with this id, username or email address.
func (a *Accounts) Find(ctx context.Context, identifier string) (store.User, error) {
	u, err := a.DB.User(ctx, identifier)
	if errors.Is(err, store.ErrNotFound) {
		name, _ := LookupUsername(identifier)
		key, _ := LookupEmail(identifier)
		u, err = a.DB.UserByIdentifier(ctx, name, key)
	}
	if errors.Is(err, store.ErrNotFound) {
		return store.User{}, errNoUser
	}
	return u, err
}

// Edit changes username and email; "" keeps what is there.
func (a *Accounts) Edit(ctx context.Context, u store.User, username, email string, origin audit.Origin) (store.User, error) {
	address, badEmail := ParseEmail(or(email, u.Email))
	name, badName := ParseUsername(or(username, u.Username), address)
	if bad := collect(badName, badEmail); len(bad) > 0 {
		return store.User{}, problem.BadFields(bad...)
	}
	before := u
	u.Username, u.Skeleton = name.Name, name.Skeleton
	u.Email, u.EmailKey = address.Address, address.Key
	u.UpdatedAt = a.Now()
	err := a.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.UpdateUser(ctx, u); err != nil {
			return err
		}
		return audit.Record(ctx, tx, u.UpdatedAt, origin, audit.Event{Kind: audit.UserEdited, UserID: u.ID, Detail: map[string]string{
			"username_before": before.Username, "username": u.Username, "email_before": before.Email, "email": u.Email,
		}})
	})
	switch {
	case errors.Is(err, store.ErrTaken):
		return store.User{}, errTaken
	case err != nil:
		return store.User{}, notFound(err)
	}
	return a.Find(ctx, u.ID)
}

// SetPassword gives the account a new password, or a hash made elsewhere, and
// ends every sign-in.
func (a *Accounts) SetPassword(ctx context.Context, u store.User, secret string, hashGiven bool, origin audit.Origin) error {
	hash, scheme, err := a.hashNew(ctx, Draft{Username: u.Username, Email: u.Email, Password: secret, HashGiven: hashGiven}, nil)
	if err != nil {
		return err
	}
	return a.change(ctx, u, audit.PasswordChanged, origin, func(tx *store.Tx, now time.Time) error {
		if err := tx.SetPassword(ctx, u.ID, hash, scheme, now); err != nil {
			return err
		}
		if err := a.clearFailures(ctx, tx, u); err != nil {
			return err
		}
		return endAll(ctx, tx, u, store.ReasonPassword, now)
	})
}

// Disable keeps the person from signing in and ends every sign-in at once.
func (a *Accounts) Disable(ctx context.Context, u store.User, origin audit.Origin) error {
	return a.change(ctx, u, audit.UserDisabled, origin, func(tx *store.Tx, now time.Time) error {
		if err := tx.DisableUser(ctx, u.ID, now); err != nil {
			return err
		}
		return endAll(ctx, tx, u, store.ReasonDisabled, now)
	})
}

// Enable lets the person sign in again and clears the counters of failed
// attempts.
func (a *Accounts) Enable(ctx context.Context, u store.User, origin audit.Origin) error {
	return a.change(ctx, u, audit.UserEnabled, origin, func(tx *store.Tx, now time.Time) error {
		if err := tx.EnableUser(ctx, u.ID, now); err != nil {
			return err
		}
		return a.clearFailures(ctx, tx, u)
	})
}

// Delete removes the account with everything that belongs to it.
func (a *Accounts) Delete(ctx context.Context, u store.User, origin audit.Origin) error {
	return a.change(ctx, u, audit.UserDeleted, origin, func(tx *store.Tx, _ time.Time) error {
		if err := tx.DeleteUser(ctx, u.ID); err != nil {
			return err
		}
		return a.clearFailures(ctx, tx, u)
	})
}

// EndSessions ends every sign-in of the person and says how many there were.
func (a *Accounts) EndSessions(ctx context.Context, u store.User, origin audit.Origin) (ended int64, err error) {
	err = a.change(ctx, u, audit.SessionsEnded, origin, func(tx *store.Tx, now time.Time) (err error) {
		ended, err = tx.EndSessionsOf(ctx, u.ID, store.ReasonOperator, now)
		return err
	})
	return ended, err
}

// change makes a change and its audit event in one transaction.
func (a *Accounts) change(ctx context.Context, u store.User, kind audit.Kind, origin audit.Origin, do func(*store.Tx, time.Time) error) error {
	now := a.Now()
	return notFound(a.DB.Write(ctx, func(tx *store.Tx) error {
		if err := do(tx, now); err != nil {
			return err
		}
		return audit.Record(ctx, tx, now, origin, audit.Event{Kind: kind, UserID: u.ID, Detail: map[string]string{"username": u.Username}})
	}))
}

func endAll(ctx context.Context, tx *store.Tx, u store.User, reason string, now time.Time) error {
	_, err := tx.EndSessionsOf(ctx, u.ID, reason, now)
	return err
}

func notFound(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return errNoUser
	}
	return err
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
