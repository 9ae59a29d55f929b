package password

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// longEmail is longer than the prefix that zxcvbn looks at.
const longEmail = "maximiliane.von-und-zu-hohenstein@mail.department.university.example"

func TestPolicyAccepts(t *testing.T) {
	for _, password := range []string{
		"a long walk in the rain",
		"correct horse battery staple",
		"purple monkey dishwasher",
		"harborLantern2026!",
		"MyD0gRex!",
		"k7#vQ2p!mZ",
		" spaces at both ends ",
		"длинная прогулка под дождём",
		"漢字仮名交文章書道",
		strings.Repeat("a long walk in the rain ", 42)[:1000],
		"alice@example.com walks in the rain",
	} {
		t.Run(password[:min(len(password), 30)], func(t *testing.T) {
			if got := DefaultPolicy.Check(password, "alice", "alice@example.com"); got != nil {
				t.Errorf("Check = %+v, want nothing", got)
			}
		})
	}
}

func TestPolicyRefuses(t *testing.T) {
	for _, test := range []struct{ name, password, code string }{
		{"empty", "", "too_short"},
		{"seven bytes", "k7#vQ2p", "too_short"},
		{"1025 bytes", strings.Repeat("k7#vQ", 205), "too_long"},
		{"list", "password123", "too_common"},
		{"list in capitals", "PassWord123", "too_common"},
		{"list past ASCII", "ПАРОЛЬ", "too_common"},
		{"username and digits", "alice1234", "too_guessable"},
		{"username backwards", "ecila1234", "too_guessable"},
		{"username, look-alikes", "@l1ce1234", "too_guessable"},
		{"username past ASCII", "жаклин12", "too_guessable"},
		{"username past ASCII, capital", "Жаклин12", "too_guessable"},
		{"product", "latchstring1", "too_guessable"},
		{"address", "alice@wonderland.example", "too_guessable"},
		{"address and digit", "alice@wonderland.example1", "too_guessable"},
		{"domain", "wonderland77", "too_guessable"},
		{"long address", longEmail, "too_guessable"},
		{"long address, led and followed", "my" + longEmail + "77", "too_guessable"},
		{"row of keys", "zxcvbnm,./", "too_guessable"},
		{"sequence", "abcdefghijk", "too_guessable"},
		{"sequence past ASCII", "абвгдежз", "too_guessable"},
		{"repeat", strings.Repeat("abc", 300), "too_guessable"},
		{"repeat past ASCII", strings.Repeat("é", 400), "too_guessable"},
		{"date", "1987-04-23", "too_guessable"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := DefaultPolicy.Check(test.password, "alice", "alice@wonderland.example", "жаклин", longEmail)
			if len(got) != 1 || got[0].Name != "password" || got[0].Code != test.code {
				t.Fatalf("Check(%q) = %+v, want one %s", test.password, got, test.code)
			}
			if len(test.password) > 7 && strings.Contains(strings.ToLower(got[0].Message), strings.ToLower(test.password)) {
				t.Errorf("message %q repeats the password", got[0].Message)
			}
		})
	}
}

func TestPolicyBoundsAreInclusive(t *testing.T) {
	p := Policy{MinBytes: 10, MaxBytes: 12}
	for password, want := range map[string]string{
		"k7#vQ2p!m":      "too_short",
		"k7#vQ2p!mZ":     "",
		"k7#vQ2p!mZ?%":   "",
		"k7#vQ2p!mZ?%x":  "too_long",
		"ééééé":          "", // ten bytes
		"ééééééé":        "too_long",
		"aaaaaaaaaaa":    "", // no score is asked for
		"password123":    "too_common",
		"correct horse ": "too_long",
	} {
		code := ""
		if got := p.Check(password); got != nil {
			code = got[0].Code
		}
		if code != want {
			t.Errorf("Check(%q) = %q, want %q", password, code, want)
		}
	}
}

func TestPolicyMessages(t *testing.T) {
	for _, test := range []struct{ password, want string }{
		{"short", "This password is too short: use at least 8 characters. A few unrelated words are easy to remember and hard to guess."},
		{strings.Repeat("x", 1025), "This password is too long: at most 1024 bytes are accepted. " +
			"A plain letter, digit or space is one byte, any other character two to four."},
		{"password123", "This password is one of the most used in the world, and those are tried first. " +
			"Choose one that is yours alone. A few unrelated words are easy to remember and hard to guess."},
		{"Alice1234", "This password is too easy to guess. It is built on your name, your address or the name of this service. " +
			"Add another word or two, uncommon ones are best. A capital at the start hardly helps."},
		{"aaaaaaaaaaaaa", "This password is too easy to guess. " +
			"Repeats like \"aaa\" add almost nothing. Add another word or two, uncommon ones are best. Avoid repeated words and characters."},
	} {
		got := DefaultPolicy.Check(test.password, "alice")
		if len(got) != 1 {
			t.Errorf("Check(%q) = %+v", test.password, got)
			continue
		}
		if diff := cmp.Diff(test.want, got[0].Message); diff != "" {
			t.Errorf("message for %q (-want +got):\n%s", test.password, diff)
		}
	}
}

// TestAdvice covers what zxcvbn warns of; the expectations name a part of each
// message.
func TestAdvice(t *testing.T) {
	for password, want := range map[string][]string{
		"":              {"Use a few words"},
		"qwertyuiop":    {"hundred most used"},
		"password":      {"ten most used"},
		"p4ssw0rd!":     {"close to a password", "substitutions"},
		"DROWSSAP":      {"All capitals", "backwards"},
		"zxcvbnm,./":    {"Keys in a row", "longer and turn more often"},
		"bgtyhnmju":     {"Short patterns on the keyboard"},
		"abcabcabc":     {`"abcabcabc"`, "repeated"},
		"jklmnopq":      {`"6543"`, "Avoid sequences"},
		"1984":          {"Recent years"},
		"23.4.1987":     {"Dates"},
		"mitochondrial": {"One word alone"},
		"christensen":   {"A name alone"},
		"christensenk7": {"Common names"},
		"k7#":           {"Add another word"},
	} {
		t.Run(password, func(t *testing.T) {
			got := advice(estimate(password, nil).Sequence)
			for _, part := range want {
				if !strings.Contains(got, part) {
					t.Errorf("advice for %q = %q, want %q in it", password, got, part)
				}
			}
		})
	}
}

// TestEstimateIsZxcvbn holds the guesses to those that the original library,
// version 4.4.2 on npm, computed with the same context.
func TestEstimateIsZxcvbn(t *testing.T) {
	for _, test := range []struct {
		password string
		score    int
		guesses  float64
	}{
		{"a long walk in the rain", 4, 2.363568001e+21},
		{"correct horse battery staple", 4, 213811968952000000000},
		{"correcthorsebatterystaple", 4, 273500327700640},
		{"latchstring1", 1, 11100},
		{"alice1234", 1, 15000},
		{"ecila1234", 1, 15000},
		{"MyD0gRex!", 3, 1000000001},
		{"Tr0ub4dour&3", 2, 19058000},
		{"qwertyuiop", 0, 23},
		{"zxcvbnm,./", 1, 3889},
		{"harborLantern", 2, 31499828},
		{"purple monkey dishwasher", 4, 414639100000000},
		{"p4ssw0rd!", 1, 11100},
		{"aaaaaaaaaaaa", 0, 145},
		{"abcabcabcabc", 0, 53},
		{"abcdefghijk", 0, 45},
		{"Xk4mz9qw", 2, 100000001},
		{"StrongP@ss1", 3, 118358560},
		{"jessica smith", 3, 100010000},
		{"1q2w3e4r5t6y", 1, 1354},
	} {
		t.Run(test.password, func(t *testing.T) {
			got := estimate(test.password, []string{"alice", "latchstring"})
			if got.Score != test.score || got.Guesses < test.guesses*0.999 || got.Guesses > test.guesses*1.001 {
				t.Errorf("score %d, %g guesses, want %d, %g", got.Score, got.Guesses, test.score, test.guesses)
			}
		})
	}
}

func TestContextWords(t *testing.T) {
	got := contextWords([]string{"Alice", "a.liddell+x@Mail.Wonder-Land.example", "al", "Zo\u00eb", ""})
	want := []string{
		"alice", "a.liddell+x@mail.wonder-land.example", "a.liddell+x", "mail.wonder-land.example",
		"liddell", "mail", "wonder", "land", "example", "zo\x0f",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("words (-want +got):\n%s", diff)
	}
	if n := len(contextWords([]string{strings.Repeat("abc1 abc2 abc3 xy", 1000), strings.Repeat("é.", 10000)})); n > maxContextWords {
		t.Errorf("%d words of a huge context", n)
	}
}

// slowest has the worst kinds of input found for zxcvbn: many look-alikes that
// stand for many letters, words among them.
var slowest = map[string]string{
	"look-alikes":       strings.Repeat("4@8({[<3691!|70$5+%2", 52)[:1024],
	"words in them":     strings.Repeat("p4ssw0rd!1@(7$|<{[69+%2 dr@g0n", 40)[:1024],
	"look-alikes, late": strings.Repeat("a", 24) + strings.Repeat("1!|4@$5+7({[<69", 70)[:1000],
	"digits":            strings.Repeat("31415926535897932384626433832795", 32),
	"one letter":        strings.Repeat("a", 1024),
	"phrase":            strings.Repeat("a long walk in the rain ", 50)[:1024],
	"past ASCII":        strings.Repeat("дождь", 102),
	"symbols":           strings.Repeat("#&*^~`?;:,.=-_", 80)[:1024],
}

// TestSlowPasswords: a password made to keep zxcvbn busy for seconds.
func TestSlowPasswords(t *testing.T) {
	for name, password := range slowest {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			DefaultPolicy.Check(password, "alice", longEmail)
			// Some milliseconds; unbounded it would be minutes. The rest is
			// for the race detector and a busy machine.
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("took %v", took)
			}
			prefix := boundedPrefix(toASCII(password))
			if work := readings(prefix) * len(prefix) * len(prefix); len(prefix) > maxEstimated || work > maxEstimateWork || len(prefix) < 10 {
				t.Errorf("a prefix of %d characters, work %d", len(prefix), work)
			}
		})
	}
}

func TestCommonPasswords(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(commonPasswords, "\n"), "\n")
	if len(lines) < 8000 {
		t.Fatalf("only %d lines", len(lines))
	}
	for i, line := range lines {
		if len(line) < 8 || line != strings.ToLower(line) || (i > 0 && line <= lines[i-1]) {
			t.Errorf("line %d, %q: too short, not lower case or not sorted", i+1, line)
		}
		if !isCommon(line) || isCommon(line+"\x00") || isCommon(line[:len(line)-1]+"\x00") {
			t.Errorf("look-up of line %d, %q", i+1, line)
		}
	}
	for _, absent := range []string{"", "\n", "\x00", "a long walk in the rain", "\U0010ffff", lines[0] + "\n" + lines[1]} {
		if isCommon(absent) {
			t.Errorf("isCommon(%q) = true", absent)
		}
	}
}

func TestHasLine(t *testing.T) {
	for _, text := range []string{"", "b\n", "b\nd\n", "b\nd\nf", "b\nd\nf\nh\n"} {
		for _, line := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i"} {
			want := false
			for l := range strings.SplitSeq(text, "\n") {
				want = want || l == line
			}
			if got := hasLine(text, line); got != want {
				t.Errorf("hasLine(%q, %q) = %v, want %v", text, line, got, want)
			}
		}
	}
}

func FuzzCheck(f *testing.F) {
	for _, password := range slowest {
		f.Add(password, "alice@example.com")
	}
	f.Add("Stra\u00dfe \U0001f511", "zo\u00eb")
	f.Add("pass\xffword", "\xff")
	f.Fuzz(func(t *testing.T, password, context string) {
		for _, field := range DefaultPolicy.Check(password, context) {
			if field.Name != "password" || field.Code == "" || !strings.HasSuffix(field.Message, ".") {
				t.Errorf("Check(%q) = %+v", password, field)
			}
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	for name, password := range slowest {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				DefaultPolicy.Check(password, "alice", "alice@example.com")
			}
		})
	}
	for name, password := range map[string]string{"ordinary": "a long walk in the rain", "common": "password123"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				DefaultPolicy.Check(password, "alice", "alice@example.com")
			}
		})
	}
}
