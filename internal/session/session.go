package session

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/latchstring/latchstring/internal/account"
	"github.com/latchstring/latchstring/internal/audit"
	"github.com/latchstring/latchstring/internal/grant"
	"github.com/latchstring/latchstring/internal/store"
)

// maxUserAgent bounds what is kept of a client's name, in bytes.
const maxUserAgent = 256

// Sessions starts and ends sign-ins.
type Sessions struct {
	DB       *store.DB
	Accounts *account.Accounts
	Grants   *grant.Grants
	Now      func() time.Time
}

// Start signs a verified person in: the session, the grant for the client and
// the event are one transaction. account.ErrBadCredentials says that the
// account was changed since the password was verified.
func (s *Sessions) Start(ctx context.Context, v account.Verified, clientID, scope string, origin audit.Origin) (store.Grant, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return store.Grant{}, fmt.Errorf("name the session: %w", err)
	}
	now := s.Now().Truncate(time.Microsecond)
	started := store.Session{
		ID: id.String(), UserID: v.ID, CreatedAt: now, ExpiresAt: now.Add(s.Grants.Lifetimes.Absolute),
		Address: origin.Address.String(), UserAgent: clip(origin.UserAgent, maxUserAgent),
	}
	var issued store.Grant
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := s.Accounts.Admit(ctx, tx, v, origin); err != nil {
			return err
		}
		if err := tx.InsertSession(ctx, started); err != nil {
			return err
		}
		if issued, err = s.Grants.Issue(ctx, tx, started, clientID, scope); err != nil {
			return err
		}
		return audit.Record(ctx, tx, now, origin, audit.Event{
			Kind: audit.LoggedIn, UserID: v.ID, Detail: map[string]string{"session": started.ID, "client_id": clientID},
		})
	})
	return issued, err
}

// End signs out: the session and its grants are dead at once. Ending what has
// ended, or never was, is no error.
func (s *Sessions) End(ctx context.Context, id, userID string, origin audit.Origin) error {
	now := s.Now()
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		ended, err := tx.EndSession(ctx, id, store.ReasonLogout, now)
		if err != nil || !ended {
			return err
		}
		return audit.Record(ctx, tx, now, origin, audit.Event{Kind: audit.LoggedOut, UserID: userID, Detail: map[string]string{"session": id}})
	})
}

// clip keeps the first max bytes of valid UTF-8 without control characters.
func clip(s string, max int) string {
	if len(s) > max {
		s = s[:max]
	}
	s = strings.ToValidUTF8(s, "")
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}
