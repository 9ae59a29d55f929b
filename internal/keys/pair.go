package keys

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/latchstring/latchstring/internal/store"
)

// Algorithms are those with which access tokens can be signed by a key pair
// (RFC 7518 §3.1, RFC 8037 §3.1).
var Algorithms = []jose.SignatureAlgorithm{jose.ES256, jose.EdDSA, jose.RS256, jose.PS256}

const (
	rsaBits     = 2048
	sealPurpose = "signing-key"
)

// generate makes a new pair and its row.
func generate(secret *Secret, algorithm jose.SignatureAlgorithm, now, activates time.Time) (store.SigningKey, error) {
	private, err := generatePrivate(algorithm)
	if err != nil {
		return store.SigningKey{}, err
	}
	public := jose.JSONWebKey{Key: private.Public(), Algorithm: string(algorithm), Use: "sig"}
	thumbprint, err := public.Thumbprint(crypto.SHA256) // RFC 7638
	if err != nil {
		return store.SigningKey{}, fmt.Errorf("name the signing key: %w", err)
	}
	public.KeyID = base64.RawURLEncoding.EncodeToString(thumbprint)
	document, err := json.Marshal(public)
	if err != nil {
		return store.SigningKey{}, fmt.Errorf("write the public key: %w", err)
	}
	sealed, err := seal(secret.Derive(sealPurpose), private, public.KeyID)
	if err != nil {
		return store.SigningKey{}, err
	}
	return store.SigningKey{
		ID: public.KeyID, Algorithm: string(algorithm), PublicJWK: string(document), SealedPrivate: sealed,
		CreatedAt: now, ActivatesAt: activates,
	}, nil
}

func generatePrivate(algorithm jose.SignatureAlgorithm) (crypto.Signer, error) {
	switch algorithm {
	case jose.ES256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case jose.EdDSA:
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	case jose.RS256, jose.PS256:
		return rsa.GenerateKey(rand.Reader, rsaBits)
	default:
		return nil, fmt.Errorf("no signing key can be made for algorithm %q", algorithm)
	}
}

// seal encrypts a private key; the key id is bound to it as associated data.
func seal(key []byte, private crypto.Signer, id string) ([]byte, error) {
	plain, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("write the private key: %w", err)
	}
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	return aead.Seal(nil, nil, plain, []byte(id)), nil
}

var errUnseal = errors.New("a signing key in the database cannot be opened with this secret; list the secret it was sealed with in LATCHSTRING_PREVIOUS_SECRETS")

// unseal opens a private key with the first of the secrets that fits; fresh
// is false when that was not the current one.
func unseal(secret *Secret, sealed []byte, id string) (private crypto.Signer, fresh bool, err error) {
	for i, key := range secret.DeriveAll(sealPurpose) {
		aead, err := newAEAD(key)
		if err != nil {
			return nil, false, err
		}
		plain, err := aead.Open(nil, nil, sealed, []byte(id))
		if err != nil {
			continue
		}
		parsed, err := x509.ParsePKCS8PrivateKey(plain)
		if err != nil {
			return nil, false, fmt.Errorf("read the private key %s: %w", id, err)
		}
		return parsed.(crypto.Signer), i == 0, nil
	}
	return nil, false, errUnseal
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("prepare the key seal: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}
