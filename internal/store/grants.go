package store

import (
	"context"
	"time"
)

// Grant is what a client may do for a person: one refresh-token family. The
// row has a constant size however often it is rotated.
type Grant struct {
	ID        string
	SessionID string
	UserID    string
	ClientID  string
	Scope     string
	CreatedAt time.Time
	// ExpiresAt ends the family whatever happens (absolute lifetime).
	ExpiresAt time.Time
	// Generation numbers the current refresh token; RotatedAt is when it was
	// issued and TokenExpiresAt when it ends if nobody uses it (idle lifetime).
	Generation     int64
	RotatedAt      time.Time
	TokenExpiresAt time.Time
	// Retired and RetiredAt tell when earlier generations were retired; the
	// grant package writes and reads them.
	Retired      string
	RetiredAt    time.Time
	RevokedAt    time.Time // zero: live
	RevokeReason string
}

// GrantOwner is what a refresh needs to know of the person.
type GrantOwner struct {
	Username string
	Email    string
	Disabled bool
}

const grantColumns = `id, session_id, user_id, client_id, scope, created_at, expires_at, generation, rotated_at,
	token_expires_at, retired, retired_at, revoked_at, revoke_reason`

const ownerColumns = `(SELECT username FROM users WHERE id = user_id), (SELECT email FROM users WHERE id = user_id)`

func (g *Grant) fields() []any {
	return []any{
		&g.ID, &g.SessionID, &g.UserID, &g.ClientID, &g.Scope, instant{&g.CreatedAt}, instant{&g.ExpiresAt}, &g.Generation,
		instant{&g.RotatedAt}, instant{&g.TokenExpiresAt}, &g.Retired, instant{&g.RetiredAt}, instant{&g.RevokedAt}, optional{&g.RevokeReason},
	}
}

// InsertGrant adds a family.
func (tx *Tx) InsertGrant(ctx context.Context, g Grant) error {
	_, err := tx.exec(ctx, `
		INSERT INTO grants (`+grantColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		g.ID, g.SessionID, g.UserID, g.ClientID, g.Scope, micros(g.CreatedAt), micros(g.ExpiresAt), g.Generation,
		micros(g.RotatedAt), micros(g.TokenExpiresAt), g.Retired, g.RetiredAt.UnixMicro(), micros(g.RevokedAt), nullable(g.RevokeReason))
	return err
}

// Grant returns a family and its owner as they are, or ErrNotFound.
func (r Reader) Grant(ctx context.Context, id string) (g Grant, owner GrantOwner, err error) {
	var disabledAt time.Time
	err = r.one(ctx, append(g.fields(), &owner.Username, &owner.Email, instant{&disabledAt}), `
		SELECT `+grantColumns+`, `+ownerColumns+`, (SELECT disabled_at FROM users WHERE id = user_id)
		FROM grants WHERE id = $1`, id)
	owner.Disabled = !disabledAt.IsZero()
	return g, owner, err
}

// Rotation is the compare-and-set of one refresh.
type Rotation struct {
	GrantID string
	// From is the generation that the presented token has.
	From int64
	At   time.Time
	// TokenExpiresAt is the new token's idle end; the absolute one caps it.
	TokenExpiresAt time.Time
	// Mark is prepended to Retired when the last mark is MarkEvery or older,
	// and replaces it when that is ForgetAfter or older; Retired never grows
	// over RetiredSize bytes.
	Mark        string
	MarkEvery   time.Duration
	ForgetAfter time.Duration
	RetiredSize int
}

// RotateGrant moves a live family from one generation to the next in one
// atomic statement and returns it as it is afterwards. ErrNotFound means that
// nothing was changed: the family is gone, revoked, expired or at another
// generation, for instance because another request was faster.
func (tx *Tx) RotateGrant(ctx context.Context, r Rotation) (g Grant, owner GrantOwner, err error) {
	err = tx.one(ctx, append(g.fields(), &owner.Username, &owner.Email), `
		UPDATE grants SET
			generation = generation + 1,
			rotated_at = CASE WHEN rotated_at > $3 THEN rotated_at ELSE $3 END,
			token_expires_at = CASE WHEN expires_at < $4 THEN expires_at ELSE $4 END,
			retired = CASE WHEN $3 - retired_at >= $7 THEN $5
			               WHEN $3 - retired_at >= $6 THEN substr($5 || retired, 1, $8)
			               ELSE retired END,
			retired_at = CASE WHEN $3 - retired_at >= $6 THEN $3 ELSE retired_at END
		WHERE id = $1 AND generation = $2 AND revoked_at IS NULL AND token_expires_at > $3
		RETURNING `+grantColumns+`, `+ownerColumns,
		r.GrantID, r.From, r.At.UnixMicro(), r.TokenExpiresAt.UnixMicro(), r.Mark,
		r.MarkEvery.Microseconds(), r.ForgetAfter.Microseconds(), int64(r.RetiredSize))
	return g, owner, err
}
