package server

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/latchstring/latchstring/internal/problem"
)

// handler is one endpoint; the error it returns is written as a problem.
type handler func(http.ResponseWriter, *http.Request) error

type route struct {
	method, path string
	// limit bounds requests per network, or is nil.
	limit  *limiter
	handle handler
}

// routes is every address that this server answers.
func (s *Server) routes() []route {
	return []route{
		{"POST", "/login/register", s.registrations, s.api.Register},
		{"POST", "/login", nil, s.api.Login},
		{"POST", "/login/refresh", s.refreshes, s.api.Refresh},
		{"POST", "/login/logout", nil, s.api.Logout},
		{"GET", "/hello_world", nil, s.api.Hello},
		{"GET", "/api/v1/users/{id}", nil, s.api.Self},
		{"GET", "/.well-known/jwks.json", nil, s.jwks},
		{"GET", "/healthz", nil, alive},
		{"GET", "/readyz", nil, s.ready},
	}
}

// mux puts the routes behind what every request passes through.
func (s *Server) mux() http.Handler {
	byPath := map[string]map[string]route{}
	for _, r := range s.routes() {
		if byPath[r.path] == nil {
			byPath[r.path] = map[string]route{}
		}
		byPath[r.path][r.method] = r
	}
	mux := http.NewServeMux()
	for path, methods := range byPath {
		mux.Handle(path, s.endpoint(methods))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		problem.Write(w, r, problem.New(problem.NotFound, "not_found", "There is nothing at this address."))
	})
	return s.observe(mux)
}

func (s *Server) endpoint(methods map[string]route) http.Handler {
	var allowed []string
	for method := range methods {
		allowed = append(allowed, method)
		if method == http.MethodGet {
			allowed = append(allowed, http.MethodHead)
		}
	}
	slices.Sort(allowed)
	allow := strings.Join(allowed, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		route, ok := methods[method]
		if !ok {
			w.Header().Set("Allow", allow)
			problem.Write(w, r, problem.New(problem.MethodNotAllowed, "method_not_allowed", "This address takes "+allow+"."))
			return
		}
		var err error
		if route.limit != nil {
			err = route.limit.admit(s.Origin(r).Network(), s.now())
		}
		if err == nil {
			err = route.handle(w, r)
		}
		if err != nil {
			s.refuse(w, r, err)
		}
	})
}

// refuse writes a refusal; the cause of what is our own fault goes to the log.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if p := problem.Of(err); p.Status() >= 500 && !errors.Is(err, context.Canceled) {
		s.log.Error("request failed", "path", r.URL.Path, "request_id", problem.RequestID(r.Context()), "error", err)
	}
	problem.Write(w, r, err)
}

// observe gives every request its id and every answer the headers that all
// have, and turns a panic into a 500.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := rand.Text()
		r = r.WithContext(problem.WithRequestID(r.Context(), id))
		h := w.Header()
		h.Set("X-Request-Id", id)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		defer func() {
			if cause := recover(); cause != nil {
				s.log.Error("panic", "path", r.URL.Path, "request_id", id, "cause", slog.AnyValue(cause))
				problem.Write(w, r, errors.New("panic"))
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// jwks is GET /.well-known/jwks.json (RFC 7517 §5).
func (s *Server) jwks(w http.ResponseWriter, r *http.Request) error {
	document := s.ring.JWKS()
	h := w.Header()
	h.Set("Content-Type", "application/jwk-set+json")
	h.Set("Cache-Control", jwksCacheControl)
	h.Set("ETag", document.ETag)
	if r.Header.Get("If-None-Match") == document.ETag {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	_, _ = w.Write(document.Body)
	return nil
}

func alive(w http.ResponseWriter, _ *http.Request) error {
	_, _ = w.Write([]byte("ok\n"))
	return nil
}

func (s *Server) ready(w http.ResponseWriter, r *http.Request) error {
	if err := s.db.Ping(r.Context()); err != nil {
		return err
	}
	return alive(w, r)
}
