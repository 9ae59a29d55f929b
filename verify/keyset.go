package verify

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json" // refuses duplicate members
)

const (
	maxKeys    = 100
	minRSABits = 2048 // RFC 7518 §3.3
	maxRSABits = 4096 // a larger one is slow to check, and go-jose refuses it
)

// keySet holds the keys of a JWK Set that can verify tokens, by key id.
type keySet map[string]publicKey

// publicKey verifies with its own algorithm alone (RFC 8725 §3.1).
type publicKey struct {
	algorithm string
	key       any
}

// find reports whether the set has the key. One that is found for another
// algorithm than the token's is an error.
func (set keySet) find(h jose.Header) (key any, found bool, err error) {
	known, found := set[h.KeyID]
	if found && known.algorithm != h.Algorithm {
		return nil, true, refuse("its algorithm is not its key's")
	}
	return known.key, found, nil
}

// parseKeySet reads a JWK Set (RFC 7517 §5). Keys that are not for us are
// passed over; two usable ones with one id are an error.
func parseKeySet(body []byte) (keySet, error) {
	var document struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &document); err != nil {
		return nil, fmt.Errorf("read the JWK Set: %w", err)
	}
	if document.Keys == nil {
		return nil, errors.New(`the JWK Set has no "keys"`)
	}
	if len(document.Keys) > maxKeys {
		return nil, fmt.Errorf("the JWK Set has %d keys; %d are accepted", len(document.Keys), maxKeys)
	}
	set := keySet{}
	for _, raw := range document.Keys {
		jwk, ok := parseKey(raw)
		if !ok {
			continue
		}
		if _, twice := set[jwk.KeyID]; twice {
			return nil, fmt.Errorf("the JWK Set has two keys with the id %.64q", jwk.KeyID)
		}
		set[jwk.KeyID] = publicKey{jwk.Algorithm, verificationKey(jwk)}
	}
	return set, nil
}

func verificationKey(jwk jose.JSONWebKey) any {
	if key, ok := jwk.Key.(*rsa.PublicKey); ok && jwk.Algorithm == string(jose.PS256) {
		return strictPSS{key}
	}
	return jwk.Key
}

// strictPSS verifies PS256 with the one salt length that RFC 7518 §3.5 allows;
// go-jose alone takes any.
type strictPSS struct{ key *rsa.PublicKey }

// VerifyPayload implements [jose.OpaqueVerifier].
func (s strictPSS) VerifyPayload(input, signature []byte, algorithm jose.SignatureAlgorithm) error {
	if algorithm != jose.PS256 {
		return jose.ErrUnsupportedAlgorithm
	}
	hash := sha256.Sum256(input)
	return rsa.VerifyPSS(s.key, crypto.SHA256, hash[:], signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
}

// parseKey reports whether a JWK is a public key for verifying, with an id and
// an algorithm that its type fits.
func parseKey(raw []byte) (jose.JSONWebKey, bool) {
	var jwk jose.JSONWebKey
	var purpose struct {
		Operations []string `json:"key_ops"`
	}
	if json.Unmarshal(raw, &jwk) != nil || json.Unmarshal(raw, &purpose) != nil {
		return jwk, false
	}
	// RFC 7517 §4.2, §4.3
	forVerifying := (jwk.Use == "" || jwk.Use == "sig") &&
		(purpose.Operations == nil || slices.Contains(purpose.Operations, "verify"))
	return jwk, forVerifying && jwk.KeyID != "" && fits(jwk.Key, jose.SignatureAlgorithm(jwk.Algorithm))
}

// fits reports whether a public key can be used with an algorithm. Symmetric
// and private keys never can.
func fits(key any, algorithm jose.SignatureAlgorithm) bool {
	switch key := key.(type) {
	case *ecdsa.PublicKey:
		return algorithm == jose.ES256 && key.Curve == elliptic.P256()
	case ed25519.PublicKey:
		return algorithm == jose.EdDSA
	case *rsa.PublicKey:
		bits := key.N.BitLen()
		return (algorithm == jose.RS256 || algorithm == jose.PS256) &&
			minRSABits <= bits && bits <= maxRSABits && key.E >= 3
	default:
		return false
	}
}
