package account

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"github.com/latchstring/latchstring/internal/problem"
)

// Email is an address as it was typed, and the form in which it is unique.
type Email struct {
	Address string
	// Key is the local part in lower case with the domain as an A-label.
	Key string
}

const maxEmail = 254 // bytes (RFC 5321 §4.5.3.1.3)

// ParseEmail reads an addr-spec: a dot-atom (RFC 5322 §3.4.1), UTF-8 allowed
// (RFC 6531), at a domain name, internationalized or not.
func ParseEmail(raw string) (Email, *problem.Field) {
	bad := func(code, message string) (Email, *problem.Field) {
		return Email{}, &problem.Field{Name: "email", Code: code, Message: message}
	}
	switch {
	case raw == "":
		return bad("missing", "An email address is needed, such as alice@example.com.")
	case len(raw) > maxEmail:
		return bad("too_long", "The email address may have at most 254 bytes.")
	case !utf8.ValidString(raw):
		return bad("malformed", "The email address is not valid UTF-8.")
	}
	at := strings.LastIndexByte(raw, '@')
	if at < 0 {
		return bad("malformed", "The email address has no @; write it like alice@example.com.")
	}
	local, domain := norm.NFC.String(raw[:at]), raw[at+1:]
	if !isDotAtom(local) || len(local) > 64 {
		return bad("malformed", "The part before the @ must be letters, digits and !#$%&'*+-/=?^_`{|}~ with single dots between, at most 64 bytes.")
	}
	ascii, err := idna.Registration.ToASCII(strings.ToLower(norm.NFC.String(domain)))
	if err != nil || ascii == "" || strings.HasSuffix(ascii, ".") || len(local)+1+len(ascii) > maxEmail {
		return bad("malformed", "The part after the @ is not a domain name such as example.com.")
	}
	return Email{Address: raw, Key: strings.ToLower(local) + "@" + ascii}, nil
}

func isDotAtom(s string) bool {
	if s == "" || s[0] == '.' || s[len(s)-1] == '.' || strings.Contains(s, "..") {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		if r >= utf8.RuneSelf {
			return !unicode.IsPrint(r)
		}
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(".!#$%&'*+-/=?^_`{|}~", r)
	})
}

// LookupEmail is the key under which an identifier is looked up as an email
// address; false when it is none.
func LookupEmail(raw string) (string, bool) {
	email, bad := ParseEmail(raw)
	return email.Key, bad == nil
}
