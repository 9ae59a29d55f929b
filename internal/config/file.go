package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"regexp"
	"time"

	"go.yaml.in/yaml/v3"
)

const (
	maxFile       = 1 << 20 // bytes of a YAML file
	maxKeys       = 200     // of a YAML file
	maxSecretFile = 64 << 10
)

// readBounded reads a file of at most most bytes. Its errors leave out the
// path: somebody may have put the secret itself where its file belongs.
func readBounded(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, withoutPath(err)
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(b)) > most {
		err = fmt.Errorf("larger than %d bytes", most)
	}
	return b, withoutPath(err)
}

func withoutPath(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}

var yamlLine = regexp.MustCompile(`line \d+`)

// parseYAML returns the keys and values of the one mapping in a file, in
// turns. The YAML library's error texts quote the file, so of them only the
// line is kept. Nodes are not expanded: aliases cannot multiply.
func parseYAML(b []byte) ([]*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(b))
	var document, more yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, notYAML(err)
	}
	root := document.Content[0]
	switch err := decoder.Decode(&more); {
	case err == nil:
		return nil, errors.New("holds more than one document; accepted: one")
	case !errors.Is(err, io.EOF):
		return nil, notYAML(err)
	case root.Kind == yaml.ScalarNode && root.ShortTag() == "!!null":
		return nil, nil
	case root.Kind != yaml.MappingNode:
		return nil, errors.New("is not a list of settings; accepted: lines of the form key: value")
	case len(root.Content) > 2*maxKeys:
		return nil, fmt.Errorf("has more than %d keys, which is more than there are settings", maxKeys)
	}
	return root.Content, nil
}

func notYAML(err error) error {
	where := ""
	if line := yamlLine.FindString(err.Error()); line != "" {
		where = " near " + line
	}
	return fmt.Errorf("is not valid YAML%s; a value with special characters, or one that begins with any of * & ! %% @ `, needs quotes", where)
}

// valueOf returns the text of a value in YAML, or for a list its texts, when
// YAML reads it as the type the setting has.
func (s setting) valueOf(node *yaml.Node) (any, error) {
	if !s.isList() {
		return scalarOf(node, s.typ)
	}
	if node.Kind != yaml.SequenceNode || node.Anchor != "" {
		return nil, fmt.Errorf("is not a plain list; accepted: such as [a, b]")
	}
	texts := make([]string, len(node.Content))
	for i, entry := range node.Content {
		var err error
		if texts[i], err = scalarOf(entry, reflect.TypeFor[string]()); err != nil {
			return nil, fmt.Errorf("entry %d %w", i+1, err)
		}
	}
	return texts, nil
}

func scalarOf(node *yaml.Node, typ reflect.Type) (string, error) {
	tag := node.ShortTag()
	switch {
	case node.Kind == yaml.AliasNode || node.Anchor != "":
		return "", errors.New("is a YAML anchor or alias, which are not supported; a text that begins with & or * needs quotes")
	case node.Kind != yaml.ScalarNode:
		return "", errors.New("is a list or a mapping; accepted: one value")
	case tag == "!!null":
		return "", errors.New(`has no value; remove the line, or write "" for an empty text`)
	}
	want, message := "!!str", "is not a text to YAML; put it in quotes"
	switch {
	case typ.Kind() == reflect.Bool:
		want, message = "!!bool", "is not true or false"
	case typ.Kind() == reflect.Int:
		want, message = "!!int", "is not a whole number; accepted: digits without quotes"
	case typ == reflect.TypeFor[time.Duration]() && tag == "!!int":
		want = "!!int" // 0; any other number lacks its unit and is refused later
	}
	if tag != want {
		return "", errors.New(message)
	}
	return node.Value, nil
}
