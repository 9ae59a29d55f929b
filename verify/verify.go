package verify

import (
	"context"
	"errors"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// MaxTokenBytes bounds a token; the server's have less than 1 KiB.
const MaxTokenBytes = 16 << 10

// What Verify can answer; test with errors.Is.
var (
	// ErrInvalid: the token is refused. Its bearer needs another one.
	ErrInvalid = errors.New("verify: the token is not valid")
	// ErrExpired: the token was good once. Such an error is an ErrInvalid too.
	ErrExpired = errors.New("verify: the token has expired")
	// ErrUnavailable: the server's keys could not be had, so nothing is known
	// about the token. Its bearer should keep it and try again.
	ErrUnavailable = errors.New("verify: the signing keys cannot be fetched")
)

// Verifier checks access tokens of one issuer. It is safe for concurrent use.
type Verifier struct {
	issuer     string
	audience   string
	algorithms []jose.SignatureAlgorithm
	leeway     time.Duration
	now        func() time.Time
	keys       keySource
}

// keySource finds the key for a token's header: the issuer's published keys,
// or the one shared secret.
type keySource interface {
	key(ctx context.Context, header jose.Header) (any, error)
}

// New makes a Verifier for the tokens of issuer, the server's public URL
// exactly as its tokens spell it. Nothing is fetched before the first token.
func New(issuer string, options ...Option) (*Verifier, error) {
	s := settings{issuer: issuer}
	for _, option := range options {
		option(&s)
	}
	return s.verifier()
}

// Verify checks a token in full and returns what it says. The error is an
// ErrInvalid or ErrUnavailable. The checks are those of RFC 9068 §4 and
// RFC 8725 §3, in this order:
//
//  1. size, compact form, algorithm, critical headers (parse)
//  2. type of token (checkType)
//  3. key id, the key's own algorithm and use, signature (open)
//  4. issuer, audience, use, times, subject (readClaims)
func (v *Verifier) Verify(ctx context.Context, token string) (*Claims, error) {
	signed, err := parse(token, v.algorithms)
	if err != nil {
		return nil, err
	}
	if err := checkType(header(signed)); err != nil {
		return nil, err
	}
	payload, err := open(ctx, signed, v.keys)
	if err != nil {
		return nil, err
	}
	return v.readClaims(payload)
}

// invalid is a refusal of a token. Its reason is one of our own fixed texts:
// nothing of the token is in it.
type invalid struct {
	kind   error
	reason string
}

func (e *invalid) Error() string { return e.kind.Error() + ": " + e.reason }

func (e *invalid) Is(target error) bool { return target == e.kind || target == ErrInvalid }

func refuse(reason string) error { return &invalid{ErrInvalid, reason} }
