package account

import (
	_ "embed"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// confusables is UTS #39's table for the characters that a username can hold:
// a line is a character and its prototype, sorted by byte. It is searched
// where it lies, so it costs no heap and nothing at start; a Go package of
// 2021 (Unicode 13) would build a map of 6,300 entries.
// confusables.NOTICE says whose it is, confusables_gen.go how it is made.
//
//go:embed confusables.txt
var confusables string

// skeletonRounds is more than any character needs to settle; a test counts.
const skeletonRounds = 8

// skeleton maps names that look alike, in whatever case, to one string (UTS
// #39 §4). A prototype may be a capital whose small letter has another
// prototype (0, O, o), so the rounds go on until nothing changes. The price is
// that user1 and userl share a skeleton, as do modern and modem, ian and lan.
//
// The standard's bidiSkeleton is not needed: the Bidi rule that a username
// passed makes its display unique (RFC 5893 §3).
func skeleton(name string) string {
	for range skeletonRounds {
		next := reduce(name)
		if next == name {
			break
		}
		name = next
	}
	return name
}

// reduce is one round: fold, decompose, drop what is invisible, replace.
func reduce(s string) string {
	const dotAbove = '\u0307'
	var b strings.Builder
	var base rune
	for _, r := range foldCase(s) {
		if isIgnorable(r) {
			continue
		}
		for _, p := range prototype(r) {
			if p == dotAbove && (base == 'l' || base == 'j') {
				continue // i and j have this dot already
			}
			if !unicode.Is(unicode.M, p) {
				base = p
			}
			b.WriteRune(p)
		}
	}
	return norm.NFD.String(b.String())
}

// prototype is what r is confused with, or r. Small i goes with l because
// capital I does: PayPaI and paypal.
func prototype(r rune) string {
	source := string(r)
	if r == 'i' {
		return "l"
	}
	for text := confusables; text != ""; {
		start := strings.LastIndexByte(text[:len(text)/2], '\n') + 1
		line, after, _ := strings.Cut(text[start:], "\n")
		if p, found := strings.CutPrefix(line, source); found {
			return p
		}
		if source < line {
			text = text[:start]
		} else {
			text = after
		}
	}
	return source
}

// foldCase is toLowercase (Unicode §3.13) with both small sigmas as one,
// decomposed. It is no full case folding: ß and ss stay two, as RFC 8265 §3.5
// has them, and so do dotless ı and i, which stand in different mailboxes.
func foldCase(s string) string {
	lower := strings.ToLower(norm.NFD.String(s))
	return norm.NFD.String(strings.ReplaceAll(lower, "ς", "σ"))
}

// isIgnorable reports whether r leaves no mark where it is shown
// (Default_Ignorable_Code_Point, UAX #44, and the other format characters).
func isIgnorable(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
