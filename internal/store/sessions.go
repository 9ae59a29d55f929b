package store

import (
	"context"
	"time"
)

// Session is one sign-in of one person.
type Session struct {
	ID        string
	UserID    string
	CreatedAt time.Time
	ExpiresAt time.Time
	EndedAt   time.Time // zero: not ended
	EndReason string
	Address   string // the client's IP address
	UserAgent string
}

// The reasons for which sessions and grants end before their time.
const (
	ReasonLogout   = "logout"
	ReasonReuse    = "reuse"
	ReasonDisabled = "disabled"
	ReasonPassword = "password_changed"
	ReasonOperator = "operator"
)

const sessionColumns = `id, user_id, created_at, expires_at, ended_at, end_reason, address, user_agent`

func (s *Session) fields() []any {
	return []any{
		&s.ID, &s.UserID, instant{&s.CreatedAt}, instant{&s.ExpiresAt}, instant{&s.EndedAt}, optional{&s.EndReason},
		&s.Address, &s.UserAgent,
	}
}

// InsertSession adds a sign-in.
func (tx *Tx) InsertSession(ctx context.Context, s Session) error {
	_, err := tx.exec(ctx, `INSERT INTO sessions (`+sessionColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		s.ID, s.UserID, micros(s.CreatedAt), micros(s.ExpiresAt), micros(s.EndedAt), nullable(s.EndReason), s.Address, s.UserAgent)
	return err
}

// LiveSession returns a session that has not ended or expired, of an enabled
// person, with that person's present username; else ErrNotFound.
func (r Reader) LiveSession(ctx context.Context, id string, now time.Time) (s Session, username string, err error) {
	err = r.one(ctx, append(s.fields(), &username), `
		SELECT s.id, s.user_id, s.created_at, s.expires_at, s.ended_at, s.end_reason, s.address, s.user_agent, u.username
		FROM sessions s JOIN users u ON u.id = s.user_id
		WHERE s.id = $1 AND s.ended_at IS NULL AND s.expires_at > $2 AND u.disabled_at IS NULL`, id, micros(now))
	return s, username, err
}

// EndSession ends a session and revokes its grants; it reports whether the
// session was live before. Ending twice is no error.
func (tx *Tx) EndSession(ctx context.Context, id, reason string, at time.Time) (bool, error) {
	n, err := tx.exec(ctx, `UPDATE sessions SET ended_at = $2, end_reason = $3 WHERE id = $1 AND ended_at IS NULL`,
		id, micros(at), reason)
	if err != nil {
		return false, err
	}
	_, err = tx.exec(ctx, `UPDATE grants SET revoked_at = $2, revoke_reason = $3 WHERE session_id = $1 AND revoked_at IS NULL`,
		id, micros(at), reason)
	return n > 0, err
}

// EndSessionsOf ends every session of a person and revokes every grant; it
// returns how many sessions were live.
func (tx *Tx) EndSessionsOf(ctx context.Context, userID, reason string, at time.Time) (int64, error) {
	n, err := tx.exec(ctx, `
		UPDATE sessions SET ended_at = $2, end_reason = $3 WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2`,
		userID, micros(at), reason)
	if err != nil {
		return 0, err
	}
	_, err = tx.exec(ctx, `UPDATE grants SET revoked_at = $2, revoke_reason = $3 WHERE user_id = $1 AND revoked_at IS NULL`,
		userID, micros(at), reason)
	return n, err
}
