package password

import (
	"slices"
	"strings"
	"unicode"

	"github.com/trustelem/zxcvbn"
	"golang.org/x/text/unicode/norm"
)

// The time of zxcvbn grows with the square of the length, times the ways to
// read the password's symbols as letters. It gets a prefix that is bounded in
// both. Whoever guesses a password has guessed its prefix, so the prefix is no
// harder to guess than all of it; only a word that the end cuts in two may
// seem harder than it is, and what stands before it still counts in full.
const (
	maxEstimated    = 40     // characters
	maxEstimateWork = 12_000 // characters squared, times readings: some milliseconds
)

// What of the context is looked at, so that it costs a bounded time too.
const (
	maxContextBytes = 512 // of each text
	maxContextWords = 32
	minContextWord  = 3  // characters; shorter ones would match everywhere
	longContextWord = 20 // characters; longer ones could hide behind the prefix's end
)

// estimate tells how guessable password is for somebody who knows the context.
func estimate(password string, context []string) zxcvbn.Result {
	words := contextWords(context)
	password = dropLongWords(toASCII(password), words)
	return zxcvbn.PasswordStrength(boundedPrefix(password), words)
}

// contextWords returns the texts of the context and their parts in lower case,
// most telling first: of an email address the whole, the local part, the
// domain, and their labels.
func contextWords(context []string) []string {
	var words []string
	add := func(candidates ...string) {
		for _, w := range candidates {
			if len(w) >= minContextWord && len(words) < maxContextWords && !slices.Contains(words, w) {
				words = append(words, w)
			}
		}
	}
	for _, text := range context {
		text = toASCII(strings.ToLower(norm.NFC.String(text[:min(len(text), maxContextBytes)])))
		add(text)
		add(strings.Split(text, "@")...)
		add(strings.FieldsFunc(text, isSeparator)...)
	}
	return words
}

// isSeparator tells what stands between words, after toASCII.
func isSeparator(r rune) bool {
	return r >= ' ' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
}

// toASCII puts a control character, of which a normalized password has none,
// in the place of each character past ASCII: always the same one for the same
// letter in either case, and neighbours for neighbours in an alphabet. zxcvbn
// has no words past ASCII to find, and the library counts bytes.
func toASCII(s string) string {
	const first, count = 0x0e, 0x12 // the control characters that are not white space
	return strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII {
			r = unicode.ToLower(r)
		}
		if r > unicode.MaxASCII {
			r = first + r%count
		}
		return r
	}, s)
}

// dropLongWords takes the context's long words out of the password: no
// guesser needs a try for them, and the end of the prefix must not cut one
// into a remainder that looks random.
func dropLongWords(password string, words []string) string {
	for _, w := range words {
		if lower := strings.ToLower(password); len(w) > longContextWord && strings.Contains(lower, w) {
			password = strings.ReplaceAll(lower, w, "")
		}
	}
	return password
}

// boundedPrefix returns the longest prefix that zxcvbn answers for quickly.
// The password is ASCII.
func boundedPrefix(password string) string {
	password = password[:min(len(password), maxEstimated)]
	for readings(password)*len(password)*len(password) > maxEstimateWork {
		password = password[:len(password)-1]
	}
	return password
}

// lookalikes has, for each letter zxcvbn reads from several symbols, the
// symbols.
var lookalikes = []string{"4@", "({[<", "69", "1!|", "1|7", "$5", "+7"}

// readings is about the number of ways to choose one symbol for each letter of
// those that the password has: so often zxcvbn searches its dictionaries.
func readings(password string) int {
	product := 1
	for _, symbols := range lookalikes {
		present := 0
		for _, s := range symbols {
			if strings.ContainsRune(password, s) {
				present++
			}
		}
		product *= max(present, 1)
	}
	return product
}
