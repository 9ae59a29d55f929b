package account

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParseUsername(t *testing.T) {
	for _, tt := range []struct {
		name, raw, want string
	}{
		{"RFC 8265 §3.5 example 2", "fussball", "fussball"},
		{"RFC 8265 §3.5 example 3", "fußball", "fußball"},
		{"RFC 8265 §3.5 example 4", "π", "π"},
		{"RFC 8265 §3.5 example 5, capital", "Σ", "σ"},
		{"RFC 8265 §3.5 example 6", "σ", "σ"},
		{"RFC 8265 §3.5 example 7, final", "ς", "ς"},
		{"case", "Alice", "alice"},
		{"width", "Ａｌｉｃｅ", "alice"},
		{"composed", "zoe\u0301", "zoé"},
		{"one character", "x", "x"},
		{"ASCII marks", "o'brien_+-.!#$%&*/=?^`{|}~", "o'brien_+-.!#$%&*/=?^`{|}~"},
		{"digits", "007", "007"},
		{"a mark before a letter beyond ASCII", "_josé.", "_josé."},
		{"longest", strings.Repeat("a", 150), strings.Repeat("a", 150)},
		{"longest, four bytes each", strings.Repeat("𐐨", 150), strings.Repeat("𐐨", 150)},
		{"longest, typed decomposed", strings.Repeat("e\u0301", 150), strings.Repeat("é", 150)},
		{"Hebrew", "אבג1", "אבג1"},
		{"Persian with its joiner", "ن\u200cا", "ن\u200cا"},
		{"Katakana with its dot", "カ・カ", "カ・カ"},
		{"capital sharp s", "STRAẞE", "straße"},
		{"Cherokee", "Ꭰᏸ", "ꭰᏸ"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, bad := ParseUsername(tt.raw, Email{})
			if bad != nil {
				t.Fatalf("refused: %s", bad.Message)
			}
			if got.Name != tt.want {
				t.Errorf("Name = %+q; want %+q", got.Name, tt.want)
			}
			if found, ok := LookupUsername(tt.raw); found != got.Name || !ok {
				t.Errorf("LookupUsername = %+q, %t; want %+q", found, ok, got.Name)
			}
		})
	}
}

func TestParseUsernameRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, raw, code, says string
	}{
		{"RFC 8265 §3.5 example 8, space", "foo bar", "malformed", "a space"},
		{"RFC 8265 §3.5 example 9, empty", "", "missing", "needed"},
		{"RFC 8265 §3.5 example 10, compatibility", "henryⅣ", "malformed", "Ⅳ (U+2163)"},
		{"too long", strings.Repeat("a", 151), "too_long", "150"},
		{"too long when composed", strings.Repeat("e\u0301", 151), "too_long", "150"},
		{"too long to look at", strings.Repeat("a", 1025), "too_long", "150"},
		{"only spaces", "   ", "malformed", "a space"},
		{"a wide space", "a\u3000b", "malformed", "a space"},
		{"no UTF-8", "a\xffb", "malformed", "UTF-8"},
		{"half a surrogate", "a\xed\xa0\x80", "malformed", "UTF-8"},
		{"colon that splits Basic credentials", "alice:x", "malformed", "colon"},
		{"fullwidth colon that becomes one", "alice：x", "malformed", "colon"},
		{"line feed that forges a log line", "alice\nadmin", "malformed", "control character (U+000A)"},
		{"NUL that truncates", "alice\x00", "malformed", "control character (U+0000)"},
		{"C1 control", "a\u0085b", "malformed", "control character (U+0085)"},
		{"right-to-left override", "a\u202eb", "malformed", "U+202E"},
		{"zero width space", "ali\u200bce", "malformed", "U+200B"},
		{"zero width joiner out of place", "ali\u200dce", "malformed", "U+200D"},
		{"soft hyphen", "ali\u00adce", "malformed", "U+00AD"},
		{"grapheme joiner", "ali\u034fce", "malformed", "U+034F"},
		{"variation selector", "alice\ufe0f", "malformed", "U+FE0F"},
		{"tag character", "alice\U000e0041", "malformed", "U+E0041"},
		{"private use", "a\ue000", "malformed", "U+E000"},
		{"emoji", "alice🙂", "malformed", "🙂 (U+1F642)"},
		{"ligature", "ﬁne", "malformed", "ﬁ (U+FB01)"},
		{"a mark that has no letter", "\u0301a", "malformed", "combining mark"},
		{"a halfwidth mark that has no letter", "ﾞa", "malformed", "combining mark"},
		{"a pile of marks", "a" + strings.Repeat("\u0301", 60), "malformed", "do not go together"},
		{"two directions", "aא", "malformed", "right-to-left"},
		{"a digit before Hebrew", "1א", "malformed", "right-to-left"},
		{"two kinds of digits", "א1٠", "malformed", "right-to-left"},
		{"Katakana dot alone", "a・", "malformed", "U+30FB"},
		{"an email that is nobody's", "alice@example.com", "malformed", "own email"},
		{"fullwidth @", "alice＠example.com", "malformed", "own email"},
		{"only @", "@", "malformed", "own email"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, bad := ParseUsername(tt.raw, Email{})
			if bad == nil {
				t.Fatalf("accepted as %+q", got.Name)
			}
			if bad.Name != "username" || bad.Code != tt.code || !strings.Contains(bad.Message, tt.says) {
				t.Errorf("refused with %+v; want code %s and %q", *bad, tt.code, tt.says)
			}
			if got != (Username{}) {
				t.Errorf("refused, yet returned %+v", got)
			}
			if hasHidden(bad.Message) {
				t.Errorf("the message repeats what cannot be seen: %+q", bad.Message)
			}
		})
	}
}

func TestUsernameThatIsAnEmail(t *testing.T) {
	for _, tt := range []struct {
		name, username, email, want string
	}{
		{"the same", "alice@example.com", "alice@example.com", "alice@example.com"},
		{"in another case", "Alice@Example.COM", "alice@example.com", "alice@example.com"},
		{"email in another case", "alice@example.com", "ALICE@EXAMPLE.com", "alice@example.com"},
		{"fullwidth", "ａlice＠example.com", "alice@example.com", "alice@example.com"},
		{"U-label and A-label", "zoé@bücher.example", "zoé@xn--bcher-kva.example", "zoé@xn--bcher-kva.example"},
		{"A-label and U-label", "zoé@XN--bcher-kva.example", "Zoé@Bücher.example", "zoé@xn--bcher-kva.example"},
		{"somebody else's", "bob@example.com", "alice@example.com", ""},
		{"another domain", "alice@example.org", "alice@example.com", ""},
		{"a lookalike of one's own", "аlice@example.com", "alice@example.com", ""},
		{"two addresses", "alice@example.com@example.com", "alice@example.com", ""},
		{"an email that was refused", "alice@", "alice@", ""},
		{"no email, no username", "@", "", ""},
		{"right-to-left local part before an A-label", "א@ב", "א@ב", ""},
		{"too long in A-labels", "a@" + strings.Repeat("é.", 70) + "com", "a@" + strings.Repeat("é.", 70) + "com", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			email, _ := ParseEmail(tt.email)
			got, bad := ParseUsername(tt.username, email)
			if (bad == nil) != (tt.want != "") || got.Name != tt.want {
				t.Fatalf("Name = %+q, %+v; want %+q", got.Name, bad, tt.want)
			}
			if tt.want == "" {
				return
			}
			if found, ok := LookupUsername(tt.username); found != email.Key || !ok {
				t.Errorf("LookupUsername = %+q, %t; want the key %+q", found, ok, email.Key)
			}
		})
	}
}

func TestLookupUsernameOfNobody(t *testing.T) {
	for _, raw := range []string{
		"", " ", "a b", "a:b", "a：b", "a\x00", "a\xff", "@", "a@", "a@b@c", strings.Repeat("a", 151), strings.Repeat("a", 1<<20),
	} {
		if got, ok := LookupUsername(raw); ok || got != "" {
			t.Errorf("LookupUsername(%.20q) = %q, %t; want false", raw, got, ok)
		}
	}
}

func TestUsernameIsIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := drawText(t, "username")
		email, _ := ParseEmail(drawText(t, "local") + "@" + drawText(t, "domain"))
		if rapid.Bool().Draw(t, "is an email") {
			raw = email.Address
		}
		checkUsername(t, raw, email)
	})
}

func FuzzParseUsername(f *testing.F) {
	for _, raw := range []string{
		"alice", "PayPaI", "раураl", "a:b", "ＡＬＩＣＥ：", "א1", "क्\u200dष", "i\u0307", "ﾞ", "a\u034f", "\xff", "alice@example.com", "é@bücher.example",
	} {
		f.Add(raw, raw)
	}
	f.Fuzz(func(t *testing.T, raw, address string) {
		email, _ := ParseEmail(address)
		checkUsername(t, raw, email)
		checkUsername(t, raw, Email{})
	})
}

// checkUsername tests what holds for every input, accepted or not.
func checkUsername(t rapid.TB, raw string, email Email) {
	t.Helper()
	u, bad := ParseUsername(raw, email)
	if bad != nil {
		if hasHidden(bad.Message) {
			t.Fatalf("%+q: the message repeats what cannot be seen: %+q", raw, bad.Message)
		}
		return
	}
	if n := utf8.RuneCountInString(u.Name); n == 0 || n > maxUsername || len(raw) > maxUsernameBytes || len(u.Skeleton) > 40*maxUsername {
		t.Fatalf("%+q: out of bounds as %+v", raw, u)
	}
	if u.Skeleton == "" || !utf8.ValidString(u.Name+u.Skeleton) || strings.Contains(u.Name, ":") ||
		strings.ContainsFunc(u.Name+u.Skeleton, unicode.IsControl) || strings.ContainsFunc(u.Name, unicode.IsSpace) {
		t.Fatalf("%+q: bad characters in %+v", raw, u)
	}
	if strings.Contains(u.Name, "@") && u.Name != email.Key {
		t.Fatalf("%+q: %+q is not the own address %+q", raw, u.Name, email.Key)
	}
	again, bad := ParseUsername(u.Name, email)
	if bad != nil {
		t.Fatalf("%+q: %+q is refused: %s", raw, u.Name, bad.Message)
	}
	if diff := cmp.Diff(u, again); diff != "" {
		t.Fatalf("%+q: not idempotent (-once +twice):\n%s", raw, diff)
	}
	if s := skeleton(u.Skeleton); s != u.Skeleton {
		t.Fatalf("%+q: skeleton %+q goes on to %+q", raw, u.Skeleton, s)
	}
	if found, ok := LookupUsername(raw); !ok || found != u.Name {
		t.Fatalf("%+q: LookupUsername = %+q, %t; want %+q", raw, found, ok, u.Name)
	}
}

func BenchmarkParseUsername(b *testing.B) {
	for _, raw := range []string{"alice", "Раураl", strings.Repeat("É", maxUsername)} {
		b.Run(raw[:4], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ParseUsername(raw, Email{})
			}
		})
	}
}

func BenchmarkLookupUsername(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		LookupUsername("alice")
	}
}

func mustUsername(t *testing.T, raw string) Username {
	t.Helper()
	u, bad := ParseUsername(raw, Email{})
	if bad != nil {
		t.Fatalf("%+q refused: %s", raw, bad.Message)
	}
	return u
}

// drawText draws the characters that make trouble more often than chance does.
func drawText(t *rapid.T, label string) string {
	rare := []rune("aAiIlL10mς Σ.-:@＠：Åİıſßẞﾞｶ・א٠۰") // some refused, some mapped
	rare = append(rare, 0x301, 0x307, 0x327, 0x345, 0x200c, 0x200d, 0x94d, 0x34f, 0x212a, 0x1e9e, 0x13a0, 0x3f4)
	return rapid.StringOfN(rapid.OneOf(rapid.SampledFrom(rare), rapid.RuneFrom(nil, unicode.L, unicode.Mn, unicode.Nd)), 0, 12, -1).Draw(t, label)
}

// hasHidden reports whether a text holds what a reader would not see.
func hasHidden(s string) bool {
	return !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || isIgnorable(r) })
}
