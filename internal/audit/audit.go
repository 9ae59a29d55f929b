package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"time"

	"github.com/google/uuid"

	"github.com/latchstring/latchstring/internal/store"
)

// Kind names what happened.
type Kind string

// The kinds of event.
const (
	Registered      Kind = "user.registered"
	UserCreated     Kind = "user.created"
	UserEdited      Kind = "user.edited"
	UserDisabled    Kind = "user.disabled"
	UserEnabled     Kind = "user.enabled"
	UserDeleted     Kind = "user.deleted"
	PasswordChanged Kind = "user.password_changed"
	LoggedIn        Kind = "login.succeeded"
	LoginFailed     Kind = "login.failed"
	LoggedOut       Kind = "session.logged_out"
	SessionsEnded   Kind = "user.sessions_ended"
	RefreshReused   Kind = "refresh.reused"
	KeyRotated      Kind = "key.rotated"
)

// Origin says from where a request came.
type Origin struct {
	Address   netip.Addr
	UserAgent string
	RequestID string
	// Actor is who acts: "" is the person concerned or a stranger, "cli" an
	// operator at the command line.
	Actor string
}

// Event is one event without what Origin tells. Detail holds no secret, and
// nothing that a stranger typed without a bound.
type Event struct {
	Kind   Kind
	Failed bool
	UserID string
	Detail map[string]string
}

// Record writes an event.
func Record(ctx context.Context, tx *store.Tx, at time.Time, origin Origin, e Event) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("name the audit event: %w", err)
	}
	detail := []byte("{}")
	if len(e.Detail) > 0 {
		if detail, err = json.Marshal(e.Detail); err != nil {
			return fmt.Errorf("write the audit event: %w", err)
		}
	}
	outcome := "success"
	if e.Failed {
		outcome = "failure"
	}
	return tx.InsertAuditEvent(ctx, store.AuditEvent{
		ID: id.String(), At: at, Kind: string(e.Kind), Outcome: outcome, Actor: origin.Actor, UserID: e.UserID,
		Address: origin.address(), RequestID: origin.RequestID, Detail: string(detail),
	})
}

func (o Origin) address() string {
	if !o.Address.IsValid() {
		return ""
	}
	return o.Address.String()
}

// Network is the client's network: its /32 in IPv4, its /64 in IPv6, where one
// person may have every address of it.
func (o Origin) Network() string {
	address := o.Address.Unmap()
	if !address.IsValid() {
		return "unknown"
	}
	if address.Is4() {
		return address.String()
	}
	network, err := address.WithZone("").Prefix(64)
	if err != nil {
		return "unknown"
	}
	return network.String()
}
