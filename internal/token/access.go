package token

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	accessType  = "at+jwt" // RFC 9068 §2.1
	refreshType = "rt+jwt"

	// accessUse and refreshUse are the "type" claims, for apps that do not look
	// at headers.
	accessUse  = "access"
	refreshUse = "refresh"
)

// Access is what an access token says (RFC 9068 §2.2). Times are seconds
// since the Unix epoch.
type Access struct {
	Issuer    string `json:"iss"`
	Subject   string `json:"sub"`
	Audience  string `json:"aud"`
	ExpiresAt int64  `json:"exp"`
	IssuedAt  int64  `json:"iat"`
	ID        string `json:"jti"`
	ClientID  string `json:"client_id"`
	Scope     string `json:"scope,omitempty"`
	SessionID string `json:"sid"`
	AuthTime  int64  `json:"auth_time"`
	Username  string `json:"username"`
	Type      string `json:"type"`
}

// MintAccess signs an access token; issuer, audience, times, id and type are
// filled in here.
func (m *Minter) MintAccess(a Access) (string, error) {
	now := m.now()
	a.Issuer, a.Audience, a.Type = m.issuer, m.audience, accessUse
	a.IssuedAt, a.ExpiresAt = now.Unix(), now.Add(m.accessLifetime).Unix()
	a.ID = rand.Text()
	signer := m.shared
	if signer == nil {
		signer = m.ring.Active(now).Signer
	}
	return sign(signer, a)
}

// VerifyAccess checks an access token of ours in full, but not whether its
// session lives: that is the caller's question to the database.
func (m *Minter) VerifyAccess(raw string) (Access, error) {
	var a Access
	err := m.open(raw, accessType, m.accessAlgorithms, m.accessKey, &a)
	if err != nil {
		return Access{}, err
	}
	switch {
	case a.Type != accessUse:
		return Access{}, ErrWrongType
	case !m.ownIssuer(a.Issuer):
		return Access{}, refuse(ErrInvalid, "the issuer is another one")
	case a.Audience != m.audience && !m.ownIssuer(a.Audience):
		return Access{}, refuse(ErrInvalid, "the audience is another one")
	case a.Subject == "" || a.SessionID == "":
		return Access{}, refuse(ErrInvalid, "a claim is missing")
	}
	return a, m.inTime(a.IssuedAt, a.ExpiresAt)
}

// accessKey returns the key that a header names. A public key is never used
// as an HMAC secret: the algorithm decides which keys are looked at, and a key
// serves its own algorithm alone (RFC 8725 §3.1).
func (m *Minter) accessKey(header jose.Header) (any, error) {
	if header.Algorithm == string(jose.HS256) {
		return m.sharedKey, nil
	}
	pair, ok := m.ring.Lookup(header.KeyID, m.now())
	if !ok || string(pair.Algorithm) != header.Algorithm {
		return nil, refuse(ErrInvalid, "no signing key of ours has this key id")
	}
	return pair.Public.Key, nil
}

func sign(signer jose.Signer, claims any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("write the token's claims: %w", err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign the token: %w", err)
	}
	return signed.CompactSerialize()
}

// leeway is how far the nodes' clocks may be apart.
const leeway = 30 * time.Second
