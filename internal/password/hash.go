package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

var (
	// ErrFormat says that a stored hash is malformed or of a format that is
	// not verified here.
	ErrFormat = errors.New("unusable password hash")
	// ErrTooCostly says that a stored hash asks for more memory or time than
	// any honest one does. It is refused before any work is done.
	ErrTooCostly = errors.New("too costly password hash")
)

// maxEncoded bounds an encoded hash, in bytes. The longest one verified here
// has less than half of it.
const maxEncoded = 512

// stored is an encoded hash that has been read and found affordable.
type stored struct {
	scheme  string
	matches func(password string) (bool, error)
}

// Verify reports whether password, already normalized, is the one that encoded
// was made from. It compares in constant time. The error is ErrFormat or
// ErrTooCostly, and its text holds nothing of the hash.
func Verify(encoded, password string) (bool, error) {
	s, err := parse(encoded)
	if err != nil {
		return false, err
	}
	return s.matches(password)
}

// Scheme returns what decides the cost of verifying encoded, for instance
// "argon2id$m=19456,t=2,p=1" or "bcrypt$12": no salt, no hash, at most 64
// bytes. Two hashes of one scheme take the same time. Errors as Verify's.
func Scheme(encoded string) (string, error) {
	s, err := parse(encoded)
	return s.scheme, err
}

// Dummy returns a hash of the given scheme for an account that does not exist:
// it verifies at the scheme's cost, and no password is known to match it.
// The error is ErrFormat or ErrTooCostly.
func Dummy(scheme string) (string, error) {
	encoded := dummy(scheme)
	s, err := parse(encoded)
	if err != nil {
		return "", err
	}
	if s.scheme != scheme {
		return "", fmt.Errorf("%w: not a scheme", ErrFormat)
	}
	return encoded, nil
}

// parse finds the format by its prefix. Django puts the name of its hasher in
// front of formats that have a prefix of their own.
func parse(encoded string) (stored, error) {
	if len(encoded) > maxEncoded {
		return stored{}, fmt.Errorf("%w: longer than %d bytes", ErrFormat, maxEncoded)
	}
	name, rest, _ := strings.Cut(encoded, "$")
	switch name {
	case "":
		return parseModular(encoded)
	case "argon2":
		return parseArgon2("$" + rest)
	case "bcrypt":
		return parseBcrypt(rest)
	case "bcrypt_sha256":
		return parseBcryptSHA256(rest)
	case "pbkdf2_sha256", "pbkdf2_sha1":
		return parsePBKDF2(encoded)
	case "scrypt":
		return parseScrypt(encoded)
	}
	return stored{}, fmt.Errorf("%w: unknown format", ErrFormat)
}

// parseModular reads the formats that start with a dollar sign.
func parseModular(encoded string) (stored, error) {
	if strings.HasPrefix(encoded, "$argon2") {
		return parseArgon2(encoded)
	}
	if strings.HasPrefix(encoded, "$2") {
		return parseBcrypt(encoded)
	}
	return stored{}, fmt.Errorf("%w: unknown format", ErrFormat)
}

// dummy writes the scheme's format around a fixed salt and a hash of zeros;
// "" when there is no such scheme.
func dummy(scheme string) string {
	name, cost, _ := strings.Cut(scheme, "$")
	switch name {
	case "argon2id", "argon2i":
		return dummyArgon2(name, cost)
	case "bcrypt", "bcrypt_sha256":
		return dummyBcrypt(name, cost)
	case "pbkdf2_sha256", "pbkdf2_sha1":
		return dummyPBKDF2(name, cost)
	case "scrypt":
		return dummyScrypt(cost)
	}
	return ""
}

func malformed(format string) error {
	return fmt.Errorf("%w: not a well-formed %s hash", ErrFormat, format)
}

func tooCostly(scheme, limit string) error {
	return fmt.Errorf("%w: %s, where at most %s is allowed", ErrTooCostly, scheme, limit)
}

// number reads a decimal that is written the one canonical way: no sign, no
// leading zero.
func number(s string) (uint32, bool) {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil || strconv.FormatUint(n, 10) != s {
		return 0, false
	}
	return uint32(n), true
}

// decode reads base64 that stands for minimum to maximum bytes, strictly: the
// decoder of the standard library alone would skip line breaks.
func decode(enc *base64.Encoding, s string, minimum, maximum int) ([]byte, bool) {
	b, err := enc.Strict().DecodeString(s)
	if err != nil || enc.EncodedLen(len(b)) != len(s) {
		return nil, false
	}
	return b, len(b) >= minimum && len(b) <= maximum
}
