package problem

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Kind is a class of refusal. The HTTP status of each is decided in one
// place, the kinds table.
type Kind string

// The kinds of refusal, each with one HTTP status.
const (
	Invalid          Kind = "invalid"            // 400: the input is wrong
	Unauthenticated  Kind = "unauthenticated"    // 401: no or bad credentials
	Forbidden        Kind = "forbidden"          // 403: good credentials, not allowed
	NotFound         Kind = "not_found"          // 404
	MethodNotAllowed Kind = "method_not_allowed" // 405
	Conflict         Kind = "conflict"           // 409: collides with what exists
	TooLarge         Kind = "too_large"          // 413: body over its bound
	UnsupportedMedia Kind = "unsupported_media"  // 415
	TooMany          Kind = "too_many_requests"  // 429: slow down; RetryAfter says how much
	Unavailable      Kind = "unavailable"        // 503: we are ill or busy; the client keeps what it has
	Internal         Kind = "internal"           // 500: our fault, cause in the log alone
)

var statuses = map[Kind]int{
	Invalid:          http.StatusBadRequest,
	Unauthenticated:  http.StatusUnauthorized,
	Forbidden:        http.StatusForbidden,
	NotFound:         http.StatusNotFound,
	MethodNotAllowed: http.StatusMethodNotAllowed,
	Conflict:         http.StatusConflict,
	TooLarge:         http.StatusRequestEntityTooLarge,
	UnsupportedMedia: http.StatusUnsupportedMediaType,
	TooMany:          http.StatusTooManyRequests,
	Unavailable:      http.StatusServiceUnavailable,
	Internal:         http.StatusInternalServerError,
}

// Error is a refusal that may be shown to whoever asked. Its public part
// (Code, Detail, Fields) never holds a secret; the cause is for the log.
type Error struct {
	Kind Kind
	// Code is stable and machine-readable, for instance "username_taken".
	Code string
	// Detail says what was wrong and what to do, in one or two sentences.
	Detail string
	// Fields has one entry per bad input field.
	Fields []Field
	// RetryAfter, when not zero, becomes the Retry-After header, rounded up
	// to whole seconds (RFC 9110 §10.2.3).
	RetryAfter time.Duration
	// Challenge, when not empty, becomes the WWW-Authenticate header
	// (RFC 9110 §11.6.1).
	Challenge string

	cause error
}

// Field is what is wrong with one input field, and what would be accepted.
type Field struct {
	Name    string `json:"field"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// New makes a refusal of the given kind.
func New(kind Kind, code, detail string) *Error {
	return &Error{Kind: kind, Code: code, Detail: detail}
}

// BadFields makes the refusal of an input with one entry per bad field.
func BadFields(fields ...Field) *Error {
	e := New(Invalid, "invalid_fields", "Some fields are missing or not acceptable; see errors for each of them.")
	e.Fields = fields
	return e
}

// Because returns a copy of e that carries the cause for the log.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// Status is the HTTP status of e's kind.
func (e *Error) Status() int {
	if s, ok := statuses[e.Kind]; ok {
		return s
	}
	return http.StatusInternalServerError
}

func (e *Error) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("%s: %v", e.Code, e.cause)
	}
	return e.Code
}

func (e *Error) Unwrap() error { return e.cause }

// Of finds the refusal in err's chain. An error that holds none is our own
// fault: it becomes an Internal one that shows nothing of its cause.
func Of(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return New(Internal, "internal_error",
		"Something went wrong on our side. Try again; if it stays, give the operator the request id.").Because(err)
}
