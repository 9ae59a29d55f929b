package grant

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/latchstring/latchstring/internal/store"
)

// rotate does to a row what store.RotateGrant's statement does.
func rotate(g store.Grant, now time.Time, window time.Duration) store.Grant {
	step := markStep(window)
	m := mark(g.Generation, now)
	switch since := now.Sub(g.RetiredAt); {
	case since >= window+2*step:
		g.Retired, g.RetiredAt = m, now
	case since >= step:
		g.Retired = (m + g.Retired)[:min(marks*markSize, len(m)+len(g.Retired))]
		g.RetiredAt = now
	}
	g.Generation++
	g.RotatedAt = now
	return g
}

// However a family is rotated, a token retired less than the window ago is
// never taken for a reused one, and one retired a step longer ago always is.
func TestRetiredSinceNeverForgetsWithinTheWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		window := rapid.SampledFrom([]time.Duration{time.Second, 10 * time.Second, time.Minute}).Draw(t, "window")
		start := time.UnixMicro(1_700_000_000_000_000)
		gap := rapid.OneOf(
			rapid.Int64Range(0, int64(window/1000)), rapid.Int64Range(0, int64(window/8)),
			rapid.Int64Range(0, int64(2*window)), rapid.Just(int64(window/steps)))
		family := store.Grant{RotatedAt: start, RetiredAt: time.UnixMicro(0)}
		now := start
		var retiredAt []time.Time // by generation
		for range rapid.IntRange(1, 200).Draw(t, "rotations") {
			now = now.Add(time.Duration(gap.Draw(t, "gap")).Truncate(time.Microsecond))
			family = rotate(family, now, window)
			retiredAt = append(retiredAt, now)
		}
		if len(family.Retired) > marks*markSize {
			t.Fatalf("the row grew to %d bytes", len(family.Retired))
		}
		now = now.Add(time.Duration(gap.Draw(t, "wait")).Truncate(time.Microsecond))
		for generation, at := range retiredAt {
			truth := now.Sub(at)
			ago, ok := retiredSince(family, int64(generation), now, window)
			inGrace := ok && ago < window
			if truth < window && !inGrace {
				t.Fatalf("generation %d of %d was retired %v ago and is taken for reused (%v, %v)", generation, len(retiredAt), truth, ago, ok)
			}
			if truth >= window+markStep(window) && inGrace {
				t.Fatalf("generation %d was retired %v ago and is still in grace (%v)", generation, truth, ago)
			}
		}
	})
}

func TestRetiredSinceIsExactForTheLastAndForMarked(t *testing.T) {
	window := 10 * time.Second
	start := time.UnixMicro(1_700_000_000_000_000)
	family := store.Grant{RotatedAt: start, RetiredAt: time.UnixMicro(0)}
	for second := range 20 {
		family = rotate(family, start.Add(time.Duration(second)*time.Second), window)
	}
	now := start.Add(20 * time.Second)
	for generation, want := range map[int64]bool{9: false, 10: false, 11: true, 19: true} {
		ago, ok := retiredSince(family, generation, now, window)
		if got := ok && ago < window; got != want {
			t.Errorf("generation %d, retired at second %d of 20: in grace = %v, want %v", generation, generation, got, want)
		}
	}
}

func TestDamagedMarksAreReuse(t *testing.T) {
	family := store.Grant{Generation: 5, Retired: strings.Repeat("z", markSize), RotatedAt: time.Unix(1000, 0)}
	if _, ok := retiredSince(family, 1, time.Unix(1001, 0), 10*time.Second); ok {
		t.Error("a damaged row must not give grace")
	}
}
