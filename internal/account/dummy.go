package account

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"maps"
	"slices"
	"sync/atomic"

	"github.com/latchstring/latchstring/internal/password"
)

// schemeSample caps how many accounts of one scheme are counted.
const schemeSample = 10_000

// dummies are the hashes that stand in for accounts that do not exist. Where
// accounts came from elsewhere with cheaper or dearer hashes, an unknown
// identifier gets the cost of one of them, always the same, in proportion to
// how common each is: its time tells nothing.
type dummies struct {
	weighted atomic.Pointer[[]weightedDummy]
}

type weightedDummy struct {
	encoded string
	upTo    uint64 // cumulative weight
}

// RefreshDummies counts the schemes in use; call it at start and now and then.
func (a *Accounts) RefreshDummies(ctx context.Context) error {
	counts, err := a.DB.PasswordSchemes(ctx, schemeSample)
	if err != nil {
		return err
	}
	var weighted []weightedDummy
	var total uint64
	for _, scheme := range slices.Sorted(maps.Keys(counts)) {
		encoded, err := password.Dummy(scheme)
		if err != nil {
			continue // a row that cannot be verified costs nobody any time
		}
		total += uint64(counts[scheme])
		weighted = append(weighted, weightedDummy{encoded, total})
	}
	a.dummies.weighted.Store(&weighted)
	return nil
}

// pick returns the dummy for a MAC of the identifier.
func (d *dummies) pick(mac string, hashing password.Argon2) string {
	if list := d.weighted.Load(); list != nil && len(*list) > 0 {
		raw, _ := base64.RawURLEncoding.DecodeString(mac)
		at := binary.BigEndian.Uint64(raw) % (*list)[len(*list)-1].upTo
		i, _ := slices.BinarySearchFunc(*list, at, func(w weightedDummy, at uint64) int {
			if at < w.upTo {
				return 1
			}
			return -1
		})
		return (*list)[i].encoded
	}
	encoded, err := password.Dummy(hashing.Scheme())
	if err != nil {
		panic(err) // our own scheme
	}
	return encoded
}
