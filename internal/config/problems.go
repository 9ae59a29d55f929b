package config

import (
	"fmt"
	"regexp"
	"strings"
)

// Problem is one thing that is wrong with the settings. It never holds the
// value of a secret.
type Problem struct {
	Key     string `json:"key"`     // of the setting, or the unknown name as it was written
	Origin  string `json:"origin"`  // where the value came from, as in Effective.Origin
	Message string `json:"message"` // what is wrong and what is accepted
}

func (p Problem) String() string { return fmt.Sprintf("%s (%s): %s", p.Key, p.Origin, p.Message) }

// Problems is the error of Load: all that is wrong, at once.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i := range p {
		lines[i] = p[i].String()
	}
	return strings.Join(lines, "\n")
}

// has tells whether the key, or the file that holds its value, was refused.
func (p Problems) has(key string) bool {
	for _, problem := range p {
		if problem.Key == key || problem.Key == key+"_file" {
			return true
		}
	}
	return false
}

var plainName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// printable keeps what cannot be the name of a setting out of an error text.
func printable(name string) string {
	if plainName.MatchString(name) {
		return name
	}
	return "(unprintable name)"
}

// unknown says that there is no such name, and which one may be meant.
func unknown(name string, known []string) string {
	best, distance := "", max(2, len(name)/6)+1
	for _, candidate := range known {
		if len(name) > 2*len(candidate) {
			continue
		}
		if d := editDistance(strings.ToLower(snake(name)), strings.ToLower(candidate)); d < distance {
			best, distance = candidate, d
		}
	}
	if best == "" {
		return "is not a setting; see the table of settings in the README"
	}
	return "is not a setting; did you mean " + best + "?"
}

// editDistance is Levenshtein's, over bytes.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substitute := diagonal
			if a[i] != b[j] {
				substitute++
			}
			diagonal = row[j+1]
			row[j+1] = min(substitute, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
