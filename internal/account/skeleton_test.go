package account

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestSkeletonOfLookalikesIsOne(t *testing.T) {
	for _, tt := range []struct {
		name  string
		alike []string
	}{
		{"case", []string{"alice", "Alice", "ALICE"}},
		{"capital i", []string{"paypal", "PayPaI", "paypai", "pаypаl", "раураl", "payp\u0430l"}},
		{"digit one", []string{"user1", "userl", "useri", "user|"}},
		{"digit zero", []string{"bob", "b0b", "BOB", "bоb", "bοb"}},
		{"r and n", []string{"modern", "modem", "MODEM"}},
		{"width", []string{"alice", "ａｌｉｃｅ"}},
		{"dotless", []string{"lin", "lın"}},
		{"a second dot", []string{"ilker", "i\u0307lker", "İlker", "ı\u0307lker", "l\u0307lker"}},
		{"a second dot on j", []string{"jo", "j\u0307o", "ȷo"}},
		{"sigma", []string{"οδος", "ΟΔΟΣ", "οδοσ"}},
		{"joiner", []string{"क्ष", "क्\u200dष"}},
		{"composition", []string{"zoé", "zoe\u0301"}},
		{"UTS 39 §4, scope", []string{"scope", "ѕсоре", "sсоре"}},
		{"UTS 39 §4, ligature", []string{"aether", "æther"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := mustUsername(t, tt.alike[0]).Skeleton
			for _, name := range tt.alike[1:] {
				if got := mustUsername(t, name).Skeleton; got != want {
					t.Errorf("skeleton of %+q = %+q; want %+q like that of %q", name, got, want, tt.alike[0])
				}
			}
		})
	}
}

func TestSkeletonOfDifferentNamesDiffers(t *testing.T) {
	names := []string{
		"alice", "alicea", "alic", "bob", "bab", "user2", "user3", "w", "vv", "d", "cl", "n", "u", "v", "y",
		"zoe", "zoé", "zoë", "müller", "muller", "fussball", "fußball", "иван", "josé", "ж", "北京", "東京", "a.b", "a-b", "a_b",
	}
	seen := map[string]string{}
	for _, name := range names {
		s := mustUsername(t, name).Skeleton
		if other, taken := seen[s]; taken {
			t.Errorf("%q and %q share the skeleton %+q", name, other, s)
		}
		seen[s] = name
	}
}

// Every character that has another, or a case, settles within the rounds.
func TestSkeletonSettles(t *testing.T) {
	settles := func(name string) {
		s := skeleton(name)
		if again := reduce(s); again != s {
			t.Errorf("skeleton of %+q = %+q, which goes on to %+q", name, s, again)
		}
	}
	for line := range strings.Lines(confusables) {
		settles(strings.TrimSuffix(line, "\n"))
	}
	for r := range unicode.MaxRune + 1 {
		if unicode.In(r, unicode.L, unicode.M, unicode.N) && foldCase(string(r)) != string(r) && !unicode.Is(unicode.Hangul, r) {
			settles(string(r))
		}
	}
}

// The folding of ASCII is the price of the rule: it must not grow unnoticed.
func TestSkeletonOfASCII(t *testing.T) {
	special := map[rune]string{'0': "o", '1': "l", 'i': "l", '|': "l", 'm': "rn", '"': "''", '`': "'", '%': "°/₀"}
	for r := '!'; r <= '~'; r++ {
		lower := unicode.ToLower(r)
		want, ok := special[lower]
		if !ok {
			want = string(lower)
		}
		if got := skeleton(string(r)); got != want {
			t.Errorf("skeleton(%q) = %+q; want %+q", r, got, want)
		}
	}
}

func TestConfusablesTable(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(confusables, "\n"), "\n")
	if len(lines) < 2000 || !slices.IsSorted(lines) {
		t.Fatalf("the table has %d lines, sorted: %t", len(lines), slices.IsSorted(lines))
	}
	for _, line := range lines {
		r, size := utf8.DecodeRuneInString(line)
		want := line[size:]
		if r == utf8.RuneError || want == "" || strings.ContainsFunc(line, unicode.IsControl) || !norm.NFD.IsNormalString(want) {
			t.Fatalf("bad line %+q", line)
		}
		if got := prototype(r); got != want {
			t.Errorf("prototype(%+q) = %+q; want %+q", r, got, want)
		}
	}
	for _, r := range []rune{0, 'a', 'z', unicode.MaxRune} {
		if got := prototype(r); got != string(r) {
			t.Errorf("prototype(%+q) = %+q; want itself", r, got)
		}
	}
}

func BenchmarkSkeleton(b *testing.B) {
	for _, name := range []string{"alice", "раураl", strings.Repeat("é", maxUsername)} {
		b.Run(name[:5], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				skeleton(name)
			}
		})
	}
}
