package verify

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-jose/go-jose/v4/json" // refuses duplicate members
	"github.com/go-jose/go-jose/v4/jwt"
)

// Claims is what a verified access token says (RFC 9068 §2.2).
type Claims struct {
	Issuer    string   // the server's public URL
	Subject   string   // the person's id: the only stable name, never reused
	Audience  []string // who may accept the token
	ClientID  string   // the app that the token was issued to
	Scopes    []string // what the token may be used for
	SessionID string   // the sign-in that the token belongs to
	Username  string   // for display; it may change
	ID        string   // the token's own id

	ExpiresAt time.Time
	IssuedAt  time.Time // zero if the token does not say
	AuthTime  time.Time // when the person last signed in; zero if the token does not say
}

// HasScope reports whether the token has the scope.
func (c *Claims) HasScope(scope string) bool { return slices.Contains(c.Scopes, scope) }

// FromContext returns the claims of the request's token. It reports false
// where no middleware of a [Verifier] ran, or Optional let a request without a
// token through.
func FromContext(ctx context.Context) (*Claims, bool) {
	claims, ok := ctx.Value(claimsKey{}).(*Claims)
	return claims, ok
}

type claimsKey struct{}

func withClaims(ctx context.Context, claims *Claims) context.Context {
	return context.WithValue(ctx, claimsKey{}, claims)
}

// payload is an access token's body as it is spelled in JSON.
type payload struct {
	Issuer    string           `json:"iss"`
	Subject   string           `json:"sub"`
	Audience  jwt.Audience     `json:"aud"`
	ExpiresAt *jwt.NumericDate `json:"exp"`
	NotBefore *jwt.NumericDate `json:"nbf"`
	IssuedAt  *jwt.NumericDate `json:"iat"`
	AuthTime  *jwt.NumericDate `json:"auth_time"`
	ID        string           `json:"jti"`
	ClientID  string           `json:"client_id"`
	Scope     string           `json:"scope"`
	SessionID string           `json:"sid"`
	Username  string           `json:"username"`
	Type      string           `json:"type"`
}

// accessUse is the "type" claim of an access token, beside its header's typ.
const accessUse = "access"

// readClaims reads a payload whose signature was found good, and checks what
// it says.
func (v *Verifier) readClaims(body []byte) (*Claims, error) {
	var p payload
	if !utf8.Valid(body) || json.Unmarshal(body, &p) != nil || !p.datesInRange() {
		return nil, refuse("its claims cannot be read")
	}
	if err := v.checkClaims(&p); err != nil {
		return nil, err
	}
	return p.claims(), nil
}

// checkClaims is RFC 9068 §4 with the times of RFC 7519 §4.1.4 to §4.1.6.
func (v *Verifier) checkClaims(p *payload) error {
	now := v.now()
	switch {
	case p.Issuer != v.issuer:
		return refuse("its issuer is another one")
	case !p.Audience.Contains(v.audience):
		return refuse("it is for another audience")
	case p.Type != accessUse:
		return refuse("it is no access token")
	case p.ExpiresAt == nil:
		return refuse("it does not say when it expires")
	case !now.Before(p.ExpiresAt.Time().Add(v.leeway)):
		return &invalid{ErrExpired, "get a new one with the refresh token"}
	case p.NotBefore.Time().After(now.Add(v.leeway)):
		return refuse("it is not valid yet")
	case p.IssuedAt.Time().After(now.Add(v.leeway)):
		return refuse("it was issued in the future; compare this machine's clock with the issuer's")
	case p.Subject == "":
		return refuse("it does not say whom it is about")
	}
	return nil
}

// maxDate is the last second of the year 9999. Past it a date is an attack on
// the arithmetic.
const maxDate = 253402300799

func (p *payload) datesInRange() bool {
	for _, date := range []*jwt.NumericDate{p.ExpiresAt, p.NotBefore, p.IssuedAt, p.AuthTime} {
		if date != nil && (*date < 0 || *date > maxDate) {
			return false
		}
	}
	return true
}

func (p *payload) claims() *Claims {
	return &Claims{
		Issuer: p.Issuer, Subject: p.Subject, Audience: p.Audience, ClientID: p.ClientID,
		Scopes: strings.Fields(p.Scope), SessionID: p.SessionID, Username: p.Username, ID: p.ID,
		ExpiresAt: p.ExpiresAt.Time(), IssuedAt: p.IssuedAt.Time(), AuthTime: p.AuthTime.Time(),
	}
}
