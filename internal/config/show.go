package config

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Print writes a table of key, value and origin. Secrets are hidden.
func (e *Effective) Print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "KEY\tVALUE\tORIGIN") // a failing w is reported by Flush
	for _, s := range settings() {
		shown := e.shown(s)
		if list, ok := shown.([]string); ok {
			shown = strings.Join(list, ",")
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\n", s.key, cmp.Or(fmt.Sprint(shown), "(none)"), e.Origin(s.key))
	}
	return table.Flush()
}

// MarshalJSON writes an array of {key, value, origin}. Secrets are hidden.
func (e *Effective) MarshalJSON() ([]byte, error) {
	type row struct {
		Key    string `json:"key"`
		Value  any    `json:"value"`
		Origin string `json:"origin"`
	}
	var rows []row
	for _, s := range settings() {
		rows = append(rows, row{s.key, e.shown(s), e.Origin(s.key)})
	}
	return json.Marshal(rows)
}

// shown is the value for people and JSON: a bool, an int, a text or texts.
func (e *Effective) shown(s setting) any {
	v := s.field(&e.Config)
	switch value := v.Interface().(type) {
	case Secret:
		if s.key == "database" && value.IsSet() {
			return e.DatabaseName()
		}
		return shownSecret(value.IsSet())
	case []Secret:
		return shownSecret(len(value) > 0)
	case time.Duration:
		return formatDuration(value)
	case []string, []Network:
		texts := make([]string, v.Len())
		for i := range texts {
			texts[i] = encode(v.Index(i))
		}
		return texts
	default:
		return value
	}
}

func shownSecret(set bool) string {
	if set {
		return hidden
	}
	return "(not set)"
}

// Reference is a Markdown table of all settings.
func Reference() string {
	var b strings.Builder
	b.WriteString("| Setting | Environment | Flag | Default | Meaning |\n|---|---|---|---|---|\n")
	for _, s := range settings() {
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s | %s |\n", s.key, s.env(), code(s.flag(), s.hasFlag()),
			code(s.tag.Get("default"), s.tag.Get("default") != ""), s.meaning())
	}
	return b.String()
}

func code(text string, there bool) string {
	if there {
		return "`" + text + "`"
	}
	return ""
}

// meaning is the help text and the tags min, max and enum.
func (s setting) meaning() string {
	if s.accepts() == "" {
		return s.tag.Get("help")
	}
	return s.tag.Get("help") + " (" + s.accepts() + ")"
}

const (
	referenceBegin = "<!-- settings:begin -->\n"
	referenceEnd   = "<!-- settings:end -->"
)

// UpdateReference returns the README with the table between its two markers
// replaced by Reference. Without one pair of markers it is an error.
func UpdateReference(readme []byte) ([]byte, error) {
	before, rest, begin := bytes.Cut(readme, []byte(referenceBegin))
	_, after, end := bytes.Cut(rest, []byte(referenceEnd))
	if !begin || !end {
		return nil, errors.New("the README has no line <!-- settings:begin --> followed by <!-- settings:end -->")
	}
	return slices.Concat(before, []byte(referenceBegin+Reference()+referenceEnd), after), nil
}
