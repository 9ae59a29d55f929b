package account

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math"
	"time"

	"github.com/latchstring/latchstring/internal/audit"
	"github.com/latchstring/latchstring/internal/problem"
	"github.com/latchstring/latchstring/internal/store"
)

// Throttle bounds password attempts. Everything it keeps is keyed by a MAC of
// the identifier as it was typed, so it treats accounts that exist and those
// that do not alike, and it holds nobody's name.
//
// Each identifier has two counters: one for strangers, one for the networks
// from which the person signed in before. A stranger's failures can slow and
// finally stop other strangers, never the person at home. An account has at
// most two identifiers, username and email, so the limits below keep
// consecutive failures on one account at 100 (NIST SP 800-63B-4 §3.2.2).
type Throttle struct {
	Key []byte
	// FreePerAccount and FreePerNetwork are how many failures cost no delay;
	// 0 turns that half of the throttle off.
	FreePerAccount, FreePerNetwork int
}

const (
	strangerLimit = 35
	knownLimit    = 15

	firstDelay      = time.Second
	strangerCeiling = 15 * time.Minute
	knownCeiling    = time.Minute
	networkCeiling  = 5 * time.Minute

	forgetAccount = 90 * 24 * time.Hour
	forgetNetwork = time.Hour

	// A place stays known this long after the last sign-in from it; it is
	// written again only when renewPlace has passed.
	keepPlace  = 90 * 24 * time.Hour
	renewPlace = 24 * time.Hour
)

// attempt is one password attempt as the throttle sees it.
type attempt struct {
	account, network string // counters' keys
	known            bool
	charged          bool // the account's counter holds this attempt already
}

func (t Throttle) mac(parts ...string) string {
	h := hmac.New(sha256.New, t.Key)
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:18])
}

func (t Throttle) placeKey(identifier string, origin audit.Origin) string {
	return t.mac("place", identifier, origin.Network())
}

func (t Throttle) strangerKey(identifier string) string { return t.mac("stranger", identifier) }
func (t Throttle) knownKey(identifier string) string    { return t.mac("known", identifier) }

// look finds the counters of an attempt and refuses it if they are closed.
// It writes nothing: it is the cheap check before the queue.
func (a *Accounts) look(ctx context.Context, identifier string, origin audit.Origin) (attempt, error) {
	known, err := a.DB.KnownPlace(ctx, a.Throttle.placeKey(identifier, origin), a.Now())
	if err != nil {
		return attempt{}, err
	}
	at := attempt{account: a.Throttle.strangerKey(identifier), network: a.Throttle.mac("network", origin.Network()), known: known}
	if known {
		at.account = a.Throttle.knownKey(identifier)
	}
	_, err = a.checkOpen(ctx, at)
	return at, err
}

// admit is the authoritative check, made while the attempt holds a hashing
// slot. An identifier with failures is charged before its password is looked
// at, so that no number of attempts at once gets past the count.
func (a *Accounts) admit(ctx context.Context, at *attempt) error {
	failures, err := a.checkOpen(ctx, *at)
	if err != nil || failures == 0 || a.Throttle.FreePerAccount == 0 {
		return err
	}
	err = a.DB.Write(ctx, func(tx *store.Tx) (err error) {
		at.charged, err = tx.ChargeIfOpen(ctx, a.accountCharge(*at))
		return err
	})
	if err == nil && !at.charged {
		return tooMany(firstDelay)
	}
	return err
}

// checkOpen returns the account's failures, or a refusal with the delay.
func (a *Accounts) checkOpen(ctx context.Context, at attempt) (failures int64, err error) {
	now := a.Now()
	if a.Throttle.FreePerAccount > 0 {
		t, err := a.DB.Throttled(ctx, at.account, now)
		switch limit := a.accountCharge(at).Limit; {
		case err != nil:
			return 0, err
		case t.Failures >= limit:
			return 0, errLocked
		case t.BlockedUntil.After(now):
			return 0, tooMany(t.BlockedUntil.Sub(now))
		}
		failures = t.Failures
	}
	if a.Throttle.FreePerNetwork > 0 && !at.known {
		t, err := a.DB.Throttled(ctx, at.network, now)
		if err == nil && t.BlockedUntil.After(now) {
			err = tooMany(t.BlockedUntil.Sub(now))
		}
		if err != nil {
			return 0, err
		}
	}
	return failures, nil
}

// chargeFailure counts a wrong password, in the transaction of its event.
func (a *Accounts) chargeFailure(ctx context.Context, tx *store.Tx, at attempt) error {
	if a.Throttle.FreePerAccount > 0 && !at.charged {
		if err := tx.Charge(ctx, a.accountCharge(at)); err != nil {
			return err
		}
	}
	if a.Throttle.FreePerNetwork == 0 || at.known {
		return nil
	}
	return tx.Charge(ctx, store.Charge{
		Key: at.network, At: a.Now(), Free: int64(a.Throttle.FreePerNetwork),
		Base: firstDelay, Ceiling: networkCeiling, ForgetAfter: forgetNetwork,
	})
}

func (a *Accounts) accountCharge(at attempt) store.Charge {
	c := store.Charge{
		Key: at.account, At: a.Now(), Free: int64(a.Throttle.FreePerAccount),
		Base: firstDelay, Ceiling: strangerCeiling, Limit: strangerLimit, ForgetAfter: forgetAccount,
	}
	if at.known {
		c.Ceiling, c.Limit = knownCeiling, knownLimit
	}
	return c
}

// clearFailures starts the person's counters again.
func (a *Accounts) clearFailures(ctx context.Context, tx *store.Tx, u store.User) error {
	var keys []string
	for _, identifier := range identifiersOf(u) {
		keys = append(keys, a.Throttle.strangerKey(identifier), a.Throttle.knownKey(identifier))
	}
	return tx.ClearThrottle(ctx, keys...)
}

// rememberPlaces makes the network of this request a known one of the person.
func (a *Accounts) rememberPlaces(ctx context.Context, tx *store.Tx, u store.User, origin audit.Origin) error {
	now := a.Now()
	for _, identifier := range identifiersOf(u) {
		if err := tx.RememberPlace(ctx, a.Throttle.placeKey(identifier, origin), now.Add(keepPlace), now.Add(keepPlace-renewPlace)); err != nil {
			return err
		}
	}
	return nil
}

// identifiersOf lists what the person may type to sign in.
func identifiersOf(u store.User) []string {
	if u.EmailKey == "" || u.EmailKey == u.Username {
		return []string{u.Username}
	}
	return []string{u.Username, u.EmailKey}
}

var errLocked = func() *problem.Error {
	p := problem.New(problem.TooMany, "too_many_failures",
		"Too many failed attempts in a row. Sign in from a network that you used before, or ask the operator to enable the account again.")
	p.RetryAfter = 24 * time.Hour
	return p
}()

func tooMany(wait time.Duration) error {
	seconds := int(math.Ceil(wait.Seconds()))
	p := problem.New(problem.TooMany, "too_many_attempts",
		fmt.Sprintf("Too many failed attempts. Try again in %d s; attempts before then are not looked at.", seconds))
	p.RetryAfter = wait
	return p
}
