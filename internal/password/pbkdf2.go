package password

import (
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"hash"
	"strings"
)

// maxPBKDF2Iterations is about a second. Django's default was 1,000,000 in
// version 5.2, and grows by a fifth with each version.
const maxPBKDF2Iterations = 5_000_000

// maxDjangoSalt bounds the salts that Django keeps as text, in bytes; its own
// have 22 or fewer.
const maxDjangoSalt = 64

// parsePBKDF2 reads Django's pbkdf2_sha256$iterations$salt$hash, and
// pbkdf2_sha1. The salt is used as the text it is; the hash has the length of
// the digest.
func parsePBKDF2(encoded string) (stored, error) {
	f := strings.Split(encoded, "$")
	if len(f) != 4 {
		return stored{}, malformed(f[0])
	}
	newDigest, size := pbkdf2Digest(f[0])
	iterations, ok := number(f[1])
	salt := f[2]
	want, wantOK := decode(base64.StdEncoding, f[3], size, size)
	if !ok || iterations < 1 || salt == "" || len(salt) > maxDjangoSalt || !wantOK {
		return stored{}, malformed(f[0])
	}
	scheme := f[0] + "$" + f[1]
	if iterations > maxPBKDF2Iterations {
		return stored{}, tooCostly(scheme, fmt.Sprint(maxPBKDF2Iterations))
	}
	return stored{scheme: scheme, matches: func(password string) (bool, error) {
		got, err := pbkdf2.Key(newDigest, password, []byte(salt), int(iterations), size)
		return err == nil && subtle.ConstantTimeCompare(got, want) == 1, err
	}}, nil
}

// pbkdf2Digest returns the digest of a hasher's name and its length in bytes.
func pbkdf2Digest(name string) (func() hash.Hash, int) {
	if name == "pbkdf2_sha1" {
		return sha1.New, sha1.Size
	}
	return sha256.New, sha256.Size
}

func dummyPBKDF2(name, cost string) string {
	_, size := pbkdf2Digest(name)
	return name + "$" + cost + "$dummydummydummydummy12$" + base64.StdEncoding.EncodeToString(make([]byte, size))
}
