package password

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

// maxBcryptCost is about four seconds; the usual cost is 12, and each step
// doubles the time.
const maxBcryptCost = 16

const bcryptAlphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// parseBcrypt reads $2a$, $2b$ or $2y$, which are one algorithm. As in the
// libraries these hashes come from, bytes of the password past the 72nd are
// not looked at. $2x$ is of an implementation with a flaw, and is not verified.
func parseBcrypt(encoded string) (stored, error) {
	cost, ok := bcryptCost(encoded)
	if !ok {
		return stored{}, malformed("bcrypt")
	}
	scheme := fmt.Sprintf("bcrypt$%02d", cost)
	if cost > maxBcryptCost {
		return stored{}, tooCostly(scheme, strconv.Itoa(maxBcryptCost))
	}
	return stored{scheme: scheme, matches: func(password string) (bool, error) {
		err := bcrypt.CompareHashAndPassword([]byte(encoded), []byte(password))
		if errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
			return false, nil
		}
		return err == nil, err
	}}, nil
}

// parseBcryptSHA256 reads what follows Django's bcrypt_sha256$: bcrypt over the
// hexadecimal SHA-256 of the password, so that all of a long one counts.
func parseBcryptSHA256(encoded string) (stored, error) {
	inner, err := parseBcrypt(encoded)
	if err != nil {
		return stored{}, err
	}
	scheme := strings.Replace(inner.scheme, "bcrypt", "bcrypt_sha256", 1)
	return stored{scheme: scheme, matches: func(password string) (bool, error) {
		sum := sha256.Sum256([]byte(password))
		return inner.matches(hex.EncodeToString(sum[:]))
	}}, nil
}

// bcryptCost returns the cost of a well-formed bcrypt hash:
// $2b$ cost $ 22 characters of salt, 31 of hash.
func bcryptCost(encoded string) (int, bool) {
	if len(encoded) != 60 || encoded[6] != '$' || strings.Trim(encoded[7:], bcryptAlphabet) != "" {
		return 0, false
	}
	switch encoded[:4] {
	case "$2a$", "$2b$", "$2y$":
	default:
		return 0, false
	}
	cost, err := strconv.ParseUint(encoded[4:6], 10, 8)
	return int(cost), err == nil && cost >= 4 && cost <= 31
}

func dummyBcrypt(name, cost string) string {
	return name + "$$2b$" + cost + "$" + strings.Repeat(".", 53)
}
