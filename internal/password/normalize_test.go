package password

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNormalize(t *testing.T) {
	for name, test := range map[string]struct{ in, want string }{
		"plain":              {"a long walk in the rain", "a long walk in the rain"},
		"case is kept":       {"PassWord", "PassWord"},
		"outer spaces kept":  {"  pass word  ", "  pass word  "},
		"composed":           {"Stra\u00dfe A\u030angstro\u0308m", "Stra\u00dfe \u00c5ngstr\u00f6m"},
		"no-break space":     {"pass\u00a0word", "pass word"},
		"ideographic space":  {"pass\u3000word", "pass word"},
		"full width is kept": {"\uff50\uff41\uff53\uff53", "\uff50\uff41\uff53\uff53"},
		"symbols and emoji":  {"pa:ss$w\u00f6rd \U0001f511", "pa:ss$w\u00f6rd \U0001f511"},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := Normalize(test.in); got != test.want || err != nil {
				t.Errorf("Normalize(%q) = %q, %v, want %q", test.in, got, err, test.want)
			}
		})
	}
}

func TestNormalizeRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		in   string
		want error
	}{
		"empty":           {"", ErrEmpty},
		"invalid UTF-8":   {"pass\xffword", ErrNotUTF8},
		"cut character":   {"passwor\xc3", ErrNotUTF8},
		"surrogate":       {"pass\xed\xa0\x80word", ErrNotUTF8},
		"NUL":             {"pass\x00word", ErrForbidden},
		"tab":             {"pass\tword", ErrForbidden},
		"line break":      {"pass\nword", ErrForbidden},
		"delete":          {"pass\x7fword", ErrForbidden},
		"bidi override":   {"pass\u202eword", ErrForbidden},
		"zero-width join": {"pass\u200dword", ErrForbidden},
		"unassigned":      {"pass\U000e0fffword", ErrForbidden},
		"too long":        {strings.Repeat("a", 64<<10+1), ErrLong},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Normalize(test.in)
			if got != "" || !errors.Is(err, test.want) {
				t.Fatalf("Normalize = %q, %v, want %v", got, err, test.want)
			}
			if strings.Contains(err.Error(), "word:") || strings.Contains(err.Error(), "pass\\") {
				t.Errorf("error %q tells of the password", err)
			}
		})
	}
}

func FuzzNormalize(f *testing.F) {
	f.Add("a long walk in the rain")
	f.Add("A\u030angstro\u0308m\u00a0\xff")
	f.Fuzz(func(t *testing.T, in string) {
		got, err := Normalize(in)
		if err != nil {
			return
		}
		if got == "" || !utf8.ValidString(got) {
			t.Errorf("Normalize(%q) = %q", in, got)
		}
		if again, err := Normalize(got); again != got || err != nil {
			t.Errorf("Normalize(%q) = %q, and of that %q, %v", in, got, again, err)
		}
	})
}
