package server_test

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchstring/latchstring/internal/config"
	"github.com/latchstring/latchstring/internal/server"
	"github.com/latchstring/latchstring/internal/store/storetest"
)

const testSecret = "a secret of at least thirty-two bytes, for tests"

// clock is a time that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Now()} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// node starts one node on a database.
func node(t *testing.T, place storetest.Place, now func() time.Time, env ...string) *httptest.Server {
	t.Helper()
	env = append(env, "LATCHSTRING_SECRET="+testSecret, "LATCHSTRING_DATA="+place.Folder, "LATCHSTRING_REFRESHES_PER_MINUTE=0",
		"LATCHSTRING_ARGON2_MEMORY_KIB=7168", "LATCHSTRING_ARGON2_TIME=1")
	if place.URL != "" {
		env = append(env, "LATCHSTRING_DATABASE="+place.URL)
	}
	effective, err := config.Load(nil, env)
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.Open(t.Context(), effective.Config, slog.New(slog.DiscardHandler), now)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		web.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return web
}

type answer struct {
	status int
	header http.Header
	body   map[string]any
}

func (a answer) text(field string) string {
	s, _ := a.body[field].(string)
	return s
}

func send(t *testing.T, method, url, body string, edit func(*http.Request)) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if edit != nil {
		edit(request)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	got := answer{status: response.StatusCode, header: response.Header}
	if err := json.NewDecoder(response.Body).Decode(&got.body); err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return got
}

func register(t *testing.T, base, username, email string) answer {
	t.Helper()
	body, _ := json.Marshal(map[string]string{"username": username, "password": "a long walk in the rain", "email": email})
	return send(t, "POST", base+"/login/register", string(body), nil)
}

func login(t *testing.T, base, identifier, secret string) answer {
	t.Helper()
	return send(t, "POST", base+"/login", "", func(r *http.Request) { r.SetBasicAuth(identifier, secret) })
}

func refresh(t *testing.T, base, token string) answer {
	t.Helper()
	body, _ := json.Marshal(map[string]string{"refresh_token": token})
	return send(t, "POST", base+"/login/refresh", string(body), nil)
}

func hello(t *testing.T, base, access string) answer {
	t.Helper()
	return send(t, "GET", base+"/hello_world", "", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+access) })
}

func want(t *testing.T, got answer, status int, code string) {
	t.Helper()
	if got.status != status || got.text("code") != code {
		t.Errorf("got %d %q, want %d %q: %v", got.status, got.text("code"), status, code, got.body)
	}
}

func TestRegisterLoginRefreshLogout(t *testing.T) {
	storetest.Each(t, func(t *testing.T, place storetest.Place) {
		base := node(t, place, time.Now).URL
		want(t, register(t, base, "Alice", "alice@example.com"), 201, "")
		want(t, register(t, base, "a1ice", "other@example.com"), 409, "username_taken")
		want(t, register(t, base, "alice2", "ALICE@EXAMPLE.COM"), 201, "") // in use, and not told
		want(t, login(t, base, "alice", "a long walk in the sun"), 401, "bad_credentials")
		want(t, login(t, base, "nobody", "a long walk in the sun"), 401, "bad_credentials")
		for _, identifier := range []string{"alice", "ALICE", "Alice@Example.com"} {
			got := login(t, base, identifier, "a long walk in the rain")
			want(t, got, 200, "")
			if greeting := hello(t, base, got.text("access_token")); greeting.text("message") != "Hello, alice!" {
				t.Errorf("signed in as %q: %v", identifier, greeting.body)
			}
		}
		signedIn := login(t, base, "alice", "a long walk in the rain")
		second := refresh(t, base, signedIn.text("refresh_token"))
		want(t, second, 200, "")
		want(t, refresh(t, base, second.text("access_token")), 401, "token_wrong_type")
		want(t, hello(t, base, second.text("refresh_token")), 401, "token_wrong_type")
		body := `{"refresh_token":"` + second.text("refresh_token") + `"}`
		for range 2 {
			if got := send(t, "POST", base+"/login/logout", body, nil); got.status != 204 {
				t.Errorf("logout: %d %v", got.status, got.body)
			}
		}
		want(t, refresh(t, base, second.text("refresh_token")), 401, "token_revoked")
		want(t, hello(t, base, second.text("access_token")), 401, "token_revoked")
	})
}

func TestRefreshRace200OnTwoNodesGivesOneSuccessor(t *testing.T) {
	storetest.Each(t, func(t *testing.T, place storetest.Place) {
		now := newClock() // stands still: a slow machine must not leave the grace window
		nodes := []string{node(t, place, now.Now).URL, node(t, place, now.Now).URL}
		register(t, nodes[0], "alice", "alice@example.com")
		token := login(t, nodes[1], "alice", "a long walk in the rain").text("refresh_token")
		var mu sync.Mutex
		successors := map[string]int{}
		var group sync.WaitGroup
		for i := range 200 {
			group.Go(func() {
				got := refresh(t, nodes[i%2], token)
				want(t, got, 200, "")
				mu.Lock()
				defer mu.Unlock()
				successors[got.text("refresh_token")]++
			})
		}
		group.Wait()
		if len(successors) != 1 {
			t.Errorf("%d different successors", len(successors))
		}
	})
}

func TestReuseAfterTheGraceWindowEndsTheFamily(t *testing.T) {
	storetest.Each(t, func(t *testing.T, place storetest.Place) {
		time := newClock()
		base := node(t, place, time.Now).URL
		register(t, base, "alice", "alice@example.com")
		first := login(t, base, "alice", "a long walk in the rain")
		second := refresh(t, base, first.text("refresh_token"))
		third := refresh(t, base, second.text("refresh_token"))
		time.Advance(9_000_000_000)
		if again := refresh(t, base, first.text("refresh_token")); again.text("refresh_token") != third.text("refresh_token") {
			t.Errorf("inside the window a retired token gives %v, want the current one", again.body)
		}
		time.Advance(2_000_000_000)
		want(t, refresh(t, base, first.text("refresh_token")), 401, "token_reused")
		want(t, refresh(t, base, third.text("refresh_token")), 401, "token_revoked")
		want(t, hello(t, base, third.text("access_token")), 401, "token_revoked")
	})
}

func TestPasswordGuessingIsThrottledAlikeForEveryName(t *testing.T) {
	storetest.Each(t, func(t *testing.T, place storetest.Place) {
		now := newClock()
		base := node(t, place, now.Now).URL
		register(t, base, "alice", "alice@example.com")
		for _, name := range []string{"alice", "nobody"} {
			for range 6 {
				want(t, login(t, base, name, "wrong"), 401, "bad_credentials")
			}
			refused := login(t, base, name, "a long walk in the rain")
			want(t, refused, 429, "too_many_attempts")
			if refused.header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
		}
		now.Advance(time.Minute)
		want(t, login(t, base, "alice", "a long walk in the rain"), 200, "")
	})
}

func TestMalformedBodies(t *testing.T) {
	base := node(t, storetest.SQLite(t), time.Now).URL
	for name, c := range map[string]struct {
		body, media string
		status      int
		code        string
	}{
		"duplicate key":   {`{"refresh_token":"a","refresh_token":"b"}`, "application/json", 400, "duplicate_field"},
		"trailing data":   {`{"refresh_token":"a"} x`, "application/json", 400, "malformed_json"},
		"deep nesting":    {strings.Repeat("[", 20000), "application/json", 400, "malformed_json"},
		"invalid UTF-8":   {"{\"refresh_token\":\"\xff\"}", "application/json", 400, "invalid_utf8"},
		"unknown field":   {`{"token":"a"}`, "application/json", 400, "invalid_fields"},
		"not a string":    {`{"refresh_token":1}`, "application/json", 400, "invalid_fields"},
		"missing":         {`{}`, "application/json", 400, "invalid_fields"},
		"wrong media":     {`a`, "text/plain", 415, "unsupported_media_type"},
		"too large":       {`"` + strings.Repeat("a", 65<<10), "application/json", 413, "body_too_large"},
		"no JWT":          {`{"refresh_token":"a.b.c"}`, "application/json", 401, "token_malformed"},
		"form, malformed": {`refresh_token=%zz`, "application/x-www-form-urlencoded", 400, "malformed_form"},
	} {
		t.Run(name, func(t *testing.T) {
			got := send(t, "POST", base+"/login/refresh", c.body, func(r *http.Request) { r.Header.Set("Content-Type", c.media) })
			want(t, got, c.status, c.code)
		})
	}
}

func TestNodeWithAnotherSecretIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, place storetest.Place) {
		node(t, place, time.Now)
		env := []string{"LATCHSTRING_DATA=" + place.Folder, "LATCHSTRING_SECRET=another secret of at least thirty-two bytes"}
		if place.URL != "" {
			env = append(env, "LATCHSTRING_DATABASE="+place.URL)
		}
		effective, err := config.Load(nil, env)
		if err != nil {
			t.Fatal(err)
		}
		s, err := server.Open(t.Context(), effective.Config, slog.New(slog.DiscardHandler), time.Now)
		if err == nil {
			_ = s.Close()
			t.Fatal("a node with another secret started")
		}
	})
}
