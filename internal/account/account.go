package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchstring/latchstring/internal/audit"
	"github.com/latchstring/latchstring/internal/password"
	"github.com/latchstring/latchstring/internal/problem"
	"github.com/latchstring/latchstring/internal/store"
)

// Accounts is everything that can be done with people. It is safe for
// concurrent use.
type Accounts struct {
	DB       *store.DB
	Hashing  password.Argon2
	Policy   password.Policy
	Pool     *password.Pool
	Throttle Throttle
	Now      func() time.Time

	// dummies stand in for the hashes of accounts that do not exist.
	dummies dummies
}

// Draft is what somebody typed for a new account.
type Draft struct {
	Username, Password, Email string
	// HashGiven says that Password is a hash made elsewhere, in one of the
	// formats of package password.
	HashGiven bool
}

var errTaken = problem.New(problem.Conflict, "username_taken",
	"This username, or one that looks like it, is taken. Choose another one.")

var errNoUser = problem.New(problem.NotFound, "user_not_found", "There is no such account.")

// Register makes an account. Bad input is one refusal that names every bad
// field; a taken username is a Conflict. An email address that is in use is
// not told (docs/decisions/0002).
func (a *Accounts) Register(ctx context.Context, d Draft, origin audit.Origin) (store.User, error) {
	email, badEmail := ParseEmail(d.Email)
	username, badUsername := ParseUsername(d.Username, email)
	id, err := uuid.NewV7()
	if err != nil {
		return store.User{}, fmt.Errorf("name the account: %w", err)
	}
	now := a.Now().Truncate(time.Microsecond)
	u := store.User{
		ID: id.String(), Username: username.Name, Skeleton: username.Skeleton, Email: email.Address, EmailKey: email.Key,
		PasswordChangedAt: now, CreatedAt: now, UpdatedAt: now,
	}
	fields := collect(badUsername, badEmail)
	u.PasswordHash, u.PasswordScheme, err = a.hashNew(ctx, d, fields)
	if err != nil {
		return store.User{}, err
	}
	if err := a.insert(ctx, u, origin); err != nil {
		return store.User{}, err
	}
	return u, nil
}

func (a *Accounts) insert(ctx context.Context, u store.User, origin audit.Origin) error {
	kind := audit.Registered
	if origin.Actor != "" {
		kind = audit.UserCreated
	}
	err := a.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.InsertUser(ctx, u); err != nil {
			return err
		}
		if origin.Actor == "" {
			if err := a.rememberPlaces(ctx, tx, u, origin); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, u.CreatedAt, origin, audit.Event{
			Kind: kind, UserID: u.ID, Detail: map[string]string{"username": u.Username},
		})
	})
	if errors.Is(err, store.ErrTaken) {
		return errTaken
	}
	return err
}

// hashNew checks a new password and hashes it, unless something else was
// wrong already. Both cost CPU, so both happen in the hashing pool.
func (a *Accounts) hashNew(ctx context.Context, d Draft, fields []problem.Field) (hash, scheme string, err error) {
	if d.HashGiven {
		scheme, err := password.Scheme(d.Password)
		if err != nil {
			fields = append(fields, problem.Field{Name: "password", Code: "malformed", Message: "This is no password hash that we know: " + err.Error()})
		}
		if len(fields) > 0 {
			return "", "", problem.BadFields(fields...)
		}
		return d.Password, scheme, nil
	}
	poolErr := a.Pool.Do(ctx, func() {
		plain, bad := a.checkPassword(d.Password, d.Username, d.Email)
		if fields = append(fields, bad...); len(fields) == 0 {
			hash, err = a.Hashing.Hash(plain)
		}
	})
	switch {
	case poolErr != nil:
		return "", "", busy(poolErr)
	case len(fields) > 0:
		return "", "", problem.BadFields(fields...)
	case err != nil:
		return "", "", fmt.Errorf("hash the password: %w", err)
	}
	return hash, a.Hashing.Scheme(), nil
}

// checkPassword normalizes a password and judges it against the policy.
func (a *Accounts) checkPassword(raw, username, email string) (string, []problem.Field) {
	switch {
	case raw == "":
		return "", []problem.Field{{
			Name: "password", Code: "missing", Message: fmt.Sprintf("A password of at least %d bytes is needed.", a.Policy.MinBytes),
		}}
	case len(raw) > a.Policy.MaxBytes:
		return "", a.Policy.Check(raw)
	}
	plain, err := password.Normalize(raw)
	if err != nil {
		return "", []problem.Field{{Name: "password", Code: "malformed", Message: "The password " + err.Error() + "."}}
	}
	return plain, a.Policy.Check(plain, username, email)
}

// busy is the answer when the hashing pool's queue is full (DESIGN §5.4).
func busy(err error) error {
	if !errors.Is(err, password.ErrBusy) {
		return problem.New(problem.Unavailable, "canceled", "The request was given up before its turn came.").Because(err)
	}
	p := problem.New(problem.Unavailable, "busy", "More people sign in at this moment than this server can check. Try again in a moment.")
	p.RetryAfter = 2 * time.Second
	return p.Because(err)
}

func collect(fields ...*problem.Field) []problem.Field {
	var bad []problem.Field
	for _, f := range fields {
		if f != nil {
			bad = append(bad, *f)
		}
	}
	return bad
}
