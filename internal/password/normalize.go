package password

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"
)

// maxNormalize bounds what Normalize looks at, in bytes: far over any policy.
const maxNormalize = 64 << 10

// What Normalize refuses. Each text goes on after "The password", and may be
// shown to whoever sent it.
var (
	ErrEmpty     = errors.New("is empty")
	ErrLong      = fmt.Errorf("is longer than %d bytes", maxNormalize)
	ErrNotUTF8   = errors.New("is not valid UTF-8")
	ErrForbidden = errors.New("holds a control character, such as a tab or a line break, or another one that is not seen; " +
		"letters, digits, spaces, punctuation and symbols are accepted")
)

// Normalize returns the form in which a password is hashed and compared, so
// that it is the same one from every keyboard: RFC 8265 §4.2, OpaqueString.
// Case and spaces at either end are kept.
func Normalize(password string) (string, error) {
	switch {
	case password == "":
		return "", ErrEmpty
	case len(password) > maxNormalize:
		return "", ErrLong
	case !utf8.ValidString(password):
		return "", ErrNotUTF8
	}
	normal, err := precis.OpaqueString.String(password)
	if err != nil {
		return "", ErrForbidden
	}
	return normal, nil
}
