package verify

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
)

// greeter shows what a handler learns of its caller.
var greeter = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	claims, ok := FromContext(r.Context())
	if !ok {
		_, _ = fmt.Fprint(w, "nobody")
		return
	}
	_, _ = fmt.Fprint(w, claims.Username)
})

// ask sends a request with these Authorization headers.
func ask(h http.Handler, authorization ...string) *http.Response {
	r := httptest.NewRequest(http.MethodGet, "https://app.example.com/?access_token=in-the-query", nil)
	r.Header["Authorization"] = authorization
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, r)
	return recorder.Result()
}

// answer is what a client sees of a refusal.
type answer struct {
	Status     int
	Code       string
	Challenge  string
	RetryAfter string
}

func refusalIn(t *testing.T, response *http.Response) answer {
	t.Helper()
	h := response.Header
	if got := h.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type = %q", got)
	}
	if got := h.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control = %q", got)
	}
	var body struct {
		Title, Detail, Code string
		Status              int
	}
	if err := json.Unmarshal([]byte(readAll(t, response.Body)), &body); err != nil {
		t.Fatal(err)
	}
	if body.Title == "" || body.Detail == "" || body.Status != response.StatusCode {
		t.Errorf("problem = %+v", body)
	}
	return answer{response.StatusCode, body.Code, h.Get("WWW-Authenticate"), h.Get("Retry-After")}
}

func challengeOf(code, why string) string {
	return `Bearer realm="latchstring", error="` + code + `", error_description="` + why + `"`
}

func TestMiddleware(t *testing.T) {
	key := newKey(t, "k1", jose.ES256)
	v := newIssuer(key).verifier(t)
	good := key.token(goodClaims())
	expired := key.token(goodClaims().with(fields{"exp": 1}))
	const noToken, moreThanOne = "there is no well-formed token after Bearer", "there is more than one Authorization header"
	badRequest := func(why string) answer {
		return answer{Status: 400, Code: "invalid_request", Challenge: challengeOf("invalid_request", why)}
	}
	badToken := func(code, why string) answer {
		return answer{Status: 401, Code: code, Challenge: challengeOf("invalid_token", why)}
	}
	missing := answer{Status: 401, Code: "token_missing", Challenge: `Bearer realm="latchstring"`}
	tests := []struct {
		name          string
		authorization []string
		want          answer
		optional      string // what Optional lets through, if not refused too
	}{
		{"no token, and one in the query", nil, missing, "nobody"},
		{"another scheme", []string{"Basic YWxpY2U6cGFzc3dvcmQ="}, missing, "nobody"},
		{"a scheme that begins like ours", []string{"BearerX " + good}, missing, "nobody"},
		{"empty header", []string{""}, missing, "nobody"},
		{"two headers", []string{"Bearer " + good, "Bearer " + good}, badRequest(moreThanOne), ""},
		{"two headers, the first another scheme", []string{"Basic YTpi", "Bearer " + good}, badRequest(moreThanOne), ""},
		{"two tokens in a list", []string{"Bearer " + good + ", Bearer " + good}, badRequest(noToken), ""},
		{"scheme alone", []string{"Bearer"}, badRequest(noToken), ""},
		{"scheme and spaces", []string{"Bearer   "}, badRequest(noToken), ""},
		{"padding alone", []string{"Bearer =="}, badRequest(noToken), ""},
		{"quotes", []string{`Bearer "` + good + `"`}, badRequest(noToken), ""},
		{"a tab in place of the space", []string{"Bearer\t" + good}, missing, "nobody"},
		{"not ASCII", []string{"Bearer tök€n"}, badRequest(noToken), ""},
		{"too long", []string{"Bearer " + strings.Repeat("A", MaxTokenBytes+1)}, badRequest("the token is too long"), ""},
		{"as long as allowed", []string{"Bearer " + strings.Repeat("A", MaxTokenBytes)}, badToken("token_invalid", notCompact), ""},
		{"not a JWT", []string{"Bearer abc=="}, badToken("token_invalid", notCompact), ""},
		{"bad signature", []string{"Bearer " + good[:len(good)-2]}, badToken("token_invalid", badSignature), ""},
		{"expired", []string{"Bearer " + expired}, badToken("token_expired", "it has expired"), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, refusalIn(t, ask(v.Middleware(greeter), tt.authorization...))); diff != "" {
				t.Errorf("Middleware (-want +got):\n%s", diff)
			}
			response := ask(v.Optional(greeter), tt.authorization...)
			if tt.optional != "" {
				if got := readAll(t, response.Body); got != tt.optional {
					t.Errorf("Optional answered %q", got)
				}
				return
			}
			if diff := cmp.Diff(tt.want, refusalIn(t, response)); diff != "" {
				t.Errorf("Optional (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMiddlewareLetsGoodTokensThrough(t *testing.T) {
	key := newKey(t, "k1", jose.ES256)
	v := newIssuer(key).verifier(t)
	good := key.token(goodClaims())
	for _, authorization := range []string{"Bearer " + good, "bearer " + good, "BEARER   " + good} {
		for name, h := range map[string]http.Handler{"Middleware": v.Middleware(greeter), "Optional": v.Optional(greeter)} {
			response := ask(h, authorization)
			if got := readAll(t, response.Body); response.StatusCode != http.StatusOK || got != "alice" {
				t.Errorf("%s, %.8q: %d %q", name, authorization, response.StatusCode, got)
			}
		}
	}
}

// A client must not throw a good token away because we were ill.
func TestUnavailableKeysAreNever401(t *testing.T) {
	key := newKey(t, "k1", jose.ES256)
	i := newIssuer()
	i.answer(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	v := i.verifier(t)
	want := answer{Status: 503, Code: "keys_unavailable", RetryAfter: "5"}
	for name, h := range map[string]http.Handler{"Middleware": v.Middleware(greeter), "Optional": v.Optional(greeter)} {
		got := refusalIn(t, ask(h, "Bearer "+key.token(goodClaims())))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestRequireScope(t *testing.T) {
	key := newKey(t, "k1", jose.ES256)
	v := newIssuer(key).verifier(t)
	lacks := func(scope string) answer {
		return answer{Status: 403, Code: "insufficient_scope",
			Challenge: challengeOf("insufficient_scope", "the token lacks a scope") + `, scope="` + scope + `"`}
	}
	tests := []struct {
		name   string
		scope  any
		needed []string
		want   answer // zero is let through
	}{
		{"has it", "notes:read notes:write", []string{"notes:write"}, answer{}},
		{"has both", "notes:write x notes:read", []string{"notes:read", "notes:write"}, answer{}},
		{"has none", nil, []string{"notes:write"}, lacks("notes:write")},
		{"has one of two", "notes:read", []string{"notes:read", "notes:write"}, lacks("notes:read notes:write")},
		{"has one that begins like it", "notes:write-own", []string{"notes:write"}, lacks("notes:write")},
		{"has it in capitals", "NOTES:WRITE", []string{"notes:write"}, lacks("notes:write")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := v.Middleware(RequireScope(tt.needed...)(greeter))
			response := ask(h, "Bearer "+key.token(goodClaims().with(fields{"scope": tt.scope})))
			if tt.want == (answer{}) {
				if got := readAll(t, response.Body); got != "alice" {
					t.Errorf("%d %q", response.StatusCode, got)
				}
				return
			}
			if diff := cmp.Diff(tt.want, refusalIn(t, response)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRequireScopeWithoutClaims(t *testing.T) {
	want := answer{Status: 401, Code: "token_missing", Challenge: `Bearer realm="latchstring"`}
	if diff := cmp.Diff(want, refusalIn(t, ask(RequireScope("x")(greeter)))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRequireScopePanics(t *testing.T) {
	for _, scopes := range [][]string{{}, {""}, {"a b"}, {`a"`}, {`a\`}, {"a", "é"}, {"a\r\nSet-Cookie:"}} {
		t.Run(fmt.Sprintf("%q", scopes), func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("accepted")
				}
			}()
			RequireScope(scopes...)
		})
	}
}

func TestHeadHasNoBody(t *testing.T) {
	key := newKey(t, "k1", jose.ES256)
	v := newIssuer(key).verifier(t)
	server := httptest.NewServer(v.Middleware(greeter))
	defer server.Close()
	client := &http.Client{Timeout: 10 * time.Second}
	response, err := client.Head(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body := readAll(t, response.Body); response.StatusCode != http.StatusUnauthorized || body != "" {
		t.Errorf("%d %q", response.StatusCode, body)
	}
}
