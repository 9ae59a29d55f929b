package problem

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// document is an RFC 9457 problem. Its type is left out, which means
// "about:blank": the code names the problem.
type document struct {
	Title     string  `json:"title"`
	Status    int     `json:"status"`
	Detail    string  `json:"detail"`
	Code      string  `json:"code"`
	RequestID string  `json:"request_id,omitempty"`
	Errors    []Field `json:"errors,omitempty"`
}

// ContentType is the media type of a problem document (RFC 9457 §3).
const ContentType = "application/problem+json"

// Write answers with the refusal that err holds.
func Write(w http.ResponseWriter, r *http.Request, err error) {
	p := Of(err)
	status := p.Status()
	body, marshalErr := json.Marshal(document{
		Title: http.StatusText(status), Status: status, Detail: p.Detail, Code: p.Code,
		RequestID: RequestID(r.Context()), Errors: p.Fields,
	})
	if marshalErr != nil {
		panic(marshalErr) // strings and numbers always marshal
	}
	h := w.Header()
	h.Set("Content-Type", ContentType)
	h.Set("Cache-Control", "no-store")
	if p.RetryAfter > 0 {
		seconds := (p.RetryAfter + time.Second - 1) / time.Second
		h.Set("Retry-After", strconv.FormatInt(int64(seconds), 10))
	}
	if p.Challenge != "" {
		h.Set("WWW-Authenticate", p.Challenge)
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

type requestIDKey struct{}

// WithRequestID returns a context in which the request has this id.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestID is the request's id, or "" outside a request.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}
