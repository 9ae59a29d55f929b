package store

import (
	"context"
	"time"
)

// Throttle is the record of consecutive failures under one key.
type Throttle struct {
	Failures     int64
	BlockedUntil time.Time
}

// Throttled returns the record under key; none is the zero Throttle.
func (r Reader) Throttled(ctx context.Context, key string, now time.Time) (Throttle, error) {
	var t Throttle
	err := r.each(ctx, func(scan func(...any) error) error {
		return scan(&t.Failures, instant{&t.BlockedUntil})
	}, `SELECT failures, blocked_until FROM throttle WHERE key = $1 AND expires_at > $2`, key, micros(now))
	return t, err
}

// Charge is one failure to be counted.
type Charge struct {
	Key string
	At  time.Time
	// Free failures cost no delay; the one after them costs Base, and each
	// further one twice as much, up to Ceiling.
	Free    int64
	Base    time.Duration
	Ceiling time.Duration
	// Limit is the most failures that are ever counted in a row; 0 is none.
	Limit int64
	// ForgetAfter is how long after the last failure the record is kept.
	ForgetAfter time.Duration
}

// ChargeIfOpen counts a failure in one atomic statement, unless the key is
// blocked at that moment or at its limit; it reports whether it did. Of any
// number of concurrent calls only as many succeed as may be tried.
func (tx *Tx) ChargeIfOpen(ctx context.Context, c Charge) (bool, error) {
	n, err := tx.exec(ctx, chargeStatement+`
		WHERE throttle.expires_at <= $2 OR (throttle.blocked_until <= $2 AND (CAST($6 AS BIGINT) = 0 OR throttle.failures < $6))`, c.args()...)
	return n > 0, err
}

// Charge counts a failure, blocked or not.
func (tx *Tx) Charge(ctx context.Context, c Charge) error {
	_, err := tx.exec(ctx, chargeStatement+` WHERE CAST($6 AS BIGINT) >= 0`, c.args()...)
	return err
}

// chargeStatement doubles the delay at each failure past the free ones; a
// record past its end starts again at one.
const chargeStatement = `
	INSERT INTO throttle (key, failures, blocked_until, expires_at)
	VALUES ($1, 1, CASE WHEN CAST($3 AS BIGINT) < 1 THEN CAST($2 AS BIGINT) + CAST($4 AS BIGINT) ELSE 0 END, $7)
	ON CONFLICT (key) DO UPDATE SET
		failures = CASE WHEN throttle.expires_at <= $2 THEN 1 ELSE throttle.failures + 1 END,
		blocked_until = CASE
			WHEN throttle.expires_at <= $2 OR throttle.failures < $3 THEN excluded.blocked_until
			WHEN throttle.failures - $3 >= 20 OR ($4 << CAST(throttle.failures - $3 AS INTEGER)) > CAST($5 AS BIGINT) THEN $2 + $5
			ELSE $2 + ($4 << CAST(throttle.failures - $3 AS INTEGER)) END,
		expires_at = excluded.expires_at`

func (c Charge) args() []any {
	return []any{
		c.Key, c.At.UnixMicro(), c.Free, c.Base.Microseconds(), c.Ceiling.Microseconds(), c.Limit, c.At.Add(c.ForgetAfter).UnixMicro(),
	}
}

// ClearThrottle forgets the failures under up to four keys.
func (tx *Tx) ClearThrottle(ctx context.Context, keys ...string) error {
	var k [4]string
	copy(k[:], keys)
	_, err := tx.exec(ctx, `DELETE FROM throttle WHERE key IN ($1, $2, $3, $4)`, k[0], k[1], k[2], k[3])
	return err
}

// KnownPlace reports whether the key was remembered and has not expired.
func (r Reader) KnownPlace(ctx context.Context, key string, now time.Time) (bool, error) {
	var n int64
	err := r.one(ctx, []any{&n}, `SELECT count(*) FROM known_places WHERE key = $1 AND expires_at > $2`, key, micros(now))
	return n > 0, err
}

// RememberPlace keeps key until expires. A key that is kept until renewBefore
// or longer is left as it is, which saves the write.
func (tx *Tx) RememberPlace(ctx context.Context, key string, expires, renewBefore time.Time) error {
	_, err := tx.exec(ctx, `
		INSERT INTO known_places (key, expires_at) VALUES ($1, $2)
		ON CONFLICT (key) DO UPDATE SET expires_at = excluded.expires_at WHERE known_places.expires_at < $3`,
		key, micros(expires), micros(renewBefore))
	return err
}
