package config

import (
	"net"
	"net/netip"
	"reflect"
	"strings"
	"time"
)

// Config is every setting of the server. The tag name is the key (and flag),
// default, min, max and enum are enforced wherever the value came from, and
// help is shown by --help and in the README. Fields with kong:"-" have no flag:
// a command line can be read by every user of the machine.
type Config struct {
	// ConfigFile cannot be set in a file. A latchstring.yaml in the data
	// folder is used when no other file is named.
	ConfigFile string `name:"config" group:"Storage" placeholder:"FILE" help:"YAML file of settings. Without it, latchstring.yaml in the data folder is read if it is there."`
	// Data is made at the first start, readable by its owner alone.
	Data string `name:"data" default:"./latchstring-data" group:"Storage" placeholder:"FOLDER" help:"Folder for the SQLite database and the generated secret."`
	// Database may hold a password, so it is never shown whole. See DatabaseName.
	Database Secret `name:"database" group:"Storage" placeholder:"URL" help:"PostgreSQL database, postgres://user:password@host:5432/name. Without it, SQLite in the data folder."`
	// DatabaseFile keeps the password out of the environment and the command line.
	DatabaseFile string `name:"database-file" group:"Storage" placeholder:"FILE" help:"File that holds the value of database."`

	// PublicURL is the issuer (iss) of every token, so changing it needs
	// FormerPublicURLs. Load removes a trailing slash.
	PublicURL string `name:"public-url" group:"Addresses" placeholder:"URL" help:"Address under which browsers and apps reach the server; the issuer of its tokens. Without it, http://localhost:PORT with the port of listen."`
	// FormerPublicURLs lets a server move without logging anybody out.
	FormerPublicURLs []string `name:"former-public-urls" max:"16" group:"Addresses" placeholder:"URL" help:"Earlier values of public_url whose refresh tokens are still taken."`
	// Listen on anything but loopback needs HTTPS or InsecureHTTP.
	Listen string `name:"listen" default:"localhost:8080" group:"Addresses" help:"Address to listen on, host:port. Without a host: all of the machine's addresses."`
	// MetricsListen has no authentication: keep it inside.
	MetricsListen string `name:"metrics-listen" group:"Addresses" placeholder:"HOST:PORT" help:"Address for /metrics (Prometheus), host:port. Without it, no metrics are served."`
	// InsecureHTTP lets passwords cross a network in the clear.
	InsecureHTTP bool `name:"insecure-http" default:"false" group:"Addresses" help:"Serve plain HTTP to other machines. Passwords and tokens can then be read on the way."`
	// TrustedProxies may claim any client address, which throttling believes.
	TrustedProxies []Network `name:"trusted-proxies" max:"256" group:"Addresses" placeholder:"NETWORK" help:"Addresses or networks (10.0.0.0/8) of proxies whose X-Forwarded-For and Forwarded headers are believed."`

	// Secret is what every symmetric key is derived from.
	Secret Secret `kong:"-" name:"secret" group:"Secrets" help:"Secret that every symmetric key is derived from, 32 bytes or more, the same on every node. Without it, one is made in the data folder."`
	// SecretFile is how an orchestrator mounts Secret.
	SecretFile string `name:"secret-file" group:"Secrets" placeholder:"FILE" help:"File that holds the value of secret."`
	// PreviousSecrets only verify and open; nothing new is made with them.
	PreviousSecrets []Secret `kong:"-" name:"previous-secrets" max:"16" group:"Secrets" help:"Earlier values of secret that are still accepted, one per line."`
	// PreviousSecretsFile has one secret per line.
	PreviousSecretsFile string `name:"previous-secrets-file" group:"Secrets" placeholder:"FILE" help:"File that holds the value of previous_secrets, one per line."`

	// AccessTokenAlgorithm HS256 is the compatibility mode: every app that
	// verifies can then also forge.
	AccessTokenAlgorithm string `name:"access-token-algorithm" default:"ES256" enum:"ES256,EdDSA,RS256,PS256,HS256" group:"Tokens" help:"Signature of access tokens. HS256 is for apps that verify with a shared key, and needs hs256_key."`
	// HS256Key is shared with apps, so it must not be the secret.
	HS256Key Secret `kong:"-" name:"hs256-key" group:"Tokens" help:"Key shared with the apps that verify HS256 access tokens, 32 bytes or more. Never the same as secret."`
	// HS256KeyFile is how an orchestrator mounts HS256Key.
	HS256KeyFile string `name:"hs256-key-file" group:"Tokens" placeholder:"FILE" help:"File that holds the value of hs256_key."`
	// Audience is the aud of access tokens (RFC 9068 §2.2).
	Audience string `name:"audience" group:"Tokens" help:"Audience (aud) of access tokens. Without it, public_url."`
	// AccessTokenLifetime bounds how long an app that does not ask us
	// believes a token after it was revoked.
	AccessTokenLifetime time.Duration `name:"access-token-lifetime" default:"10m" min:"1m" max:"24h" group:"Tokens" help:"How long an access token is valid."`
	// RefreshIdleLifetime ends a sign-in nobody uses.
	RefreshIdleLifetime time.Duration `name:"refresh-idle-lifetime" default:"30d" min:"1m" max:"3650d" group:"Tokens" help:"A sign-in that is not refreshed for this long ends. At most refresh_lifetime."`
	// RefreshLifetime counts from the sign-in, however often it is refreshed.
	RefreshLifetime time.Duration `name:"refresh-lifetime" default:"90d" min:"1m" max:"3650d" group:"Tokens" help:"Every sign-in ends after this long."`
	// RefreshGrace is the window in which a retry is not taken for a theft.
	RefreshGrace time.Duration `name:"refresh-grace" default:"10s" min:"0" max:"5m" group:"Tokens" help:"For this long a replaced refresh token is answered with its successor again; after it, its use ends the sign-in."`
	// KeyRotation is 0 or at least an hour, so that caches see a key before it signs.
	KeyRotation time.Duration `name:"key-rotation" default:"90d" min:"0" max:"3650d" group:"Tokens" help:"Age at which the signing key is replaced, at least 1h; 0 = only by hand."`

	// PasswordMinBytes 15 is NIST SP 800-63B-4's number for a sole factor.
	PasswordMinBytes int `name:"password-min-bytes" default:"8" min:"8" max:"64" group:"Passwords" help:"Shortest new password, in bytes."`
	// PasswordMaxBytes bounds what one request makes us hash.
	PasswordMaxBytes int `name:"password-max-bytes" default:"1024" min:"64" max:"4096" group:"Passwords" help:"Longest password, in bytes."`
	// PasswordMinScore is zxcvbn's scale: 0 takes all, 3 is safely unguessable online.
	PasswordMinScore int `name:"password-min-score" default:"3" min:"0" max:"4" group:"Passwords" help:"Lowest zxcvbn score of a new password."`
	// Argon2MemoryKiB is needed once per hash worker (RFC 9106 §3.1).
	Argon2MemoryKiB int `name:"argon2-memory-kib" default:"19456" min:"7168" max:"4194304" group:"Passwords" help:"Memory for one password hash (argon2id m), in KiB."`
	// Argon2Time is the number of passes (RFC 9106 §3.1).
	Argon2Time int `name:"argon2-time" default:"2" min:"1" max:"64" group:"Passwords" help:"Passes of one password hash (argon2id t)."`
	// Argon2Threads is the number of lanes (RFC 9106 §3.1).
	Argon2Threads int `name:"argon2-threads" default:"1" min:"1" max:"64" group:"Passwords" help:"Threads of one password hash (argon2id p)."`
	// HashWorkers times Argon2MemoryKiB bounds the memory of hashing. Load replaces 0.
	HashWorkers int `name:"hash-workers" default:"0" min:"0" max:"1024" group:"Passwords" help:"Password hashes computed at the same time; 0 = the number of CPUs."`
	// HashQueue is how many logins wait; past it they are told 503.
	HashQueue int `name:"hash-queue" default:"256" min:"1" max:"65536" group:"Passwords" help:"Password hashes that may wait for a worker; past that, logins are answered 503."`

	// LoginFailuresPerAccount is capped at 100 (NIST SP 800-63B-4 §3.2.2).
	LoginFailuresPerAccount int `name:"login-failures-per-account" default:"5" min:"0" max:"100" group:"Limits" help:"Wrong passwords for one account before delays grow; 0 = off."`
	// LoginFailuresPerNetwork counts a /32 or a /64.
	LoginFailuresPerNetwork int `name:"login-failures-per-network" default:"50" min:"0" max:"1000000" group:"Limits" help:"Wrong passwords from one network before delays grow; 0 = off."`
	// RegistrationsPerMinute counts a /32 or a /64.
	RegistrationsPerMinute int `name:"registrations-per-minute" default:"60" min:"0" max:"1000000" group:"Limits" help:"Registrations taken from one network in a minute; 0 = no limit."`
	// RefreshesPerMinute counts a /32 or a /64.
	RefreshesPerMinute int `name:"refreshes-per-minute" default:"600" min:"0" max:"1000000" group:"Limits" help:"Refreshes taken from one network in a minute; 0 = no limit."`
	// Registration off leaves accounts to the operator.
	Registration bool `name:"registration" default:"true" negatable:"" group:"Limits" help:"Whether strangers may register."`

	// LogFormat auto looks at where the log goes.
	LogFormat string `name:"log-format" default:"auto" enum:"auto,text,json" group:"Logs" help:"Form of the log; auto = text on a terminal, JSON otherwise."`
	// LogLevel debug holds no secrets either.
	LogLevel string `name:"log-level" default:"info" enum:"debug,info,warn,error" group:"Logs" help:"Least severe log line that is written."`
}

// ListensOnLoopback tells whether only this machine can reach Listen.
func (c Config) ListensOnLoopback() bool {
	host, _, err := net.SplitHostPort(c.Listen)
	return err == nil && isLoopback(host)
}

func isLoopback(host string) bool {
	host = strings.ToLower(host)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") { // RFC 6761 §6.3
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// setting is one field of Config.
type setting struct {
	key   string // snake_case, as in YAML
	index int    // of the field in Config
	typ   reflect.Type
	tag   reflect.StructTag
}

// settings lists the fields of Config in their order.
func settings() []setting {
	var all []setting
	for f := range reflect.TypeFor[Config]().Fields() {
		all = append(all, setting{snake(f.Tag.Get("name")), f.Index[0], f.Type, f.Tag})
	}
	return all
}

// find returns the setting of a key.
func find(key string) (setting, bool) {
	for _, s := range settings() {
		if s.key == key {
			return s, true
		}
	}
	return setting{}, false
}

func snake(flag string) string { return strings.ReplaceAll(flag, "-", "_") }

func (s setting) field(c *Config) reflect.Value { return reflect.ValueOf(c).Elem().Field(s.index) }

func (s setting) env() string { return envPrefix + strings.ToUpper(s.key) }

func (s setting) flag() string { return "--" + s.tag.Get("name") }

func (s setting) hasFlag() bool { return s.tag.Get("kong") != "-" }

func (s setting) isList() bool { return s.typ.Kind() == reflect.Slice }

func (s setting) isSecret() bool {
	return s.typ == reflect.TypeFor[Secret]() || s.typ == reflect.TypeFor[[]Secret]()
}
