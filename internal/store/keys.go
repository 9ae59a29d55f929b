package store

import (
	"context"
	"time"
)

// SigningKey is one key pair for access tokens; the private half is sealed.
type SigningKey struct {
	ID            string // the "kid"
	Algorithm     string
	PublicJWK     string
	SealedPrivate []byte
	CreatedAt     time.Time
	ActivatesAt   time.Time
	RetiresAt     time.Time // zero: no successor yet
}

// SigningKeys returns all signing keys, oldest first.
func (r Reader) SigningKeys(ctx context.Context) ([]SigningKey, error) {
	var keys []SigningKey
	err := r.each(ctx, func(scan func(...any) error) error {
		var k SigningKey
		err := scan(&k.ID, &k.Algorithm, &k.PublicJWK, &k.SealedPrivate, instant{&k.CreatedAt}, instant{&k.ActivatesAt}, instant{&k.RetiresAt})
		keys = append(keys, k)
		return err
	}, `SELECT id, algorithm, public_jwk, sealed_private, created_at, activates_at, retires_at
		FROM signing_keys ORDER BY activates_at, id`)
	return keys, err
}

// LockSigningKeys makes this transaction the only one that changes signing
// keys until it ends, on every node.
func (tx *Tx) LockSigningKeys(ctx context.Context) error {
	_, err := tx.exec(ctx, `
		INSERT INTO facts (name, value) VALUES ('signing_keys_lock', '')
		ON CONFLICT (name) DO UPDATE SET value = ''`)
	return err
}

// InsertSigningKey adds a key.
func (tx *Tx) InsertSigningKey(ctx context.Context, k SigningKey) error {
	_, err := tx.exec(ctx, `
		INSERT INTO signing_keys (id, algorithm, public_jwk, sealed_private, created_at, activates_at, retires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		k.ID, k.Algorithm, k.PublicJWK, k.SealedPrivate, micros(k.CreatedAt), micros(k.ActivatesAt), micros(k.RetiresAt))
	return err
}

// RetireSigningKeys lets every key but one stop signing at the given time,
// where it has no earlier time yet.
func (tx *Tx) RetireSigningKeys(ctx context.Context, except string, at time.Time) error {
	_, err := tx.exec(ctx, `
		UPDATE signing_keys SET retires_at = $2 WHERE id <> $1 AND (retires_at IS NULL OR retires_at > $2)`, except, micros(at))
	return err
}

// ResealSigningKey replaces how a private half is sealed.
func (tx *Tx) ResealSigningKey(ctx context.Context, id string, sealed []byte) error {
	_, err := tx.exec(ctx, `UPDATE signing_keys SET sealed_private = $2 WHERE id = $1`, id, sealed)
	return err
}

// DeleteSigningKeys removes the keys that retired before the given time.
func (tx *Tx) DeleteSigningKeys(ctx context.Context, retiredBefore time.Time) error {
	_, err := tx.exec(ctx, `DELETE FROM signing_keys WHERE retires_at < $1`, micros(retiredBefore))
	return err
}

// Fact returns a named value of this installation, or ErrNotFound.
func (r Reader) Fact(ctx context.Context, name string) (string, error) {
	var value string
	err := r.one(ctx, []any{&value}, `SELECT value FROM facts WHERE name = $1`, name)
	return value, err
}

// SetFact stores a named value of this installation.
func (tx *Tx) SetFact(ctx context.Context, name, value string) error {
	_, err := tx.exec(ctx, `
		INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	return err
}

// AddFact stores a named value unless one is there already, and returns the
// one that is there afterwards.
func (tx *Tx) AddFact(ctx context.Context, name, value string) (string, error) {
	if _, err := tx.exec(ctx, `INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, name, value); err != nil {
		return "", err
	}
	return tx.Fact(ctx, name)
}
