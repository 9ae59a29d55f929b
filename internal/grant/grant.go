package grant

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/latchstring/latchstring/internal/audit"
	"github.com/latchstring/latchstring/internal/store"
)

// Why a refresh is refused.
var (
	// ErrRevoked: the family was ended, or is not known any more.
	ErrRevoked = errors.New("grant: revoked")
	// ErrReused: a token that was retired longer ago than the grace window came
	// back; the family is revoked now.
	ErrReused = errors.New("grant: retired token reused")
	// ErrExpired: the family reached its idle or absolute end.
	ErrExpired = errors.New("grant: expired")
	// ErrDisabled: the person may not sign in.
	ErrDisabled = errors.New("grant: account disabled")
)

// Lifetimes bound every family.
type Lifetimes struct {
	// Idle ends a family that nobody refreshes; Absolute ends every one.
	Idle, Absolute time.Duration
	// Grace is how long a retired token is still answered with the current one.
	Grace time.Duration
}

// Grants issues and rotates families.
type Grants struct {
	DB        *store.DB
	Lifetimes Lifetimes
	Now       func() time.Time
}

// Issue starts the family of a session, in the session's transaction.
func (g *Grants) Issue(ctx context.Context, tx *store.Tx, s store.Session, clientID, scope string) (store.Grant, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return store.Grant{}, fmt.Errorf("name the grant: %w", err)
	}
	family := store.Grant{
		ID: id.String(), SessionID: s.ID, UserID: s.UserID, ClientID: clientID, Scope: scope,
		CreatedAt: s.CreatedAt, ExpiresAt: s.ExpiresAt, RotatedAt: s.CreatedAt,
		TokenExpiresAt: earlier(s.CreatedAt.Add(g.Lifetimes.Idle), s.ExpiresAt),
	}
	return family, tx.InsertGrant(ctx, family)
}

// Rotation is the outcome of a refresh: the family as it is now.
type Rotation struct {
	store.Grant
	Owner store.GrantOwner
	// Repeated says that the token had been retired already, less than the
	// grace window ago, and that the family was left as it is.
	Repeated bool
}

// Rotate answers one refresh token, exactly once: it moves the family from the
// token's generation to the next, or, for a token retired within the grace
// window, gives the family's current token again. Any later return of a
// retired token is reuse and ends the family and its session (RFC 9700
// §4.14.2). The error is one of the four above, or the database's.
func (g *Grants) Rotate(ctx context.Context, id string, generation int64, origin audit.Origin) (Rotation, error) {
	// The window is judged by when the token came, not by when its turn came.
	arrived := g.Now()
	const attempts = 3 // a lost race shows a newer row at the next look
	for range attempts {
		rotated, err := g.advance(ctx, id, generation)
		if !errors.Is(err, store.ErrNotFound) {
			return rotated, err
		}
		current, owner, err := g.DB.Grant(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			return Rotation{}, ErrRevoked
		}
		if err != nil {
			return Rotation{}, err
		}
		repeated, err := g.judge(current, owner, generation, arrived)
		if errors.Is(err, ErrReused) {
			return Rotation{}, g.endFamily(ctx, current, generation, origin)
		}
		if err != nil || repeated.Repeated {
			return repeated, err
		}
	}
	return Rotation{}, fmt.Errorf("grant %s: generation %d stays current and cannot be moved", id, generation)
}

// advance is the one atomic statement; store.ErrNotFound when it did nothing.
func (g *Grants) advance(ctx context.Context, id string, generation int64) (Rotation, error) {
	now := g.Now()
	step := markStep(g.Lifetimes.Grace)
	var r Rotation
	err := g.DB.Write(ctx, func(tx *store.Tx) (err error) {
		r.Grant, r.Owner, err = tx.RotateGrant(ctx, store.Rotation{
			GrantID: id, From: generation, At: now, TokenExpiresAt: now.Add(g.Lifetimes.Idle),
			Mark: mark(generation, now), MarkEvery: step, ForgetAfter: g.Lifetimes.Grace + 2*step, RetiredSize: marks * markSize,
		})
		return err
	})
	return r, err
}

// judge says what a token means that could not advance its family. No error
// and not Repeated: the row says it can advance, so try again.
func (g *Grants) judge(current store.Grant, owner store.GrantOwner, generation int64, now time.Time) (Rotation, error) {
	switch {
	case owner.Disabled:
		return Rotation{}, ErrDisabled
	case !current.RevokedAt.IsZero() && current.RevokeReason == store.ReasonDisabled:
		return Rotation{}, ErrDisabled
	case !current.RevokedAt.IsZero(), generation > current.Generation:
		return Rotation{}, ErrRevoked
	case generation < current.Generation:
		ago, ok := retiredSince(current, generation, now, g.Lifetimes.Grace)
		if !ok || ago >= g.Lifetimes.Grace {
			return Rotation{}, ErrReused
		}
		if !now.Before(current.TokenExpiresAt) {
			return Rotation{}, ErrExpired
		}
		return Rotation{Grant: current, Owner: owner, Repeated: true}, nil
	case !now.Before(current.TokenExpiresAt):
		return Rotation{}, ErrExpired
	default:
		return Rotation{}, nil
	}
}

// endFamily answers reuse; of several at once, one writes the event.
func (g *Grants) endFamily(ctx context.Context, current store.Grant, generation int64, origin audit.Origin) error {
	now := g.Now()
	err := g.DB.Write(ctx, func(tx *store.Tx) error {
		ended, err := tx.EndSession(ctx, current.SessionID, store.ReasonReuse, now)
		if err != nil || !ended {
			return err
		}
		return audit.Record(ctx, tx, now, origin, audit.Event{
			Kind: audit.RefreshReused, Failed: true, UserID: current.UserID,
			Detail: map[string]string{
				"grant": current.ID, "session": current.SessionID, "client_id": current.ClientID,
				"generation": strconv.FormatInt(generation, 10), "current": strconv.FormatInt(current.Generation, 10),
			},
		})
	})
	if err != nil {
		return err
	}
	return ErrReused
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
