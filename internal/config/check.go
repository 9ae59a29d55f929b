package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// minSecret is the shortest secret in bytes (RFC 7518 §3.2).
const minSecret = 32

// limits enforces the tags min, max and enum.
func (l *loader) limits() {
	for _, s := range settings() {
		if !l.problems.has(s.key) && !s.allows(s.field(&l.Config)) {
			message := quote(encode(s.field(&l.Config))) + " is not accepted; accepted: " + s.accepts()
			if s.isList() {
				message = "has too many entries; accepted: " + s.accepts()
			}
			l.refuse(s.key, l.Origin(s.key), message)
		}
	}
}

func (s setting) allows(v reflect.Value) bool {
	enum, lowest, highest := s.tag.Get("enum"), s.tag.Get("min"), s.tag.Get("max")
	switch {
	case enum != "":
		return slices.Contains(strings.Split(enum, ","), v.String())
	case s.isList() && highest != "":
		return v.Len() <= mustAtoi(highest)
	case highest != "":
		return v.Int() >= s.bound(lowest) && v.Int() <= s.bound(highest)
	}
	return true
}

// accepts tells the tags min, max and enum to people, "" when there are none.
func (s setting) accepts() string {
	enum, lowest, highest := s.tag.Get("enum"), s.tag.Get("min"), s.tag.Get("max")
	switch {
	case enum != "":
		return strings.ReplaceAll(enum, ",", ", ")
	case s.isList() && highest != "":
		return "at most " + highest
	case highest != "":
		return lowest + " to " + highest
	}
	return ""
}

// bound reads a min or max tag in the type of its setting.
func (s setting) bound(text string) int64 {
	v := reflect.New(s.typ).Elem()
	if err := decode(v, text); err != nil {
		panic("config: limit of " + s.key + " " + err.Error())
	}
	return v.Int()
}

func mustAtoi(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic("config: limit " + text)
	}
	return n
}

// check runs the checks on every key that has no problem yet.
func (l *loader) check() {
	for _, c := range checks {
		if l.problems.has(c.key) {
			continue
		}
		if message := c.wrong(l); message != "" {
			l.refuse(c.key, l.Origin(c.key), message)
		}
	}
}

// checks is what the tags cannot say. Each tells what is wrong, or "".
var checks = []struct {
	key   string
	wrong func(*loader) string
}{
	{"data", func(l *loader) string {
		return when(l.Data == "", "is empty; accepted: the path of a folder")
	}},
	{"database", func(l *loader) string { return wrongDatabase(l.Database.Reveal()) }},
	{"listen", func(l *loader) string { return wrongAddress(l.Listen) }},
	{"metrics_listen", func(l *loader) string {
		if l.MetricsListen == "" {
			return ""
		}
		return wrongAddress(l.MetricsListen)
	}},
	{"metrics_listen", func(l *loader) string {
		return when(l.MetricsListen != "" && l.MetricsListen == l.Listen && portOf(l.Listen) != 0, "is the same as listen; accepted: another port or address")
	}},
	{"public_url", func(l *loader) string {
		u, err := url.Parse(l.PublicURL)
		plain := err == nil && u.Scheme == "http" && !isLoopback(u.Hostname())
		return when(plain && !l.InsecureHTTP, "is http on a host that is not this machine, so passwords and tokens would cross the network in the clear; accepted: an https URL, or insecure_http true if you mean it")
	}},
	{"secret", func(l *loader) string { return l.wrongSecrets("secret", l.Secret) }},
	{"previous_secrets", func(l *loader) string { return l.wrongSecrets("previous_secrets", l.PreviousSecrets...) }},
	{"hs256_key", func(l *loader) string { return l.wrongSecrets("hs256_key", l.HS256Key) }},
	{"hs256_key", func(l *loader) string {
		needed := l.AccessTokenAlgorithm == "HS256" && !l.HS256Key.IsSet()
		return when(needed, "is not set, and access_token_algorithm HS256 needs it; accepted: 32 bytes or more, by LATCHSTRING_HS256_KEY or LATCHSTRING_HS256_KEY_FILE")
	}},
	{"hs256_key", func(l *loader) string {
		unused := l.AccessTokenAlgorithm != "HS256" && l.HS256Key.IsSet()
		return when(unused, "is only for access_token_algorithm HS256; remove it, or set that")
	}},
	{"hs256_key", func(l *loader) string {
		secrets := append(slices.Clone(l.PreviousSecrets), l.Secret)
		same := l.HS256Key.IsSet() && slices.ContainsFunc(secrets, l.HS256Key.Equal)
		return when(same, "is the same as secret or one of previous_secrets, so every app that holds it could forge refresh tokens; accepted: a key of its own")
	}},
	{"refresh_idle_lifetime", func(l *loader) string {
		idle, absolute := l.RefreshIdleLifetime, l.RefreshLifetime
		return when(idle > absolute, fmt.Sprintf("%s is longer than refresh_lifetime, %s; accepted: at most that", formatDuration(idle), formatDuration(absolute)))
	}},
	{"key_rotation", func(l *loader) string {
		age := l.KeyRotation
		return when(age != 0 && age < time.Hour, formatDuration(age)+" is too short for caches to follow; accepted: 0 (off), or 1h or more")
	}},
}

func when(wrong bool, message string) string {
	if wrong {
		return message
	}
	return ""
}

func wrongDatabase(text string) string {
	u, err := url.Parse(text)
	postgres := err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql") && u.Opaque == ""
	return when(text != "" && !postgres, "is not a PostgreSQL URL; accepted: postgres://user:password@host:5432/name with special characters percent-encoded, or nothing for SQLite in the data folder")
}

// wrongSecrets refuses secrets that are given but empty, or short. An unset
// variable in a start script must not silently mean "make a new secret".
func (l *loader) wrongSecrets(key string, secrets ...Secret) string {
	for _, s := range secrets {
		switch n := len(s.Reveal()); {
		case n == 0 && l.Origin(key) == defaultOrigin:
		case n == 0:
			return "is empty; accepted: 32 bytes or more, or leave it unset"
		case n < minSecret:
			return fmt.Sprintf("has %d bytes; accepted: %d or more (openssl rand -hex 32 makes one)", n, minSecret)
		}
	}
	return ""
}

var hostname = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_.])?$`)

func isHost(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Zone() == ""
	}
	return hostname.MatchString(host)
}

func wrongAddress(text string) string {
	host, _, err := net.SplitHostPort(text)
	good := err == nil && portOf(text) >= 0 && (host == "" || isHost(host))
	return when(!good, quote(text)+" is not an address; accepted: host:port such as localhost:8080, 0.0.0.0:8080 or [::1]:8080")
}

// portOf returns the port of host:port, -1 when there is none.
func portOf(address string) int {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return -1
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return -1
	}
	return int(n)
}

// canonicalURL checks the form of an issuer (RFC 8414 §2: no query, no
// fragment) and returns it without a trailing slash, its host in lower case.
// The errors do not show the URL: it may hold a password.
func canonicalURL(text string) (string, error) {
	const accepted = "; accepted: such as https://login.example.com or https://example.com/login"
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || !isHost(u.Hostname()) {
		return "", errors.New("is not an http or https URL with a host (xn-- form for other alphabets)" + accepted)
	}
	where := strings.TrimRight(u.EscapedPath(), "/")
	port, portErr := strconv.ParseUint(u.Port(), 10, 16)
	switch {
	case u.User != nil:
		return "", errors.New("holds a user name or password" + accepted)
	case strings.ContainsAny(text, "?#"):
		return "", errors.New("holds a query or fragment" + accepted)
	case where != "" && path.Clean(where) != where:
		return "", errors.New("has a path with empty or dotted segments" + accepted)
	case strings.HasSuffix(u.Host, ":") || u.Port() != "" && (portErr != nil || port == 0):
		return "", errors.New("has a port that is not 1 to 65535" + accepted)
	}
	return u.Scheme + "://" + strings.ToLower(u.Host) + where, nil
}
