package password

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// What an argon2 hash may cost. Django's default is m=102400, t=2, p=8.
const (
	maxArgon2MemoryKiB = 256 << 10
	maxArgon2Time      = 64
	maxArgon2Threads   = 64
	maxArgon2Work      = 1 << 20 // memory in KiB times passes: about two seconds
)

const (
	argon2SaltBytes = 16
	argon2HashBytes = 32
)

// Argon2 is a cost setting of argon2id (RFC 9106).
type Argon2 struct {
	MemoryKiB uint32
	Time      uint32 // passes over the memory
	Threads   uint8
}

// DefaultArgon2 is the smallest setting OWASP's password storage advice names:
// 19 MiB, two passes, one thread.
var DefaultArgon2 = Argon2{MemoryKiB: 19 << 10, Time: 2, Threads: 1}

// Validate returns an error for a setting argon2 does not have (ErrFormat) and
// for one whose hashes Verify would refuse (ErrTooCostly).
func (a Argon2) Validate() error {
	// RFC 9106 §3.1: at least one pass, one lane, and 8 KiB for each lane.
	if a.Time < 1 || a.Threads < 1 || a.MemoryKiB < 8*uint32(a.Threads) {
		return fmt.Errorf("%w: argon2 needs a time and threads of at least 1, and 8 KiB of memory for each thread", ErrFormat)
	}
	if a.MemoryKiB > maxArgon2MemoryKiB || a.Time > maxArgon2Time || a.Threads > maxArgon2Threads ||
		a.MemoryKiB*a.Time > maxArgon2Work {
		return tooCostly("argon2 with "+a.cost(), fmt.Sprintf("m=%d, t=%d, p=%d and m×t=%d",
			maxArgon2MemoryKiB, maxArgon2Time, maxArgon2Threads, maxArgon2Work))
	}
	return nil
}

// Hash returns the PHC string of password under a fresh salt. It allocates
// MemoryKiB: call it through a Pool. The error is Validate's.
func (a Argon2) Hash(password string) (string, error) {
	if err := a.Validate(); err != nil {
		return "", err
	}
	salt := make([]byte, argon2SaltBytes)
	rand.Read(salt) // never fails
	hash := argon2.IDKey([]byte(password), salt, a.Time, a.MemoryKiB, a.Threads, argon2HashBytes)
	return a.prefix() + base64.RawStdEncoding.EncodeToString(salt) + "$" + base64.RawStdEncoding.EncodeToString(hash), nil
}

// NeedsRehash reports whether encoded is anything but a hash Hash would make
// with this very setting.
func (a Argon2) NeedsRehash(encoded string) bool {
	rest, ok := strings.CutPrefix(encoded, a.prefix())
	salt, hash, _ := strings.Cut(rest, "$")
	_, saltOK := decode(base64.RawStdEncoding, salt, argon2SaltBytes, argon2SaltBytes)
	_, hashOK := decode(base64.RawStdEncoding, hash, argon2HashBytes, argon2HashBytes)
	return !ok || !saltOK || !hashOK
}

// Scheme is the Scheme of the hashes this setting makes.
func (a Argon2) Scheme() string { return "argon2id$" + a.cost() }

func (a Argon2) prefix() string { return "$argon2id$v=19$" + a.cost() + "$" }

func (a Argon2) cost() string {
	return fmt.Sprintf("m=%d,t=%d,p=%d", a.MemoryKiB, a.Time, a.Threads)
}

// parseArgon2 reads $argon2id$v=19$m=…,t=…,p=…$salt$hash, or argon2i. The
// library has no argon2d, and no version but 19 (0x13).
func parseArgon2(encoded string) (stored, error) {
	f := strings.Split(encoded, "$")
	if len(f) != 6 || (f[1] != "argon2id" && f[1] != "argon2i") || f[2] != "v=19" {
		return stored{}, malformed("argon2id or argon2i version 19")
	}
	a, ok := parseArgon2Cost(f[3])
	salt, saltOK := decode(base64.RawStdEncoding, f[4], 8, 64)
	want, wantOK := decode(base64.RawStdEncoding, f[5], 16, 64)
	if !ok || !saltOK || !wantOK {
		return stored{}, malformed(f[1])
	}
	if err := a.Validate(); err != nil {
		return stored{}, err
	}
	derive := argon2.IDKey
	if f[1] == "argon2i" {
		derive = argon2.Key
	}
	return stored{scheme: f[1] + "$" + a.cost(), matches: func(password string) (bool, error) {
		got := derive([]byte(password), salt, a.Time, a.MemoryKiB, a.Threads, uint32(len(want)))
		return subtle.ConstantTimeCompare(got, want) == 1, nil
	}}, nil
}

// parseArgon2Cost reads m=…,t=…,p=… in the order the PHC format fixes.
func parseArgon2Cost(s string) (Argon2, bool) {
	f := strings.Split(s, ",")
	if len(f) != 3 {
		return Argon2{}, false
	}
	var n [3]uint32
	for i, name := range []string{"m=", "t=", "p="} {
		value, named := strings.CutPrefix(f[i], name)
		v, ok := number(value)
		if !named || !ok {
			return Argon2{}, false
		}
		n[i] = v
	}
	// More than 255 threads do not fit, and are over the bound as 255 is.
	return Argon2{MemoryKiB: n[0], Time: n[1], Threads: uint8(min(n[2], 255))}, true
}

func dummyArgon2(name, cost string) string {
	salt := base64.RawStdEncoding.EncodeToString(make([]byte, argon2SaltBytes))
	hash := base64.RawStdEncoding.EncodeToString(make([]byte, argon2HashBytes))
	return "$" + name + "$v=19$" + cost + "$" + salt + "$" + hash
}
