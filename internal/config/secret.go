package config

import (
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
)

const hidden = "(hidden)"

// Secret is a text that no way of printing shows; only Reveal does. It holds a
// pointer because fmt reads the unexported fields of a struct past their
// methods: it then finds an address.
type Secret struct{ text *string }

// NewSecret wraps a text; an empty one makes the Secret that is not set.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{&text}
}

// Reveal returns the text itself, "" when it is not set.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsSet tells whether there is a text.
func (s Secret) IsSet() bool { return s.text != nil }

// Equal tells whether both hold the same text. It is not constant-time: use it
// for settings, not for what a stranger sends.
func (s Secret) Equal(other Secret) bool { return s.Reveal() == other.Reveal() }

// UnmarshalText takes the text as it is.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}

// String hides the text.
func (s Secret) String() string { return hidden }

// GoString hides the text.
func (s Secret) GoString() string { return hidden }

// Format hides the text from every verb of fmt.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// MarshalText hides the text from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// MarshalJSON hides the text.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// LogValue hides the text from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// DatabaseName names the database for people: its URL without the password and
// the parameters, or where the SQLite file is.
func (c Config) DatabaseName() string {
	if !c.Database.IsSet() {
		return "SQLite in " + c.Data
	}
	return redactURL(c.Database.Reveal())
}

// redactURL shows where a database is. An @ outside the user part means a
// password that was not percent-encoded and may be anywhere: all is hidden.
func redactURL(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || strings.Count(text, "@") > 1 || strings.Contains(text, "@") && u.User == nil {
		return hidden
	}
	shown := u.Scheme + "://"
	if u.User != nil {
		shown += url.User(u.User.Username()).String()
		if _, has := u.User.Password(); has {
			shown += ":" + hidden
		}
		shown += "@"
	}
	shown += u.Host + u.EscapedPath()
	if u.RawQuery != "" {
		shown += "?" + hidden
	}
	return shown
}
