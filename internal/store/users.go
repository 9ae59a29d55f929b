package store

import (
	"context"
	"errors"
	"time"
)

// User is one person's account.
type User struct {
	ID       string
	Username string
	// Skeleton is the username's confusable skeleton (UTS #39); it is unique.
	Skeleton string
	// Email is the address as it was typed. EmailKey is its canonical form, or
	// "" while another account holds the address.
	Email             string
	EmailKey          string
	PasswordHash      string
	PasswordScheme    string
	PasswordChangedAt time.Time
	CreatedAt         time.Time
	UpdatedAt         time.Time
	LastLoginAt       time.Time // zero: never
	DisabledAt        time.Time // zero: enabled
}

// Disabled reports whether the person may not sign in.
func (u User) Disabled() bool { return !u.DisabledAt.IsZero() }

// ErrTaken says that another account has this username, or one that looks
// like it.
var ErrTaken = errors.New("store: the username is taken")

const userColumns = `id, username, username_skeleton, email, email_key, password_hash, password_scheme,
	password_changed_at, created_at, updated_at, last_login_at, disabled_at`

func (u *User) fields() []any {
	return []any{
		&u.ID, &u.Username, &u.Skeleton, &u.Email, optional{&u.EmailKey}, &u.PasswordHash, &u.PasswordScheme,
		instant{&u.PasswordChangedAt}, instant{&u.CreatedAt}, instant{&u.UpdatedAt}, instant{&u.LastLoginAt}, instant{&u.DisabledAt},
	}
}

// InsertUser adds an account. It returns ErrTaken when the username or one
// that looks like it exists. An email address that another account holds is
// no error: the new account keeps the address as typed and holds no EmailKey
// (docs/decisions/0002). A username that is an email address held by another
// account is taken: it signs that account in.
func (tx *Tx) InsertUser(ctx context.Context, u User) error {
	held, err := tx.emailHeld(ctx, u.EmailKey, "")
	if err != nil {
		return err
	}
	n, err := tx.exec(ctx, `
		INSERT INTO users (`+userColumns+`)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
		WHERE NOT EXISTS (SELECT 1 FROM users WHERE email_key = $2)
		ON CONFLICT (username_skeleton) DO NOTHING`,
		u.ID, u.Username, u.Skeleton, u.Email, keyUnlessHeld(u.EmailKey, held), u.PasswordHash, u.PasswordScheme,
		micros(u.PasswordChangedAt), micros(u.CreatedAt), micros(u.UpdatedAt), micros(u.LastLoginAt), micros(u.DisabledAt))
	if err == nil && n == 0 {
		return ErrTaken
	}
	return err
}

// emailHeld reports whether an account other than except holds the address.
func (r Reader) emailHeld(ctx context.Context, key, except string) (bool, error) {
	var n int64
	err := r.one(ctx, []any{&n}, `SELECT count(*) FROM users WHERE email_key = $1 AND id <> $2`, key, except)
	return n > 0, err
}

func keyUnlessHeld(key string, held bool) any {
	if held {
		return nil
	}
	return nullable(key)
}

// User returns the account with this id, or ErrNotFound.
func (r Reader) User(ctx context.Context, id string) (User, error) {
	var u User
	err := r.one(ctx, u.fields(), `SELECT `+userColumns+` FROM users WHERE id = $1`, id)
	return u, err
}

// UserByIdentifier returns the account with this enforced username, else the
// one that holds this email key, else ErrNotFound.
func (r Reader) UserByIdentifier(ctx context.Context, username, emailKey string) (User, error) {
	var u User
	err := r.one(ctx, u.fields(), `
		SELECT `+userColumns+` FROM users WHERE username = $1
		UNION ALL
		SELECT `+userColumns+` FROM users WHERE email_key = $2 AND username <> $1`, username, emailKey)
	return u, err
}

// Users returns up to limit accounts with an id after the given one, in the
// order of their ids, which is that of their creation.
func (r Reader) Users(ctx context.Context, after string, limit int) ([]User, error) {
	var users []User
	err := r.each(ctx, func(scan func(...any) error) error {
		var u User
		err := scan(u.fields()...)
		users = append(users, u)
		return err
	}, `SELECT `+userColumns+` FROM users WHERE id > $1 ORDER BY id LIMIT $2`, after, int64(limit))
	return users, err
}

// UpdateUser changes username and email, under InsertUser's rules. It returns
// ErrTaken or ErrNotFound.
func (tx *Tx) UpdateUser(ctx context.Context, u User) error {
	held, err := tx.emailHeld(ctx, u.EmailKey, u.ID)
	if err != nil {
		return err
	}
	var taken int64
	if err := tx.one(ctx, []any{&taken}, `
		SELECT count(*) FROM users WHERE id <> $1 AND (username_skeleton = $2 OR email_key = $3)`,
		u.ID, u.Skeleton, u.Username); err != nil {
		return err
	}
	if taken > 0 {
		return ErrTaken
	}
	return tx.touchUser(ctx, `
		UPDATE users SET username = $2, username_skeleton = $3, email = $4, email_key = $5, updated_at = $6 WHERE id = $1`,
		u.ID, u.Username, u.Skeleton, u.Email, keyUnlessHeld(u.EmailKey, held), micros(u.UpdatedAt))
}

// RecordLogin notes a sign-in if the password is still the one that was
// verified and the account is enabled; otherwise it returns ErrNotFound. It
// locks the row, so a password change or a disablement either comes before
// (and is seen here) or after (and ends the session that follows).
func (tx *Tx) RecordLogin(ctx context.Context, id, verifiedHash string, at time.Time) error {
	return tx.touchUser(ctx, `
		UPDATE users SET last_login_at = $3 WHERE id = $1 AND password_hash = $2 AND disabled_at IS NULL`,
		id, verifiedHash, micros(at))
}

// ReplaceHash stores the same password hashed anew, unless the password was
// changed since (ErrNotFound).
func (tx *Tx) ReplaceHash(ctx context.Context, id, old, hash, scheme string) error {
	return tx.touchUser(ctx, `
		UPDATE users SET password_hash = $3, password_scheme = $4 WHERE id = $1 AND password_hash = $2`,
		id, old, hash, scheme)
}

// SetPassword stores a new password; ending the sign-ins is the caller's part
// of the same transaction.
func (tx *Tx) SetPassword(ctx context.Context, id, hash, scheme string, at time.Time) error {
	return tx.touchUser(ctx, `
		UPDATE users SET password_hash = $2, password_scheme = $3, password_changed_at = $4, updated_at = $4 WHERE id = $1`,
		id, hash, scheme, micros(at))
}

// DisableUser keeps the first time when it was disabled already.
func (tx *Tx) DisableUser(ctx context.Context, id string, at time.Time) error {
	return tx.touchUser(ctx, `
		UPDATE users SET disabled_at = COALESCE(disabled_at, $2), updated_at = $2 WHERE id = $1`, id, micros(at))
}

// EnableUser lets the person sign in again; what was ended stays ended.
func (tx *Tx) EnableUser(ctx context.Context, id string, at time.Time) error {
	return tx.touchUser(ctx, `UPDATE users SET disabled_at = NULL, updated_at = $2 WHERE id = $1`, id, micros(at))
}

// DeleteUser removes the account with its sessions and grants.
func (tx *Tx) DeleteUser(ctx context.Context, id string) error {
	return tx.touchUser(ctx, `DELETE FROM users WHERE id = $1`, id)
}

// touchUser runs a statement on one account; ErrNotFound when it hit none.
func (tx *Tx) touchUser(ctx context.Context, query string, args ...any) error {
	n, err := tx.exec(ctx, query, args...)
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return err
}

// PasswordSchemes counts accounts by password scheme, each count capped, so
// that it costs the same however many accounts there are.
func (r Reader) PasswordSchemes(ctx context.Context, limit int) (map[string]int, error) {
	counts := map[string]int{}
	scheme := ""
	for {
		err := r.one(ctx, []any{optional{&scheme}}, `SELECT min(password_scheme) FROM users WHERE password_scheme > $1`, scheme)
		if err != nil || scheme == "" {
			return counts, err
		}
		var n int64
		if err := r.one(ctx, []any{&n}, `
			SELECT count(*) FROM (SELECT 1 FROM users WHERE password_scheme = $1 LIMIT $2) AS capped`, scheme, int64(limit)); err != nil {
			return counts, err
		}
		counts[scheme] = int(n)
	}
}
