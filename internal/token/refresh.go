package token

import (
	"strconv"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Refresh is what a refresh token says. Every claim comes from the grant's
// row, so the same row always gives the same token. Times are seconds since
// the Unix epoch.
type Refresh struct {
	Issuer     string `json:"iss"`
	Subject    string `json:"sub"`
	Audience   string `json:"aud"`
	ExpiresAt  int64  `json:"exp"`
	IssuedAt   int64  `json:"iat"`
	ID         string `json:"jti"`
	GrantID    string `json:"gid"`
	Generation int64  `json:"gen"`
	Username   string `json:"username"`
	Type       string `json:"type"`
}

// MintRefresh signs the refresh token of a grant's generation.
func (m *Minter) MintRefresh(subject, username, grantID string, generation int64, issued, expires time.Time) (string, error) {
	return sign(m.refreshSigner, Refresh{
		Issuer: m.issuer, Subject: subject, Audience: m.issuer,
		ExpiresAt: expires.Unix(), IssuedAt: issued.Unix(),
		ID:      grantID + "." + strconv.FormatInt(generation, 10),
		GrantID: grantID, Generation: generation, Username: username, Type: refreshUse,
	})
}

// VerifyRefresh checks a refresh token without the database.
func (m *Minter) VerifyRefresh(raw string) (Refresh, error) {
	var r Refresh
	err := m.open(raw, refreshType, refreshAlgorithms, m.refreshKey, &r)
	if err != nil {
		return Refresh{}, err
	}
	switch {
	case r.Type != refreshUse:
		return Refresh{}, ErrWrongType
	case !m.ownIssuer(r.Issuer) || r.Audience != r.Issuer:
		return Refresh{}, refuse(ErrInvalid, "the issuer is another one")
	case r.GrantID == "" || r.Subject == "" || r.Generation < 0:
		return Refresh{}, refuse(ErrInvalid, "a claim is missing")
	}
	return r, m.inTime(r.IssuedAt, r.ExpiresAt)
}

var refreshAlgorithms = []jose.SignatureAlgorithm{jose.HS256}

func (m *Minter) refreshKey(header jose.Header) (any, error) {
	key, ok := m.refreshKeys[header.KeyID]
	if !ok {
		return nil, refuse(ErrInvalid, "it was made with another secret")
	}
	return key, nil
}
