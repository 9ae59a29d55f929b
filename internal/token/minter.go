package token

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/latchstring/latchstring/internal/keys"
)

// MaxBytes bounds a token; ours have less than 1 KiB.
const MaxBytes = 8 << 10

// What can be wrong with a token.
var (
	// ErrMalformed: it is no JWT, or none that we ever make.
	ErrMalformed = errors.New("token: malformed")
	// ErrInvalid: signature, issuer, audience or claims are not ours.
	ErrInvalid = errors.New("token: invalid")
	// ErrWrongType: it is a token of ours of the other kind.
	ErrWrongType = errors.New("token: wrong type")
	// ErrExpired: it was good once.
	ErrExpired = errors.New("token: expired")
)

func refuse(kind error, why string) error { return fmt.Errorf("%w: %s", kind, why) }

// Settings are what every token of this installation has in common.
type Settings struct {
	Issuer string
	// FormerIssuers are earlier public URLs whose tokens are still taken.
	FormerIssuers  []string
	Audience       string
	AccessLifetime time.Duration
	// SharedKey turns on the HS256 compatibility mode: access tokens are signed
	// with it, and whoever checks them has it too.
	SharedKey []byte
}

// Minter mints and verifies tokens. It is safe for concurrent use.
type Minter struct {
	ring           *keys.Ring
	now            func() time.Time
	issuer         string
	issuers        []string
	audience       string
	accessLifetime time.Duration

	accessAlgorithms []jose.SignatureAlgorithm
	shared           jose.Signer // nil unless in HS256 mode
	sharedKey        []byte

	refreshSigner jose.Signer
	refreshKeys   map[string][]byte // by key id; the current secret's and those it replaces
}

// NewMinter derives the refresh keys from the secret.
func NewMinter(ring *keys.Ring, secret *keys.Secret, s Settings, now func() time.Time) (*Minter, error) {
	m := &Minter{
		ring: ring, now: now,
		issuer: s.Issuer, issuers: append([]string{s.Issuer}, s.FormerIssuers...),
		audience: s.Audience, accessLifetime: s.AccessLifetime,
		accessAlgorithms: keys.Algorithms,
		refreshKeys:      map[string][]byte{},
	}
	derived := secret.DeriveAll("refresh-token")
	for _, key := range derived {
		m.refreshKeys[keyID(key)] = key
	}
	var err error
	if m.refreshSigner, err = hmacSigner(derived[0], keyID(derived[0]), refreshType); err != nil {
		return nil, err
	}
	if len(s.SharedKey) == 0 {
		return m, nil
	}
	m.sharedKey = s.SharedKey
	m.accessAlgorithms = append(slices.Clone(keys.Algorithms), jose.HS256)
	m.shared, err = hmacSigner(s.SharedKey, "", accessType)
	return m, err
}

// AccessLifetime is how long an access token lives.
func (m *Minter) AccessLifetime() time.Duration { return m.accessLifetime }

func hmacSigner(key []byte, id, typ string) (jose.Signer, error) {
	options := (&jose.SignerOptions{}).WithType(jose.ContentType(typ))
	if id != "" {
		options = options.WithHeader("kid", id)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: key}, options)
	if err != nil {
		return nil, fmt.Errorf("prepare the HS256 key: %w", err)
	}
	return signer, nil
}

// keyID names a derived key by a hash of it.
func keyID(key []byte) string {
	sum := sha256.Sum256(append([]byte("latchstring/key-id:"), key...))
	return base64.RawURLEncoding.EncodeToString(sum[:6])
}

// open checks form, type, algorithm and signature, in this order, and reads
// the claims (RFC 8725 §3).
func (m *Minter) open(raw, typ string, algorithms []jose.SignatureAlgorithm, key func(jose.Header) (any, error), claims any) error {
	if len(raw) > MaxBytes || strings.Count(raw, ".") != 2 {
		return refuse(ErrMalformed, "it is no JWT in compact form")
	}
	signed, err := jose.ParseSignedCompact(raw, append(slices.Clone(keys.Algorithms), jose.HS256))
	if err != nil {
		return refuse(ErrMalformed, "it is no JWT that we make")
	}
	header := signed.Signatures[0].Protected
	if err := checkType(header, typ); err != nil {
		return err
	}
	if !slices.Contains(algorithms, jose.SignatureAlgorithm(header.Algorithm)) {
		return refuse(ErrInvalid, "its algorithm is not accepted")
	}
	k, err := key(header)
	if err != nil {
		return err
	}
	payload, err := signed.Verify(k)
	if err != nil {
		return refuse(ErrInvalid, "its signature is wrong")
	}
	if err := json.Unmarshal(payload, claims); err != nil {
		return refuse(ErrMalformed, "its claims cannot be read")
	}
	return nil
}

// checkType tells a token of the other kind, and one of no kind of ours.
func checkType(header jose.Header, want string) error {
	typ, _ := header.ExtraHeaders[jose.HeaderType].(string)
	switch strings.TrimPrefix(strings.ToLower(typ), "application/") {
	case want:
		return nil
	case accessType, refreshType:
		return ErrWrongType
	default:
		return refuse(ErrMalformed, "its type is none of ours")
	}
}

func (m *Minter) ownIssuer(issuer string) bool { return slices.Contains(m.issuers, issuer) }

// inTime checks exp and iat (RFC 7519 §4.1.4, §4.1.6). Our own clocks made
// both, so exp gets no leeway.
func (m *Minter) inTime(issued, expires int64) error {
	now := m.now()
	switch {
	case now.Unix() >= expires:
		return ErrExpired
	case issued > now.Add(leeway).Unix():
		return refuse(ErrInvalid, "it comes from the future; compare the nodes' clocks")
	}
	return nil
}
