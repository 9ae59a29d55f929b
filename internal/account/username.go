package account

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/secure/bidirule"
	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"

	"github.com/latchstring/latchstring/internal/problem"
)

// Username is a name and the form in which no two may look alike.
type Username struct {
	// Name is the enforced form (RFC 8265 UsernameCaseMapped); of a name that
	// is an email address, that address's Key.
	Name string
	// Skeleton is equal for names that look alike (UTS #39), in whatever case.
	Skeleton string
}

const (
	maxUsername      = 150  // characters of the enforced form
	maxUsernameBytes = 1024 // of what was typed
)

// ParseUsername reads a new username. One with an @ must be the person's own
// email address: both sign in, so another's would catch that person's sign-ins.
func ParseUsername(raw string, email Email) (Username, *problem.Field) {
	switch {
	case raw == "":
		return Username{}, badUsername("missing", "A username is needed")
	case len(raw) > maxUsernameBytes:
		return Username{}, usernameTooLong()
	}
	name, ok := enforce(raw)
	switch {
	case !ok:
		return Username{}, badUsername("malformed", "The username "+whyNot(raw))
	case utf8.RuneCountInString(name) > maxUsername:
		return Username{}, usernameTooLong()
	case strings.Contains(name, "@") && name != email.Key:
		return Username{}, badUsername("malformed", "The username has an @, and is not your own email address: leave the @ out or use that address")
	}
	return Username{Name: name, Skeleton: skeleton(name)}, nil
}

// LookupUsername is the enforced form of an identifier; false when it can be
// nobody's username.
func LookupUsername(raw string) (string, bool) {
	if raw == "" || len(raw) > maxUsernameBytes {
		return "", false
	}
	name, ok := enforce(raw)
	if !ok || utf8.RuneCountInString(name) > maxUsername {
		return "", false
	}
	if strings.Contains(name, "@") {
		if _, isEmail := LookupEmail(name); !isEmail {
			return "", false
		}
	}
	return name, true
}

// enforceRounds is RFC 8266 §2.1's count for rules that need not be idempotent.
const enforceRounds = 4

// enforce applies the rules until the name is stable; one that never settles
// is refused. A name that is an email address becomes that address's key, so
// that both forms of an internationalized domain are one name. The colon is
// looked for at the end, because width mapping makes colons: HTTP's Basic
// scheme cannot carry them (RFC 7617 §2).
func enforce(raw string) (string, bool) {
	name := raw
	for range enforceRounds {
		next, err := usernameCaseMapped.String(name)
		if err != nil || next == "" || beginsWithMark(next) || !hasOneDirection(next) {
			return "", false
		}
		if key, isEmail := LookupEmail(next); isEmail {
			next = key
		}
		if next == name {
			return name, !strings.Contains(name, ":")
		}
		name = next
	}
	return "", false
}

// usernameCaseMapped is RFC 8265 §3.3 but for the Bidi rule, which
// hasOneDirection applies: the library's own profile applies it to names
// without right-to-left letters too, and refuses _josé.
var usernameCaseMapped = precis.NewIdentifier(precis.FoldWidth, precis.LowerCase(), precis.Norm(norm.NFC))

// hasOneDirection is the Bidi rule for names that have right-to-left letters
// (RFC 5893 §2).
func hasOneDirection(name string) bool {
	return bidirule.DirectionString(name) != bidi.RightToLeft || bidirule.ValidString(name)
}

// beginsWithMark reports whether name would change what is written before it.
func beginsWithMark(name string) bool {
	first, _ := utf8.DecodeRuneInString(name)
	return unicode.Is(unicode.M, first)
}

// whyNot names the rule that a refused username breaks.
func whyNot(raw string) string {
	if !utf8.ValidString(raw) {
		return "is not valid UTF-8"
	}
	for _, r := range raw {
		switch _, err := usernameCaseMapped.String(string(r)); {
		case r == ':' || r == '\uff1a':
			return "has a colon, which HTTP's Basic scheme cannot carry"
		case unicode.IsSpace(r), unicode.IsControl(r):
			return "has " + describe(r)
		case err != nil:
			return "has " + describe(r) + ", which is no letter or digit, or may not stand where it does"
		}
	}
	switch folded := norm.NFC.String(width.Fold.String(raw)); {
	case beginsWithMark(folded):
		return "begins with a combining mark, which needs a letter before it"
	case !hasOneDirection(folded):
		return "has right-to-left letters, and with them left-to-right ones, two kinds of digits, or punctuation at an end"
	}
	return "has characters that do not go together (RFC 8265)"
}

// describe names a character, and shows it where that is safe.
func describe(r rune) string {
	switch {
	case unicode.IsControl(r):
		return fmt.Sprintf("a control character (U+%04X)", r)
	case unicode.IsSpace(r):
		return "a space"
	case unicode.IsPrint(r) && !isIgnorable(r) && !unicode.Is(unicode.M, r):
		return fmt.Sprintf("the character %c (U+%04X)", r, r)
	}
	return fmt.Sprintf("the invisible or combining character U+%04X", r)
}

func badUsername(code, what string) *problem.Field {
	return &problem.Field{Name: "username", Code: code, Message: what +
		fmt.Sprintf(". It may have 1 to %d letters, digits and ASCII marks such as . _ - but no spaces, colons or control characters: for example alice.", maxUsername)}
}

func usernameTooLong() *problem.Field {
	return badUsername("too_long", "The username is too long")
}
