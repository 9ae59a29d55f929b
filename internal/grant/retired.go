package grant

import (
	"fmt"
	"strconv"
	"time"

	"github.com/latchstring/latchstring/internal/store"
)

// A family's row tells when any earlier generation was retired, in constant
// size. It keeps marks, newest first: "this generation was retired at this
// time". A rotation leaves a mark unless the last mark is younger than one
// step (the grace window divided by steps). A generation without a mark was
// therefore retired within one step after the mark before it. marks cover the
// grace window and one step more; what they do not reach is older than the
// window. So the answer is never too early, and late by less than one step.
const (
	steps    = 16
	marks    = steps + 2
	markSize = 10 + 14 // hexadecimal digits of the generation and of the microseconds
)

func markStep(window time.Duration) time.Duration { return window/steps + 1 }

func mark(generation int64, at time.Time) string {
	return fmt.Sprintf("%010x%014x", generation, at.UnixMicro())
}

// readMark reads the i-th mark, newest first.
func readMark(retired string, i int) (generation int64, at time.Time, ok bool) {
	if len(retired) < (i+1)*markSize {
		return 0, time.Time{}, false
	}
	m := retired[i*markSize : (i+1)*markSize]
	generation, err1 := strconv.ParseInt(m[:10], 16, 64)
	micros, err2 := strconv.ParseInt(m[10:], 16, 64)
	return generation, time.UnixMicro(micros), err1 == nil && err2 == nil
}

// retiredSince tells how long ago a generation before the current one was
// retired: never more than the truth, and less than one step below it, as
// long as the truth lies inside the window. ok is false when it was longer
// ago than the row remembers, which is longer than the window.
func retiredSince(g store.Grant, generation int64, now time.Time, window time.Duration) (ago time.Duration, ok bool) {
	if generation == g.Generation-1 {
		return now.Sub(g.RotatedAt), true
	}
	latest := g.RotatedAt // no generation was retired after the current one began
	for i := 0; ; i++ {
		marked, at, found := readMark(g.Retired, i)
		switch {
		case !found:
			return 0, false
		case marked == generation:
			return now.Sub(at), true
		case marked < generation:
			if end := at.Add(markStep(window)); end.Before(latest) {
				latest = end
			}
			return now.Sub(latest), true
		}
		latest = at
	}
}
