package verify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// bubble is a Verifier in a synctest bubble, whose clock it uses.
type bubble struct {
	*testing.T
	*issuer
	v *Verifier
}

// inBubble runs a test on a clock that passes only while all wait.
func inBubble(t *testing.T, test func(b *bubble)) {
	synctest.Test(t, func(t *testing.T) {
		i := newIssuer()
		test(&bubble{t, i, i.verifier(t, WithClock(time.Now))})
	})
}

// verify checks a fresh token of the key.
func (b *bubble) verify(key *signingKey) error {
	_, err := b.v.Verify(b.Context(), b.token(key))
	return err
}

func (b *bubble) token(key *signingKey) string {
	now := time.Now()
	return key.token(goodClaims().with(fields{"iat": now.Unix(), "exp": now.Add(24 * time.Hour).Unix()}))
}

func (b *bubble) wantGood(key *signingKey) {
	b.Helper()
	if err := b.verify(key); err != nil {
		b.Errorf("key %s: %v", key.id, err)
	}
}

func (b *bubble) wantUnknown(key *signingKey) {
	b.Helper()
	checkRefused(b.T, b.verify(key), "the issuer has no such key")
}

func (b *bubble) wantUnavailable(key *signingKey) {
	b.Helper()
	if err := b.verify(key); !errors.Is(err, ErrUnavailable) || errors.Is(err, ErrInvalid) {
		b.Errorf("error = %v, want ErrUnavailable", err)
	}
}

func (b *bubble) wantFetches(want int) {
	b.Helper()
	synctest.Wait()
	if got := b.fetches(); got != want {
		b.Fatalf("%d fetches, want %d", got, want)
	}
}

// serve publishes keys with a response header.
func (b *bubble) serve(name, value string, keys ...*signingKey) {
	body := keySetJSON(keys...)
	b.answer(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set(name, value)
		_, _ = w.Write(body)
	})
}

func (b *bubble) fail() {
	b.answer(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
}

func TestKeysAreFetchedOnceAndLazily(t *testing.T) {
	key := newKey(t, "k1", jose.ES256)
	inBubble(t, func(b *bubble) {
		b.publish(key)
		b.wantFetches(0)
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() { b.wantGood(key) })
		}
		group.Wait()
		b.wantFetches(1)
	})
}

func TestKeysAreFreshAsCacheControlSays(t *testing.T) {
	key := newKey(t, "k1", jose.ES256)
	tests := []struct {
		cacheControl string
		fresh        time.Duration
	}{
		{"max-age=30", 30 * time.Second},
		{"public, Max-Age=60, must-revalidate", time.Minute},
		{`max-age="60"`, time.Minute},
		{"", 5 * time.Minute},
		{"public", 5 * time.Minute},
		{"max-age=0", 10 * time.Second},
		{"max-age=-5", 10 * time.Second},
		{"max-age=soon", 10 * time.Second},
		{"no-store", 10 * time.Second},
		{"no-cache, max-age=600", 10 * time.Second},
		{"max-age=86400", time.Hour},
		{"max-age=99999999999999999999999", time.Hour},
	}
	for _, tt := range tests {
		t.Run(tt.cacheControl, func(t *testing.T) {
			inBubble(t, func(b *bubble) {
				b.serve("Cache-Control", tt.cacheControl, key)
				b.wantGood(key)
				time.Sleep(tt.fresh - 1)
				b.wantGood(key)
				b.wantFetches(1)
				time.Sleep(time.Nanosecond)
				b.wantGood(key)
				b.wantFetches(2)
			})
		})
	}
}

func TestStaleKeysAreUsedWhileNewOnesAreFetched(t *testing.T) {
	old, next := newKey(t, "k1", jose.ES256), newKey(t, "k2", jose.ES256)
	inBubble(t, func(b *bubble) {
		b.publish(old)
		b.wantGood(old)
		time.Sleep(defaultFresh)

		release := make(chan struct{})
		body := keySetJSON(next)
		b.answer(func(w http.ResponseWriter, _ *http.Request) { <-release; _, _ = w.Write(body) })
		for range 3 { // none of them waits for the fetch
			b.wantGood(old)
		}
		b.wantFetches(2)
		close(release)
		synctest.Wait()
		b.wantGood(next)
		b.wantUnknown(old)
		b.wantFetches(2)
	})
}

func TestStaleKeysAreUsedForABoundedTime(t *testing.T) {
	key := newKey(t, "k1", jose.ES256)
	inBubble(t, func(b *bubble) {
		b.publish(key)
		b.wantGood(key)
		b.fail()
		time.Sleep(defaultFresh + maxStale - 1)
		b.wantGood(key)
		synctest.Wait()
		time.Sleep(time.Nanosecond)
		b.wantUnavailable(key)
		b.publish(key)
		time.Sleep(refetchEvery)
		b.wantGood(key)
	})
}

func TestFailedRefreshIsNotRepeatedAtOnce(t *testing.T) {
	key := newKey(t, "k1", jose.ES256)
	inBubble(t, func(b *bubble) {
		b.publish(key)
		b.wantGood(key)
		b.fail()
		time.Sleep(defaultFresh)
		for range 20 {
			b.wantGood(key)
			synctest.Wait()
			time.Sleep(time.Second)
		}
		b.wantFetches(1 + 2) // at 0 s and 10 s
	})
}

// A caller may look, and ask for a fetch only after another one has ended.
func TestLateCallerDoesNotFetchAgain(t *testing.T) {
	key := newKey(t, "k1", jose.ES256)
	inBubble(t, func(b *bubble) {
		b.publish(key)
		j := b.v.keys.(*jwks)
		for range 2 {
			if result := <-j.fetchShared(); len(result.Val.(*snapshot).keys) != 1 {
				t.Errorf("fetched %+v", result.Val)
			}
		}
		b.wantFetches(1)
	})
}

func TestNewKeyIsFoundAtOnce(t *testing.T) {
	old, next := newKey(t, "k1", jose.ES256), newKey(t, "k2", jose.ES256)
	inBubble(t, func(b *bubble) {
		b.publish(old)
		b.wantGood(old)
		b.publish(old, next)
		time.Sleep(refetchEvery)
		b.wantGood(next)
		b.wantFetches(2)
	})
}

func TestStrangerCannotForceFetches(t *testing.T) {
	key, stranger := newKey(t, "k1", jose.ES256), newKey(t, "", jose.ES256)
	inBubble(t, func(b *bubble) {
		b.publish(key)
		b.wantGood(key)
		for n := range 600 { // made-up key ids for a minute, ten a second
			made := *stranger
			made.id = fmt.Sprint("made-up-", n)
			b.wantUnknown(&made)
			time.Sleep(100 * time.Millisecond)
		}
		b.wantFetches(1 + 5)
		b.wantGood(key)
	})
}

func TestStrangerCannotForceFetchesOfABrokenIssuer(t *testing.T) {
	stranger := newKey(t, "made-up", jose.ES256)
	inBubble(t, func(b *bubble) {
		b.fail()
		for range 100 {
			b.wantUnavailable(stranger)
			time.Sleep(100 * time.Millisecond)
		}
		b.wantFetches(5)
	})
}

func TestUnknownKeyOfABrokenIssuerIsNoVerdict(t *testing.T) {
	old, next := newKey(t, "k1", jose.ES256), newKey(t, "k2", jose.ES256)
	inBubble(t, func(b *bubble) {
		b.publish(old)
		b.wantGood(old)
		b.fail()
		time.Sleep(refetchEvery)
		b.wantUnavailable(next) // tried and failed
		b.wantUnavailable(next) // not tried again, and still not known
		b.wantGood(old)
		b.wantFetches(2)
	})
}

func TestIssuerWithoutUsableKeysIsNoVerdict(t *testing.T) {
	key := newKey(t, "k1", jose.ES256)
	inBubble(t, func(b *bubble) {
		b.publish()
		b.wantUnavailable(key)
		b.publish(key)
		time.Sleep(refetchEvery)
		b.wantGood(key)
	})
}

func TestUnchangedKeysAreKept(t *testing.T) {
	key := newKey(t, "k1", jose.ES256)
	inBubble(t, func(b *bubble) {
		b.serve("ETag", `"v1"`, key)
		b.wantGood(key)
		b.answer(func(w http.ResponseWriter, r *http.Request) {
			if got := r.Header.Get("If-None-Match"); got != `"v1"` {
				t.Errorf("If-None-Match = %s", got)
			}
			w.WriteHeader(http.StatusNotModified)
		})
		for range 3 {
			time.Sleep(defaultFresh)
			b.wantGood(key)
			synctest.Wait()
		}
		b.wantFetches(4)
		time.Sleep(defaultFresh + maxStale - 1)
		b.wantGood(key) // the last 304 made them fresh again
	})
}

func TestBadAnswersBringNoKeys(t *testing.T) {
	key := newKey(t, "k1", jose.ES256)
	good := string(keySetJSON(key))
	write := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }
	}
	tests := []struct {
		name   string
		answer http.HandlerFunc
		want   string
	}{
		{"server error with keys", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = w.Write([]byte(good))
		}, "status 500"},
		{"not modified, unasked", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) }, "status 304"},
		{"redirect to another origin", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Host == "evil.example" {
				_, _ = w.Write([]byte(good))
				return
			}
			http.Redirect(w, r, "https://evil.example/keys", http.StatusFound)
		}, "status 302"},
		{"larger than the bound", write(good + strings.Repeat(" ", maxJWKSBytes)), "more than 262144 bytes"},
		{"no JSON", write("<html>"), "read the JWK Set"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(b *bubble) {
				b.answer(tt.answer)
				err := b.verify(key)
				if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("error = %v, want ErrUnavailable with %q", err, tt.want)
				}
				b.wantFetches(1)
			})
		})
	}
}

func TestFetchIsBoundedInTime(t *testing.T) {
	key := newKey(t, "k1", jose.ES256)
	inBubble(t, func(b *bubble) {
		b.answer(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		start := time.Now()
		b.wantUnavailable(key)
		if waited := time.Since(start); waited != fetchTimeout {
			t.Errorf("waited %v, want %v", waited, fetchTimeout)
		}
	})
}

func TestCallerWhoLeavesDoesNotStopTheFetch(t *testing.T) {
	key := newKey(t, "k1", jose.ES256)
	inBubble(t, func(b *bubble) {
		release := make(chan struct{})
		body := keySetJSON(key)
		b.answer(func(w http.ResponseWriter, _ *http.Request) { <-release; _, _ = w.Write(body) })

		ctx, leave := context.WithCancel(b.Context())
		left, stayed := make(chan error, 1), make(chan error, 1)
		token := b.token(key)
		go func() { _, err := b.v.Verify(ctx, token); left <- err }()
		synctest.Wait()
		go func() { _, err := b.v.Verify(b.Context(), token); stayed <- err }()
		synctest.Wait()

		leave()
		if err := <-left; !errors.Is(err, context.Canceled) || !errors.Is(err, ErrUnavailable) {
			t.Errorf("who left got %v", err)
		}
		close(release)
		if err := <-stayed; err != nil {
			t.Errorf("who stayed got %v", err)
		}
		b.wantFetches(1)
	})
}

// TestRotationUnderLoad rotates keys as the server does, published well before
// they sign, while many goroutines verify: no good token is refused, and the
// issuer is asked no more than the bounds allow.
func TestRotationUnderLoad(t *testing.T) {
	const rounds, workers, publishedAhead = 30, 8, 45 * time.Second
	var clock atomic.Int64 // nanoseconds past testNow
	now := func() time.Time { return testNow.Add(time.Duration(clock.Load())) }
	current := newKey(t, "k0", jose.ES256)
	i := newIssuer(current)
	v := i.verifier(t, WithClock(now))
	claims := goodClaims().with(fields{"exp": testNow.Add(24 * time.Hour).Unix()})

	for round := range rounds {
		next := newKey(t, fmt.Sprint("k", round+1), jose.ES256)
		i.publish(current, next)
		var group sync.WaitGroup
		token := current.token(claims)
		for range workers {
			group.Go(func() {
				for range 5 {
					if _, err := v.Verify(t.Context(), token); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		group.Go(func() { // time passes while they work
			for range 9 {
				clock.Add(int64(publishedAhead / 9))
			}
		})
		group.Wait()
		current = next
	}
	if got, most := i.fetches(), int(rounds*publishedAhead/refetchEvery)+1; got > most {
		t.Errorf("%d fetches, want %d at most", got, most)
	}
}
