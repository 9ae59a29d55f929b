package verify

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	defaultLeeway  = 30 * time.Second
	maxLeeway      = 2 * time.Minute
	minSecretBytes = 32 // RFC 7518 §3.2: at least the hash's size
	jwksPath       = "/.well-known/jwks.json"
)

// asymmetric are the algorithms that a Latchstring server can sign with.
var asymmetric = []jose.SignatureAlgorithm{jose.ES256, jose.EdDSA, jose.RS256, jose.PS256}

// Option changes how a [Verifier] works.
type Option func(*settings)

// settings are what the options set; verifier checks them all at once.
type settings struct {
	issuer     string
	audience   *string
	algorithms []string
	leeway     *time.Duration
	client     *http.Client
	jwksURL    string
	secret     []byte
	hasSecret  bool
	now        func() time.Time
	log        *slog.Logger
}

// WithAudience sets the name that a token's "aud" must hold; the issuer's by
// default.
func WithAudience(audience string) Option {
	return func(s *settings) { s.audience = &audience }
}

// WithAlgorithms narrows the accepted signature algorithms, for instance to
// "ES256". By default ES256, EdDSA, RS256 and PS256 are.
func WithAlgorithms(names ...string) Option {
	return func(s *settings) { s.algorithms = append([]string{}, names...) }
}

// WithLeeway sets how far this machine's clock and the issuer's may be apart:
// 0 to 2 minutes, 30 seconds by default.
func WithLeeway(leeway time.Duration) Option {
	return func(s *settings) { s.leeway = &leeway }
}

// WithHTTPClient sets the client that fetches the keys. Its redirect policy is
// not used: redirects are refused.
func WithHTTPClient(client *http.Client) Option {
	return func(s *settings) { s.client = client }
}

// WithJWKSURL sets where the issuer's keys are; issuer +
// "/.well-known/jwks.json" by default. Whoever can change what is read there
// can make tokens: give a plain http address only on a network you trust.
func WithJWKSURL(address string) Option {
	return func(s *settings) { s.jwksURL = address }
}

// WithSharedSecret is for a server in its HS256 compatibility mode: tokens are
// checked with this secret (32 bytes or more) and HS256 alone, no keys are
// fetched, and whoever has the secret can make tokens.
func WithSharedSecret(secret []byte) Option {
	return func(s *settings) { s.secret, s.hasSecret = slices.Clone(secret), true }
}

// WithLogger sets where failures to fetch the keys are logged;
// [slog.Default] by default.
func WithLogger(log *slog.Logger) Option {
	return func(s *settings) { s.log = log }
}

// WithClock sets the clock; it is for tests.
func WithClock(now func() time.Time) Option {
	return func(s *settings) { s.now = now }
}

// verifier checks the settings and fills in the defaults.
func (s *settings) verifier() (*Verifier, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	v := &Verifier{issuer: s.issuer, audience: s.issuer, leeway: defaultLeeway, now: time.Now}
	if s.audience != nil {
		v.audience = *s.audience
	}
	if s.leeway != nil {
		v.leeway = *s.leeway
	}
	if s.now != nil {
		v.now = s.now
	}
	v.algorithms, v.keys = s.trust(v.now)
	return v, nil
}

// trust says which algorithms are accepted and where their keys come from. A
// shared secret and published keys never meet in one Verifier, so a public key
// cannot be used as an HMAC secret (RFC 8725 §2.1).
func (s *settings) trust(now func() time.Time) ([]jose.SignatureAlgorithm, keySource) {
	if s.hasSecret {
		return []jose.SignatureAlgorithm{jose.HS256}, sharedSecret(s.secret)
	}
	accepted := asymmetric
	if s.algorithms != nil {
		accepted = nil
		for _, name := range s.algorithms {
			accepted = append(accepted, jose.SignatureAlgorithm(name))
		}
	}
	address := s.jwksURL
	if address == "" {
		address = strings.TrimSuffix(s.issuer, "/") + jwksPath
	}
	return accepted, newJWKS(address, s.client, s.log, now)
}

// check finds what is wrong with the settings, all of it.
func (s *settings) check() error {
	return errors.Join(s.checkIssuer(), s.checkJWKSURL(), s.checkAlgorithms(), s.checkSecret(),
		s.checkAudience(), s.checkLeeway())
}

func (s *settings) checkIssuer() error {
	u, err := parseURL(s.issuer)
	if err != nil || u.RawQuery != "" {
		return errors.New("verify: the issuer must be the server's public URL, such as https://login.example.com")
	}
	if u.Scheme == "http" && !isLoopback(u.Hostname()) && s.jwksURL == "" && !s.hasSecret {
		return errors.New("verify: the issuer's keys would be fetched over plain http, where they can be forged;" +
			" use an https issuer, or name the address with WithJWKSURL if you trust the network")
	}
	return nil
}

func (s *settings) checkJWKSURL() error {
	if s.jwksURL == "" {
		return nil
	}
	if s.hasSecret {
		return errors.New("verify: WithSharedSecret replaces the published keys; leave WithJWKSURL out")
	}
	if _, err := parseURL(s.jwksURL); err != nil {
		return errors.New("verify: WithJWKSURL needs an absolute http or https URL without credentials or a fragment")
	}
	return nil
}

func (s *settings) checkAlgorithms() error {
	switch {
	case s.algorithms == nil:
		return nil
	case s.hasSecret:
		return errors.New("verify: WithSharedSecret accepts HS256 alone; leave WithAlgorithms out")
	case len(s.algorithms) == 0:
		return errors.New("verify: WithAlgorithms needs one algorithm or more")
	}
	for _, name := range s.algorithms {
		if !slices.Contains(asymmetric, jose.SignatureAlgorithm(name)) {
			return fmt.Errorf("verify: WithAlgorithms takes ES256, EdDSA, RS256 and PS256, not %q", name)
		}
	}
	return nil
}

func (s *settings) checkSecret() error {
	if s.hasSecret && len(s.secret) < minSecretBytes {
		return fmt.Errorf("verify: the shared secret has %d bytes; it needs %d or more", len(s.secret), minSecretBytes)
	}
	return nil
}

func (s *settings) checkAudience() error {
	if s.audience != nil && *s.audience == "" {
		return errors.New("verify: the audience is empty; leave WithAudience out to accept the issuer's own")
	}
	return nil
}

func (s *settings) checkLeeway() error {
	if s.leeway != nil && (*s.leeway < 0 || *s.leeway > maxLeeway) {
		return fmt.Errorf("verify: the leeway is %v; it must be from 0 to %v", *s.leeway, maxLeeway)
	}
	return nil
}

func parseURL(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || strings.Contains(address, "#") {
		return nil, errors.New("not an absolute http or https URL")
	}
	return u, nil
}

func isLoopback(host string) bool {
	if address, err := netip.ParseAddr(host); err == nil {
		return address.IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost") // RFC 6761 §6.3
}
