package account

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/idna"
	"pgregory.net/rapid"
)

func TestParseEmail(t *testing.T) {
	longLocal := strings.Repeat("a", 64)
	longDomain := strings.Repeat(strings.Repeat("a", 62)+".", 3) // 189 bytes with the last dot
	for _, tt := range []struct {
		name, raw string
		want      Email
	}{
		{"plain", "alice@example.com", Email{"alice@example.com", "alice@example.com"}},
		{"case", "Alice@Example.COM", Email{"Alice@Example.COM", "alice@example.com"}},
		{"one label", "root@localhost", Email{"root@localhost", "root@localhost"}},
		{"atext", "a.!#$%&'*+-/=?^_`{|}~0@b.c", Email{"a.!#$%&'*+-/=?^_`{|}~0@b.c", "a.!#$%&'*+-/=?^_`{|}~0@b.c"}},
		{"UTF-8 local part", "Zoé@example.com", Email{"Zoé@example.com", "zoé@example.com"}},
		{"decomposed local part", "zoe\u0301@example.com", Email{"zoé@example.com", "zoé@example.com"}},
		{"U-label", "a@Bücher.example", Email{"a@Bücher.example", "a@xn--bcher-kva.example"}},
		{"A-label", "a@XN--Bcher-KVA.example", Email{"a@XN--Bcher-KVA.example", "a@xn--bcher-kva.example"}},
		{"decomposed U-label", "a@bu\u0308cher.example", Email{"a@bu\u0308cher.example", "a@xn--bcher-kva.example"}},
		{"ideographic dot", "a@例え。jp", Email{"a@例え。jp", "a@xn--r8jz45g.jp"}},
		{"sharp s is not ss", "a@straße.example", Email{"a@straße.example", "a@xn--strae-oqa.example"}},
		{"right to left", "a@אב.example", Email{"a@אב.example", "a@xn--4dbc.example"}},
		{"joiner in context", "a@نامه\u200cای.com", Email{"a@نامه\u200cای.com", "a@xn--mgba3gch31f060k.com"}},
		{"digits in the domain", "a@1.2.example", Email{"a@1.2.example", "a@1.2.example"}},
		{"longest", longLocal + "@" + longDomain[:len(longDomain)-1] + "b", Email{longLocal + "@" + longDomain[:len(longDomain)-1] + "b", longLocal + "@" + longDomain[:len(longDomain)-1] + "b"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, bad := ParseEmail(tt.raw)
			if bad != nil {
				t.Fatalf("refused: %s", bad.Message)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if key, ok := LookupEmail(tt.raw); key != tt.want.Key || !ok {
				t.Errorf("LookupEmail = %q, %t", key, ok)
			}
		})
	}
}

func TestParseEmailRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, raw, code, says string
	}{
		{"empty", "", "missing", "needed"},
		{"too long", strings.Repeat("a", 60) + "@" + strings.Repeat("a.", 97), "too_long", "254"},
		{"too long to look at", strings.Repeat("a", 1<<20), "too_long", "254"},
		{"too long in A-labels", "a@" + strings.Repeat("é.", 60) + "com", "too_long", "254"},
		{"too long in A-labels by its local part", strings.Repeat("a", 60) + "@" + strings.Repeat("é.", 25) + "com", "too_long", "254"},
		{"local part too long", strings.Repeat("a", 65) + "@example.com", "too_long", "64"},
		{"local part too long in small letters", strings.Repeat("Ⱥ", 32) + "@example.com", "too_long", "64"},
		{"label too long", "a@" + strings.Repeat("a", 64) + ".com", "malformed", "63"},
		{"no UTF-8", "a\xff@example.com", "malformed", "UTF-8"},
		{"no @", "alice.example.com", "malformed", "has no @"},
		{"two @", "alice@example.com@evil.example", "malformed", "only one"},
		{"no local part", "@example.com", "malformed", "before the @ is empty"},
		{"no domain", "alice@", "malformed", "after the @ is empty"},
		{"leading dot", ".alice@example.com", "malformed", "single dots"},
		{"trailing dot", "alice.@example.com", "malformed", "single dots"},
		{"double dot", "al..ice@example.com", "malformed", "single dots"},
		{"quoted", `"al ice"@example.com`, "malformed", "quoted"},
		{"comment", "alice(x)@example.com", "malformed", "( (U+0028)"},
		{"display name", "Alice <alice@example.com>", "malformed", "a space"},
		{"angle brackets", "<alice@example.com>", "malformed", "< (U+003C)"},
		{"leading space", " alice@example.com", "malformed", "a space"},
		{"trailing space", "alice@example.com ", "malformed", "after the @ has a space"},
		{"wide space", "a\u3000b@example.com", "malformed", "a space"},
		{"header injection", "alice\r\nBcc: x@example.com", "malformed", "control character (U+000D)"},
		{"header injection in the domain", "x@example.com\r\nBcc:y", "malformed", "control character (U+000D)"},
		{"two recipients", "alice,bob@example.com", "malformed", ", (U+002C)"},
		{"two recipients by semicolon", "alice;bob@example.com", "malformed", "; (U+003B)"},
		{"@ after another system's normalization", "alice＠evil.example@example.com", "malformed", "stands for punctuation"},
		{"dot after another system's normalization", "al․ice@example.com", "malformed", "stands for punctuation"},
		{"space after another system's normalization", "al´ice@example.com", "malformed", "stands for punctuation"},
		{"zero width space", "ali\u200bce@example.com", "malformed", "U+200B"},
		{"grapheme joiner", "ali\u034fce@example.com", "malformed", "U+034F"},
		{"a pile of marks", "a" + strings.Repeat("\u0301", 31) + "@example.com", "malformed", "U+034F"},
		{"right-to-left override", "a\u202eb@example.com", "malformed", "U+202E"},
		{"domain literal", "alice@[127.0.0.1]", "malformed", "brackets"},
		{"IP address", "alice@127.0.0.1", "malformed", "number"},
		{"fullwidth IP address", "alice@１２７.0.0.1", "malformed", "number"},
		{"domain ends in a dot", "alice@example.com.", "malformed", "ends in a dot"},
		{"domain ends in an ideographic dot", "alice@example.com。", "malformed", "ends in a dot"},
		{"domain of a dot", "alice@.", "malformed", "dot"},
		{"domain begins with a dot", "alice@.example.com", "malformed", "no valid domain"},
		{"double dot in the domain", "alice@example..com", "malformed", "no valid domain"},
		{"hyphen first", "alice@-example.com", "malformed", "no valid domain"},
		{"underscore", "alice@ex_ample.com", "malformed", "no valid domain"},
		{"port", "alice@example.com:25", "malformed", "no valid domain"},
		{"soft hyphen that the mapping drops", "alice@exam\u00adple.com", "malformed", "U+00AD"},
		{"joiner out of context", "alice@ex\u200dample.com", "malformed", "no valid domain"},
		{"letters that map to a slash", "alice@a℀b.com", "malformed", "no valid domain"},
		{"Bidi rule", "alice@1א.example", "malformed", "no valid domain"},
		{"A-label of ASCII", "alice@xn--example-.com", "malformed", "no valid domain"},
		{"A-label of nothing", "alice@xn--.com", "malformed", "no valid domain"},
		{"A-label that is no Punycode", "alice@xn--99999999.com", "malformed", "no valid domain"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, bad := ParseEmail(tt.raw)
			if bad == nil {
				t.Fatalf("accepted as %+q", got)
			}
			if bad.Name != "email" || bad.Code != tt.code || !strings.Contains(bad.Message, tt.says) || !strings.Contains(bad.Message, "alice@example.com") {
				t.Errorf("refused with %+v; want code %s, %q and an example", *bad, tt.code, tt.says)
			}
			if hasHidden(bad.Message) {
				t.Errorf("the message repeats what cannot be seen: %+q", bad.Message)
			}
			if key, ok := LookupEmail(tt.raw); ok || key != "" {
				t.Errorf("LookupEmail = %q, %t; want false", key, ok)
			}
		})
	}
}

func TestEmailKeyIsOne(t *testing.T) {
	for _, same := range [][]string{
		{"alice@example.com", "ALICE@EXAMPLE.COM", "alice@ｅxample.com", "alice@example。com"},
		{"zoé@bücher.example", "ZOÉ@BÜCHER.example", "zoe\u0301@xn--bcher-kva.example", "zoé@XN--BCHER-KVA.EXAMPLE"},
		{"οδος@x.gr", "ΟΔΟΣ@x.gr", "οδοσ@x.gr"},
		{"straße@x.de", "STRAẞE@x.de"},
	} {
		want, _ := LookupEmail(same[0])
		for _, raw := range same {
			if got, ok := LookupEmail(raw); got != want || !ok {
				t.Errorf("key of %+q = %+q, %t; want %+q", raw, got, ok, want)
			}
		}
	}
}

// Addresses of different mailboxes, some of which a careless case mapping
// makes one: whoever owns one could then ask for the other's password reset.
func TestEmailKeysOfDifferentMailboxesDiffer(t *testing.T) {
	seen := map[string]string{}
	for _, raw := range []string{
		"mike@example.com", "mıke@example.com", "mİke@example.com", "mike+x@example.com", "m.ike@example.com", "mіke@example.com",
		"mike@example.org", "mike@exаmple.com", "ｍike@example.com",
		"strasse@x.de", "straße@x.de", "a@strasse.de", "a@straße.de", "ſ@x.de", "s@x.de",
	} {
		key, ok := LookupEmail(raw)
		if other, taken := seen[key]; taken || !ok {
			t.Errorf("%+q has the key %+q, %t, like %q", raw, key, ok, other)
		}
		seen[key] = raw
	}
}

func TestEmailIsIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkEmail(t, drawText(t, "local")+"@"+drawText(t, "domain"))
	})
}

func FuzzParseEmail(f *testing.F) {
	for _, raw := range []string{
		"alice@example.com", "zoe\u0301@Bücher.example", "a@xn--bcher-kva.example", "a@xn--example-.com", "a＠b@c", "root@localhost",
		"a@[::1]", `"a"@b`, "a@نامه\u200cای.com", "a@1.2.3.4", "İ@x", "a\r\nb@c", "\xff@x", "a@b.", "Ⱥ@x", "a@Ꭰᏸ",
	} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) { checkEmail(t, raw) })
}

// checkEmail tests what holds for every input, accepted or not.
func checkEmail(t rapid.TB, raw string) {
	t.Helper()
	email, bad := ParseEmail(raw)
	if bad != nil {
		if hasHidden(bad.Message) {
			t.Fatalf("%+q: the message repeats what cannot be seen: %+q", raw, bad.Message)
		}
		return
	}
	local, domain, _ := strings.Cut(email.Key, "@")
	if len(raw) > maxEmail || len(email.Address) > maxEmail || len(email.Key) > maxEmail || local == "" || len(local) > maxLocal {
		t.Fatalf("%+q: out of bounds as %+q", raw, email)
	}
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			t.Fatalf("%+q: bad label %+q in the key %+q", raw, label, email.Key)
		}
	}
	both := email.Address + email.Key
	if !utf8.ValidString(both) || strings.ContainsFunc(both, unicode.IsControl) || strings.ContainsFunc(both, unicode.IsSpace) {
		t.Fatalf("%+q: bad characters in %+q", raw, email)
	}
	again, bad := ParseEmail(email.Address)
	if bad != nil || again != email {
		t.Fatalf("%+q: the address %+q becomes %+q, %+v", raw, email.Address, again, bad)
	}
	display, err := idna.Display.ToUnicode(domain)
	if err != nil {
		t.Fatalf("%+q: the key %+q has no display form: %v", raw, email.Key, err)
	}
	for _, same := range []string{email.Key, local + "@" + display} {
		if key, ok := LookupEmail(same); key != email.Key || !ok {
			t.Fatalf("%+q: the key %+q is the key %+q, %t of %+q", raw, email.Key, key, ok, same)
		}
	}
}

func BenchmarkParseEmail(b *testing.B) {
	for _, raw := range []string{"alice@example.com", "zoé@bücher.example"} {
		b.Run(raw, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ParseEmail(raw)
			}
		})
	}
}
