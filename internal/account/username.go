package account

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/mtibben/confusables"
	"golang.org/x/text/secure/precis"

	"github.com/latchstring/latchstring/internal/problem"
)

// Username is a name in its enforced form (RFC 8265 UsernameCaseMapped), and
// the form in which no two may look alike.
type Username struct {
	Name string
	// Skeleton is UTS #39's, in lower case: "user1" and "userl" share one.
	Skeleton string
}

const (
	maxUsername      = 150  // characters of the enforced form
	maxUsernameBytes = 1024 // of what was typed
)

// ParseUsername reads a new username. One with an @ must be the person's own
// email address, for both are used to sign in.
func ParseUsername(raw string, email Email) (Username, *problem.Field) {
	bad := func(code, message string) (Username, *problem.Field) {
		return Username{}, &problem.Field{Name: "username", Code: code, Message: message}
	}
	if raw == "" {
		return bad("missing", "A username is needed: 1 to 150 letters, digits and marks such as . _ -")
	}
	name, ok := LookupUsername(raw)
	switch {
	case len(raw) > maxUsernameBytes || utf8.RuneCountInString(name) > maxUsername:
		return bad("too_long", fmt.Sprintf("The username may have at most %d characters.", maxUsername))
	case !ok:
		return bad("malformed", "The username may have letters, digits and marks such as . _ - but no spaces, colons or control characters (RFC 8265).")
	}
	if strings.Contains(name, "@") {
		if key, isEmail := LookupEmail(name); !isEmail || key != email.Key {
			return bad("malformed", "A username with an @ must be your own email address; leave the @ out.")
		}
		name = email.Key
	}
	return Username{Name: name, Skeleton: skeleton(name)}, nil
}

func skeleton(name string) string {
	return strings.ToLower(confusables.Skeleton(strings.ToLower(confusables.Skeleton(name))))
}

// LookupUsername is the enforced form of an identifier; false when it can be
// nobody's username.
func LookupUsername(raw string) (string, bool) {
	if len(raw) > maxUsernameBytes || !utf8.ValidString(raw) || strings.Contains(raw, ":") {
		return "", false
	}
	// The profile is not idempotent for a few strings: apply it until it is.
	name := raw
	for range 4 {
		next, err := precis.UsernameCaseMapped.String(name)
		if err != nil {
			return "", false
		}
		if next == name {
			return name, name != "" && utf8.RuneCountInString(name) <= maxUsername
		}
		name = next
	}
	return "", false
}
