//go:build ignore

// This program makes confusables.txt from the table of the Rust crate
// unicode-security 0.1.3 (Unicode 18.0.0):
//
//	cargo add unicode-security@=0.1.3   # in any scratch project
//	go run confusables_gen.go < …/unicode-security-0.1.3/src/tables.rs > confusables.txt
//
// A new version of the table changes skeletons, so every stored one must be
// made again in a migration.
package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

var (
	table  = regexp.MustCompile(`(?s)const CONFUSABLES: &'static \[\(char, &'static \[char\]\)\] = &\[(.*?)\n    \];`)
	row    = regexp.MustCompile(`\('\\u\{([0-9a-f]+)\}',\s*&\[([^]]*)\]\)`)
	scalar = regexp.MustCompile(`\\u\{([0-9a-f]+)\}`)
)

func main() {
	source, err := io.ReadAll(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	body := table.FindSubmatch(source)
	if body == nil {
		log.Fatal("no confusable table in the input")
	}
	var lines []string
	for _, m := range row.FindAllSubmatch(body[1], -1) {
		if from := parse(m[1]); isPossible(from) {
			line := string(from)
			for _, s := range scalar.FindAllSubmatch(m[2], -1) {
				line += string(parse(s[1]))
			}
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	fmt.Println(strings.Join(lines, "\n"))
}

func parse(hex []byte) rune {
	n, err := strconv.ParseUint(string(hex), 16, 21)
	if err != nil {
		log.Fatal(err)
	}
	return rune(n)
}

// isPossible reports whether a case-folded and decomposed username can hold r:
// RFC 8264 admits letters, marks, decimal digits and ASCII, the few characters
// of contextual rules (RFC 5892 appendix A), and no compatibility characters.
// Characters newer than Go's tables are kept.
func isPossible(r rune) bool {
	known := unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.C)
	kind := r < unicode.MaxASCII || !known || unicode.In(r, unicode.L, unicode.M, unicode.Nd) ||
		strings.ContainsRune("\u00b7\u0375\u05f3\u05f4\u30fb", r)
	return kind && unicode.ToLower(r) == r && norm.NFD.IsNormalString(string(r)) && norm.NFKC.IsNormalString(string(r))
}
