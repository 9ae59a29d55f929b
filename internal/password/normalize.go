package password

import (
	"errors"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"
)

// Normalize brings a password into the form it is hashed in: RFC 8265's
// OpaqueString profile.
func Normalize(password string) (string, error) {
	if !utf8.ValidString(password) {
		return "", errors.New("is not valid UTF-8")
	}
	plain, err := precis.OpaqueString.String(password)
	if err != nil {
		return "", errors.New("holds a character that a password cannot have, such as a control character")
	}
	return plain, nil
}
