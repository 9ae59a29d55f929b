package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"
)

const (
	fetchTimeout = 5 * time.Second
	maxJWKSBytes = 256 << 10

	// refetchEvery is the least time between two fetches while there are keys,
	// so that a stranger with made-up key ids cannot force more; retryEvery the
	// one while there are none.
	refetchEvery = 10 * time.Second
	retryEvery   = 2 * time.Second

	// How long fetched keys are fresh: as Cache-Control says, within bounds.
	minFresh     = refetchEvery
	maxFresh     = time.Hour
	defaultFresh = 5 * time.Minute
	// maxStale is how long they are used after that while new ones cannot be had.
	maxStale = time.Hour
)

// jwks keeps the issuer's published keys. Reading them is one atomic load; no
// lock is held while they are fetched.
type jwks struct {
	url    string
	client *http.Client
	log    *slog.Logger
	now    func() time.Time

	flight singleflight.Group
	// current is written only inside flight, and is never nil.
	current atomic.Pointer[snapshot]
}

// snapshot is what is known of the published keys. It is never changed.
type snapshot struct {
	keys        keySet
	etag        string
	fetchedAt   time.Time
	freshUntil  time.Time
	usableUntil time.Time

	attemptedAt time.Time
	failure     error // of the last attempt; nil if it brought the keys
}

func newJWKS(address string, client *http.Client, log *slog.Logger, now func() time.Time) *jwks {
	if client == nil {
		client = &http.Client{}
	}
	if log == nil {
		log = slog.Default()
	}
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	j := &jwks{url: address, client: &own, log: log, now: now}
	j.current.Store(&snapshot{})
	return j
}

// key returns the published key that a header names. It waits for a fetch only
// where the keys it has cannot answer.
func (j *jwks) key(ctx context.Context, h jose.Header) (any, error) {
	if h.KeyID == "" {
		return nil, refuse("it names no key")
	}
	s, err := j.usable(ctx)
	if err != nil {
		return nil, err
	}
	if key, found, err := s.keys.find(h); found {
		return key, err
	}
	return j.unknown(ctx, h)
}

// usable returns keys that may be used now. Stale ones are returned as they
// are and refreshed in the background; past maxStale it waits for new ones.
func (j *jwks) usable(ctx context.Context) (*snapshot, error) {
	s, now := j.current.Load(), j.now()
	if now.Before(s.freshUntil) {
		return s, nil
	}
	if now.Before(s.usableUntil) {
		if s.due(now) {
			j.fetchShared()
		}
		return s, nil
	}
	s, err := j.refresh(ctx)
	if err != nil {
		return nil, err
	}
	if !now.Before(s.usableUntil) {
		return nil, unavailable(s.failure)
	}
	return s, nil
}

// unknown looks again for a key that was not there, for it may be new. The
// answer is "no" only if the issuer said so in the last refetchEvery; the
// server publishes its keys longer than that before it signs with them.
func (j *jwks) unknown(ctx context.Context, h jose.Header) (any, error) {
	s, err := j.refresh(ctx)
	if err != nil {
		return nil, err
	}
	key, found, err := s.keys.find(h)
	switch {
	case found:
		return key, err
	case s.failure != nil:
		return nil, unavailable(s.failure)
	case len(s.keys) == 0:
		return nil, unavailable(errors.New("the JWK Set has no key for ES256, EdDSA, RS256 or PS256"))
	}
	return nil, refuse("the issuer has no such key")
}

// refresh fetches the keys unless that was tried a moment ago, and returns
// what is then known. Whoever stops waiting does not stop the fetch.
func (j *jwks) refresh(ctx context.Context) (*snapshot, error) {
	s := j.current.Load()
	if !s.due(j.now()) {
		return s, nil
	}
	select {
	case result := <-j.fetchShared():
		return result.Val.(*snapshot), nil
	case <-ctx.Done():
		return nil, unavailable(ctx.Err())
	}
}

// fetchShared starts a fetch, or joins the one under way.
func (j *jwks) fetchShared() <-chan singleflight.Result {
	return j.flight.DoChan("", func() (any, error) {
		s := j.current.Load()
		if s.due(j.now()) { // else another fetch ended after the caller had looked
			s = j.fetch(s)
			j.current.Store(s)
		}
		return s, nil
	})
}

// due reports whether the keys may be fetched again.
func (s *snapshot) due(now time.Time) bool {
	wait := refetchEvery
	if s.keys == nil {
		wait = retryEvery
	}
	return now.Sub(s.attemptedAt) >= wait
}

// fetch returns what follows the snapshot: the keys of now, or the old ones
// with the failure.
func (j *jwks) fetch(old *snapshot) *snapshot {
	ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
	defer cancel()
	next := *old
	next.fetchedAt = j.now()
	if err := j.get(ctx, &next); err != nil {
		j.log.Warn("the keys that access tokens are verified with could not be fetched", "url", j.url, "error", err)
		failed := *old
		failed.attemptedAt, failed.failure = j.now(), err
		return &failed
	}
	next.attemptedAt, next.failure = next.fetchedAt, nil
	return &next
}

// get asks for the keys and writes the answer into s.
func (j *jwks) get(ctx context.Context, s *snapshot) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, j.url, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	if s.etag != "" {
		request.Header.Set("If-None-Match", s.etag)
	}
	response, err := j.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if err := s.take(response); err != nil {
		return err
	}
	s.freshUntil = s.fetchedAt.Add(freshness(response.Header))
	s.usableUntil = s.freshUntil.Add(maxStale)
	return nil
}

// take reads the keys from an answer, or keeps those there are if they have
// not changed.
func (s *snapshot) take(response *http.Response) error {
	switch {
	case response.StatusCode == http.StatusNotModified && s.etag != "":
		return nil
	case response.StatusCode != http.StatusOK:
		return fmt.Errorf("the answer has the status %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxJWKSBytes+1))
	if err != nil {
		return err
	}
	if len(body) > maxJWKSBytes {
		return fmt.Errorf("the JWK Set has more than %d bytes", maxJWKSBytes)
	}
	s.keys, err = parseKeySet(body)
	s.etag = response.Header.Get("ETag")
	return err
}

// freshness is Cache-Control's max-age within our bounds (RFC 9111 §5.2.2).
func freshness(h http.Header) time.Duration {
	fresh := defaultFresh
	for directive := range strings.SplitSeq(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(directive)), "=")
		switch name {
		case "no-store", "no-cache":
			return minFresh
		case "max-age":
			fresh = boundedSeconds(strings.Trim(value, `"`))
		}
	}
	return fresh
}

// boundedSeconds reads a number of seconds. What is no number is stale at
// once (RFC 9111 §4.2.1), so it becomes the least.
func boundedSeconds(s string) time.Duration {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return minFresh
	}
	limit := uint64(maxFresh / time.Second)
	return max(minFresh, time.Duration(min(n, limit))*time.Second)
}

func unavailable(cause error) error { return fmt.Errorf("%w: %w", ErrUnavailable, cause) }
