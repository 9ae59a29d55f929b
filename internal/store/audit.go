package store

import (
	"context"
	"time"
)

// AuditEvent is one security event. Detail is a JSON object without secrets.
type AuditEvent struct {
	ID        string
	At        time.Time
	Kind      string
	Outcome   string
	Actor     string
	UserID    string // "" when no account is concerned
	Address   string
	RequestID string
	Detail    string
}

// InsertAuditEvent adds an event, in the transaction of what it tells of.
func (tx *Tx) InsertAuditEvent(ctx context.Context, e AuditEvent) error {
	_, err := tx.exec(ctx, `
		INSERT INTO audit_events (id, at, kind, outcome, actor, user_id, address, request_id, detail)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		e.ID, micros(e.At), e.Kind, e.Outcome, e.Actor, nullable(e.UserID), e.Address, e.RequestID, e.Detail)
	return err
}

// AuditEvents returns up to limit events after the given id, oldest first.
func (r Reader) AuditEvents(ctx context.Context, after string, limit int) ([]AuditEvent, error) {
	var events []AuditEvent
	err := r.each(ctx, func(scan func(...any) error) error {
		var e AuditEvent
		err := scan(&e.ID, instant{&e.At}, &e.Kind, &e.Outcome, &e.Actor, optional{&e.UserID}, &e.Address, &e.RequestID, &e.Detail)
		events = append(events, e)
		return err
	}, `SELECT id, at, kind, outcome, actor, user_id, address, request_id, detail
		FROM audit_events WHERE id > $1 ORDER BY id LIMIT $2`, after, int64(limit))
	return events, err
}
