package password

import (
	"fmt"
	"slices"

	"github.com/latchstring/latchstring/internal/problem"
)

// Policy is what a new password must meet. There are no rules on which kinds
// of characters it has: NIST SP 800-63B-4 §3.1.1.2.
type Policy struct {
	MinBytes int // of the normalized password, as RFC 8265 counts
	MaxBytes int
	MinScore int // zxcvbn's, 0 (anything) to 4 (very hard to guess)
}

// DefaultPolicy suits accounts that may have a second factor. For a sole
// factor NIST SP 800-63B-4 names 15 characters.
var DefaultPolicy = Policy{MinBytes: 8, MaxBytes: 1024, MinScore: 3}

// Check returns what is wrong with a new password, already normalized; nil when
// it is acceptable. The context is what others know of the person: username,
// email address. A password built on that, or on our own name, is guessable.
func (p Policy) Check(password string, context ...string) []problem.Field {
	switch {
	case len(password) < p.MinBytes:
		return refusal("too_short", fmt.Sprintf("This password is too short: use at least %d characters. %s", p.MinBytes, fewWords))
	case len(password) > p.MaxBytes:
		return refusal("too_long", fmt.Sprintf("This password is too long: at most %d bytes are accepted. "+
			"A plain letter, digit or space is one byte, any other character two to four.", p.MaxBytes))
	case isCommon(password):
		return refusal("too_common", "This password is one of the most used in the world, and those are tried first. "+
			"Choose one that is yours alone. "+fewWords)
	}
	if e := estimate(password, append(slices.Clip(context), productName)); e.Score < p.MinScore {
		return refusal("too_guessable", "This password is too easy to guess. "+advice(e.Sequence))
	}
	return nil
}

// productName is a word that anybody would try here.
const productName = "latchstring"

// fewWords says what would be accepted.
const fewWords = "A few unrelated words are easy to remember and hard to guess."

func refusal(code, message string) []problem.Field {
	return []problem.Field{{Name: "password", Code: code, Message: message}}
}
