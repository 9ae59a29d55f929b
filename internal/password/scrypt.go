package password

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"math/bits"
	"strings"

	"golang.org/x/crypto/scrypt"
)

// What a scrypt hash may cost. Django's default is N=16384, r=8, p=5; OWASP
// names up to N=131072, r=8, p=1.
const (
	maxScryptMemory = 256 << 20 // 128·N·r bytes
	maxScryptWork   = 1 << 22   // N·r·p: about two seconds
	maxScryptFactor = 64        // r and p
	scryptHashBytes = 64
)

// parseScrypt reads Django's scrypt$N$salt$r$p$hash. The salt is used as the
// text it is.
func parseScrypt(encoded string) (stored, error) {
	f := strings.Split(encoded, "$")
	if len(f) != 6 {
		return stored{}, malformed("scrypt")
	}
	n, nOK := number(f[1])
	r, rOK := number(f[3])
	p, pOK := number(f[4])
	salt := f[2]
	want, wantOK := decode(base64.StdEncoding, f[5], scryptHashBytes, scryptHashBytes)
	// RFC 7914 §2: N is a power of two larger than 1.
	if !nOK || !rOK || !pOK || n < 2 || bits.OnesCount32(n) != 1 || r < 1 || p < 1 ||
		salt == "" || len(salt) > maxDjangoSalt || !wantOK {
		return stored{}, malformed("scrypt")
	}
	scheme := fmt.Sprintf("scrypt$%d$%d$%d", n, r, p)
	if !scryptAffordable(n, r, p) {
		return stored{}, tooCostly(scheme, fmt.Sprintf("128·N·r=%d, N·r·p=%d, r=%d and p=%d",
			maxScryptMemory, maxScryptWork, maxScryptFactor, maxScryptFactor))
	}
	return stored{scheme: scheme, matches: func(password string) (bool, error) {
		got, err := scrypt.Key([]byte(password), []byte(salt), int(n), int(r), int(p), scryptHashBytes)
		return err == nil && subtle.ConstantTimeCompare(got, want) == 1, err
	}}, nil
}

func scryptAffordable(n, r, p uint32) bool {
	if r > maxScryptFactor || p > maxScryptFactor {
		return false
	}
	nr := uint64(n) * uint64(r)
	return 128*nr <= maxScryptMemory && nr*uint64(p) <= maxScryptWork
}

func dummyScrypt(cost string) string {
	n, rp, _ := strings.Cut(cost, "$")
	return "scrypt$" + n + "$dummydummydummydummy12$" + rp + "$" +
		base64.StdEncoding.EncodeToString(make([]byte, scryptHashBytes))
}
