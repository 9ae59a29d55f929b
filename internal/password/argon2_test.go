package password

import (
	"errors"
	"strings"
	"testing"
)

func TestArgon2Hash(t *testing.T) {
	a := Argon2{MemoryKiB: 64, Time: 2, Threads: 3}
	encoded, err := a.Hash("a long walk in the rain")
	if err != nil {
		t.Fatal(err)
	}
	if want := "$argon2id$v=19$m=64,t=2,p=3$"; !strings.HasPrefix(encoded, want) || len(encoded) != len(want)+22+1+43 {
		t.Errorf("Hash = %q, want %s, 16 bytes of salt and 32 of hash", encoded, want)
	}
	if ok, err := Verify(encoded, "a long walk in the rain"); !ok || err != nil {
		t.Errorf("Verify = %v, %v, want true", ok, err)
	}
	if ok, err := Verify(encoded, "a long walk in the sun"); ok || err != nil {
		t.Errorf("Verify of another password = %v, %v, want false", ok, err)
	}
	if scheme, err := Scheme(encoded); scheme != a.Scheme() || err != nil {
		t.Errorf("Scheme = %q, %v, want %q", scheme, err, a.Scheme())
	}
	if again, _ := a.Hash("a long walk in the rain"); again == encoded {
		t.Error("two hashes of one password have the same salt")
	}
}

func TestDefaultArgon2(t *testing.T) {
	if got, want := DefaultArgon2.Scheme(), "argon2id$m=19456,t=2,p=1"; got != want {
		t.Errorf("Scheme() = %q, want %q", got, want)
	}
}

func TestArgon2Validate(t *testing.T) {
	for name, test := range map[string]struct {
		setting Argon2
		want    error
	}{
		"default":           {DefaultArgon2, nil},
		"zero":              {Argon2{}, ErrFormat},
		"no threads":        {Argon2{MemoryKiB: 64, Time: 1}, ErrFormat},
		"memory under 8p":   {Argon2{MemoryKiB: 31, Time: 1, Threads: 4}, ErrFormat},
		"least":             {Argon2{MemoryKiB: 8, Time: 1, Threads: 1}, nil},
		"most memory":       {Argon2{MemoryKiB: 256 << 10, Time: 4, Threads: 64}, nil},
		"over memory":       {Argon2{MemoryKiB: 256<<10 + 1, Time: 1, Threads: 1}, ErrTooCostly},
		"over memory times": {Argon2{MemoryKiB: 256 << 10, Time: 5, Threads: 1}, ErrTooCostly},
	} {
		t.Run(name, func(t *testing.T) {
			if err := test.setting.Validate(); !errors.Is(err, test.want) {
				t.Errorf("Validate() = %v, want %v", err, test.want)
			}
			if test.want == nil {
				return
			}
			if encoded, err := test.setting.Hash("p"); !errors.Is(err, test.want) {
				t.Errorf("Hash() = %q, %v, want %v", encoded, err, test.want)
			}
		})
	}
}

func TestNeedsRehash(t *testing.T) {
	a := Argon2{MemoryKiB: 64, Time: 2, Threads: 1}
	own, err := a.Hash("p")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		encoded string
		want    bool
	}{
		"own":           {own, false},
		"Django's":      {"argon2" + own, true},
		"argon2i":       {strings.Replace(own, "argon2id", "argon2i", 1), true},
		"more memory":   {strings.Replace(own, "m=64", "m=128", 1), true},
		"less time":     {strings.Replace(own, "t=2", "t=1", 1), true},
		"longer number": {strings.Replace(own, "p=1", "p=10", 1), true},
		"short hash":    {own[:len(own)-22], true},
		"longer hash":   {own + "AAAA", true},
		"short salt":    {"$argon2id$v=19$m=64,t=2,p=1$AAAAAAAAAAA$" + b64x32, true},
		"bcrypt":        {"$2b$12$" + bcrypt5, true},
		"broken":        {"a long walk in the rain", true},
		"empty":         {"", true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := a.NeedsRehash(test.encoded); got != test.want {
				t.Errorf("NeedsRehash(%q) = %v, want %v", test.encoded, got, test.want)
			}
		})
	}
}
