package verify

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// accessType is the type of an access token (RFC 9068 §2.1).
const accessType = "at+jwt"

// parse reads a JWS in compact form whose algorithm is one of those given,
// without looking at its signature. Encrypted tokens, the JSON serialization
// and "alg":"none" end here.
func parse(token string, algorithms []jose.SignatureAlgorithm) (*jose.JSONWebSignature, error) {
	if len(token) > MaxTokenBytes {
		return nil, refuse("it is too long")
	}
	if !isCompact(token) {
		return nil, refuse("it is no JWT in compact form")
	}
	signed, err := jose.ParseSignedCompact(token, algorithms)
	if _, ok := errors.AsType[*jose.ErrUnexpectedSignatureAlgorithm](err); ok {
		return nil, refuse("its algorithm is not accepted")
	}
	if err != nil {
		return nil, refuse("its header cannot be read")
	}
	return signed, checkExtensions(header(signed))
}

// isCompact checks for three parts in canonical base64url (RFC 7515 §7.1). The
// decoder behind jose skips line breaks and unused bits: one token would have
// many spellings.
func isCompact(token string) bool {
	parts := strings.SplitN(token, ".", 4)
	if len(parts) != 3 || strings.ContainsAny(token, "\r\n") {
		return false
	}
	for _, part := range parts {
		if _, err := base64.RawURLEncoding.Strict().DecodeString(part); err != nil {
			return false
		}
	}
	return true
}

// header is the token's header, all of it signed. The keys and links to keys
// that it may bring along (jwk, jku, x5c, x5u) are never used.
func header(signed *jose.JSONWebSignature) jose.Header { return signed.Signatures[0].Protected }

// checkExtensions refuses what changes the meaning of a signature: no critical
// extension is supported (RFC 7515 §4.1.11), and b64 is one (RFC 7797).
func checkExtensions(h jose.Header) error {
	for _, name := range []jose.HeaderKey{"crit", "b64"} {
		if _, found := h.ExtraHeaders[name]; found {
			return refuse("it needs an extension that is not supported")
		}
	}
	return nil
}

// checkType refuses the server's other tokens (RFC 8725 §3.11, RFC 9068 §4).
func checkType(h jose.Header) error {
	typ, _ := h.ExtraHeaders[jose.HeaderType].(string)
	if strings.TrimPrefix(strings.ToLower(typ), "application/") != accessType {
		return refuse("it is no access token")
	}
	return nil
}

// open checks the signature with the key that the header names, and returns
// the payload.
func open(ctx context.Context, signed *jose.JSONWebSignature, keys keySource) ([]byte, error) {
	key, err := keys.key(ctx, header(signed))
	if err != nil {
		return nil, err
	}
	payload, err := signed.Verify(key)
	if err != nil {
		return nil, refuse("its signature is wrong")
	}
	return payload, nil
}

// sharedSecret is the one key of the HS256 mode, whatever the key id.
type sharedSecret []byte

func (s sharedSecret) key(context.Context, jose.Header) (any, error) { return []byte(s), nil }
