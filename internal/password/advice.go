package password

import (
	"strings"

	"github.com/trustelem/zxcvbn/match"
)

// advice says in sentences why a password with this match sequence is easy to
// guess and how to better it, by the rules of zxcvbn's own feedback: it speaks
// of the longest match. It repeats nothing of the password.
func advice(sequence []*match.Match) string {
	if len(sequence) == 0 {
		return "Use a few words, and avoid well-known phrases. There is no need for symbols, digits or capitals."
	}
	longest := sequence[0]
	for _, m := range sequence[1:] {
		if len(m.Token) > len(longest.Token) {
			longest = m
		}
	}
	warning, suggestions := matchAdvice(longest, len(sequence) == 1)
	sentences := append([]string{warning, "Add another word or two, uncommon ones are best."}, suggestions...)
	return strings.TrimSpace(strings.Join(sentences, " "))
}

// matchAdvice returns the warning ("" for none) and the suggestions for m;
// sole says that m is all of the password.
func matchAdvice(m *match.Match, sole bool) (warning string, suggestions []string) {
	switch m.Pattern {
	case "dictionary":
		return dictionaryWarning(m, sole), dictionarySuggestions(m)
	case "spatial":
		if m.Turns == 1 {
			return "Keys in a row are guessed early.", []string{"If you type a pattern, make it longer and turn more often."}
		}
		return "Short patterns on the keyboard are guessed early.", []string{"If you type a pattern, make it longer and turn more often."}
	case "repeat":
		if len(m.BaseToken) == 1 {
			return `Repeats like "aaa" add almost nothing.`, []string{"Avoid repeated words and characters."}
		}
		return `Repeats like "abcabcabc" are hardly better than "abc".`, []string{"Avoid repeated words and characters."}
	case "sequence":
		return `Sequences like "abc" or "6543" are guessed early.`, []string{"Avoid sequences."}
	case "regex": // the only one left in zxcvbn is recent_year
		return "Recent years are guessed early.", []string{"Avoid years, above all those that have to do with you."}
	case "date":
		return "Dates are guessed early.", []string{"Avoid dates and years that have to do with you."}
	}
	return "", nil
}

func dictionaryWarning(m *match.Match, sole bool) string {
	switch m.DictionaryName {
	case "user_inputs":
		return "It is built on your name, your address or the name of this service."
	case "passwords":
		return passwordsWarning(m, sole)
	case "english_wikipedia":
		if sole {
			return "One word alone is guessed early."
		}
	case "surnames", "male_names", "female_names":
		if sole {
			return "A name alone is guessed early."
		}
		return "Common names are guessed early."
	}
	return ""
}

// passwordsWarning is for a match in zxcvbn's own list of used passwords.
func passwordsWarning(m *match.Match, sole bool) string {
	switch verbatim := sole && !m.L33t && !m.Reversed; {
	case verbatim && m.Rank <= 10:
		return "It is one of the ten most used passwords."
	case verbatim && m.Rank <= 100:
		return "It is one of the hundred most used passwords."
	case verbatim:
		return "Many people use this very password."
	case m.Guesses <= 10_000:
		return "It is close to a password that many people use."
	}
	return ""
}

func dictionarySuggestions(m *match.Match) []string {
	var s []string
	switch rest := m.Token[1:]; {
	case isUpper(m.Token[:1]) && rest != "" && rest == strings.ToLower(rest):
		s = append(s, "A capital at the start hardly helps.")
	case isUpper(m.Token):
		s = append(s, "All capitals are hardly better than none.")
	}
	if m.Reversed && len(m.Token) >= 4 {
		s = append(s, "A word spelled backwards is hardly harder to guess.")
	}
	if m.L33t {
		s = append(s, `Predictable substitutions like "@" for "a" hardly help.`)
	}
	return s
}

// isUpper reports whether s has capitals and no small letters.
func isUpper(s string) bool {
	return s == strings.ToUpper(s) && s != strings.ToLower(s)
}
