package password

import (
	_ "embed"
	"strings"
)

// commonPasswords is the list of the most used passwords of 8 bytes and more:
// lower case, one a line, sorted by byte. common_passwords.NOTICE says whose.
//
//go:embed common_passwords.txt
var commonPasswords string

// isCommon reports whether password is in the list, in whatever case.
func isCommon(password string) bool {
	return hasLine(commonPasswords, strings.ToLower(password))
}

// hasLine searches the sorted lines of text by bisection, so that the list
// needs no memory but its own bytes in the binary.
func hasLine(text, line string) bool {
	for text != "" {
		start := strings.LastIndexByte(text[:len(text)/2], '\n') + 1
		middle, after, _ := strings.Cut(text[start:], "\n")
		switch strings.Compare(line, middle) {
		case 0:
			return true
		case -1:
			text = text[:start]
		default:
			text = after
		}
	}
	return false
}
