package keys

import (
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/latchstring/latchstring/internal/store"
)

// The clock of a signing key. A manual rotation takes effect within a minute
// on every node: PollEvery until all nodes publish the key, JWKSMaxAge until
// every cache has seen it, and only then does it sign.
const (
	PollEvery    = 10 * time.Second
	JWKSMaxAge   = 30 * time.Second
	rotateLead   = PollEvery + JWKSMaxAge + 5*time.Second
	scheduleLead = 24 * time.Hour
	// keepRetired outlives the longest access token that a key may have signed.
	keepRetired = 25 * time.Hour
)

// Policy says how signing keys live.
type Policy struct {
	Algorithm jose.SignatureAlgorithm
	// RotateEvery is the age at which a key gets a successor; 0 is never.
	RotateEvery time.Duration
}

// Ring holds the signing keys as one node sees them. It is safe for
// concurrent use; reading it takes no lock.
type Ring struct {
	db     *store.DB
	secret *Secret
	policy Policy
	now    func() time.Time
	view   atomic.Pointer[view]
}

// view is one reading of the signing_keys table.
type view struct {
	pairs map[string]*Pair
	order []*Pair // oldest activation first
	jwks  Document
	// resealed are the private halves that an earlier secret had sealed.
	resealed map[string][]byte
}

// Pair is one signing key, opened.
type Pair struct {
	ID          string
	Algorithm   jose.SignatureAlgorithm
	Public      jose.JSONWebKey
	CreatedAt   time.Time
	ActivatesAt time.Time
	RetiresAt   time.Time // zero: no successor yet
	Signer      jose.Signer
}

// Document is a prepared JSON answer with its entity tag.
type Document struct {
	Body []byte
	ETag string
}

// OpenRing reads the signing keys and makes the first one where there is none.
func OpenRing(ctx context.Context, db *store.DB, secret *Secret, policy Policy, now func() time.Time) (*Ring, error) {
	r := &Ring{db: db, secret: secret, policy: policy, now: now}
	if err := r.Maintain(ctx); err != nil {
		return nil, fmt.Errorf("open the signing keys: %w", err)
	}
	return r, nil
}

// Run follows the database until ctx ends: keys that other nodes or the
// command line made, and the rotation that is due.
func (r *Ring) Run(ctx context.Context, log *slog.Logger) {
	ticker := time.NewTicker(PollEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := r.Maintain(ctx); err != nil && ctx.Err() == nil {
				log.Error("signing keys could not be read; the ones known are used", "error", err)
			}
		}
	}
}

// Maintain reads the keys anew and makes a successor where one is due.
func (r *Ring) Maintain(ctx context.Context) error {
	if err := r.reload(ctx); err != nil {
		return err
	}
	for id, sealed := range r.view.Load().resealed {
		if err := r.db.Write(ctx, func(tx *store.Tx) error { return tx.ResealSigningKey(ctx, id, sealed) }); err != nil {
			return err
		}
	}
	if lead, due := r.due(); due {
		return r.addKey(ctx, lead, func() bool { _, still := r.due(); return still })
	}
	return nil
}

// Rotate makes a successor now; it signs after every node and cache has seen
// it, in less than a minute.
func (r *Ring) Rotate(ctx context.Context) error {
	return r.addKey(ctx, rotateLead, func() bool { return true })
}

// due reports whether a key must be made, and how long before it signs.
func (r *Ring) due() (lead time.Duration, due bool) {
	if r.policy.Algorithm == jose.HS256 {
		return 0, false // its key is given, not ours to make
	}
	newest := r.newest()
	if newest == nil {
		return 0, true // nobody can have cached anything yet
	}
	lead = min(scheduleLead, r.policy.RotateEvery/2)
	age := r.now().Sub(newest.ActivatesAt)
	return lead, r.policy.RotateEvery > 0 && age >= r.policy.RotateEvery-lead
}

// newest is the key of our algorithm that was or will be activated last.
func (r *Ring) newest() *Pair {
	order := r.view.Load().order
	for i := len(order) - 1; i >= 0; i-- {
		if order[i].Algorithm == r.policy.Algorithm {
			return order[i]
		}
	}
	return nil
}

// addKey makes a key under the lock that all nodes share, unless another node
// did meanwhile, and lets the others retire when it activates.
func (r *Ring) addKey(ctx context.Context, lead time.Duration, still func() bool) error {
	if r.policy.Algorithm == jose.HS256 {
		return errors.New("access tokens are signed with the given HS256 key: change that setting instead")
	}
	now := r.now()
	key, err := generate(r.secret, r.policy.Algorithm, now, now.Add(lead))
	if err != nil {
		return err
	}
	err = r.db.Write(ctx, func(tx *store.Tx) error {
		if err := tx.LockSigningKeys(ctx); err != nil {
			return err
		}
		if err := r.load(ctx, tx.Reader); err != nil || !still() {
			return err
		}
		if err := tx.DeleteSigningKeys(ctx, now.Add(-keepRetired)); err != nil {
			return err
		}
		if err := tx.InsertSigningKey(ctx, key); err != nil {
			return err
		}
		if lead == 0 {
			return nil // the first of its algorithm replaces no other
		}
		return tx.RetireSigningKeys(ctx, key.ID, key.ActivatesAt)
	})
	if err != nil {
		return err
	}
	return r.reload(ctx)
}

func (r *Ring) reload(ctx context.Context) error { return r.load(ctx, r.db.Reader) }

func (r *Ring) load(ctx context.Context, reader store.Reader) error {
	rows, err := reader.SigningKeys(ctx)
	if err != nil {
		return err
	}
	old := r.view.Load()
	next := &view{pairs: map[string]*Pair{}, resealed: map[string][]byte{}}
	for _, row := range rows {
		pair, err := r.open(row, old, next)
		if err != nil {
			return err
		}
		next.pairs[pair.ID] = pair
		next.order = append(next.order, pair)
	}
	if next.jwks, err = document(next.order, r.now()); err != nil {
		return err
	}
	r.view.Store(next)
	return nil
}

// open reads one row; a pair that was opened before is not opened again.
func (r *Ring) open(row store.SigningKey, old, next *view) (*Pair, error) {
	if old != nil && old.pairs[row.ID] != nil {
		pair := *old.pairs[row.ID]
		pair.RetiresAt = row.RetiresAt
		return &pair, nil
	}
	private, fresh, err := unseal(r.secret, row.SealedPrivate, row.ID)
	if err != nil {
		return nil, err
	}
	if !fresh {
		sealed, err := seal(r.secret.Derive(sealPurpose), private, row.ID)
		if err != nil {
			return nil, err
		}
		next.resealed[row.ID] = sealed
	}
	return newPair(row, private)
}

func newPair(row store.SigningKey, private crypto.Signer) (*Pair, error) {
	pair := &Pair{
		ID: row.ID, Algorithm: jose.SignatureAlgorithm(row.Algorithm),
		CreatedAt: row.CreatedAt, ActivatesAt: row.ActivatesAt, RetiresAt: row.RetiresAt,
	}
	if err := json.Unmarshal([]byte(row.PublicJWK), &pair.Public); err != nil {
		return nil, fmt.Errorf("read the public key %s: %w", row.ID, err)
	}
	var err error
	pair.Signer, err = jose.NewSigner(
		jose.SigningKey{Algorithm: pair.Algorithm, Key: jose.JSONWebKey{Key: private, KeyID: row.ID}},
		(&jose.SignerOptions{}).WithType("at+jwt"), // RFC 9068 §2.1
	)
	if err != nil {
		return nil, fmt.Errorf("prepare the signing key %s: %w", row.ID, err)
	}
	return pair, nil
}

// document is the JWK Set (RFC 7517 §5) of all keys that sign, will sign, or
// have signed tokens that may still live.
func document(order []*Pair, now time.Time) (Document, error) {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, pair := range order {
		if pair.RetiresAt.IsZero() || now.Before(pair.RetiresAt.Add(keepRetired)) {
			set.Keys = append(set.Keys, pair.Public)
		}
	}
	body, err := json.Marshal(set)
	if err != nil {
		return Document{}, fmt.Errorf("write the JWK Set: %w", err)
	}
	sum := sha256.Sum256(body)
	return Document{Body: body, ETag: `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}, nil
}

// JWKS is the prepared JWK Set.
func (r *Ring) JWKS() Document { return r.view.Load().jwks }

// Active is the key that signs at the given moment: the one of our algorithm
// activated last. It is nil only in HS256 mode.
func (r *Ring) Active(now time.Time) *Pair {
	var active *Pair
	for _, pair := range r.view.Load().order {
		if pair.Algorithm == r.policy.Algorithm && (active == nil || !now.Before(pair.ActivatesAt)) {
			active = pair
		}
	}
	return active
}

// Lookup returns the key with this id, if its tokens may still live.
func (r *Ring) Lookup(id string, now time.Time) (*Pair, bool) {
	pair, ok := r.view.Load().pairs[id]
	if !ok || (!pair.RetiresAt.IsZero() && now.After(pair.RetiresAt.Add(keepRetired))) {
		return nil, false
	}
	return pair, true
}

// Pairs returns all keys, oldest activation first.
func (r *Ring) Pairs() []*Pair { return r.view.Load().order }

// State names where a key stands on the clock.
func (p *Pair) State(now time.Time) string {
	switch {
	case now.Before(p.ActivatesAt):
		return "published"
	case p.RetiresAt.IsZero() || now.Before(p.RetiresAt):
		return "active"
	default:
		return "retired"
	}
}
