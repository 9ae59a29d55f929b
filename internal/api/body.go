package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/latchstring/latchstring/internal/problem"
)

// maxBody bounds a request's body, in bytes.
const maxBody = 64 << 10

// readFields reads a flat body of strings, as JSON or as a form, whose fields
// may only be the named ones. What is wrong with single fields is told for all
// of them at once. An absent field is "".
func readFields(w http.ResponseWriter, r *http.Request, names ...string) (map[string]string, error) {
	media, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if charset := parameters["charset"]; err == nil && charset != "" && !strings.EqualFold(charset, "utf-8") {
		return nil, problem.New(problem.UnsupportedMedia, "unsupported_charset", "The body must be UTF-8.")
	}
	if err != nil || (media != "application/json" && media != "application/x-www-form-urlencoded") {
		return nil, problem.New(problem.UnsupportedMedia, "unsupported_media_type",
			"Send the body with Content-Type: application/json or application/x-www-form-urlencoded.")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, bodyProblem(err)
	}
	if !utf8.Valid(body) {
		return nil, problem.New(problem.Invalid, "invalid_utf8", "The body is not valid UTF-8.")
	}
	if media == "application/json" {
		return parseJSON(body, names)
	}
	return parseForm(body, names)
}

func bodyProblem(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return problem.New(problem.TooLarge, "body_too_large", fmt.Sprintf("The body may have at most %d bytes.", maxBody))
	}
	return problem.New(problem.Invalid, "body_unreadable", "The body ended before it was complete.").Because(err)
}

// parseJSON reads one JSON object of strings. Duplicate names, invalid UTF-8
// and anything after the object are refused by the library (RFC 7493).
func parseJSON(body []byte, names []string) (map[string]string, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, problem.New(problem.Invalid, "body_missing", "The body is empty; a JSON object is needed with: "+strings.Join(names, ", ")+".")
	}
	var object map[string]jsontext.Value
	if err := json.Unmarshal(body, &object); err != nil {
		return nil, jsonProblem(err)
	}
	if object == nil {
		return nil, problem.New(problem.Invalid, "malformed_json", "The body is null; a JSON object is needed.")
	}
	values := make(map[string]string, len(object))
	var bad []problem.Field
	for name, value := range object {
		switch {
		case !slices.Contains(names, name):
			bad = append(bad, unknownField(name, names))
		case value.Kind() != '"':
			bad = append(bad, problem.Field{Name: name, Code: "wrong_type", Message: "This must be a JSON string, not " + kindName(value.Kind()) + "."})
		default:
			text, err := jsontext.AppendUnquote(nil, value)
			if err != nil {
				return nil, jsonProblem(err)
			}
			values[name] = string(text)
		}
	}
	return values, refuseFields(bad)
}

func parseForm(body []byte, names []string) (map[string]string, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, problem.New(problem.Invalid, "malformed_form", "The form is not well encoded: a percent sign is followed by two hexadecimal digits, and fields are separated by \"&\".")
	}
	values := make(map[string]string, len(form))
	var bad []problem.Field
	for name, all := range form {
		switch {
		case !slices.Contains(names, name):
			bad = append(bad, unknownField(name, names))
		case len(all) > 1:
			bad = append(bad, problem.Field{Name: name, Code: "duplicate", Message: "This was sent more than once."})
		case !utf8.ValidString(all[0]):
			bad = append(bad, problem.Field{Name: name, Code: "invalid_utf8", Message: "This is not valid UTF-8."})
		default:
			values[name] = all[0]
		}
	}
	return values, refuseFields(bad)
}

func refuseFields(bad []problem.Field) error {
	if len(bad) == 0 {
		return nil
	}
	slices.SortFunc(bad, func(a, b problem.Field) int { return strings.Compare(a.Name, b.Name) })
	return problem.BadFields(bad...)
}

// unknownField names a field that nobody asked for; its name came from a
// stranger and is shown clipped.
func unknownField(name string, names []string) problem.Field {
	const most = 64
	if len(name) > most {
		name = strings.ToValidUTF8(name[:most], "") + "…"
	}
	return problem.Field{Name: name, Code: "unknown_field", Message: "This field is not known here; known are: " + strings.Join(names, ", ") + "."}
}

func jsonProblem(err error) error {
	detail := "The body is not a JSON object"
	code := "malformed_json"
	if errors.Is(err, jsontext.ErrDuplicateName) {
		detail, code = "A field appears twice in the JSON object", "duplicate_field"
	}
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		detail += fmt.Sprintf(" (at byte %d)", syntactic.ByteOffset)
	}
	return problem.New(problem.Invalid, code, detail+".").Because(errors.New("malformed body"))
}

func kindName(k jsontext.Kind) string {
	switch k {
	case '0':
		return "a number"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	case '[':
		return "an array"
	default:
		return "an object"
	}
}
