package password

import (
	_ "embed"
	"fmt"
	"sort"
	"strings"

	"github.com/ccojocar/zxcvbn-go"
	"github.com/ccojocar/zxcvbn-go/match"

	"github.com/latchstring/latchstring/internal/problem"
)

// Policy is what a new password must meet. There are no composition rules
// (NIST SP 800-63B-4 §3.1.1.2).
type Policy struct {
	// MinBytes and MaxBytes bound its length in bytes of UTF-8.
	MinBytes, MaxBytes int
	// MinScore is zxcvbn's, 0 to 4.
	MinScore int
}

// DefaultPolicy is the policy without settings.
var DefaultPolicy = Policy{MinBytes: 8, MaxBytes: 1024, MinScore: 3}

// judgedRunes bounds what zxcvbn looks at, for its time grows faster than the
// length. A password whose beginning is strong enough is strong enough.
const judgedRunes = 64

const product = "latchstring"

// commonPasswords is sorted, one per line, in lower case.
//
//go:embed common_passwords.txt
var commonPasswords string

// Check judges a normalized password; context holds words that a guesser knows.
func (p Policy) Check(password string, context ...string) []problem.Field {
	refuse := func(code, message string) []problem.Field {
		return []problem.Field{{Name: "password", Code: code, Message: message}}
	}
	switch {
	case len(password) < p.MinBytes:
		return refuse("too_short", fmt.Sprintf("The password has %d bytes; at least %d are needed. A few uncommon words make a good one.", len(password), p.MinBytes))
	case len(password) > p.MaxBytes:
		return refuse("too_long", fmt.Sprintf("The password has %d bytes; at most %d are accepted.", len(password), p.MaxBytes))
	case isCommon(password):
		return refuse("too_common", "This is one of the most used passwords, so it is the first to be guessed. Use a few uncommon words instead.")
	}
	result := zxcvbn.PasswordStrength(clipRunes(password, judgedRunes), contextWords(context))
	if result.Score < p.MinScore {
		return refuse("too_guessable", "The password is easy to guess"+advice(result.MatchSequence)+" Add another word or two; uncommon words are better.")
	}
	return nil
}

func contextWords(context []string) []string {
	words := []string{product}
	for _, c := range context {
		words = append(words, c)
		words = append(words, strings.FieldsFunc(c, func(r rune) bool { return strings.ContainsRune("@.-_+ ", r) })...)
	}
	return words
}

// advice says what zxcvbn found in the password.
func advice(matches []match.Match) string {
	for _, m := range matches {
		switch m.Pattern {
		case "spatial":
			return ": it holds a run of neighbouring keys."
		case "repeat":
			return ": it holds a repetition like \"aaa\"."
		case "sequence":
			return ": it holds a sequence like \"abc\" or \"6543\"."
		case "date", "year":
			return ": it holds a date, which is easy to guess."
		case "dictionary":
			if m.DictionaryName == "user_inputs" {
				return ": it holds your name, your address or this product's name."
			}
			return ": it is made of a common word or name, perhaps with a few characters changed."
		}
	}
	return "."
}

func isCommon(password string) bool {
	password = strings.ToLower(password)
	lines := commonPasswords
	// A binary search over the text: nothing is built at start or kept in memory.
	at := sort.Search(len(lines), func(i int) bool { return lineAt(lines, i) >= password })
	return at < len(lines) && lineAt(lines, at) == password
}

// lineAt is the line that holds byte i.
func lineAt(s string, i int) string {
	start := strings.LastIndexByte(s[:i], '\n') + 1
	line, _, _ := strings.Cut(s[start:], "\n")
	return line
}

func clipRunes(s string, most int) string {
	n := 0
	for i := range s {
		if n == most {
			return s[:i]
		}
		n++
	}
	return s
}
