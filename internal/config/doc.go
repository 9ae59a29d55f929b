// Package config owns the settings: one documented struct, Config, and Load,
// which fills it from the built-in defaults, a YAML file, the environment and
// the command line, later wins. Each key is spelled the same everywhere:
// public_url in YAML, LATCHSTRING_PUBLIC_URL, --public-url. Flags, the table in
// the README, ranges and error texts are all read from the struct's tags.
package config
