package account

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"github.com/latchstring/latchstring/internal/problem"
)

// Email is an address for mail and the form in which it is unique.
type Email struct {
	// Address is what was typed, its local part in NFC (RFC 6532 §3.1).
	Address string
	// Key is the local part without regard to case and the domain as A-labels.
	Key string
}

const (
	maxEmail = 254 // bytes: a path of 256 less its brackets (RFC 5321 §4.5.3.1.3)
	maxLocal = 64  // bytes (RFC 5321 §4.5.3.1.1)
)

// ParseEmail reads an addr-spec in its everyday form: a dot-atom (RFC 5322
// §3.4.1), UTF-8 allowed (RFC 6531), at a domain name, internationalized or
// not. A name of one label is accepted (root@localhost): inside a network it
// is usual. Quoted local parts, comments and domain literals are not.
func ParseEmail(raw string) (Email, *problem.Field) {
	switch {
	case raw == "":
		return Email{}, badEmail("missing", "An email address is needed")
	case len(raw) > maxEmail:
		return Email{}, emailTooLong()
	case !utf8.ValidString(raw):
		return Email{}, badEmail("malformed", "The email address is not valid UTF-8")
	}
	at := strings.LastIndexByte(raw, '@')
	if at < 0 {
		return Email{}, badEmail("malformed", "The email address has no @")
	}
	local, domain := norm.NFC.String(raw[:at]), raw[at+1:]
	foldedLocal := norm.NFC.String(foldCase(local))
	if bad := checkLocal(local, foldedLocal); bad != nil {
		return Email{}, bad
	}
	ascii, bad := asciiDomain(domain)
	if bad != nil {
		return Email{}, bad
	}
	email := Email{Address: local + "@" + domain, Key: foldedLocal + "@" + ascii}
	if len(email.Address) > maxEmail || len(email.Key) > maxEmail {
		return Email{}, emailTooLong()
	}
	return email, nil
}

// LookupEmail is the key under which an identifier is looked up as an email
// address; false when it is none.
func LookupEmail(raw string) (string, bool) {
	email, bad := ParseEmail(raw)
	return email.Key, bad == nil
}

// checkLocal judges the part before the @, as typed and as in the key.
func checkLocal(local, folded string) *problem.Field {
	bad := func(what string) *problem.Field {
		return badEmail("malformed", "The part before the @ "+what)
	}
	switch {
	case local == "":
		return bad("is empty")
	case len(local) > maxLocal || len(folded) > maxLocal:
		return badEmail("too_long", fmt.Sprintf("The part before the @ may have at most %d bytes", maxLocal))
	case strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, ".."):
		return bad("may have single dots between other characters only")
	case strings.Contains(local, `"`):
		return bad("is quoted, which is not accepted")
	case strings.Contains(local, "@"):
		return bad("has an @ too: only one is accepted")
	}
	if i := strings.IndexFunc(local, isNoLocalChar); i >= 0 {
		r, _ := utf8.DecodeRuneInString(local[i:])
		return bad("has " + describe(r) + ": only letters, digits, dots and !#$%&'*+-/=?^_`{|}~ are accepted")
	}
	// Another mail system may normalize by compatibility, and must still see
	// one address: a fullwidth @ or a one-dot leader would change its shape.
	if compatible := norm.NFKC.String(local); strings.Count(compatible, ".") != strings.Count(local, ".") ||
		strings.ContainsFunc(compatible, isNoLocalChar) {
		return bad("has a character that stands for punctuation")
	}
	return nil
}

// isNoLocalChar reports whether r cannot stand in a local part: neither atext
// (RFC 5322 §3.2.3) nor a dot, nor a visible character beyond ASCII.
func isNoLocalChar(r rune) bool {
	switch {
	case r >= utf8.RuneSelf:
		return !unicode.IsPrint(r) || isIgnorable(r)
	case unicode.IsLetter(r), unicode.IsDigit(r):
		return false
	}
	return !strings.ContainsRune(".!#$%&'*+-/=?^_`{|}~", r)
}

// domainProfile maps case, width and the other forms of one name to one
// (UTS #46, nontransitional), then demands a valid name (RFC 5891 §4.2, with
// the Bidi rule of RFC 5893) of valid length.
var domainProfile = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.VerifyDNSLength(true))

// asciiDomain returns the part after the @ as lower-case A-labels.
func asciiDomain(domain string) (string, *problem.Field) {
	bad := func(what string) (string, *problem.Field) {
		return "", badEmail("malformed", "The part after the @ "+what)
	}
	switch {
	case domain == "":
		return bad("is empty")
	case strings.HasPrefix(domain, "["):
		return bad("is an address in brackets: only a domain name is accepted")
	}
	if i := strings.IndexFunc(domain, isNoDomainChar); i >= 0 {
		r, _ := utf8.DecodeRuneInString(domain[i:])
		return bad("has " + describe(r) + ": only letters, digits, hyphens and dots are accepted")
	}
	ascii, err := domainProfile.ToASCII(domain)
	switch {
	case len(ascii) > maxEmail:
		return "", emailTooLong()
	case strings.HasSuffix(ascii, "."):
		return bad("ends in a dot: leave it out")
	case err != nil:
		return bad("is no valid domain name: its parts are letters, digits and inner hyphens, with single dots between, each at most 63 bytes")
	}
	if last := ascii[strings.LastIndexByte(ascii, '.')+1:]; strings.Trim(last, "0123456789") == "" {
		return bad("ends in a number, like an IP address: only a domain name is accepted")
	}
	return ascii, nil
}

// isNoDomainChar reports whether r is invisible or a space. The mapping would
// drop some of these. The joiners are judged by their context (RFC 5892
// appendix A.1).
func isNoDomainChar(r rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	return r != nonJoiner && r != joiner && (r == ' ' || !unicode.IsPrint(r) || isIgnorable(r))
}

func badEmail(code, what string) *problem.Field {
	return &problem.Field{Name: "email", Code: code, Message: what + ". Write it like alice@example.com."}
}

func emailTooLong() *problem.Field {
	return badEmail("too_long", fmt.Sprintf("The email address may have at most %d bytes, with its domain in ASCII form too", maxEmail))
}
