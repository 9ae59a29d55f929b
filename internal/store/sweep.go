package store

import (
	"context"
	"time"
)

// Sweep removes up to limit expired rows of each kind and returns how many
// went. A session's grants go with it. Small batches never stall a writer.
func (tx *Tx) Sweep(ctx context.Context, now time.Time, limit int) (int64, error) {
	var total int64
	for _, query := range []string{
		`DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)`,
		`DELETE FROM throttle WHERE key IN (SELECT key FROM throttle WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)`,
		`DELETE FROM known_places WHERE key IN (SELECT key FROM known_places WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)`,
	} {
		n, err := tx.exec(ctx, query, micros(now), int64(limit))
		if err != nil {
			return total, err
		}
		total += n
	}
	return total, nil
}
