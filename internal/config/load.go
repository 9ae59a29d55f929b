package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"
	"go.yaml.in/yaml/v3"
)

const (
	envPrefix     = "LATCHSTRING_"
	testPrefix    = envPrefix + "TEST_" // read by our tests, never settings
	defaultOrigin = "default"
	// fileInData is read when no file is named.
	fileInData = "latchstring.yaml"
)

// Effective is the settings as they apply, and where each came from.
type Effective struct {
	Config
	origins map[string]string
}

// Origin says where the value of a key came from: "default", "file
// /etc/latchstring.yaml line 3", "environment LATCHSTRING_LISTEN" or "flag --listen".
func (e *Effective) Origin(key string) string {
	if origin, ok := e.origins[key]; ok {
		return origin
	}
	return defaultOrigin
}

// Load resolves every setting. flags holds, by key, the flags that were given
// (see Flags); environ is os.Environ(). Its error is a Problems with all that
// is wrong.
func Load(flags map[string]string, environ []string) (*Effective, error) {
	l := newLoader()
	environment := l.environment(environ)
	given := l.flags(flags)
	l.merge(l.file(environment, given), environment, given)
	l.secretFiles()
	l.limits()
	l.derive()
	l.check()
	if len(l.problems) > 0 {
		return nil, l.problems
	}
	return &l.Effective, nil
}

type loader struct {
	Effective
	problems Problems
}

// layer is what one source gives, by key.
type layer map[string]given

type given struct {
	value  any // string or, from a YAML list, []string
	origin string
}

// newLoader starts with the built-in defaults.
func newLoader() *loader {
	l := &loader{Effective: Effective{origins: map[string]string{}}}
	for _, s := range settings() {
		text, has := s.tag.Lookup("default")
		if !has {
			continue
		}
		if err := decode(s.field(&l.Config), text); err != nil {
			panic("config: default of " + s.key + " " + err.Error())
		}
	}
	return l
}

func (l *loader) refuse(key, origin, message string) {
	l.problems = append(l.problems, Problem{key, origin, message})
}

func (l *loader) environment(environ []string) layer {
	found, names := layer{}, []string{}
	for _, s := range settings() {
		names = append(names, s.env())
	}
	for _, line := range environ {
		name, value, _ := strings.Cut(line, "=")
		switch {
		case slices.Contains(names, name):
			found[strings.ToLower(strings.TrimPrefix(name, envPrefix))] = given{value, "environment " + name}
		case strings.HasPrefix(name, testPrefix) || isServiceLink(name, value):
		case strings.HasPrefix(name, envPrefix):
			l.refuse(printable(name), "environment", unknown(name, names))
		}
	}
	return found
}

var (
	serviceLink = regexp.MustCompile(`_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$`)
	serviceURL  = regexp.MustCompile(`^(tcp|udp|sctp)://`)
)

// isServiceLink recognises the variables that Kubernetes puts into every
// container when a service is named latchstring or latchstring-something.
func isServiceLink(name, value string) bool {
	return serviceLink.MatchString(name) || strings.HasSuffix(name, "_PORT") && serviceURL.MatchString(value)
}

func (l *loader) flags(flags map[string]string) layer {
	found := layer{}
	for _, key := range slices.Sorted(maps.Keys(flags)) {
		s, ok := find(key)
		if !ok || !s.hasFlag() {
			l.refuse(printable(key), "flag", "is not a flag of the settings")
			continue
		}
		found[key] = given{flags[key], "flag " + s.flag()}
	}
	return found
}

// file reads the file that is named, else the one in the data folder if there is one.
func (l *loader) file(environment, flags layer) layer {
	l.merge(environment.only("config", "data"), flags.only("config", "data"))
	path, inData := l.ConfigFile, false
	if path == "" && l.Origin("config") == defaultOrigin {
		path, inData = filepath.Join(l.Data, fileInData), true
	}
	b, err := readBounded(path, maxFile)
	if inData && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	l.ConfigFile = path
	if err != nil {
		l.refuse("config", l.Origin("config"), fmt.Sprintf("the file %s cannot be read: %v", quote(path), err))
		return nil
	}
	return l.yaml(b, path, inData)
}

func (l layer) only(keys ...string) layer {
	some := layer{}
	for _, key := range keys {
		if g, ok := l[key]; ok {
			some[key] = g
		}
	}
	return some
}

func (l *loader) yaml(b []byte, path string, inData bool) layer {
	nodes, err := parseYAML(b)
	if err != nil {
		l.refuse("config", "file "+path, err.Error())
	}
	found := layer{}
	for pair := range slices.Chunk(nodes, 2) {
		key, origin := pair[0].Value, fmt.Sprintf("file %s line %d", path, pair[0].Line)
		value, err := found.entry(pair[0], pair[1], inData)
		if err != nil {
			l.refuse(printable(key), origin, err.Error())
			continue
		}
		found[key] = given{value, origin}
	}
	return found
}

// entry checks one line of a file and returns its value.
func (l layer) entry(key, value *yaml.Node, inData bool) (any, error) {
	s, known := find(key.Value)
	first, twice := l[key.Value]
	switch {
	case !known || key.Kind != yaml.ScalarNode:
		return nil, errors.New(unknown(key.Value, keys()))
	case twice:
		return nil, fmt.Errorf("is set twice; first in %s", first.origin)
	case s.key == "config" || s.key == "data" && inData:
		return nil, errors.New("cannot be set here, for it decides which file is read; use " + s.env() + " or " + s.flag())
	}
	return s.valueOf(value)
}

func keys() []string {
	var all []string
	for _, s := range settings() {
		all = append(all, s.key)
	}
	return all
}

// merge lays the layers over each other, later wins, and decodes the result.
func (l *loader) merge(layers ...layer) {
	merged := koanf.New(".")
	for _, layer := range layers {
		values := map[string]any{}
		for key, g := range layer {
			values[key], l.origins[key] = g.value, g.origin
		}
		if err := merged.Load(confmap.Provider(values, ""), nil); err != nil {
			panic("config: merging maps failed: " + err.Error())
		}
	}
	for _, s := range settings() {
		if merged.Exists(s.key) && !l.problems.has(s.key) {
			l.set(s, merged.Get(s.key))
		}
	}
}

// set decodes one value; a text for a list is split first.
func (l *loader) set(s setting, value any) {
	text, isText := value.(string)
	var err error
	switch {
	case !s.isList():
		err = decode(s.field(&l.Config), text)
	case isText:
		err = decodeList(s.field(&l.Config), s.split(text))
	default:
		err = decodeList(s.field(&l.Config), value.([]string))
	}
	if err != nil {
		l.refuse(s.key, l.Origin(s.key), err.Error())
	}
}

// secretFiles fills each setting that may be given as a file.
func (l *loader) secretFiles() {
	for _, s := range settings() {
		file, ok := find(s.key + "_file")
		if !ok || l.problems.has(s.key) {
			continue
		}
		_, direct := l.origins[s.key]
		_, byFile := l.origins[file.key]
		switch {
		case direct && byFile:
			l.refuse(s.key, l.Origin(s.key), fmt.Sprintf("is also given by %s (%s); accepted: one of the two", file.key, l.Origin(file.key)))
		case byFile:
			l.secretFile(s, file)
		}
	}
}

func (l *loader) secretFile(s, file setting) {
	path := file.field(&l.Config).String()
	if path == "" {
		l.refuse(file.key, l.Origin(file.key), "is empty; accepted: the path of a file, or leave it unset")
		return
	}
	b, err := readBounded(path, maxSecretFile)
	text, cut := strings.CutSuffix(string(b), "\n")
	if cut {
		text = strings.TrimSuffix(text, "\r")
	}
	switch {
	case err != nil:
		l.refuse(file.key, l.Origin(file.key), fmt.Sprintf("its file cannot be read: %v; accepted: the path of a file this process may read", err))
	case text == "":
		l.refuse(file.key, l.Origin(file.key), "its file is empty")
	default:
		l.origins[s.key] = fmt.Sprintf("file %s named by %s", path, l.Origin(file.key))
		l.set(s, text)
	}
}

// derive fills what depends on other settings and writes URLs in one form.
func (l *loader) derive() {
	if l.HashWorkers == 0 {
		l.HashWorkers = runtime.GOMAXPROCS(0)
	}
	if l.PublicURL == "" {
		l.PublicURL = "http://localhost:" + strconv.Itoa(portOf(l.Listen))
	} else {
		l.canonical("public_url", &l.PublicURL)
	}
	for i := range l.FormerPublicURLs {
		l.canonical("former_public_urls", &l.FormerPublicURLs[i])
	}
	if l.Audience == "" {
		l.Audience = l.PublicURL
	}
}

func (l *loader) canonical(key string, text *string) {
	canonical, err := canonicalURL(*text)
	if err == nil {
		*text = canonical
	} else if !l.problems.has(key) {
		l.refuse(key, l.Origin(key), err.Error())
	}
}
