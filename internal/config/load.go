package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"github.com/knadh/koanf/parsers/yaml"
)

const (
	envPrefix = "LATCHSTRING_"
	maxFile   = 1 << 20
)

// Effective is the configuration with the origin of each value, by key.
type Effective struct {
	Config
	Origin map[string]string
}

// Load resolves every setting: built-in default, YAML file, environment,
// flags; later wins. All that is wrong is told at once. flags holds the raw
// values of the flags that were given, by key.
func Load(flags map[string]string, environ []string) (*Effective, error) {
	e := &Effective{Origin: map[string]string{}}
	var problems []error
	set := func(key, text, origin string) {
		s, ok := find(key)
		if !ok {
			problems = append(problems, fmt.Errorf("%s: there is no setting %s; the nearest is %s", origin, quote(key), nearest(key)))
			return
		}
		if err := s.assign(&e.Config, text); err != nil {
			problems = append(problems, fmt.Errorf("%s (%s): %w", key, origin, err))
			return
		}
		e.Origin[key] = origin
	}
	for _, s := range settings() {
		if text, ok := s.tag.Lookup("default"); ok {
			set(s.key, text, "default")
		}
		if _, ok := e.Origin[s.key]; !ok {
			e.Origin[s.key] = "default"
		}
	}
	env := environment(environ)
	path, folder := pick(flags, env, "config"), or(pick(flags, env, "data"), e.Data)
	values, path, err := readFile(path, folder)
	if err != nil {
		return nil, err
	}
	for key, text := range values {
		set(key, text, "file "+path)
	}
	for key, text := range env {
		set(key, text, "environment "+envPrefix+strings.ToUpper(key))
	}
	for key, text := range flags {
		set(key, text, "flag --"+strings.ReplaceAll(key, "_", "-"))
	}
	problems = append(problems, e.readSecretFiles()...)
	if len(problems) == 0 {
		e.derive()
		problems = e.check()
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return e, nil
}

func (s setting) assign(c *Config, text string) error {
	if s.isList() {
		return decodeList(s.field(c), s.split(text))
	}
	return decode(s.field(c), text)
}

func environment(environ []string) map[string]string {
	values := map[string]string{}
	for _, entry := range environ {
		name, text, _ := strings.Cut(entry, "=")
		key, ours := strings.CutPrefix(name, envPrefix)
		if ours && !strings.HasPrefix(key, "TEST_") {
			values[strings.ToLower(key)] = text
		}
	}
	return values
}

func pick(flags, env map[string]string, key string) string { return or(flags[key], env[key]) }

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// readFile reads the YAML file at path, or latchstring.yaml in folder if it is
// there.
func readFile(path, folder string) (map[string]string, string, error) {
	named := path != ""
	if !named {
		path = filepath.Join(folder, "latchstring.yaml")
	}
	text, err := readBounded(path)
	if !named && errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, path, err
	}
	tree, err := yaml.Parser().Unmarshal(text)
	if err != nil {
		return nil, path, fmt.Errorf("%s is not YAML: %w", path, err)
	}
	values := map[string]string{}
	for key, value := range tree {
		switch v := value.(type) {
		case []any:
			items := make([]string, len(v))
			for i, item := range v {
				items[i] = fmt.Sprint(item)
			}
			values[key] = strings.Join(items, ",")
		case map[string]any, nil:
			return nil, path, fmt.Errorf("%s: %s must be one value or a list", path, quote(key))
		default:
			values[key] = fmt.Sprint(v)
		}
	}
	return values, path, nil
}

func readBounded(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("%s is larger than 1 MiB", path)
	}
	return os.ReadFile(path)
}

// readSecretFiles fills each secret whose _file setting names a file.
func (e *Effective) readSecretFiles() []error {
	var problems []error
	for _, s := range settings() {
		key, isFile := strings.CutSuffix(s.key, "_file")
		target, known := find(key)
		path := s.field(&e.Config).String()
		if !isFile || !known || path == "" {
			continue
		}
		if e.Origin[key] != "default" {
			problems = append(problems, fmt.Errorf("%s and %s are both set; keep one", key, s.key))
			continue
		}
		text, err := readBounded(path)
		if err == nil {
			lines := strings.TrimSuffix(string(text), "\n")
			if target.isList() {
				lines = strings.ReplaceAll(lines, "\n", ",")
			}
			err = target.assign(&e.Config, lines)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", s.key, err))
		}
		e.Origin[key] = "file " + path
	}
	return problems
}

func (e *Effective) derive() {
	if e.PublicURL == "" {
		if _, port, err := net.SplitHostPort(e.Listen); err == nil {
			e.PublicURL = "http://localhost:" + port
		}
	}
	e.PublicURL = strings.TrimSuffix(e.PublicURL, "/")
	e.Audience = or(e.Audience, e.PublicURL)
	if e.HashWorkers == 0 {
		e.HashWorkers = runtime.NumCPU()
	}
}

// check holds every static rule.
func (e *Effective) check() []error {
	problems := e.checkRanges()
	rule := func(ok bool, message string) {
		if !ok {
			problems = append(problems, errors.New(message))
		}
	}
	_, _, listenErr := net.SplitHostPort(e.Listen)
	u, urlErr := url.Parse(e.PublicURL)
	rule(listenErr == nil, "listen must be host:port, such as localhost:8080")
	rule(urlErr == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.RawQuery == "" && u.Fragment == "" && u.User == nil,
		"public_url must be an http or https URL without query, fragment or user")
	rule(e.RefreshIdleLifetime <= e.RefreshLifetime, "refresh_idle_lifetime must not be longer than refresh_lifetime")
	rule(e.KeyRotation == 0 || e.KeyRotation.Hours() >= 1, "key_rotation must be 0 or at least 1h")
	rule(e.PasswordMinBytes <= e.PasswordMaxBytes, "password_min_bytes must not be more than password_max_bytes")
	hs256 := e.AccessTokenAlgorithm == "HS256"
	rule(!hs256 || len(e.HS256Key.Reveal()) >= 32, "access_token_algorithm HS256 needs hs256_key with at least 32 bytes")
	rule(hs256 || !e.HS256Key.IsSet(), "hs256_key is only for access_token_algorithm HS256; remove it")
	rule(!e.HS256Key.IsSet() || !e.HS256Key.Equal(e.Secret), "hs256_key must not be the same as secret: whoever has it could forge everything")
	return problems
}

// checkRanges enforces the tags min, max and enum.
func (e *Effective) checkRanges() []error {
	var problems []error
	for _, s := range settings() {
		v := s.field(&e.Config)
		if enum := s.tag.Get("enum"); enum != "" && !slices.Contains(strings.Split(enum, ","), v.String()) {
			problems = append(problems, fmt.Errorf("%s (%s): accepted: %s", s.key, e.Origin[s.key], enum))
		}
		if !v.CanInt() {
			continue
		}
		for _, bound := range []string{"min", "max"} {
			text, ok := s.tag.Lookup(bound)
			limit := v.Int()
			if d, err := parseDuration(text); ok && err == nil && s.typ.String() == "time.Duration" {
				limit = int64(d)
			} else if n, err := strconv.ParseInt(text, 10, 64); ok && err == nil {
				limit = n
			}
			if (bound == "min" && v.Int() < limit) || (bound == "max" && v.Int() > limit) {
				problems = append(problems, fmt.Errorf("%s (%s): accepted: %s to %s", s.key, e.Origin[s.key], s.tag.Get("min"), s.tag.Get("max")))
			}
		}
	}
	return problems
}

// nearest is the known key with the most letters in common from both ends.
func nearest(key string) string {
	best, most := "", -1
	for _, s := range settings() {
		n := 0
		for n < min(len(key), len(s.key)) && key[n] == s.key[n] {
			n++
		}
		for i := 1; i <= min(len(key), len(s.key))-n && key[len(key)-i] == s.key[len(s.key)-i]; i++ {
			n++
		}
		if n > most {
			best, most = s.key, n
		}
	}
	return best
}

// Has tells whether a flag is one of the settings.
func Has(flag string) bool { _, ok := find(snake(flag)); return ok }

// Key is the key of a flag.
func Key(flag string) string { return snake(flag) }

// Text is a flag's value as Load reads it.
func Text(value any) string {
	switch v := value.(type) {
	case Secret:
		return v.Reveal()
	case []string:
		return strings.Join(v, ",")
	case []Network:
		texts := make([]string, len(v))
		for i, n := range v {
			texts[i] = n.String()
		}
		return strings.Join(texts, ",")
	default:
		return fmt.Sprint(v)
	}
}

// Durations lets kong read durations as Load does, days included.
func Durations() kong.Option {
	return kong.TypeMapper(reflect.TypeFor[time.Duration](), kong.MapperFunc(func(ctx *kong.DecodeContext, target reflect.Value) error {
		var text string
		if err := ctx.Scan.PopValueInto("duration", &text); err != nil {
			return err
		}
		d, err := parseDuration(text)
		if err == nil {
			target.SetInt(int64(d))
		}
		return err
	}))
}
