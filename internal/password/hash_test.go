package password

import (
	"encoding/json"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

type vector struct {
	Library  string `json:"library"`
	Case     string `json:"case"`
	Password string `json:"password"`
	Hash     string `json:"hash"`
	Slow     bool   `json:"slow"`
}

func readVectors(tb testing.TB) []vector {
	tb.Helper()
	text, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		tb.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(text, &vectors); err != nil {
		tb.Fatal(err)
	}
	return vectors
}

// TestVectors verifies what the original libraries made.
func TestVectors(t *testing.T) {
	vectors := readVectors(t)
	if len(vectors) < 100 {
		t.Fatalf("only %d vectors", len(vectors))
	}
	for _, v := range vectors {
		t.Run(v.Library+"/"+v.Case, func(t *testing.T) {
			if v.Slow && testing.Short() {
				t.Skip("default cost")
			}
			t.Parallel()
			if ok, err := Verify(v.Hash, v.Password); err != nil || !ok {
				t.Errorf("Verify(%q) = %v, %v, want true", v.Hash, ok, err)
			}
			if v.Slow {
				return
			}
			// In front of the password, for bcrypt looks at 72 bytes alone.
			if ok, err := Verify(v.Hash, "!"+v.Password); err != nil || ok {
				t.Errorf("Verify(%q) of another password = %v, %v, want false", v.Hash, ok, err)
			}
		})
	}
}

// TestDamagedVectors changes each vector's hash in its last whole character.
func TestDamagedVectors(t *testing.T) {
	for _, v := range readVectors(t) {
		if v.Slow {
			continue
		}
		at := len(strings.TrimRight(v.Hash, "=")) - 3
		flipped := byte('A')
		if v.Hash[at] == 'A' {
			flipped = 'B'
		}
		damaged := v.Hash[:at] + string(flipped) + v.Hash[at+1:]
		if ok, err := Verify(damaged, v.Password); err != nil || ok {
			t.Errorf("%s: Verify(%q) = %v, %v, want false", v.Library, damaged, ok, err)
		}
	}
}

func TestBcryptLooksAt72Bytes(t *testing.T) {
	x72 := strings.Repeat("x", 72)
	for _, v := range readVectors(t) {
		if v.Slow || v.Case != "73 bytes" {
			continue
		}
		ok, err := Verify(v.Hash, x72+"z")
		truncates := strings.HasPrefix(v.Hash, "$2") || strings.HasPrefix(v.Hash, "bcrypt$")
		if err != nil || ok != truncates {
			t.Errorf("%s: a password that differs in byte 73: %v, %v, want %v", v.Library, ok, err, truncates)
		}
	}
}

const (
	b64x16  = "AAAAAAAAAAAAAAAAAAAAAA"
	b64x32  = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	bcrypt5 = "......................" + "..............................."
)

var (
	b64x20 = strings.Repeat("A", 27) + "="
	b64x64 = strings.Repeat("A", 86) + "=="
)

func TestScheme(t *testing.T) {
	for _, test := range []struct{ encoded, want string }{
		{"$argon2id$v=19$m=19456,t=2,p=1$" + b64x16 + "$" + b64x32, "argon2id$m=19456,t=2,p=1"},
		{"argon2$argon2id$v=19$m=102400,t=2,p=8$" + b64x16 + "$" + b64x32, "argon2id$m=102400,t=2,p=8"},
		{"$argon2i$v=19$m=64,t=3,p=1$" + b64x16 + "$" + b64x32, "argon2i$m=64,t=3,p=1"},
		{"pbkdf2_sha256$870000$salt$" + b64x32 + "=", "pbkdf2_sha256$870000"},
		{"pbkdf2_sha1$1000$salt$" + b64x20, "pbkdf2_sha1$1000"},
		{"scrypt$16384$salt$8$5$" + b64x64, "scrypt$16384$8$5"},
		{"$2a$12$" + bcrypt5, "bcrypt$12"},
		{"$2y$05$" + bcrypt5, "bcrypt$05"},
		{"bcrypt$$2b$12$" + bcrypt5, "bcrypt$12"},
		{"bcrypt_sha256$$2b$12$" + bcrypt5, "bcrypt_sha256$12"},
	} {
		t.Run(test.want, func(t *testing.T) {
			if got, err := Scheme(test.encoded); got != test.want || err != nil {
				t.Errorf("Scheme(%q) = %q, %v, want %q", test.encoded, got, err, test.want)
			}
		})
	}
}

func TestDummy(t *testing.T) {
	for _, scheme := range []string{
		"argon2id$m=64,t=2,p=1", "argon2i$m=64,t=2,p=1", "pbkdf2_sha256$1000", "pbkdf2_sha1$1000",
		"scrypt$16$8$1", "bcrypt$04", "bcrypt_sha256$04", DefaultArgon2.Scheme(),
	} {
		t.Run(scheme, func(t *testing.T) {
			encoded, err := Dummy(scheme)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := Scheme(encoded); got != scheme || err != nil {
				t.Errorf("Scheme(%q) = %q, %v", encoded, got, err)
			}
			for _, password := range []string{"", "a long walk in the rain", strings.Repeat("\x00", 32)} {
				if ok, err := Verify(encoded, password); ok || err != nil {
					t.Errorf("Verify(%q, %q) = %v, %v, want false", encoded, password, ok, err)
				}
			}
		})
	}
}

func TestDummyRefuses(t *testing.T) {
	for _, test := range []struct {
		scheme string
		want   error
	}{
		{"", ErrFormat},
		{"md5", ErrFormat},
		{"argon2", ErrFormat},
		{"argon2id", ErrFormat},
		{"argon2id$m=64,t=2", ErrFormat},
		{"argon2id$m=64,t=2,p=1$" + b64x16, ErrFormat},
		{"argon2d$m=64,t=2,p=1", ErrFormat},
		{"pbkdf2_sha256$", ErrFormat},
		{"pbkdf2_sha256$1000$salt", ErrFormat},
		{"scrypt$16$8", ErrFormat},
		{"bcrypt$4", ErrFormat},
		{"bcrypt$04$", ErrFormat},
		{"bcrypt$31", ErrTooCostly},
		{"pbkdf2_sha1$999999999", ErrTooCostly},
		{"argon2id$m=4194304,t=1,p=1", ErrTooCostly},
	} {
		t.Run(test.scheme, func(t *testing.T) {
			if encoded, err := Dummy(test.scheme); !errors.Is(err, test.want) {
				t.Errorf("Dummy(%q) = %q, %v, want %v", test.scheme, encoded, err, test.want)
			}
		})
	}
}

func TestMalformedHashes(t *testing.T) {
	argon2, pbkdf2 := "$argon2id$v=19$m=64,t=2,p=1$", "pbkdf2_sha256$1000$salt$"
	for name, encoded := range map[string]string{
		"empty":                      "",
		"plain text":                 "a long walk in the rain",
		"unknown hasher":             "md5$salt$0123456789abcdef0123456789abcdef",
		"unknown modular":            "$5$rounds=5000$salt$hash",
		"unusable Django password":   "!0123456789",
		"too long":                   argon2 + b64x16 + "$" + strings.Repeat("A", 600),
		"argon2d":                    "$argon2d$v=19$m=64,t=2,p=1$" + b64x16 + "$" + b64x32,
		"argon2 version 16":          "$argon2id$v=16$m=64,t=2,p=1$" + b64x16 + "$" + b64x32,
		"argon2 without version":     "$argon2id$m=64,t=2,p=1$" + b64x16 + "$" + b64x32,
		"argon2 order of parameters": "$argon2id$v=19$t=2,m=64,p=1$" + b64x16 + "$" + b64x32,
		"argon2 extra parameter":     "$argon2id$v=19$m=64,t=2,p=1,data=AA$" + b64x16 + "$" + b64x32,
		"argon2 zero time":           "$argon2id$v=19$m=64,t=0,p=1$" + b64x16 + "$" + b64x32,
		"argon2 zero threads":        "$argon2id$v=19$m=64,t=1,p=0$" + b64x16 + "$" + b64x32,
		"argon2 memory under lanes":  "$argon2id$v=19$m=15,t=1,p=2$" + b64x16 + "$" + b64x32,
		"argon2 signed number":       "$argon2id$v=19$m=+64,t=2,p=1$" + b64x16 + "$" + b64x32,
		"argon2 leading zero":        "$argon2id$v=19$m=064,t=2,p=1$" + b64x16 + "$" + b64x32,
		"argon2 padded base64":       argon2 + b64x16 + "==$" + b64x32 + "=",
		"argon2 loose base64":        argon2 + b64x16 + "$" + b64x32[:42] + "B",
		"argon2 line break":          argon2 + b64x16 + "$" + b64x32 + "\n",
		"argon2 short salt":          argon2 + "AAAAAAAA$" + b64x32,
		"argon2 short hash":          argon2 + b64x16 + "$AAAAAAAA",
		"argon2 empty hash":          argon2 + b64x16 + "$",
		"Django argon2, no dollar":   "argon2argon2id$v=19$m=64,t=2,p=1$" + b64x16 + "$" + b64x32,
		"pbkdf2 zero iterations":     "pbkdf2_sha256$0$salt$" + b64x32 + "=",
		"pbkdf2 underscored number":  "pbkdf2_sha256$1_000$salt$" + b64x32 + "=",
		"pbkdf2 empty salt":          "pbkdf2_sha256$1000$$" + b64x32 + "=",
		"pbkdf2 long salt":           "pbkdf2_sha256$1000$" + strings.Repeat("s", 65) + "$" + b64x32 + "=",
		"pbkdf2 hash of sha1":        pbkdf2 + b64x20,
		"pbkdf2 empty hash":          pbkdf2,
		"pbkdf2 extra field":         pbkdf2 + b64x32 + "=$",
		"scrypt N not a power of 2":  "scrypt$1000$salt$8$1$" + b64x64,
		"scrypt N of 1":              "scrypt$1$salt$8$1$" + b64x64,
		"scrypt zero r":              "scrypt$16$salt$0$1$" + b64x64,
		"scrypt zero p":              "scrypt$16$salt$8$0$" + b64x64,
		"scrypt salt first":          "scrypt$salt$16$8$1$" + b64x64,
		"bcrypt 2x":                  "$2x$05$" + bcrypt5,
		"bcrypt 2":                   "$2$05$" + bcrypt5 + ".",
		"bcrypt cost of 3":           "$2b$03$" + bcrypt5,
		"bcrypt cost of 32":          "$2b$32$" + bcrypt5,
		"bcrypt signed cost":         "$2b$+5$" + bcrypt5,
		"bcrypt short":               "$2b$05$" + bcrypt5[1:],
		"bcrypt foreign character":   "$2b$05$" + bcrypt5[:30] + "=" + bcrypt5[31:],
		"bcrypt_sha256 bare":         "bcrypt_sha256$2b$05$" + bcrypt5,
	} {
		t.Run(name, func(t *testing.T) { wantRefused(t, encoded, ErrFormat) })
	}
}

// TestHostileHash: a hash row somebody planted asks for a machine's worth of
// memory or a day of time.
func TestHostileHash(t *testing.T) {
	argon2 := func(cost string) string { return "$argon2id$v=19$" + cost + "$" + b64x16 + "$" + b64x32 }
	for name, encoded := range map[string]string{
		"argon2 memory":        argon2("m=262145,t=1,p=1"),
		"argon2 all memory":    argon2("m=4294967295,t=1,p=1"),
		"argon2 time":          argon2("m=64,t=65,p=1"),
		"argon2 threads":       argon2("m=4096,t=1,p=65"),
		"argon2 more than 255": argon2("m=4096,t=1,p=257"),
		"argon2 memory × time": argon2("m=262144,t=5,p=1"),
		"Django argon2":        "argon2" + argon2("m=262145,t=1,p=1"),
		"pbkdf2 iterations":    "pbkdf2_sha256$5000001$salt$" + b64x32 + "=",
		"scrypt memory":        "scrypt$524288$salt$8$1$" + b64x64,
		"scrypt work":          "scrypt$131072$salt$8$5$" + b64x64,
		"scrypt r":             "scrypt$2$salt$4294967295$1$" + b64x64,
		"scrypt p":             "scrypt$2$salt$1$4294967295$" + b64x64,
		"scrypt N":             "scrypt$2147483648$salt$64$64$" + b64x64,
		"bcrypt cost":          "$2b$17$" + bcrypt5,
		"bcrypt_sha256 cost":   "bcrypt_sha256$$2b$31$" + bcrypt5,
	} {
		t.Run(name, func(t *testing.T) { wantRefused(t, encoded, ErrTooCostly) })
	}
}

func wantRefused(t *testing.T, encoded string, want error) {
	t.Helper()
	ok, err := Verify(encoded, "a long walk in the rain")
	if ok || !errors.Is(err, want) {
		t.Fatalf("Verify(%q) = %v, %v, want %v", encoded, ok, err, want)
	}
	if scheme, err := Scheme(encoded); scheme != "" || !errors.Is(err, want) {
		t.Errorf("Scheme(%q) = %q, %v, want %v", encoded, scheme, err, want)
	}
	wantNoSecret(t, encoded, err)
}

// wantNoSecret fails when err tells a salt, a hash or an unreadable row. The
// cost (m=…) may be told.
func wantNoSecret(t *testing.T, encoded string, err error) {
	t.Helper()
	for field := range strings.FieldsFuncSeq(encoded, func(r rune) bool { return r == '$' || unicode.IsSpace(r) }) {
		if len(field) > 15 && !strings.HasPrefix(field, "m=") && strings.Contains(err.Error(), field) {
			t.Errorf("error %q tells of the hash", err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	for _, v := range readVectors(f) {
		if !v.Slow {
			f.Add(v.Hash, v.Password)
		}
	}
	f.Add("$argon2id$v=19$m=262144,t=4,p=1$"+b64x16+"$"+b64x32, "")
	f.Fuzz(func(t *testing.T, encoded, password string) {
		scheme, err := Scheme(encoded)
		if err != nil {
			if !errors.Is(err, ErrFormat) && !errors.Is(err, ErrTooCostly) {
				t.Errorf("Scheme(%q): foreign error %v", encoded, err)
			}
			wantNoSecret(t, encoded, err)
			return
		}
		if len(scheme) > 64 {
			t.Errorf("Scheme(%q) = %q: %d bytes", encoded, scheme, len(scheme))
		}
		other, err := Dummy(scheme)
		if err != nil {
			t.Fatalf("Dummy(%q): %v", scheme, err)
		}
		if again, err := Scheme(other); again != scheme || err != nil {
			t.Errorf("Scheme(Dummy(%q)) = %q, %v", scheme, again, err)
		}
		if !cheap(scheme) {
			return
		}
		if _, err := Verify(encoded, password); err != nil {
			t.Errorf("Verify(%q): %v, but it has a scheme", encoded, err)
		}
	})
}

// cheap tells whether a scheme verifies within a few milliseconds.
func cheap(scheme string) bool {
	name, cost, _ := strings.Cut(scheme, "$")
	product := 1
	for n := range strings.FieldsFuncSeq(cost, func(r rune) bool { return !unicode.IsDigit(r) }) {
		v, _ := strconv.Atoi(n)
		product *= v
	}
	if strings.HasPrefix(name, "bcrypt") {
		return product <= 5
	}
	return product <= 2000
}

func BenchmarkHash(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DefaultArgon2.Hash("a long walk in the rain"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, scheme := range []string{
		DefaultArgon2.Scheme(), "argon2id$m=102400,t=2,p=8", "pbkdf2_sha256$1000000", "scrypt$16384$8$5", "bcrypt$12",
		// What the bounds let through at most.
		"argon2id$m=262144,t=4,p=1", "pbkdf2_sha256$5000000", "pbkdf2_sha1$5000000", "scrypt$262144$8$2", "bcrypt$16",
	} {
		b.Run(scheme, func(b *testing.B) {
			encoded, err := Dummy(scheme)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := Verify(encoded, "a long walk in the rain"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
